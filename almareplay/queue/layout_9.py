"""Tables that layout 9 has and layout 8 had not, as they were in it."""

from __future__ import annotations

from sqlalchemy import Column, Connection, DateTime, ForeignKey, Integer, MetaData, String, Table


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
