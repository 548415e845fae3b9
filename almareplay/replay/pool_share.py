"""The part of a pool's calls that one connection to Alma uses, taken from the queue in blocks."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

from almareplay.queue.consortium.pools import CallsMade, Pool, Taker, give_back, take_calls
from almareplay.queue.errors import QueueError
from almareplay.queue.replaying.hold import Hold
from almareplay.queue.store import Queue

_log = logging.getLogger("almareplay.replay")


def share_of(
    queue: Queue, pool: str | None, reserve: int, hold: Hold | None = None
) -> PoolShare | None:
    """A share of the pool of this name, which leaves ``reserve`` calls a day to other programs;
    None where the institution is in no pool. With ``hold`` it is for the run that is held: what is
    not given back is free once another has taken the run over."""
    return None if pool is None else PoolShare(queue, Pool(pool, reserve), hold)


class PoolShare:
    """Shared calls, for one transport; see `SharedCalls`. What waits for the queue is done in a
    thread of its own, one piece after another."""

    def __init__(self, queue: Queue, pool: Pool, hold: Hold | None = None) -> None:
        self._queue = queue
        self._pool = pool
        self._taker = Taker(uuid4().hex, hold)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pool")

    @property
    def name(self) -> str:
        """What people call the pool."""
        return self._pool.name

    async def take(self, day: date, used: int, left: int | None) -> int:
        """The calls that may be made next. Raises QueueError."""
        made = CallsMade(day, used, left)
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, take_calls, self._queue, self._pool, self._taker, made
        )

    async def give_back(self, day: date, used: int, left: int | None) -> None:
        """Take no more. A block that cannot be given back comes back after a while."""
        made = CallsMade(day, used, left)
        try:
            await asyncio.get_running_loop().run_in_executor(
                self._thread, give_back, self._queue, self._pool, self._taker, made
            )
        except QueueError as error:
            _log.info("calls were not given back to their pool: %s", type(error).__name__)
        finally:
            self._thread.shutdown(wait=False)
