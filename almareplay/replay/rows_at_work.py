"""How many rows are looked at and posted at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count
from math import ceil

# Enough for the pace while Alma takes four seconds to answer, as for calls in flight; and so few
# that an intent does not wait longer for its turn than what was seen before it holds.
_SECONDS_OF_PACE = 4


class RowsAtWork:
    """Lets four seconds' worth of rows begin; of those that wait the lowest place goes first.

    Without it a thousand rows would store their intents at once and then wait for the pace, until
    what was seen of their items is too old. ``per_second`` is the pace in calls.
    """

    def __init__(self, per_second: float) -> None:
        self._free = max(_SECONDS_OF_PACE, ceil(_SECONDS_OF_PACE * per_second))
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = count()

    @asynccontextmanager
    async def row(self, place: int) -> AsyncIterator[None]:
        """A row at work; it must not wait for other rows in here."""
        if self._free:
            self._free -= 1
        else:
            turn = asyncio.get_running_loop().create_future()
            heappush(self._waiting, (place, next(self._arrivals), turn))
            await turn
        try:
            yield
        finally:
            self._let_next_begin()

    def _let_next_begin(self) -> None:
        while self._waiting:
            turn = heappop(self._waiting)[-1]
            if not turn.done():  # whoever waited may have been cancelled
                turn.set_result(None)
                return
        self._free += 1
