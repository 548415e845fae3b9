"""Tables that layout 9 has and layout 8 had not, as they were in it."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)


def add_submissions(connection: Connection) -> None:
    """Make the table of runs that were submitted to workers."""
    tables = MetaData()
    Table("runs", tables, Column("id", Integer, primary_key=True))
    Table(
        "submissions",
        tables,
        Column("run_id", ForeignKey("runs.id"), primary_key=True),
        Column("submitted_at", DateTime, nullable=False),
        Column("options", Text, nullable=False),
        Column("due_at", DateTime),
        Column("tries", Integer, nullable=False, server_default="0"),
        Column("blocked", Text, nullable=False, server_default=""),
        Column("finished_at", DateTime),
        Column("last_error", Text, nullable=False, server_default=""),
        Column("last_error_at", DateTime),
        Column("calls_per_second", Float),
        Column("calls_left", Integer),
    ).create(connection)


def add_pools(connection: Connection) -> None:
    """Make the tables of calls that institutions share."""
    tables = MetaData()
    Table(
        "pools",
        tables,
        Column("name", String(100), primary_key=True),
        Column("day", String(10), nullable=False),
        Column("calls_left", Integer),
    )
    Table(
        "pool_blocks",
        tables,
        Column("pool", ForeignKey("pools.name"), primary_key=True),
        Column("taker", String(32), primary_key=True),
        Column("calls", Integer, nullable=False),
        Column("until", DateTime, nullable=False),
    )
    tables.create_all(connection)
