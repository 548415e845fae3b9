"""What layout 9 has and layout 8 had not, as it was then."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
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
    Table("runs", tables, Column("id", Integer, primary_key=True))
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
        Column("run_id", ForeignKey("runs.id")),
        Column("calls", Integer, nullable=False),
        Column("until", DateTime, nullable=False),
    )
    tables.create_all(connection)


def name_corrected_columns(connection: Connection) -> None:
    """The columns of a row that staff have corrected, in the place of words for them."""
    columns = (
        "replace(replace(corrected, 'patron id', 'patron_id'), 'item barcode', 'item_barcode')"
    )
    columns = f"replace(replace({columns}, ',', ''), ' and ', ' ')"
    connection.execute(
        text(f"UPDATE transactions SET corrected = {columns} WHERE corrected_at IS NOT NULL")
    )


def add_captures(connection: Connection) -> None:
    """Make the tables of capture sessions."""
    tables = MetaData()
    Table(
        "capture_sessions",
        tables,
        Column("id", Integer, primary_key=True),
        Column("name", String(200), nullable=False),
        Column("captured_for", String(100), nullable=False, server_default=""),
        Column("library", Text, nullable=False),
        Column("circ_desk", Text, nullable=False),
        Column("timezone", String(100), nullable=False),
        Column("options", Text, nullable=False, server_default="{}"),
        Column("created_at", DateTime, nullable=False),
        Column("closed_at", DateTime),
        UniqueConstraint("captured_for", "name"),
    )
    Table(
        "capture_stations",
        tables,
        Column("id", String(36), primary_key=True),
        Column("session_id", ForeignKey("capture_sessions.id"), primary_key=True),
        Column("name", String(200), nullable=False),
        Column("library", Text, nullable=False),
        Column("circ_desk", Text, nullable=False),
        Column("token_hash", String(64), nullable=False, index=True),
        Column("paired_at", DateTime, nullable=False),
        Column("last_seen_at", DateTime, nullable=False),
        Column("clock_offset_ms", BigInteger),
        Column("unsent", Integer, nullable=False, server_default="0"),
        Column("version", String(40), nullable=False, server_default=""),
    )
    Table(
        "capture_events",
        tables,
        Column("session_id", ForeignKey("capture_sessions.id"), primary_key=True),
        Column("id", String(36), primary_key=True),
        Column("station_id", String(36), nullable=False),
        Column("sequence", Integer, nullable=False),
        Column("event", String(4), nullable=False),
        Column("voids", String(36), nullable=False, server_default=""),
        Column("reason", Text, nullable=False, server_default=""),
        Column("kind", String(6)),
        Column("item_barcode", Text, nullable=False, server_default=""),
        Column("item_key", Text, nullable=False, server_default=""),
        Column("patron_id", Text, nullable=False, server_default=""),
        Column("captured_at", BigInteger, nullable=False),
        Column("captured_offset", Integer, nullable=False),
        Column("given_time", SmallInteger, nullable=False, server_default="0"),
        Column("station_time_ms", BigInteger, nullable=False),
        Column("clock_offset_ms", BigInteger, nullable=False),
        Column("clerk", String(20), nullable=False, server_default=""),
        Column("patron_standing", String(10), nullable=False, server_default=""),
        Column("decision", String(10), nullable=False, server_default=""),
        Column("due_date", String(10), nullable=False, server_default=""),
        Column("received_at", DateTime, nullable=False),
        Index("capture_events_by_station", "session_id", "station_id", "sequence"),
        Index("capture_events_by_item", "session_id", "item_key", "captured_at"),
        Index("capture_events_by_voids", "session_id", "voids"),
    )
    Table(
        "loaded_scans",
        tables,
        Column("run_id", Integer, primary_key=True),
        Column("scan_id", String(36), primary_key=True),
        Column("row", Integer),
        Index("loaded_scans_by_id", "scan_id"),
        sqlite_with_rowid=False,
    )
    tables.create_all(connection)
