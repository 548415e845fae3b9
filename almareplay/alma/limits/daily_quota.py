"""How many calls the institution has left today, and when to stop for the sake of others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from almareplay.alma.answers import codes
from almareplay.alma.errors import DailyLimit, Effect
from almareplay.alma.limits.alma_clock import AlmaClock
from almareplay.alma.limits.rate_limiter import Clock
from almareplay.alma.limits.shared_calls import SharedCalls

_GRACE = timedelta(seconds=30)  # after midnight GMT, until Alma's count has surely begun anew
_SLICE = 60.0  # seconds slept at once, so that a clock that is set right is noticed


@dataclass(frozen=True, slots=True)
class DayUsedUp:
    """No more calls today; they go on at ``until``, aware UTC on Alma's clock."""

    until: datetime


class DailyQuota:
    """Alma's count of the calls left today, kept up between its answers.

    ``reserve`` calls are left to everyone else. Calls of a ``pool`` are taken from it in blocks,
    and the count is of what Alma has left for all who share it. With ``wait`` a call that meets the
    reserve or the daily limit sleeps until after midnight GMT, when the count begins anew; else it
    fails.
    ``on_event`` is told once a day of that sleep.
    """

    def __init__(
        self,
        reserve: int,
        clock: Clock,
        alma_clock: AlmaClock,
        *,
        wait: bool,
        on_event: Callable[[DayUsedUp], None] | None = None,
        pool: SharedCalls | None = None,
    ) -> None:
        self._reserve = reserve
        self._wait = wait
        self._clock = clock
        self._alma_clock = alma_clock
        self._left: int | None = None
        self.quota: int | None = None
        """Calls a day, as Alma last said it."""
        self._used_up = False
        self._day = self._today()
        self._tell = on_event or (lambda _: None)
        self._told: date | None = None
        self._pool = pool
        self._taking = asyncio.Lock()
        # Calls of the block that may still be made, those made since it was taken, and whether an
        # answer has said since then what is left.
        self._block = self._used = 0
        self._heard = False

    @property
    def known(self) -> int | None:
        """Calls left today; ``None`` where Alma has not said it yet."""
        self._forget_yesterday()
        return self._left

    @property
    def spent(self) -> bool:
        """Whether no call may leave: any more today, or before a block of calls was taken."""
        return self._day_is_over or (self._pool is not None and self._block <= 0)

    @property
    def _day_is_over(self) -> bool:
        known = self.known
        return self._used_up or (known is not None and known <= self._reserve)

    def leaving(self) -> None:
        """A call leaves."""
        self._forget_yesterday()
        self._block -= 1
        self._used += 1
        if self._left is not None:
            self._left = max(0, self._left - 1)

    def learn(self, remaining: str | None, quota: str | None = None) -> None:
        """Takes in ``X-Exl-Api-Remaining`` and ``X-Exl-Api-Quota``; where one is missing or
        unreadable, the last count goes on.

        Answers overtake each other, so within a day the lowest count is the latest.
        """
        self._forget_yesterday()
        told = _count(remaining)
        if told is not None:
            self._left = told if self._left is None else min(self._left, told)
            self._heard = True
        self.quota = _count(quota) or self.quota

    def used_up(self) -> None:
        """Alma said that the calls of the day are used up."""
        self._forget_yesterday()
        self._used_up = self._heard = True
        self._left = 0

    async def passed(self) -> None:
        """Returns when a call may leave; raises `DailyLimit` where none may and none is to wait."""
        while self.spent:
            if not self._day_is_over and await self._take():
                continue
            if not self._wait:
                raise self._limit()
            if self._told != self._day:
                self._told = self._day
                self._tell(DayUsedUp(self._next_day()))
            rest = self._next_day() - self._alma_clock.now()
            await self._clock.sleep(min(_SLICE, max(1.0, rest.total_seconds())))

    async def close(self) -> None:
        """Give the rest of the block back."""
        self._forget_yesterday()
        if self._pool is not None:
            await self._pool.give_back(self._day, self._used, self._left if self._heard else None)

    async def _take(self) -> bool:
        """Take the next block of calls; False where the pool has none left for today."""
        assert self._pool is not None, "who shares no calls needs no block"
        async with self._taking:
            if self._block > 0:
                return True  # another call took it meanwhile
            day, used = self._day, self._used
            calls = await self._pool.take(day, used, self._left if self._heard else None)
            self._forget_yesterday()
            if day != self._day:
                return True  # of yesterday; the next one is of today
            self._block, self._used, self._heard = calls, self._used - used, False
            return calls > 0

    def _limit(self) -> DailyLimit:
        if self._used_up:
            return DailyLimit(
                "The institution's calls to Alma for today are used up: go on after midnight GMT.",
                code=codes.DAILY,
                effect=Effect.NOT_SENT,
            )
        if self._pool is not None:
            return DailyLimit(
                f"The calls of the pool {self._pool.name} are used up for today, but for the "
                f"{self._reserve} that are reserved for others: go on after midnight GMT, or lower "
                "the reserve of the pool.",
                effect=Effect.NOT_SENT,
            )
        return DailyLimit(
            f"{self._left} calls to Alma are left today, and {self._reserve} are reserved for "
            "others: go on after midnight GMT, or lower the reserve.",
            effect=Effect.NOT_SENT,
        )

    def _today(self) -> date:
        return (self._alma_clock.now() - _GRACE).date()

    def _next_day(self) -> datetime:
        now = self._alma_clock.now() - _GRACE
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return midnight + _GRACE

    def _forget_yesterday(self) -> None:
        today = self._today()
        if today > self._day:
            self._left = None
            self._used_up = self._heard = False
            self._block = self._used = 0
        self._day = today


def _count(header: str | None) -> int | None:
    text = (header or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
