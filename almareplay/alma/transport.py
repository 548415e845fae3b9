"""Sends one call to Alma: when it may leave, what its answer says, whether it is tried again."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from almareplay.alma.call import Call, Confirm, judged, key_test
from almareplay.alma.connection.endpoint import Endpoint
from almareplay.alma.connection.transfer import keep_http_out_of_logs, transfer
from almareplay.alma.errors import (
    AlmaError,
    DailyLimit,
    Effect,
    PerSecondLimit,
    Unavailable,
    Unreachable,
)
from almareplay.alma.limits.alma_clock import AlmaClock
from almareplay.alma.limits.circuit_breaker import BreakerEvent, CircuitBreaker
from almareplay.alma.limits.daily_quota import DailyQuota, DayUsedUp
from almareplay.alma.limits.rate_limiter import Clock, Departure, FullPace, RateLimiter, SlowedDown
from almareplay.alma.limits.retrying import RetryBudget, retried
from almareplay.alma.limits.shared_calls import SharedCalls
from almareplay.alma.limits.stopping import Stop

T = TypeVar("T")

Event = BreakerEvent | DayUsedUp | SlowedDown | FullPace
"""What keeps calls from leaving, or does no more."""

_PROBE_RANK = -1  # before every row

_log = logging.getLogger("almareplay.alma")


@dataclass(frozen=True, slots=True)
class Traffic:
    """For the progress display: calls a second now, calls left today, calls made so far, and how
    many the institution may make in a day, ``None`` where Alma has not said it."""

    pace: float
    calls_left: int | None
    calls_made: int
    quota: int | None = None


class _NotNow(Exception):
    """A call has had its turn, but no call may leave now."""


class Transport:
    """The way to one Alma, with its pace, its outage gate and its calls left.

    `open_transport` makes it. ``answer_within`` is in seconds, for the whole of an answer. With
    ``fail_fast`` nobody waits for a connection that cannot be made. Every call ends in its result
    or in an `AlmaError`; ``confirm`` may raise errors of its own, and then nothing is sent.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        pace: RateLimiter,
        clock: Clock,
        *,
        reserve: int = 0,
        wait: bool = False,
        answer_within: float = 60.0,
        give_up_after: float | None = None,
        fail_fast: bool = False,
        pool: SharedCalls | None = None,
        stopping: asyncio.Event | None = None,
        on_event: Callable[[Event], None] | None = None,
        on_call: Callable[[Traffic], None] | None = None,
    ) -> None:
        keep_http_out_of_logs()
        self.calls_made = 0
        self.pace = pace
        self.stop = Stop(stopping or asyncio.Event())
        self._endpoint = endpoint
        self._clock = clock
        self.answer_within = answer_within
        self._alma_clock = AlmaClock(clock)
        self._calls_left = DailyQuota(
            reserve, clock, self._alma_clock, wait=wait, on_event=on_event, pool=pool
        )
        self._goes_on_tomorrow = wait
        self._breaker = CircuitBreaker(
            self._probe, clock, give_up_after=give_up_after, on_event=on_event
        )
        self._retry_budget = RetryBudget()
        self._fail_fast = fail_fast
        self._on_event = on_event or (lambda _: None)
        self._on_call = on_call or (lambda _: None)
        self._slowed = False
        # The reads that Alma answered last. Probes repeat them in turn, lest one that fails on its
        # own keeps the gate shut.
        self._answered: deque[Call[Any]] = deque(maxlen=3)

    @property
    def calls_left(self) -> int | None:
        """Calls left today; ``None`` where Alma has not said it yet."""
        return self._calls_left.known

    @property
    def quota(self) -> int | None:
        """Calls the institution may make in a day; ``None`` where Alma has not said it."""
        return self._calls_left.quota

    def alma_now(self) -> datetime | None:
        """A lower bound of Alma's present time, aware UTC; None before Alma has told it."""
        return self._alma_clock.told()

    async def close(self) -> None:
        """Give back the calls that were taken from a pool and not made."""
        await self._calls_left.close()

    async def send(self, call: Call[T]) -> T:
        """Sends a call and gives its result.

        What did nothing is sent again: for every call a 429 and a connection that was never made,
        for repeatable ones every failure. After eight tries during which Alma was there
        `Unavailable` is raised. Any other call whose effect is unknown is never sent again.
        """
        while True:
            proven = self._breaker.proven
            try:
                try:
                    return await self._send_within_limits(call)
                except Unavailable as first:
                    return await retried(
                        partial(self._send_within_limits, call),
                        first,
                        budget=self._retry_budget,
                        may_repeat=lambda error: self._may_repeat(call, error),
                        sleep=self._sleep,
                    )
            except Unavailable as failure:
                if not self._may_repeat(call, failure):
                    raise
                async with self.stop.ends():
                    await self._breaker.passed()
                if self._breaker.proven == proven:
                    raise
                # The tries were met by an outage and say nothing of this call: they begin anew.

    async def _send_within_limits(self, call: Call[T]) -> T:
        """Sends a call, again and again while it meets the pace's limit, or the day's where that is
        waited for."""
        while True:
            try:
                return await self._leave(call)
            except PerSecondLimit:
                continue
            except DailyLimit:
                if not self._goes_on_tomorrow:
                    raise

    def _may_repeat(self, call: Call[Any], failure: BaseException) -> bool:
        if not isinstance(failure, Unavailable):
            return False
        if self._fail_fast and isinstance(failure, Unreachable):
            return False
        return call.repeatable or failure.effect is not Effect.UNKNOWN

    async def _leave(self, call: Call[T]) -> T:
        while True:
            async with self.stop.ends():
                await self._breaker.passed()
                await self._calls_left.passed()
                departure = await self.pace.turn(call.rank)
            with departure:
                try:
                    self._make_sure_it_may_leave()
                    return await self._exchange(call, departure, partial(self._confirm, call))
                except _NotNow:
                    pass
                except Unavailable:
                    self._forget(call)
                    raise

    async def _confirm(self, call: Call[Any]) -> None:
        """Raises what keeps a call that has had its turn from being sent after all."""
        if call.confirm is not None:
            await call.confirm()
        self._make_sure_it_may_leave()

    def _make_sure_it_may_leave(self) -> None:
        self.stop.check()
        if self._breaker.shut or self._calls_left.spent:
            raise _NotNow

    async def _probe(self) -> None:
        self._answered.rotate()
        call = self._answered[0] if self._answered else key_test("bibs")
        await self._calls_left.passed()
        with await self.pace.turn(_PROBE_RANK) as departure:
            await self._exchange(call, departure, _nothing_more)

    def _remember(self, call: Call[Any]) -> None:
        if not (call.writes or call.bare or any(call.target == c.target for c in self._answered)):
            self._answered.append(call)

    def _forget(self, call: Call[Any]) -> None:
        for known in [known for known in self._answered if known.target == call.target]:
            self._answered.remove(known)

    async def _exchange(self, call: Call[T], departure: Departure, may_leave: Confirm) -> T:
        left_at = self._clock.monotonic()

        async def leaving() -> None:
            nonlocal left_at
            await may_leave()
            self._calls_left.leaving()
            left_at = self._clock.monotonic()

        self.calls_made += 1
        try:
            response = await transfer(
                self._endpoint,
                call,
                departure,
                within=self.answer_within,
                leaving=leaving,
            )
        except Exception:  # raised by ``may_leave``: it was not sent
            self.calls_made -= 1
            raise
        if isinstance(response, Unavailable):
            result: T | AlmaError = response
        else:
            self._alma_clock.learn(response.headers.get("Date"))
            self._calls_left.learn(
                response.headers.get("X-Exl-Api-Remaining"), response.headers.get("X-Exl-Api-Quota")
            )
            result = judged(call, response)
        self._take_in(result, left_at)
        _note(call, result, self._clock.monotonic() - left_at)
        self._on_call(Traffic(self.pace.current, self.calls_left, self.calls_made, self.quota))
        if isinstance(result, AlmaError):
            raise result
        self._remember(call)
        return result

    def _take_in(self, result: object, left_at: float) -> None:
        """What the result of a call that left at ``left_at`` says of Alma."""
        match result:
            case Unavailable():
                self._breaker.failed(result, left_at)
            case PerSecondLimit():
                if self.pace.slow_down(left_at):
                    self._slowed = True
                    self._on_event(SlowedDown(self.pace.current))
            case DailyLimit():
                self._calls_left.used_up()
            case _:  # a refusal is an answer too
                self._breaker.answered(left_at)
                self._retry_budget.earn()
        if self._slowed and self.pace.current >= self.pace.nominal:
            self._slowed = False
            self._on_event(FullPace(self.pace.current))

    async def _sleep(self, seconds: float) -> None:
        async with self.stop.ends():
            await self._clock.sleep(seconds)


async def _nothing_more() -> None:
    """For a call that its turn alone lets leave."""


def _note(call: Call[Any], result: object, seconds: float) -> None:
    said = "answered"
    if isinstance(result, AlmaError):
        said = f"{type(result).__name__} {result.status or ''} {result.code}".rstrip()
    _log.debug("%s: %s, %d ms", call.operation, said, round(1000 * seconds))
