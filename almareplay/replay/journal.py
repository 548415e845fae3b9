"""The queue's side of a run under way. Its blocking work is done in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Concatenate, ParamSpec, TypeVar

from almareplay.alma.rate_limiter import Clock
from almareplay.outcomes import Result
from almareplay.queue import attempts, follow_ups, journal
from almareplay.queue.attempts import Fate, Intent, Write
from almareplay.queue.follow_ups import Fine, FollowUp, OpenFollowUp
from almareplay.queue.hold import Hold, renew_hold, still_held
from almareplay.queue.journal import LaneHistory
from almareplay.queue.rows import Order, QueuedRow
from almareplay.queue.store import Queue, Run
from almareplay.transactions import Notes

P = ParamSpec("P")
R = TypeVar("R")

_BATCH = 500
# How long the hold counts as seen just now.
_FRESH = timedelta(seconds=5)


class JournalReader(AbstractContextManager["JournalReader"]):
    """What a replay or a rehearsal reads of its run. Leaving it waits for the work under way.

    All methods raise QueueError where the queue cannot be read.
    """

    def __init__(self, queue: Queue, run: Run) -> None:
        self.run = run
        self._queue = queue
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="queue")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._thread.shutdown()

    async def rows_in_order(self) -> AsyncIterator[QueuedRow]:
        """The pending rows in replay order, read in batches while they are worked on."""
        after: Order | None = None
        while batch := await self._do(journal.pending_rows, self.run, after=after, limit=_BATCH):
            for row in batch:
                yield row
            after = batch[-1].order

    async def lane_history(self, item_key: str) -> LaneHistory:
        """What the run has done to an item so far."""
        return await self._do(journal.lane_history, self.run, item_key)

    async def _do(
        self, work: Callable[Concatenate[Queue, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(work, self._queue, *args, **kwargs))


class Journal(JournalReader):
    """What a replay reads and writes of the run that it holds.

    What is written is on disk when the method returns. Writing raises QueueError where it could not
    be stored, and HoldLost where another process has taken the run over.
    """

    def __init__(self, queue: Queue, hold: Hold, clock: Clock) -> None:
        super().__init__(queue, hold.run)
        self._hold = hold
        self._clock = clock

    async def attempts_of(self, row: int) -> list[tuple[Intent, Fate | None]]:
        """The calls of a row in the order in which they were made; a fate of None is unknown."""
        return await self._do(attempts.attempts_of, self.run, row)

    async def record_intent(
        self,
        row: int,
        write: Write,
        alma_time: datetime | None,
        *,
        loan_id: str | None,
        due_date: datetime | None,
        last_renew_date: datetime | None,
    ) -> Intent:
        """Store that a call is about to leave; where this raises it must not. See `Intent`.

        Raises NoLongerPending as well."""
        return await self._do(
            attempts.store_intent,
            self._hold,
            row,
            write,
            alma_time,
            loan_id=loan_id,
            due_date=due_date,
            last_renew_date=last_renew_date,
        )

    async def record_fate(
        self, intent: Intent, fate: Fate, to_follow: Sequence[FollowUp] = ()
    ) -> None:
        """Store what became of a call whose row is not done with it."""
        await self._do(attempts.store_fate, self.run, intent, fate, follow_ups=to_follow)

    async def record_outcome(
        self,
        row: int,
        result: Result,
        *,
        intent: Intent | None,
        fate: Fate,
        to_follow: Sequence[FollowUp],
        looked_at: datetime | None,
    ) -> None:
        """Store a row's outcome, with the fate of the call that led to it. ``looked_at`` (aware) is
        when the item was last read."""
        await self._do(
            journal.store_result,
            self._hold,
            row,
            result,
            intent=intent,
            fate=fate,
            follow_ups=to_follow,
            looked_at=looked_at,
        )

    async def open_follow_ups(self, row: int | None = None) -> list[OpenFollowUp]:
        """What is still to be done for a row, or for the whole run, oldest first."""
        return await self._do(follow_ups.open_follow_ups, self.run, row)

    async def fines_of_row(self, row: int) -> list[Fine]:
        """The fines that the call of this row made, as far as they were found."""
        return await self._do(follow_ups.fines_of_row, self.run, row)

    async def record_fines(self, task: OpenFollowUp, fines: Sequence[Fine]) -> None:
        """Store which fines a call made, over what was known."""
        await self._do(follow_ups.store_fines, self._hold, task, fines)

    async def record_done(
        self, task: OpenFollowUp, notes: Notes, due_date: datetime | None
    ) -> None:
        """Store that a follow-up is done: notes on its row, and the loan's new due date."""
        await self._do(follow_ups.store_done, self._hold, task, notes=notes, due_date=due_date)

    async def confirm_hold(self) -> None:
        """Make sure of the hold, by a look at the queue that is not older than a moment: a process
        that was suspended while it looked may have lost the run since."""
        while True:
            asked_at = self._clock.now()
            # Beside the other work: a call that is about to leave must not wait for it.
            await asyncio.to_thread(still_held, self._queue, self._hold)
            if abs(self._clock.now() - asked_at) < _FRESH:
                return

    async def renew_hold(self) -> None:
        """Let the hold last on."""
        await self._do(renew_hold, self._hold)
