"""The calls a day that institutions share, and who has taken some of them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table

from almareplay.queue.tables.moment import UtcDateTime
from almareplay.queue.tables.schema import metadata
from almareplay.queue.tables.texts import Words

pools = Table(
    "pools",
    metadata,
    Column("name", Words(100), primary_key=True),
    # The day in GMT, YYYY-MM-DD, that the count is of.
    Column("day", Words(10), nullable=False),
    # How many calls Alma has left for all on that day, as last told; NULL where nobody was told.
    Column("calls_left", Integer),
)

# Calls that somebody may make and has not told of yet.
pool_blocks = Table(
    "pool_blocks",
    metadata,
    Column("pool", ForeignKey("pools.name"), primary_key=True),
    Column("taker", Words(32), primary_key=True),
    # The run that the taker holds; NULL where a block is not bound to a hold.
    Column("run_id", ForeignKey("runs.id")),
    Column("calls", Integer, nullable=False),
    # When the taker is taken to be gone, by the clock of the queue.
    Column("until", UtcDateTime, nullable=False),
)
