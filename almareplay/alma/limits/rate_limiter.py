"""When a call may leave: the pace of calls, and what time it is."""

from __future__ import annotations

import asyncio
import math
import time
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Protocol, Self


class Clock(Protocol):
    """Time, so that tests can pass it themselves."""

    def monotonic(self) -> float:
        """Seconds since some moment, never going back."""

    def now(self) -> datetime:
        """This machine's time, aware UTC."""

    async def sleep(self, seconds: float) -> None:
        """Lets ``seconds`` pass."""


class SystemClock:
    """The real time."""

    def monotonic(self) -> float:
        """Seconds since some moment, never going back."""
        return time.monotonic()

    def now(self) -> datetime:
        """This machine's time, aware UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Lets ``seconds`` pass."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class SlowedDown:
    """Alma had too many calls: from now on ``pace`` calls a second, more again step by step."""

    pace: float


@dataclass(frozen=True, slots=True)
class FullPace:
    """After it was slowed down the pace is what it was: ``pace`` calls a second."""

    pace: float


# Alma counts arrivals, which the network shifts: calls leave 2.5 % slower than they may, and no
# stretch of 1.02 seconds holds more of them than one second may.
_USED = 0.975
_WINDOW = 1.02
_LATEST = 2.0  # gaps between calls; who is later than this has stalled
_SLOWEST = 1.0  # calls a second, where the nominal pace is not below that itself
_STEP = 0.1  # of the nominal pace, that a slowed pace regains …
_STEP_SECONDS = 2.0  # … in this time
_HOLD_SECONDS = 1.0  # without any call after Alma said that there are too many
_EARLY = 1e-6  # seconds; less than this is no wait, or rounding would make it an endless one


@dataclass(order=True)
class _Waiter:
    rank: int
    arrival: int
    woken: asyncio.Event = field(default_factory=asyncio.Event, compare=False)


class Departure:
    """A call that has had its turn. As a context manager it is in flight until it is left, when it
    has its answer. Until it says otherwise it has left at the moment of its turn."""

    def __init__(self, pace: RateLimiter, at: float) -> None:
        self._pace = pace
        self._turn = self._at = at

    def __enter__(self) -> Self:
        self._pace.flying += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._pace.flying -= 1
        if self._at == math.inf:
            self._move(self._turn)
        else:
            self._pace.wake_next()

    def hold(self) -> None:
        """The call does not leave yet, and nobody knows when: it counts as if it were about to."""
        self._move(math.inf)

    def leave(self) -> None:
        """The call leaves now."""
        self._move(None)

    def _move(self, at: float | None) -> None:
        self._at = self._pace.move(self._at, at)


class RateLimiter:
    """Lets calls leave one by one, evenly, never more than ``per_second`` in any one second.

    ``per_second`` may be a fraction (0.5: a call every two seconds). ``in_flight`` is how many
    calls may be without answer at a time; by default enough to hold the pace while Alma takes four
    seconds to answer.
    """

    def __init__(self, per_second: float, clock: Clock, in_flight: int | None = None) -> None:
        if not 0 < per_second < math.inf:
            raise ValueError(f"a pace is more than 0 calls a second, not {per_second}")
        self.nominal = per_second
        self.in_flight = in_flight or max(8, math.ceil(4 * per_second))
        self._clock = clock
        self.flying = 0
        """How many calls are without answer now."""
        self._waiting: list[_Waiter] = []
        self._arrivals = count()
        # When the last calls left, in order; infinite for those that are held after their turn.
        self._left: list[float] = []
        self._last_turn = -math.inf
        self._beat = -math.inf  # when the last turn was due, or came after a stall
        self._hold_until = -math.inf
        self._slowed_to = per_second
        self._slowed_at = clock.monotonic()

    @property
    def current(self) -> float:
        """Calls a second now: below `nominal` for a while after `slow_down`."""
        steps = math.floor((self._clock.monotonic() - self._slowed_at) / _STEP_SECONDS)
        return min(self.nominal, self._slowed_to + steps * _STEP * self.nominal)

    async def turn(self, rank: int) -> Departure:
        """Waits until a call may leave.

        Of all that wait the lowest ``rank`` is next, of one rank the one that came first. The rank
        is the row's place in the order of replay: a row that has begun is finished before others
        begin.
        """
        waiter = _Waiter(rank, next(self._arrivals))
        insort(self._waiting, waiter)
        try:
            while True:
                if self._waiting[0] is not waiter or self._is_full():
                    waiter.woken.clear()
                    await waiter.woken.wait()
                elif (early := self._due() - self._clock.monotonic()) > _EARLY:
                    await self._clock.sleep(early)
                else:
                    return self._departure()
        finally:
            self._waiting.remove(waiter)
            self.wake_next()

    def move(self, noted: float, to: float | None) -> float:
        """Corrects the time at which a call left, which was noted as ``noted``; ``None`` is now."""
        at = self._clock.monotonic() if to is None else to
        place = bisect_left(self._left, noted)
        if place < len(self._left) and self._left[place] == noted:
            del self._left[place]
        self._note(at)
        self.wake_next()
        return at

    def slow_down(self, left_at: float) -> bool:
        """Alma said that there are too many calls to the one that left at ``left_at`` (monotonic).

        Halves the pace and lets no call leave for a second, once for all calls of one burst: True
        for the first of them. The pace comes back step by step.
        """
        if left_at <= self._hold_until - _HOLD_SECONDS:
            return False  # it left before the pace was slowed: what it met is known
        self._slowed_to = max(self.current / 2, min(_SLOWEST, self.nominal))
        self._slowed_at = self._clock.monotonic()
        self._hold_until = self._slowed_at + _HOLD_SECONDS
        return True

    def _is_full(self) -> bool:
        """Whether no call may leave before another one has landed or left."""
        return self.flying >= self.in_flight or self._due() == math.inf

    def _due(self) -> float:
        gap = self._gap()
        due = max(self._beat + gap, self._last_turn + gap / 2, self._hold_until)
        allowed = math.ceil(self.current)
        if len(self._left) >= allowed:
            due = max(due, self._left[-allowed] + _WINDOW)
        return due

    def _gap(self) -> float:
        return 1 / (_USED * self.current)

    def _departure(self) -> Departure:
        # The beat goes on from when this call was due, so that leaving a little late costs no pace;
        # after a stall it goes on from now, and nothing is caught up.
        now = self._clock.monotonic()
        gap = self._gap()
        beat = self._beat + gap
        self._beat = beat if now - beat < _LATEST * gap else now
        self._last_turn = now
        self._note(now)
        return Departure(self, now)

    def _note(self, at: float) -> None:
        insort(self._left, at)
        del self._left[: -math.ceil(self.nominal)]

    def wake_next(self) -> None:
        """Has the next of those that wait see whether it may leave."""
        if self._waiting:
            self._waiting[0].woken.set()
