"""What is known of an item and of patrons while their rows are replayed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ParamSpec, TypeVar

from almareplay.alma.addressing import fits_path
from almareplay.alma.answers import ItemIds, ItemLoan, ItemState, Patron
from almareplay.alma.client import AlmaReader
from almareplay.alma.errors import Refusal, Unavailable
from almareplay.outcomes import Outcome
from almareplay.queue.journal import Intent, LaneHistory, lane_history
from almareplay.queue.rows import QueuedRow
from almareplay.queue.store import Queue, Run
from almareplay.replay.decide import (
    Action,
    Borrowed,
    Decision,
    Guard,
    Policy,
    decide,
    decide_by_state,
    overtaken,
)
from almareplay.replay.dispatch import Turn
from almareplay.transactions import Kind, identifier_key, same_identifier

P = ParamSpec("P")
R = TypeVar("R")


# The parts of Alma that answer and that date a loan need not have one clock to the second.
CLOCK_SLACK = timedelta(seconds=5)
# From the intent of a scan to the return that Alma dates: with every wait in between.
_SCAN_TAKES = timedelta(minutes=5)


class QueueThread:
    """Does the queue's blocking work beside the event loop: one piece after the other."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="queue")

    async def __call__(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Await ``work(*args, **kwargs)``, done in the queue's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """Wait for the work under way."""
        self._thread.shutdown()


@dataclass(slots=True)
class Lane:
    """What the run knows of one item.

    ``looked`` tells whether ``loan`` is known: from a look, or from the run's own last effect;
    ``looked_at`` (aware UTC, on our clock) is when there was a look last.
    ``missing`` is Alma's refusal when it knows no such item. ``completed`` are the item's completed
    loans, and ``state`` its state, where they were read. ``acted`` tells that the run has done
    something to it since the lane was opened, ``returned_first`` that the present row, a loan, has
    scanned the item in for the patron who had it.
    """

    history: LaneHistory
    ids: ItemIds | None = None
    missing: Refusal | None = None
    looked: bool = False
    looked_at: datetime | None = None
    loan: Borrowed | None = None
    completed: list[ItemLoan] | None = None
    state: ItemState | None = None
    returned_first: bool = False
    acted: bool = False

    @property
    def untouched(self) -> bool:
        """Whether the run has had no effect on the item, so that its state is what others made."""
        return self.history.left_on_loan is None and not self.acted

    def resume(self) -> None:
        """Know the item as the run's last effect left it, where nobody is going to look."""
        left = self.history.left_on_loan
        # What staff have settled by hand may have changed it since.
        if left is not None and not self.history.dismissed:
            self.looked = True
            made_at = self.history.loans.get(left, datetime.now(UTC))
            self.loan = Borrowed(left, "", made_at) if left else None

    def held_back_by(self, row: QueuedRow) -> int | None:
        """The number of an unresolved row of the item before this one."""
        before = [number for order, number in self.history.unresolved if order < row.order]
        return min(before, default=None)

    def lent(self, made: ItemLoan, captured_at: datetime) -> None:
        """The run has lent the item: its loan counts as made at the row's captured time."""
        self.history.loans[made.loan_id] = captured_at
        self.looked = self.acted = True
        self.loan = borrowed(made, self.history)

    def lent_before(self, made: ItemLoan, captured_at: datetime) -> None:
        """A look has shown that the run had lent the item; ``loan`` is what that look showed."""
        self.history.loans[made.loan_id] = captured_at
        self.acted = True
        if self.loan is not None and self.loan.loan_id == made.loan_id:
            self.loan = replace(self.loan, made_at=captured_at)

    def renewed(self, made: ItemLoan) -> None:
        """The run has renewed the item's loan."""
        self.acted = True
        if self.loan is not None:
            self.loan = replace(
                self.loan, due_date=made.due_date, last_renew_date=made.last_renew_date
            )

    def returned(self) -> None:
        """The run has scanned the item in."""
        self.looked = self.acted = True
        self.loan = None

    def closed_by(self, scan: Intent, loan_id: str = "") -> None:
        """Note which loan a scan of the run ended: the one that was seen before it, else the one
        that a look has shown since; or that nobody knows."""
        self.acted = True
        if scan.loan_id or loan_id:
            self.history.closed.add(scan.loan_id or loan_id)
        elif scan.loan_id is None and scan.alma_time is not None:
            self.history.blind_scans.append(scan.alma_time)

    def forget(self) -> None:
        """Somebody else may have changed the item: look again before the next effect."""
        self.looked = False
        self.loan = None
        self.completed = None
        self.state = None

    def overtaken_by_run(self, row: QueuedRow) -> str:
        """Why a row comes too late in its own run: a note for staff, or empty."""
        settled = self.history.settled
        if settled is None or settled[0] < row.order:
            return ""
        return f"row {settled[1]} of this item, captured later, is settled already"

    def in_doubt(self, row: QueuedRow, decision: Decision) -> Decision:
        """The decision about a row; not ``superseded`` where that may only be what staff have done
        by hand for an earlier row of the item, which Alma dates by the hand."""
        before = [number for order, number in self.history.dismissed if order < row.order]
        if decision.outcome is not Outcome.SUPERSEDED or not before:
            return decision
        note = f"Alma shows something later, perhaps what was done by hand for row {before[-1]}"
        return Decision(Action.NOTHING, Outcome.UNCERTAIN, f"not posted: {note}")

    def overtaken_in_alma(self, row: QueuedRow) -> str:
        """Why a row comes too late, by the completed loans: a note for staff, or empty."""
        others = [loan for loan in self.completed or () if not self._by_run(loan)]
        if not overtaken(row.captured_at, others):
            return ""
        return "Alma shows a loan or a return of this item after the captured time"

    def _by_run(self, loan: ItemLoan) -> bool:
        """Whether the run itself made or ended a loan: its times are those of the replay then."""
        if loan.loan_id in self.history.loans or loan.loan_id in self.history.closed:
            return True
        # A scan without a look ended whatever loan there was.
        return loan.return_date is not None and any(
            scanned_at - CLOCK_SLACK <= loan.return_date <= scanned_at + _SCAN_TAKES
            for scanned_at in self.history.blind_scans
        )


def borrowed(loan: ItemLoan, history: LaneHistory) -> Borrowed:
    """The active loan as the decision needs it. Raises Unavailable for one without id or date."""
    made_at = history.loans.get(loan.loan_id) or loan.loan_date
    if made_at is None or not loan.loan_id:
        raise Unavailable("Alma's answer about the item's loan has no id or no date in it.")
    return Borrowed(loan.loan_id, loan.user_id, made_at, loan.due_date, loan.last_renew_date)


class Lanes:
    """The lanes of a run, opened when their first row comes, and what to do with their rows."""

    def __init__(
        self, reader: AlmaReader, queue: QueueThread, run: Run, policy: Policy, patrons: Patrons
    ) -> None:
        self._reader = reader
        self._queue = queue
        self._run = run
        self._policy = policy
        self._patrons = patrons
        self._lanes: dict[str, Lane] = {}

    async def open(self, row: QueuedRow) -> Lane:
        """The lane of a row, with what the run did to the item before."""
        if row.item_key not in self._lanes:
            history = await self._queue(lane_history, self._queue.queue, self._run, row.item_key)
            lane = self._lanes[row.item_key] = Lane(history)
            if self._policy.guard is Guard.OFF:
                lane.resume()
        return self._lanes[row.item_key]

    async def find(self, lane: Lane, row: QueuedRow, rank: int) -> ItemIds:
        """The ids of the item, asked for once. Raises Refusal, also from memory, and AlmaError."""
        if lane.missing is not None:
            raise lane.missing
        if lane.ids is None:
            try:
                lane.ids = await self._reader.find_item(row.item_barcode, rank=rank)
            except Refusal as refusal:
                if refusal.outcome is Outcome.ITEM_NOT_FOUND:
                    lane.missing = refusal
                    lane.looked_at = datetime.now(UTC)
                raise
        return lane.ids

    async def read(
        self, lane: Lane, row: QueuedRow, rank: int, *, completed: bool
    ) -> list[ItemLoan]:
        """Read the item's loans into the lane, and answer those that are active."""
        lane.forget()
        ids = await self.find(lane, row, rank)
        # In this order: a loan that ends meanwhile stands in one of the two, or in both.
        active = await self._reader.active_loans(ids, rank=rank)
        if any(loan.item_id not in ("", ids.item_pid) for loan in active):
            raise Unavailable("Alma answered with a loan of another item: try again later.")
        if completed:
            lane.completed = await self._reader.completed_loans(ids, rank=rank)
        lane.loan = borrowed(active[0], lane.history) if active else None
        lane.looked = True
        lane.looked_at = datetime.now(UTC)
        return active

    async def decide(self, turn: Turn, lane: Lane) -> Decision:
        """Look where the guard wants it and nobody has, then decide.

        Raises Refusal for an item or a patron that Alma does not know, and AlmaError.
        """
        row = turn.row
        if self._policy.guard is Guard.OFF:
            if why := lane.overtaken_by_run(row):
                return Decision(Action.NOTHING, Outcome.SUPERSEDED, why)
            if row.kind is Kind.RETURN:
                return Decision(Action.SCAN_IN, Outcome.RETURNED)
            if not fits_path(row.patron_id):
                await self.find(lane, row, turn.rank)
            return Decision(Action.LOAN, Outcome.LOANED)
        if not lane.looked:
            full = self._policy.guard is Guard.FULL
            await self.read(lane, row, turn.rank, completed=full)
            if self._policy.reads_state and lane.untouched:
                ids = await self.find(lane, row, turn.rank)
                lane.state = await self._reader.item(ids, rank=turn.rank)
        same = (
            row.kind is Kind.LOAN
            and lane.loan is not None
            and await self._patrons.same(row.patron_id, lane.loan.user_id, turn.rank)
        )
        decision = decide(
            row.kind, row.captured_at, lane.loan, same_patron=same, policy=self._policy
        )
        if why := lane.overtaken_by_run(row):
            if decision.action is not Action.NOTHING:
                decision = Decision(Action.NOTHING, Outcome.SUPERSEDED, why)
            return decision
        if decision.action is not Action.NOTHING and (why := lane.overtaken_in_alma(row)):
            decision = Decision(Action.NOTHING, Outcome.SUPERSEDED, why)
        if lane.state is not None and lane.untouched and decision.action is not Action.NOTHING:
            decision = decide_by_state(
                row.kind, row.captured_at, decision, lane.state, self._policy
            )
        return lane.in_doubt(row, decision)


class Patrons:
    """Who is who: the patrons behind captured identifiers, each asked for once.

    ``user_id_type`` is Alma's type of the identifiers, None for any. With ``accounts`` what a
    patron may do and has is asked for at once, else only who it is."""

    def __init__(
        self, reader: AlmaReader, user_id_type: str | None = None, *, accounts: bool = False
    ) -> None:
        self._reader = reader
        self._accounts = accounts
        self._user_id_type = user_id_type
        self._primary_ids: dict[str, str] = {}
        # By the key of a primary id: that of the captured identifier that first led to it.
        self._captured_as: dict[str, str] = {}
        self._answers: dict[str, Patron | Refusal] = {}

    def learn(self, patron_id: str, primary_id: str) -> None:
        """Note what Alma's answer to a loan told."""
        if primary_id:
            key = identifier_key(patron_id)
            self._primary_ids[key] = primary_id
            self._captured_as.setdefault(identifier_key(primary_id), key)

    async def may_be(self, patron_id: str, primary_id: str, rank: int) -> bool:
        """Whether a captured identifier may mean the patron with this primary id, by what is known.

        Nothing is asked, unless another captured identifier has led to that patron before. Raises
        as ``same`` does.
        """
        key = identifier_key(patron_id)
        is_known = key in self._primary_ids or isinstance(self._answers.get(key), Patron)
        is_another = self._captured_as.get(identifier_key(primary_id), key) != key
        return not (is_known or is_another) or await self.same(patron_id, primary_id, rank)

    async def same(self, patron_id: str, primary_id: str, rank: int) -> bool:
        """Whether a captured identifier means the patron with this primary id.

        Raises Refusal when Alma does not know the identifier or it cannot be asked for.
        """
        if same_identifier(patron_id, primary_id):
            return True
        known = self._primary_ids.get(identifier_key(patron_id))
        if known is None:
            known = (await self.look_up(patron_id, rank)).primary_id
        return same_identifier(known, primary_id)

    async def look_up(self, patron_id: str, rank: int) -> Patron:
        """A patron's record, asked for once. Raises Refusal, also from memory, and AlmaError."""
        key = identifier_key(patron_id)
        if key not in self._answers:
            try:
                self._answers[key] = await self._reader.patron(
                    patron_id,
                    rank=rank,
                    user_id_type=self._user_id_type,
                    account=self._accounts,
                )
            except Refusal as refusal:
                self._answers[key] = refusal
        answer = self._answers[key]
        if isinstance(answer, Refusal):
            raise answer
        return answer
