"""The queue's side of a run under way. Its blocking work is done in a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Concatenate, NamedTuple, ParamSpec, Self, TypeVar

from almareplay.alma.answers.responses import ItemIds
from almareplay.alma.limits.rate_limiter import Clock
from almareplay.outcomes import Result
from almareplay.queue.errors import QueueError
from almareplay.queue.replaying import attempts, follow_ups, item_ids, journal
from almareplay.queue.replaying.attempts import Fate, Intent, Write
from almareplay.queue.replaying.follow_ups import Fine, FollowUp, OpenFollowUp
from almareplay.queue.replaying.hold import Hold, renew_hold
from almareplay.queue.replaying.journal import LaneHistory
from almareplay.queue.rows import Order, QueuedRow
from almareplay.queue.store import Queue, Run
from almareplay.replay.group_commit import GroupCommit
from almareplay.replay.looks import Looks
from almareplay.transactions import AlmaInstance, Notes

_log = logging.getLogger("almareplay.replay")

P = ParamSpec("P")
R = TypeVar("R")
Attempts = list[tuple[Intent, Fate | None]]

_BATCH = 500
# So many ids of items are stored in one go.
_IDS_AT_ONCE = 200


class _Batch(NamedTuple):
    """The next rows, with their attempts and what the run has done to their items."""

    rows: list[QueuedRow]
    attempts: dict[int, Attempts]
    histories: dict[str, LaneHistory]
    kept: dict[str, ItemIds]


def _next_batch(queue: Queue, run: Run, alma: AlmaInstance | None, after: Order | None) -> _Batch:
    rows = journal.pending_rows(queue, run, after=after, limit=_BATCH)
    items = list({row.item_key for row in rows})
    return _Batch(
        rows,
        attempts.attempts_of_rows(queue, run, [row.row for row in rows]),
        journal.lane_histories(queue, run, items),
        _kept_ids(queue, run, alma, items),
    )


def _kept_ids(
    queue: Queue, run: Run, alma: AlmaInstance | None, items: Sequence[str]
) -> dict[str, ItemIds]:
    kept = {} if alma is None else item_ids.kept_ids(queue, run, alma, items)
    return {item_key: ItemIds(*ids) for item_key, ids in kept.items()}


class JournalReader(AbstractContextManager["JournalReader"]):
    """What a replay or a rehearsal reads of its run on this Alma. Leaving it waits for the work
    under way.

    All methods raise QueueError where the queue cannot be read.
    """

    def __init__(self, queue: Queue, run: Run, alma: AlmaInstance | None) -> None:
        self.run = run
        self._queue = queue
        self._alma = alma
        self._commits = GroupCommit(queue, run)
        self._found: dict[str, ItemIds] = {}
        # What was read together with the rows, where one question serves for many.
        self._histories: dict[str, LaneHistory] = {}
        self._kept: dict[str, ItemIds | None] = {}
        self._open_lanes: set[str] = set()
        # The lanes that were open at any time since the last rows were asked for.
        self._opened: set[str] = set()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._store_found()
        self._commits.close()

    async def rows_in_order(self) -> AsyncIterator[QueuedRow]:
        """The pending rows in replay order, read in batches while they are worked on."""
        after: Order | None = None
        while True:
            self._opened = set(self._open_lanes)
            batch = await self._read(_next_batch, self.run, self._alma, after)
            if not batch.rows:
                return
            self._keep_attempts(batch)
            self._kept |= {
                item_key: batch.kept.get(item_key)
                for item_key in batch.histories.keys() - self._opened
            }
            # Of a lane that was open meanwhile, more may have been done than was read.
            self._histories |= {
                item_key: history
                for item_key, history in batch.histories.items()
                if item_key not in self._opened
            }
            for row in batch.rows:
                yield row
            after = batch.rows[-1].order

    def _keep_attempts(self, batch: _Batch) -> None:
        """Keep the attempts of rows for whoever is going to ask for them; here nobody is."""

    async def open_lane(self, item_key: str) -> LaneHistory:
        """What the run has done to an item so far; the caller keeps it up to date until it closes
        the lane."""
        self._open_lanes.add(item_key)
        self._opened.add(item_key)
        if (known := self._histories.pop(item_key, None)) is not None:
            return known
        return await self._read(journal.lane_history, self.run, item_key)

    def close_lane(self, item_key: str) -> None:
        """Nobody keeps the history of this item any more; all that was done is stored."""
        self._open_lanes.discard(item_key)
        self._kept.pop(item_key, None)

    async def kept_ids(self, item_key: str) -> ItemIds | None:
        """The ids of an item in this Alma, as far as they were kept not long ago."""
        if item_key in self._kept:
            return self._kept.pop(item_key)
        return (await self._read(_kept_ids, self.run, self._alma, [item_key])).get(item_key)

    def keep_ids(self, item_key: str, ids: ItemIds) -> None:
        """Keep the ids of an item for a later start. They are stored many at a time, and nobody
        waits for that: what a killed process loses of them is asked for again."""
        self._found[item_key] = ids
        if len(self._found) >= _IDS_AT_ONCE:
            self._store_found()

    def _store_found(self) -> None:
        found, self._found = self._found, {}

        def store(queue: Queue) -> None:
            assert self._alma is not None, "ids belong to an Alma"
            try:
                item_ids.keep_ids(queue, self.run, self._alma, found)
            except QueueError as error:
                # They only save calls.
                _log.info("ids were not kept (items: %d): %s", len(found), type(error).__name__)

        if found and self._alma is not None:
            self._commits.do_sometime(store)

    async def _read(
        self, work: Callable[Concatenate[Queue, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        return await self._commits.do(lambda queue: work(queue, *args, **kwargs), writes=False)


class Journal(JournalReader):
    """What a replay reads and writes of the run that it holds.

    What is written is on disk when the method returns. Writing raises QueueError where it could not
    be stored, and HoldLost where another process has taken the run over.
    """

    def __init__(self, queue: Queue, hold: Hold, clock: Clock) -> None:
        super().__init__(queue, hold.run, hold.alma)
        self._hold = hold
        self._clock = clock
        self._attempts: dict[int, Attempts] = {}

    def __enter__(self) -> Self:
        self._looks = Looks(self._queue, self._hold, self._clock)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, traceback)
        self._looks.close()

    def _keep_attempts(self, batch: _Batch) -> None:
        self._attempts |= {row.row: batch.attempts.get(row.row, []) for row in batch.rows}

    async def attempts_of(self, row: int) -> Attempts:
        """The calls of a row in the order in which they were made; a fate of None is unknown."""
        if (known := self._attempts.pop(row, None)) is not None:
            return known
        return await self._read(attempts.attempts_of, self.run, row)

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
        return await self._write(
            attempts.store_intent,
            self._hold,
            row,
            write,
            alma_time,
            loan_id=loan_id,
            due_date=due_date,
            last_renew_date=last_renew_date,
        )

    async def seconds_since(self, intent: Intent) -> float:
        """How many seconds ago an intent was stored, in this start or an earlier one."""
        return await self._read(attempts.seconds_since, intent)

    async def record_fate(
        self, intent: Intent, fate: Fate, to_follow: Sequence[FollowUp] = ()
    ) -> None:
        """Store what became of a call whose row is not done with it."""
        await self._write(attempts.store_fate, self.run, intent, fate, follow_ups=to_follow)

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
        await self._write(
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
        return await self._read(follow_ups.open_follow_ups, self.run, row)

    async def fines_of_row(self, row: int) -> list[Fine]:
        """The fines that the call of this row made, as far as they were found."""
        return await self._read(follow_ups.fines_of_row, self.run, row)

    async def record_fines(self, task: OpenFollowUp, fines: Sequence[Fine]) -> None:
        """Store which fines a call made, over what was known."""
        await self._write(follow_ups.store_fines, self._hold, task, fines)

    async def record_done(
        self, task: OpenFollowUp, notes: Notes, due_date: datetime | None
    ) -> None:
        """Store that a follow-up is done: notes on its row, and the loan's new due date."""
        await self._write(follow_ups.store_done, self._hold, task, notes=notes, due_date=due_date)

    async def confirm_hold(self) -> None:
        """Make sure of the hold, and that its lease outlasts a call. See `Looks`."""
        await self._looks.confirm(self.renew_hold)

    async def renew_hold(self) -> None:
        """Let the hold last on."""
        await self._write(renew_hold, self._hold)

    async def _write(
        self, work: Callable[Concatenate[Queue, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        return await self._commits.do(lambda queue: work(queue, *args, **kwargs), writes=True)
