"""What workers are to do with runs, and what the last of them said of each."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Integer, Table

from almareplay.queue.tables.moment import UtcDateTime
from almareplay.queue.tables.schema import metadata
from almareplay.queue.tables.texts import Words

# One row for each run that was ever submitted, written under the lock of the run.
submissions = Table(
    "submissions",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("submitted_at", UtcDateTime, nullable=False),
    # How it is to be replayed, as JSON.
    Column("options", Words(), nullable=False),
    # When it is to be looked at (again); NULL once it is finished, or blocked.
    Column("due_at", UtcDateTime),
    # How many looks in a row came to nothing.
    Column("tries", Integer, nullable=False, server_default="0"),
    # What must be put right before it is submitted again; empty where it is not blocked.
    Column("blocked", Words(), nullable=False, server_default=""),
    Column("finished_at", UtcDateTime),
    # What the worker last said: what went wrong and when, its calls a second, and the calls that
    # are left today.
    Column("last_error", Words(), nullable=False, server_default=""),
    Column("last_error_at", UtcDateTime),
    Column("calls_per_second", Float),
    Column("calls_left", Integer),
)
