"""The look at the hold, right before a call that writes leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

from almareplay.alma.limits.rate_limiter import Clock
from almareplay.queue.replaying.hold import FRESH_SECONDS, Hold, still_held
from almareplay.queue.store import Queue


class Looks:
    """Looks at a hold over a connection of its own, beside the other work of the run: a call that
    is about to leave must not wait for that. ``close`` it."""

    def __init__(self, queue: Queue, hold: Hold, clock: Clock) -> None:
        self._stack = ExitStack()
        self._look = partial(still_held, self._stack.enter_context(queue.watching()), hold)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="looks")
        self._stack.callback(self._thread.shutdown)
        self._is_file = queue.is_file
        self._needed = hold.lease.left_for_a_call
        self._clock = clock

    def close(self) -> None:
        """Wait for the look under way."""
        self._stack.close()

    async def confirm(self, renew: Callable[[], Awaitable[None]]) -> None:
        """Make sure of the hold, and that its lease outlasts a call, by a look that is not older
        than a moment: a process that was suspended while it looked may have lost the run since.
        ``renew`` gives the hold a whole lease.

        Raises HoldLost, QueueError.
        """
        clock = self._clock
        while True:
            moment, day = clock.monotonic(), clock.now()
            left = await self._seconds_left()
            # The one clock may stand still while the machine sleeps, the other may be set.
            age = max(clock.monotonic() - moment, abs((clock.now() - day).total_seconds()))
            if age >= FRESH_SECONDS:
                continue
            if left >= self._needed:
                return
            await renew()

    async def _seconds_left(self) -> float:
        if self._is_file:
            # It answers in less time than another thread needs to begin.
            return self._look()
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._look)
