"""Whether Alma is there: what the calls find out together holds for all."""

from __future__ import annotations

import asyncio
import copy
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from almareplay.alma.errors import (
    AlmaError,
    AlmaGone,
    Effect,
    KeyRefused,
    Unavailable,
    Unreachable,
)
from almareplay.alma.limits.rate_limiter import Clock

_LATELY = 5.0  # seconds in which an answer is evidence that Alma is there
_IN_A_ROW = 8  # failures without an answer among them that outweigh it …
_UNREACHABLE_COUNTS = 2  # … of which one where no connection could be made counts for two
_FIRST_PAUSE = 1.0  # seconds, doubled after every probe …
_LONGEST_PAUSE = 60.0  # … up to this


@dataclass(frozen=True, slots=True)
class Gone:
    """Alma has gone away. ``since`` is the first failure, aware UTC on this machine's clock, and
    ``why`` what was seen of it; ``gives_up_at`` is when nobody waits any more, None for never."""

    since: datetime
    why: str = ""
    gives_up_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StillGone:
    """Alma did not answer a probe; the next one leaves in ``next_probe_in`` seconds. The rest is as
    in `Gone`."""

    since: datetime
    next_probe_in: float
    gives_up_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Back:
    """Alma answers again after ``lasted``."""

    since: datetime
    lasted: timedelta


BreakerEvent = Gone | StillGone | Back


class _Failed(NamedTuple):
    """A failed call: when it left, when that was seen (monotonic), and how much it counts."""

    left_at: float
    seen_at: float
    counts: int


class CircuitBreaker:
    """The gate that every call passes: shut where (nearly) nothing is answered any more, until a
    probe is.

    A single failure shuts it when no call has been answered in the last five seconds. While others
    are answered it takes eight failures in a row, or four where no connection could be made. A
    failure of a call that left before one that was answered says nothing of Alma as it is now:
    of many calls under way when Alma dies the first ones shut the gate, and the others, whose
    answers are waited for until the time-out, do not shut it once more.

    ``probe`` makes one call that only reads, and raises what came of it. Any answer but
    `Unavailable` says that Alma is there. Probes leave one at a time: the first at once, the others
    after pauses of 1, 2, 4 … 60 seconds. Whoever waits at the gate makes them, so nothing runs
    beside the calls. ``give_up_after`` is in seconds from the first failure; ``None`` waits for
    ever.
    """

    def __init__(
        self,
        probe: Callable[[], Awaitable[object]],
        clock: Clock,
        *,
        give_up_after: float | None = None,
        on_event: Callable[[BreakerEvent], None] | None = None,
    ) -> None:
        self.shut = False
        self.proven = 0
        """How many outages a failed probe has proven so far."""
        self._probe = probe
        self._clock = clock
        self._give_up_after = give_up_after
        self._tell = on_event or (lambda _: None)
        self._probing = asyncio.Lock()
        self._verdict: AlmaError | None = None
        self._answered_at = -math.inf
        self._answered_left_at = -math.inf  # when the latest call left that has been answered
        self._failures: list[_Failed] = []  # of calls that left after it
        self._since = clock.now()
        self._why = ""
        self._failed_at = 0.0
        self._probe_at = 0.0
        self._pause = 0.0

    def answered(self, left_at: float) -> None:
        """Alma has answered the call that left at ``left_at`` (monotonic)."""
        self._answered_at = self._clock.monotonic()
        self._answered_left_at = max(self._answered_left_at, left_at)
        self._failures = [each for each in self._failures if each.left_at > left_at]

    def failed(self, failure: Unavailable, left_at: float) -> None:
        """The call that left at ``left_at`` (monotonic) met ``failure``. Where that is the end of
        what Alma answers, no other leaves until a probe is answered."""
        if self.shut or left_at < self._answered_left_at:
            return
        now = self._clock.monotonic()
        counts = _UNREACHABLE_COUNTS if isinstance(failure, Unreachable) else 1
        self._failures.append(_Failed(left_at, now, counts))
        in_a_row = sum(each.counts for each in self._failures)
        if in_a_row >= _IN_A_ROW or now - self._answered_at > _LATELY:
            self.shut = True
            self._why = failure.why
            self._failed_at = self._failures[0].seen_at
            self._since = self._clock.now() - timedelta(seconds=now - self._failed_at)
            self._probe_at = now
            self._pause = 0.0

    async def passed(self) -> None:
        """Returns when Alma is there: at once, unless the gate is shut.

        Raises `AlmaGone` for everyone who waits when it takes too long, `KeyRefused` when a probe
        meets that, and what keeps a probe from being sent (`DailyLimit`).
        """
        while self.shut:
            async with self._probing:
                if self.shut:
                    await self._probe_in_time()

    async def _probe_in_time(self) -> None:
        if self._verdict is not None:
            raise copy.copy(self._verdict)
        await self._clock.sleep(max(0.0, self._probe_at - self._clock.monotonic()))
        asked_at = self._clock.monotonic()
        if await self._probe_is_answered():
            self.shut = False
            self.answered(asked_at)
            if self._pause:
                lasted = timedelta(seconds=self._clock.monotonic() - self._failed_at)
                self._tell(Back(self._since, lasted))
        else:
            self._note_failed_probe()

    async def _probe_is_answered(self) -> bool:
        try:
            await self._probe()
        except Unavailable as failure:
            self._why = failure.why
            return False
        except KeyRefused as refused:
            self._verdict = refused
            raise
        except AlmaError as answer:  # a refusal or a limit is an answer too
            if answer.effect is Effect.NOT_SENT:
                raise
        return True

    def _note_failed_probe(self) -> None:
        now = self._clock.monotonic()
        if not self._pause:
            self.proven += 1
            self._tell(Gone(self._since, self._why, self._gives_up_at))
        gone_for = now - self._failed_at
        if self._give_up_after is not None and gone_for >= self._give_up_after:
            self._verdict = AlmaGone(
                f"Alma has not answered for {_minutes(gone_for)} ({self._why}): start again when "
                "it is back, the run goes on where it stopped."
            )
            raise copy.copy(self._verdict)
        self._pause = min(max(2 * self._pause, _FIRST_PAUSE), _LONGEST_PAUSE)
        rest = self._pause
        if self._give_up_after is not None:
            rest = min(rest, self._give_up_after - gone_for)
        self._probe_at = now + rest
        self._tell(StillGone(self._since, rest, self._gives_up_at))

    @property
    def _gives_up_at(self) -> datetime | None:
        if self._give_up_after is None:
            return None
        return self._since + timedelta(seconds=self._give_up_after)


def _minutes(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{round(seconds)} seconds"
    return "a minute" if minutes == 1 else f"{minutes} minutes"
