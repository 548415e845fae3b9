"""What time it is at Alma."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from almareplay.alma.answers.fields import plausible
from almareplay.alma.limits.rate_limiter import Clock


class AlmaClock:
    """Alma's time as far as its answers show it: never later than it is there."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: tuple[datetime, float] | None = None

    def learn(self, date: str | None) -> None:
        """Takes in the ``Date`` header of an answer that has just arrived."""
        told = _parsed(date)
        if told is not None:
            self._seen = (told, self._clock.monotonic())

    def now(self) -> datetime:
        """Aware UTC; this machine's time where Alma has not told its own yet."""
        return self.told() or self._clock.now()

    def told(self) -> datetime | None:
        """Aware UTC: the last ``Date`` header and the time since; None before there was one."""
        if self._seen is None:
            return None
        told, at = self._seen
        return told + timedelta(seconds=self._clock.monotonic() - at)


@lru_cache(maxsize=8)  # the answers of one second have the same
def _parsed(date: str | None) -> datetime | None:
    if not date:
        return None
    try:
        told = parsedate_to_datetime(date)
        return plausible(told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
