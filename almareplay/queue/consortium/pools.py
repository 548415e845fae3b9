"""Calls a day that several institutions share: taken in blocks, told of, given back.

Whoever calls Alma takes a block of calls first, and tells with the next one how the last went. What
is taken counts as used until then, so that all together never use more than there is: by no more
than one block for each that died, or whose answers were lost.

The block of a worker that died comes back when another has taken its run over, and not before Alma
has told that one what is left: the calls of the dead worker are counted in that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from almareplay.queue.databases.database import database_of
from almareplay.queue.replaying.hold import IS_HELD, Hold, of_hold
from almareplay.queue.store import Queue
from almareplay.queue.tables.pool_schema import pool_blocks, pools

BLOCK = 100
"""The most calls that are taken at once."""
# Before anybody was told how many there are.
_FIRST_BLOCK = 20
# Near the end of a day the rest is shared out in parts, lest one has it all and others stop.
_PARTS = 4
# Whoever has not told of its calls for so long is gone, whether or not it held a run; at one call a
# second a block lasts two minutes.
_GONE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Pool:
    """Calls that institutions share, of which ``reserve`` a day are left to other programs."""

    name: str
    reserve: int


@dataclass(frozen=True, slots=True)
class CallsMade:
    """What became of a block on a ``day`` (GMT): how many calls it was ``used`` for, and how many
    Alma has ``left`` for all, by the last answer that said it and the calls since; None where no
    answer has said it since the block was taken."""

    day: date
    used: int = 0
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Taker:
    """Who takes calls, by any ``name`` of its own. A ``hold`` on a run is one that it has had since
    before its first call: what it leaves behind is free once another has taken the run over."""

    name: str
    hold: Hold | None = None


def take_calls(queue: Queue, pool: Pool, taker: Taker, made: CallsMade) -> int:
    """Tell of the block that ``taker`` had, and take the next one: how many calls it may make, 0
    where none is left for today. Raises QueueError."""
    with queue.writing() as connection:
        left = _told(connection, pool, taker, made)
        calls = _block(connection, pool, left)
        if calls:
            connection.execute(
                insert(pool_blocks).values(
                    pool=pool.name,
                    taker=taker.name,
                    run_id=taker.hold and taker.hold.run.id,
                    calls=calls,
                    until=database_of(connection).now(connection) + _GONE_AFTER,
                )
            )
    return calls


def give_back(queue: Queue, pool: Pool, taker: Taker, made: CallsMade) -> None:
    """Tell of the block that ``taker`` had, and take no other. Raises QueueError."""
    with queue.writing() as connection:
        _told(connection, pool, taker, made)


def _told(connection: Connection, pool: Pool, taker: Taker, made: CallsMade) -> int | None:
    """Put down what became of a block; how many calls Alma has left for all then, None where nobody
    knows. Nobody else takes or tells before the transaction of the connection ends."""
    day, left = _locked(connection, pool)
    today = made.day.isoformat()
    blocks = delete(pool_blocks).where(pool_blocks.c.pool == pool.name)
    if day < today:
        day, left = today, None
        connection.execute(blocks)
    else:
        connection.execute(blocks.where(pool_blocks.c.taker == taker.name))
        if taker.hold is not None and made.left is not None:
            # Whoever had the run before has made its calls, and Alma has counted them.
            of_run = blocks.where(pool_blocks.c.run_id == taker.hold.run.id)
            connection.execute(of_run.where(IS_HELD), of_hold(taker.hold))
        connection.execute(
            blocks.where(pool_blocks.c.until < database_of(connection).now(connection))
        )
    # What was used of yesterday's calls, by a clock that is a little slow, is of no interest.
    if day == today and left is not None:
        left = max(0, left - made.used) if made.left is None else min(left, made.left)
    elif day == today:
        left = made.left
    connection.execute(
        update(pools).where(pools.c.name == pool.name).values(day=day, calls_left=left)
    )
    return left


_POOL = select(pools).where(pools.c.name == bindparam("name")).with_for_update()


def _locked(connection: Connection, pool: Pool) -> tuple[str, int | None]:
    """The pool's day and the calls left, made if there is none."""
    found = connection.execute(_POOL, {"name": pool.name}).one_or_none()
    if found is None:
        # Two that begin at once make it once.
        database_of(connection).lock_queue(connection)
        found = connection.execute(_POOL, {"name": pool.name}).one_or_none()
    if found is None:
        connection.execute(insert(pools).values(name=pool.name, day=""))
        return "", None
    return found.day, found.calls_left


def _block(connection: Connection, pool: Pool, left: int | None) -> int:
    """How many calls may be taken next."""
    if left is None:
        return _FIRST_BLOCK
    taken = select(func.coalesce(func.sum(pool_blocks.c.calls), 0))
    others: int = connection.execute(taken.where(pool_blocks.c.pool == pool.name)).scalar_one()
    free = left - others - pool.reserve
    return min(BLOCK, max(1, free // _PARTS)) if free > 0 else 0
