"""The institution's two limits: calls in one second, and calls in one day."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from almareplay.simulator.clock import Clock

PER_SECOND = "PER_SECOND_THRESHOLD"
DAILY = "DAILY_THRESHOLD"


@dataclass
class DayCount:
    """The calls of a day, of one institution or of several that share a pool."""

    day: date | None = None
    calls: int = 0

    def on(self, day: date) -> int:
        """The calls of this day, which begins with none."""
        if day != self.day:
            self.day, self.calls = day, 0
        return self.calls


class Limits:
    """Admits calls up to ``per_second`` in any one second and ``daily`` a day; 0 means no limit.

    The day ends at midnight GMT of ``clock``. A call that is turned away counts for neither.
    Institutions with the same ``day_count`` share the calls of a day.
    """

    def __init__(
        self,
        per_second: int,
        daily: int,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
        day_count: DayCount | None = None,
    ) -> None:
        self.per_second = per_second
        self.daily = daily
        self._clock = clock
        self._monotonic = monotonic
        self._recent: deque[float] = deque()
        self._day_count = day_count or DayCount()

    def admit(self) -> str | None:
        """Count one call as it arrives; returns the error code if it is one too many."""
        left = self.left()
        if left == 0:
            return DAILY
        now = self._monotonic()
        while self._recent and self._recent[0] <= now - 1.0:
            self._recent.popleft()
        if self.per_second and len(self._recent) >= self.per_second:
            return PER_SECOND
        self._recent.append(now)
        self._day_count.calls += 1
        return None

    def left(self) -> int | None:
        """Calls left today; None without a daily limit."""
        used = self._day_count.on(self._clock.now().date())
        return max(0, self.daily - used) if self.daily else None
