"""The tables of the queue.

Moments are UTC. A captured time is kept as whole seconds since 1970 with the offset of its desk's
zone beside it, so that it can be compared by arithmetic and shown as it was.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

VERSION = 1


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC without its zone so that every database compares it alike."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()

# One row, written when the queue is made: a later almareplay must be able to tell what it opens.
versions = Table("almareplay_schema", metadata, Column("version", Integer, primary_key=True))

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    # Row numbers are never used again, not even those of a file that was taken out.
    Column("next_row", Integer, nullable=False),
    # Who replays the run now; all empty when nobody does.
    Column("holder_token", String(32)),
    Column("holder_host", String(255)),
    Column("holder_pid", Integer),
    Column("held_since", Moment),
    Column("lease_until", Moment),
)

files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("format", String(100), nullable=False),
    Column("loaded_at", Moment, nullable=False),
)

transactions = Table(
    "transactions",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("file_id", ForeignKey("files.id"), nullable=False, index=True),
    Column("source_file", Text, nullable=False),
    Column("source_row", Integer, nullable=False),
    Column("kind", String(6)),
    Column("captured_at", BigInteger),
    Column("captured_offset", Integer),
    Column("has_seconds", Boolean, nullable=False),
    # Replay order is by order_at, then place. See lanes.py.
    Column("order_at", BigInteger),
    Column("place", Integer, nullable=False),
    Column("item_barcode", Text, nullable=False),
    # The lane: Alma ignores the case of barcodes, so two spellings are one item.
    Column("item_key", Text, nullable=False),
    Column("patron_id", Text, nullable=False),
    Column("library", Text, nullable=False),
    Column("circ_desk", Text, nullable=False),
    # What reading the row assumed, or why it is invalid.
    Column("source_note", Text, nullable=False),
    # What arranging the lane had to guess, or which row this one repeats.
    Column("lane_note", Text, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("alma_code", Text, nullable=False),
    Column("alma_message", Text, nullable=False),
    Column("tracking_id", Text, nullable=False),
    Column("loan_id", Text, nullable=False),
    Column("due_date", Moment),
    Column("destination", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("completed_at", Moment),
    Index("transactions_by_lane", "run_id", "item_key", "order_at", "place"),
    Index("transactions_by_order", "run_id", "outcome", "order_at", "place"),
)

# One row for each call that writes. It is stored before the call leaves (the intent) and completed
# when its fate is known; an attempt without a fate is what a restart must reconcile.
attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, nullable=False),
    Column("row", Integer, nullable=False),
    Column("call", String(10), nullable=False),
    Column("intended_at", Moment, nullable=False),
    # Alma's clock when the intent was stored, no later than Alma's clock when the call arrived;
    # NULL where Alma had not told its time.
    Column("alma_time", Moment),
    # What the item's active loan was before the call, the one to close or to renew: empty where it
    # had none, NULL where nobody had looked.
    Column("loan_id", Text),
    Column("due_date", Moment),
    Column("last_renew_date", Moment),
    Column("fate", String(10)),
    Column("alma_code", Text, nullable=False),
    Column("tracking_id", Text, nullable=False),
    Column("answered_at", Moment),
    ForeignKeyConstraint(["run_id", "row"], ["transactions.run_id", "transactions.row"]),
    Index("attempts_by_row", "run_id", "row"),
)
