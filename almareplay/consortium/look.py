"""One look at a run that was submitted: taken, checked, replayed, and handed back."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Protocol

from almareplay.alma.client import Alma, AlmaReader, open_transport
from almareplay.alma.errors import Stopped
from almareplay.alma.limits.circuit_breaker import Back, Gone
from almareplay.alma.limits.rate_limiter import Clock, SystemClock
from almareplay.alma.transport import Event, Traffic
from almareplay.consortium import pauses
from almareplay.consortium.submitting import HowToReplay, read_how_to_replay
from almareplay.outcomes import Outcome
from almareplay.queue.captures.captured import take_back_voided
from almareplay.queue.consortium.submissions import (
    Blocked,
    End,
    Finished,
    HandedBack,
    Later,
    Submission,
    hand_back,
    say_how_it_goes,
    submission_of,
)
from almareplay.queue.errors import (
    HoldLost,
    QueueError,
    RunHeld,
)
from almareplay.queue.reading import queries
from almareplay.queue.replaying.binding import check_alma
from almareplay.queue.replaying.hold import WORKER_LEASE, Hold, release_hold, renew_hold, take_hold
from almareplay.queue.rows import QueuedRow
from almareplay.queue.store import Queue, Run
from almareplay.replay.check import CheckResult, check
from almareplay.replay.engine import Replaying, replay_held
from almareplay.replay.pool_share import share_of
from almareplay.settings import Settings

_SAYS_EVERY_SECONDS = 5.0
_TELLS_AGAIN_SECONDS = 2.0


class Watcher(Protocol):
    """Is told what a worker does."""

    def taken(self, run: Run) -> None:
        """A run is this worker's from now on."""

    def settled(self, run: Run, row: QueuedRow, outcome: Outcome) -> None:
        """A row of it has its outcome."""

    def waits(self, run: Run, event: Event) -> None:
        """Alma slowed the calls, went away or came back."""

    def ended(self, run: Run, end: End) -> None:
        """The run was given free."""

    def trouble(self, run: Run | None, words: str) -> None:
        """Something is wrong with the queue, or with the hold on a run; the worker goes on."""


@dataclass(frozen=True, slots=True)
class LookOptions:
    """What all looks of a worker have in common: ``settings_of`` reads those of an institution by
    its code (raises AlmaReplayError); an Alma that is away is given up after so many seconds."""

    settings_of: Callable[[str], Settings]
    give_up_after: float
    stopping: asyncio.Event
    watcher: Watcher


class Look:
    """A look at one run; ``traffic`` is what its last answer has told."""

    def __init__(self, queue: Queue, run: Run, options: LookOptions) -> None:
        self.run = run
        self.traffic: Traffic | None = None
        self._queue = queue
        self._options = options
        self._clock: Clock = SystemClock()
        # A replay that fails stops itself by this, and only itself.
        self._stopping = asyncio.Event()
        self._settled = 0
        self._waits_for = ""
        self._calls: deque[float] = deque()

    async def look(self) -> End | None:
        """Take the run if it is due and free, do what can be done about it now, and give it free.
        The answer is how that ended, None where there was nothing to take or it was lost.

        Raises QueueError where the queue cannot tell whether the run is due and free; whatever goes
        wrong later is an end of the look, which is stored.
        """
        try:
            taken = await asyncio.to_thread(_take, self._queue, self.run)
        except RunHeld:
            return None
        if taken is None:
            return None
        self._options.watcher.taken(self.run)
        end = await self._end(*taken)
        if end is None or not await self._hand_back(*taken, end):
            return None
        self._options.watcher.ended(self.run, end)
        return end

    @property
    def calls_made(self) -> int:
        """How many calls it has made so far."""
        return self.traffic.calls_made if self.traffic else 0

    @property
    def calls_per_second(self) -> float:
        """Of the last seconds."""
        now = self._clock.monotonic()
        return sum(now - at <= _SAYS_EVERY_SECONDS for at in self._calls) / _SAYS_EVERY_SECONDS

    async def _end(self, hold: Hold, submission: Submission) -> End | None:
        """Do the work, and say how it ended; None where another worker has the run."""
        try:
            return await self._work(hold, read_how_to_replay(submission.options))
        except HoldLost as error:
            self._options.watcher.trouble(self.run, str(error))
            return None
        except Stopped:
            return HandedBack()
        except Exception as error:  # noqa: BLE001 (the other institutions go on, whatever it is)
            # A look that came to something ends the row of those that did not.
            tries = 1 if self._settled else submission.tries + 1
            return pauses.end_of(error, tries)

    async def _work(self, hold: Hold, how: HowToReplay) -> End:
        settings = self._options.settings_of(self.run.institution)
        if settings.environment != how.environment:
            return Blocked(
                f"It was submitted for {how.environment}, and the file of institutions of this "
                f"worker says {settings.environment}: let all machines have the same file."
            )
        await asyncio.to_thread(take_back_voided, self._queue, self.run)
        if not await self._is_left():
            return Finished()
        # The last second of whoever had the run before is this institution's as well.
        await self._clock.sleep(1)
        async with (
            self._beside(self._say(hold)),
            self._beside(self._stop_with_worker()),
            open_transport(
                settings.require_base_url(),
                settings.require_key(),
                per_second=settings.pace,
                reserve=settings.daily_reserve,
                # The lease must outlast a call.
                timeout_seconds=min(settings.timeout_seconds, WORKER_LEASE.longest_call),
                give_up_after=self._options.give_up_after,
                pool=share_of(self._queue, settings.pool, settings.daily_reserve, hold),
                stopping=self._stopping,
                on_event=self._event,
                on_call=self._call,
            ) as transport,
        ):
            findings = await self._check(AlmaReader(transport), settings)
            if wrong := _wrong(findings, how, self.run):
                return Blocked(wrong)
            here = findings.instance(settings.environment, settings.require_base_url())
            await asyncio.to_thread(check_alma, self._queue, self.run, here)
            replaying = Replaying(
                instance=here,
                policy=how.policy,
                settle_seconds=settings.settle_seconds,
                zone=settings.require_zone(),
                clock=self._clock,
                stopping=self._stopping,
                on_settled=self._row,
            )
            await replay_held(self._queue, replace(hold, alma=here), Alma(transport), replaying)
        if self._options.stopping.is_set():
            return HandedBack()
        return await self._what_is_left()

    async def _check(self, reader: AlmaReader, settings: Settings) -> CheckResult:
        places = await asyncio.to_thread(queries.places, self._queue, self.run)
        return await check(reader, settings.environment, places, institution=settings.institution)

    async def _is_left(self) -> bool:
        work = await asyncio.to_thread(queries.work_left, self._queue, self.run)
        return bool(work.rows or work.follow_ups)

    async def _what_is_left(self) -> End:
        """The end of a replay that came to its own: rows may have been loaded meanwhile."""
        if not await self._is_left():
            return Finished()
        if self._settled:
            return HandedBack()
        words = "Due dates or fines could not be set right yet."
        return Later(words, pauses.growing(1), 1)

    def _row(self, row: QueuedRow, outcome: Outcome) -> None:
        self._settled += 1
        self._options.watcher.settled(self.run, row, outcome)

    def _event(self, event: Event) -> None:
        match event:
            case Gone():
                why = f" ({event.why})" if event.why else ""
                self._waits_for = f"Alma has been away since {event.since:%H:%M} GMT{why}."
            case Back():
                self._waits_for = ""
        self._options.watcher.waits(self.run, event)

    def _call(self, traffic: Traffic) -> None:
        self.traffic = traffic
        now = self._clock.monotonic()
        self._calls.append(now)
        while now - self._calls[0] > _SAYS_EVERY_SECONDS:
            self._calls.popleft()

    @contextlib.asynccontextmanager
    async def _beside(self, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """Within, this work is done as well."""
        task = asyncio.create_task(work)
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _stop_with_worker(self) -> None:
        await self._options.stopping.wait()
        self._stopping.set()

    async def _say(self, hold: Hold) -> None:
        """Tell the queue every few seconds how it goes."""
        while True:
            await asyncio.sleep(_SAYS_EVERY_SECONDS)
            left = self.traffic.calls_left if self.traffic else None
            # What cannot be told now is told in a moment; the replay itself finds out what is
            # wrong.
            with contextlib.suppress(QueueError):
                # Also while Alma is checked, when nothing else renews the hold.
                await asyncio.to_thread(renew_hold, self._queue, hold)
                await asyncio.to_thread(
                    say_how_it_goes,
                    self._queue,
                    hold,
                    self.calls_per_second,
                    left,
                    self._waits_for,
                )

    async def _hand_back(self, hold: Hold, submission: Submission, end: End) -> bool:
        """Give the run free, as soon as the queue can be told; whether it was still ours. A worker
        that is to stop does not wait for that: its hold ends with it."""
        while True:
            try:
                await asyncio.to_thread(hand_back, self._queue, hold, end, submission)
            except HoldLost:
                return False
            except QueueError as error:
                self._options.watcher.trouble(self.run, str(error))
                if self._options.stopping.is_set():
                    return False
                await asyncio.sleep(_TELLS_AGAIN_SECONDS)
            else:
                return True


def _take(queue: Queue, run: Run) -> tuple[Hold, Submission] | None:
    """Take a run that is due, with what is to be done about it; None where it is not due any more.
    Raises RunHeld, QueueError. The one place where a worker takes a hold."""
    hold = take_hold(queue, run, lease=WORKER_LEASE)
    submission = submission_of(queue, run)
    if submission is None or not submission.is_due:
        release_hold(queue, hold)
        return None
    return hold, submission


def _wrong(findings: CheckResult, how: HowToReplay, run: Run) -> str:
    """What forbids a replay, in words; empty where nothing does."""
    told = list(findings.problems)
    if findings.unknown:
        told.append(
            "Alma lacks a library or desk of its rows: almareplay check --institution "
            f"{run.institution} says which, and what to do."
        )
    if findings.unverified and not how.unverified_is_fine:
        told.append(
            f"{findings.unverified} If you are sure, submit it with --environment-unverified."
        )
    return " ".join(told)
