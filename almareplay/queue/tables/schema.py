"""The tables of the queue.

A captured time is kept as whole seconds since 1970 with the offset of its desk's zone beside it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    UniqueConstraint,
)

from almareplay.queue.tables.moment import UtcDateTime
from almareplay.queue.tables.texts import Words

VERSION = 9

metadata = MetaData()

# One row, written with the queue: a later almareplay must be able to tell what it opens.
versions = Table("almareplay_schema", metadata, Column("version", Integer, primary_key=True))

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Words(200), nullable=False),
    # The code of the institution that it was loaded for, empty where none was named: each has runs
    # of its own, which may have the names of others'.
    Column("loaded_for", Words(100), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    # Row numbers are never used again, not even those of a file that was taken out.
    Column("next_row", Integer, nullable=False),
    # Who replays the run now; all empty when nobody does.
    Column("holder_token", Words(32)),
    Column("holder_host", Words(255)),
    Column("holder_space", Words(200)),
    Column("holder_pid", Integer),
    Column("holder_started", Words(40)),
    Column("holder_by_lease", SmallInteger),  # 1 or 0; see hold.Lease
    Column("held_since", UtcDateTime),
    Column("lease_until", UtcDateTime),
    # The Alma that the run belongs to, from its first call that writes on; all empty before. The
    # code and the name are empty where Alma would not tell them to the key.
    Column("institution", Words(100)),
    Column("institution_name", Words()),
    Column("environment", Words(20)),
    Column("host", Words(255)),
    # The Alma that the run's last whole rehearsal asked, and when.
    Column("rehearsed_institution", Words(100)),
    Column("rehearsed_name", Words()),
    Column("rehearsed_environment", Words(20)),
    Column("rehearsed_host", Words(255)),
    Column("rehearsed_at", UtcDateTime),
    # When its rows were deleted, and when nothing of them was left in the queue's files either.
    Column("purged_at", UtcDateTime),
    Column("erased_at", UtcDateTime),
    UniqueConstraint("loaded_for", "name"),
)

# How many rows of a purged run had each outcome.
purged = Table(
    "purged",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("outcome", Words(20), primary_key=True),
    Column("rows", Integer, nullable=False),
)

files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("name", Words(), nullable=False),
    Column("sha256", Words(64), nullable=False, index=True),
    # The one sheet of a workbook that was loaded; NULL where the whole file was.
    Column("sheet", Words()),
    Column("format", Words(100), nullable=False),
    # How it was read: flags and settings as JSON, by the names of the flags.
    Column("flags", Words(), nullable=False),
    # 1 where it was loaded although another run had it, 0 else.
    Column("insisted", SmallInteger, nullable=False),
    Column("loaded_at", UtcDateTime, nullable=False),
    # A file's rows are numbered without a gap.
    Column("first_row", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
)


def _said_later(name: str) -> Column[str]:
    """A text that a row gets after its load, so that a load need not send it."""
    return Column(name, Words(), nullable=False, server_default="")


transactions = Table(
    "transactions",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("file_id", Integer, nullable=False),
    Column("source_file", Words(), nullable=False),
    Column("source_row", Integer, nullable=False),
    Column("kind", Words(6)),
    Column("captured_at", BigInteger),
    Column("captured_offset", Integer),
    Column("has_seconds", SmallInteger, nullable=False),  # 1 or 0
    # Replay order is by phase, then order_at, then place. See lanes.py.
    Column("phase", SmallInteger, nullable=False, server_default="1"),
    Column("order_at", BigInteger),
    Column("place", Integer, nullable=False),
    Column("item_barcode", Words(), nullable=False),
    # The lane, empty for an invalid row: Alma ignores the case of barcodes, so two spellings are
    # one item.
    Column("item_key", Words(), nullable=False),
    Column("patron_id", Words(), nullable=False),
    Column("library", Words(), nullable=False),
    Column("circ_desk", Words(), nullable=False),
    # What reading the row assumed, or why it is invalid.
    Column("source_note", Words(), nullable=False),
    Column("outcome", Words(20), nullable=False),
    # What arranging the lane had to guess, or which row this one repeats.
    _said_later("lane_note"),
    _said_later("alma_code"),
    _said_later("alma_message"),
    _said_later("tracking_id"),
    _said_later("loan_id"),
    Column("due_date", UtcDateTime),
    _said_later("destination"),
    # The primary id of another patron who has the item in Alma, and since when.
    _said_later("on_loan_to"),
    Column("on_loan_since", UtcDateTime),
    _said_later("note"),
    Column("completed_at", UtcDateTime),
    # When the item was last read in Alma before the outcome was decided, on our clock.
    Column("looked_at", UtcDateTime),
    # When staff last corrected the row, and which of its columns (patron_id item_barcode kind).
    # What it was before is in the table of changes.
    Column("corrected_at", UtcDateTime),
    _said_later("corrected"),
    # What staff wrote when they dismissed the row; empty where they have not.
    _said_later("dismissal"),
    Index("transactions_by_order", "run_id", "outcome", "phase", "order_at", "place"),
    # Deferred, since SQLite would keep a journal of every statement that may fail by it. PostgreSQL
    # would take a third of a load's time to look for the file of each row.
    ForeignKeyConstraint(["file_id"], ["files.id"], deferrable=True, initially="DEFERRED").ddl_if(
        dialect="sqlite"
    ),
    sqlite_with_rowid=False,
)

# The rows of an item, by captured time: an index by hand. A load fills it in the order of its keys,
# which takes half the time that a database needs to put them into an index as they come.
lanes = Table(
    "lanes",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("item_key", Words(), primary_key=True),
    Column("captured_at", BigInteger, primary_key=True, autoincrement=False),
    Column("row", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

IN_LANE = (lanes.c.run_id == transactions.c.run_id) & (lanes.c.row == transactions.c.row)
"""Joins the rows of a lane to what is known of them."""

# The ids by which an Alma addresses the items of a run, and when they were found there.
item_ids = Table(
    "item_ids",
    metadata,
    Column("run_id", Integer, primary_key=True),
    # The Alma: another one has other ids.
    Column("institution", Words(100), primary_key=True),
    Column("environment", Words(20), primary_key=True),
    Column("item_key", Words(), primary_key=True),
    Column("mms_id", Words(), nullable=False),
    Column("holding_id", Words(), nullable=False),
    Column("item_pid", Words(), nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

# What staff have changed about rows, and what those rows were before.
changes = Table(
    "changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, nullable=False),
    Column("row", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("change", Words(10), nullable=False),
    # What staff wrote when they dismissed it.
    Column("words", Words(), nullable=False),
    # The row before the change.
    Column("outcome", Words(20), nullable=False),
    Column("alma_code", Words(), nullable=False),
    Column("alma_message", Words(), nullable=False),
    Column("tracking_id", Words(), nullable=False),
    Column("loan_id", Words(), nullable=False),
    Column("due_date", UtcDateTime),
    Column("on_loan_to", Words(), nullable=False),
    Column("on_loan_since", UtcDateTime),
    Column("note", Words(), nullable=False),
    Column("looked_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Column("kind", Words(6)),
    Column("item_barcode", Words(), nullable=False),
    Column("patron_id", Words(), nullable=False),
    ForeignKeyConstraint(["run_id", "row"], ["transactions.run_id", "transactions.row"]),
    Index("changes_by_row", "run_id", "row"),
)

# One row for each call that writes. It is stored before the call leaves (the intent) and completed
# when its fate is known; an attempt without a fate is what a restart must reconcile.
attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, nullable=False),
    Column("row", Integer, nullable=False),
    Column("call", Words(10), nullable=False),
    Column("intended_at", UtcDateTime, nullable=False),
    # Alma's clock when the intent was stored, no later than Alma's clock when the call arrived;
    # NULL where Alma had not told its time.
    Column("alma_time", UtcDateTime),
    # What the item's active loan was before the call, the one to close or to renew: empty where it
    # had none, NULL where nobody had looked.
    Column("loan_id", Words()),
    Column("due_date", UtcDateTime),
    Column("last_renew_date", UtcDateTime),
    Column("fate", Words(10)),
    Column("alma_code", Words(), nullable=False),
    Column("tracking_id", Words(), nullable=False),
    Column("answered_at", UtcDateTime),
    ForeignKeyConstraint(["run_id", "row"], ["transactions.run_id", "transactions.row"]),
    Index("attempts_by_row", "run_id", "row"),
)
# What is to be done in Alma about a row that has its outcome: its loan's due date, or the fine that
# its scan made. It stays open until it is done, whoever stops the run before.
follow_ups = Table(
    "follow_ups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, nullable=False),
    Column("row", Integer, nullable=False),
    Column("task", Words(10), nullable=False),
    # The patron's primary id.
    Column("user_id", Words(), nullable=False),
    Column("loan_id", Words(), nullable=False),
    # When Alma did what it did, on its clock: no earlier, and no later.
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    # What the loan's due date was after the call (due date) or before it (fine).
    Column("due_date", UtcDateTime, nullable=False),
    # What it was before a renewal.
    Column("due_before", UtcDateTime),
    # What may have made the fine: return or renewal.
    Column("made_by", Words(10), nullable=False),
    Column("done_at", UtcDateTime),
    ForeignKeyConstraint(["run_id", "row"], ["transactions.run_id", "transactions.row"]),
    Index("follow_ups_by_row", "run_id", "row"),
)

# The overdue fines that scans of the run made.
fines = Table(
    "fines",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("fee_id", Words(100), primary_key=True),
    Column("row", Integer, nullable=False),
    Column("amount", Words(40), nullable=False),
    Column("currency", Words(10), nullable=False),
    # How much of it is wrong: whole or part.
    Column("wrong", Words(5), nullable=False),
    Column("due_date", UtcDateTime, nullable=False),
    Column("waived_at", UtcDateTime),
    ForeignKeyConstraint(["run_id", "row"], ["transactions.run_id", "transactions.row"]),
)

# Items that were scanned in and for which somebody waits: where they stand, should they have been
# put back on the shelf meanwhile.
pulls = Table(
    "pulls",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("library", Words(), nullable=False),
    Column("location", Words(), nullable=False),
    Column("call_number", Words(), nullable=False),
    Column("title", Words(), nullable=False),
    ForeignKeyConstraint(["run_id", "row"], ["transactions.run_id", "transactions.row"]),
)
