"""The tables of capture sessions: what desks scan during an outage, straight into the queue.

What is scanned is never changed: a scan that was wrong is voided by an event of its own.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    UniqueConstraint,
)

from almareplay.queue.tables.moment import UtcDateTime
from almareplay.queue.tables.schema import metadata
from almareplay.queue.tables.texts import Words

# One outage of one library or institution.
sessions = Table(
    "capture_sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Words(200), nullable=False),
    # The code of the institution, empty where none was named.
    Column("captured_for", Words(100), nullable=False, server_default=""),
    # Where scans happened at stations without places of their own.
    Column("library", Words(), nullable=False),
    Column("circ_desk", Words(), nullable=False),
    # IANA zone of the desks.
    Column("timezone", Words(100), nullable=False),
    # How the page reads scans, as JSON: patterns of cards and of items, prefixes, suffixes.
    Column("options", Words(), nullable=False, server_default="{}"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    UniqueConstraint("captured_for", "name"),
)

# A browser at a desk that was paired with the session.
stations = Table(
    "capture_stations",
    metadata,
    # Made by the station, so that pairing it again makes no second one.
    Column("id", Words(36), primary_key=True),
    Column("session_id", ForeignKey("capture_sessions.id"), primary_key=True),
    Column("name", Words(200), nullable=False),
    Column("library", Words(), nullable=False),
    Column("circ_desk", Words(), nullable=False),
    # SHA-256 of the token that it got when it was paired; empty where it was shut out.
    Column("token_hash", Words(64), nullable=False, index=True),
    Column("paired_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    # What is added to its clock for the server's, in milliseconds, as last measured: a computer
    # whose battery is dead is years behind.
    Column("clock_offset_ms", BigInteger),
    # Events that it had still to send after those of its last request, as it said.
    Column("unsent", Integer, nullable=False, server_default="0"),
    # The version of the page that it runs.
    Column("version", Words(40), nullable=False, server_default=""),
)

# Scans and what voids them, as they arrived; no row is changed or deleted but by a purge.
events = Table(
    "capture_events",
    metadata,
    Column("session_id", ForeignKey("capture_sessions.id"), primary_key=True),
    # Made by the station: an event that is sent twice is stored once.
    Column("id", Words(36), primary_key=True),
    Column("station_id", Words(36), nullable=False),
    # Counts a station's events from 1, in the order in which they happened.
    Column("sequence", Integer, nullable=False),
    # scan or void.
    Column("event", Words(4), nullable=False),
    # The scan that a void takes back, by its id; empty for a scan.
    Column("voids", Words(36), nullable=False, server_default=""),
    # Why it was voided; "undone" for the last scan taken back by one key.
    Column("reason", Words(), nullable=False, server_default=""),
    # loan or return; NULL for a void.
    Column("kind", Words(6)),
    Column("item_barcode", Words(), nullable=False, server_default=""),
    # The item, however its barcode is written; empty for a void.
    Column("item_key", Words(), nullable=False, server_default=""),
    Column("patron_id", Words(), nullable=False, server_default=""),
    # When it happened by the server's clock: whole seconds since 1970, and what the zone of the
    # desks was ahead of UTC then, in seconds. A time that the clerk gave, such as that of a book
    # drop, is given_time = 1.
    Column("captured_at", BigInteger, nullable=False),
    Column("captured_offset", Integer, nullable=False),
    Column("given_time", SmallInteger, nullable=False, server_default="0"),
    # What the station's clock said, in milliseconds since 1970, and what was added to it.
    Column("station_time_ms", BigInteger, nullable=False),
    Column("clock_offset_ms", BigInteger, nullable=False),
    Column("clerk", Words(20), nullable=False, server_default=""),
    # What the offline patron list said (ok, blocked, expired, unknown; empty without a list), and
    # that the clerk went on all the same (allowed) or did not (refused: such a loan is never
    # loaded).
    Column("patron_standing", Words(10), nullable=False, server_default=""),
    Column("decision", Words(10), nullable=False, server_default=""),
    # The provisional due date that the clerk gave: YYYY-MM-DD.
    Column("due_date", Words(10), nullable=False, server_default=""),
    Column("received_at", UtcDateTime, nullable=False),
    Index("capture_events_by_station", "session_id", "station_id", "sequence"),
    # What else was scanned of an item, and whether that was voided.
    Index("capture_events_by_item", "session_id", "item_key", "captured_at"),
    Index("capture_events_by_voids", "session_id", "voids"),
)

# Which row of a run is which scan: a scan that came over the network and in a file is one, and none
# is loaded twice. It stays when the run is purged, as the hashes of files do.
loaded_scans = Table(
    "loaded_scans",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("scan_id", Words(36), primary_key=True),
    # NULL where the scan was voided before it could be loaded.
    Column("row", Integer),
    Index("loaded_scans_by_id", "scan_id"),
    sqlite_with_rowid=False,
)
