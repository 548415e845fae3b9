"""Reading Alma about the items of a run, into their lanes.

An item's ids may be known before it is read: the queue keeps those that a rehearsal or an earlier
start has found, and answers about loans have them. That the barcode is still on that item is known
where an answer names it beside the ids (a loan, an item's state); an item without an active loan
names nothing. Then a return is sent only after the barcode was asked for, since a scan-in knows no
barcode. A loan is sent without: it names the barcode itself, so that no other item can be lent,
and its answer tells which item that was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from almareplay.alma.answers.responses import ItemIds, ItemLoan, ItemState
from almareplay.alma.client import AlmaReader
from almareplay.alma.errors import Refusal, Unavailable
from almareplay.outcomes import Outcome
from almareplay.queue.rows import QueuedRow
from almareplay.replay.journal import JournalReader
from almareplay.replay.lane import Attempt, IdsFrom, Lane, borrowed
from almareplay.replay.patrons import Patrons
from almareplay.replay.policy import Guard, Policy
from almareplay.replay.side_by_side import both
from almareplay.transactions import Kind, same_identifier


@dataclass(frozen=True, slots=True)
class Seen:
    """What Alma has about an item: its active loan (one or none); the loans that are over and its
    state, None where they were not asked for."""

    active: list[ItemLoan]
    completed: list[ItemLoan] | None
    state: ItemState | None

    @property
    def loans(self) -> list[ItemLoan]:
        """All loans that were read."""
        return [*self.active, *(self.completed or ())]

    @property
    def barcodes(self) -> set[str]:
        """The barcodes that these ids have now: one, where all is right and anything tells. Loans
        that are over may have the barcode of their day."""
        told = {loan.item_barcode for loan in self.active}
        return (told | {self.state.barcode if self.state else ""}) - {""}


class LaneReader:
    """Opens the lanes of a run, and reads into them what Alma has about their items.

    Reading raises Refusal where Alma does not know an item or a patron, and AlmaError.
    """

    def __init__(
        self, alma: AlmaReader, journal: JournalReader, policy: Policy, patrons: Patrons
    ) -> None:
        self._alma = alma
        self._journal = journal
        self._policy = policy
        self._patrons = patrons
        self._lanes: dict[str, Lane] = {}

    async def open(self, row: QueuedRow, place: int) -> Attempt:
        """A row to be tried, and the lane of its item with what the run did to that before."""
        if row.item_key not in self._lanes:
            history = await self._journal.open_lane(row.item_key)
            lane = self._lanes[row.item_key] = Lane(history)
            if self._policy.guard is Guard.OFF:
                lane.resume()
        return Attempt(row, self._lanes[row.item_key], place)

    def close(self, attempt: Attempt) -> None:
        """A row has its outcome, and the lane goes with the last of the run's: a run of a million
        rows need not keep all of them in memory."""
        history, item_key = attempt.lane.history, attempt.row.item_key
        history.pending -= 1
        if history.pending <= 0:
            self._lanes.pop(item_key, None)
            self._journal.close_lane(item_key)

    async def find(self, attempt: Attempt, *, certain: bool = True) -> ItemIds:
        """The ids of the item, asked for once; a refusal is remembered as well.

        Where they need not be ``certain``, those that the queue has kept will do.
        """
        lane = attempt.lane
        if lane.missing is not None:
            raise lane.missing
        if not certain and lane.ids_from is None:
            kept = await self._journal.kept_ids(attempt.row.item_key)
            if kept is not None:
                lane.ids, lane.ids_from = kept, IdsFrom.QUEUE
        ids = lane.certain_ids if certain else lane.ids
        return await self._look_up(attempt) if ids is None else ids

    async def _look_up(self, attempt: Attempt) -> ItemIds:
        """Ask for the barcode."""
        try:
            ids = await self._alma.find_item(attempt.row.item_barcode, rank=attempt.rank)
        except Refusal as refusal:
            if refusal.outcome is Outcome.ITEM_NOT_FOUND:
                attempt.lane.missing = refusal
                attempt.lane.looked_at = datetime.now(UTC)
            raise
        attempt.begun = True
        self._know(attempt, ids, IdsFrom.BARCODE)
        return ids

    def _know(self, attempt: Attempt, ids: ItemIds, source: IdsFrom) -> None:
        lane = attempt.lane
        if lane.certain_ids != ids:
            self._journal.keep_ids(attempt.row.item_key, ids)
        lane.ids, lane.ids_from = ids, source

    def learn(self, attempt: Attempt, loan: ItemLoan) -> None:
        """Take the ids of the item from the loan of it that was just made by its barcode."""
        lane = attempt.lane
        by_barcode = same_identifier(loan.item_barcode, attempt.row.item_barcode)
        if lane.ids_from is IdsFrom.BARCODE or not by_barcode:
            return
        told = ItemIds(loan.mms_id, loan.holding_id, loan.item_id)
        if all(told):
            self._know(attempt, told, IdsFrom.ANSWER)
        elif lane.ids is not None:
            # Recorded answers lack some of the ids.
            if any(said not in ("", known) for said, known in zip(told, lane.ids, strict=True)):
                lane.doubt_ids()
            elif told.item_pid:
                self._know(attempt, lane.ids, IdsFrom.ANSWER)

    def confirm(self, attempt: Attempt, barcode: str) -> bool:
        """Take an answer to a call by the item's ids, with the barcode of the item in it (empty
        where it has none), as to be of this item; False where only the queue has told these ids,
        and the barcode shows that they are another's."""
        lane = attempt.lane
        if not barcode or lane.ids is None or lane.ids_from is not IdsFrom.QUEUE:
            return True
        if same_identifier(barcode, attempt.row.item_barcode):
            self._know(attempt, lane.ids, IdsFrom.ANSWER)
            return True
        lane.doubt_ids()
        return False

    async def read(
        self, attempt: Attempt, *, completed: bool, state: bool = False, certain: bool = True
    ) -> Seen:
        """Read the item's active loan into the lane, those that are over and its state where they
        are wanted; ``certain`` makes sure that it is the item with the barcode, whatever it has.
        """
        lane = attempt.lane
        lane.forget()
        ids = await self.find(attempt, certain=False)
        try:
            seen = await self._ask(ids, attempt.rank, completed=completed, state=state)
            attempt.begun = True
        except (Refusal, Unavailable) as error:
            if _may_be_of_ids(lane, error) and await self._look_up(attempt) != ids:
                return await self.read(attempt, completed=completed, state=state)
            raise
        if lane.ids_from is IdsFrom.QUEUE:
            barcode = attempt.row.item_barcode
            if seen.barcodes and all(same_identifier(barcode, told) for told in seen.barcodes):
                self._know(attempt, ids, IdsFrom.ANSWER)
            elif (certain or seen.active or seen.barcodes) and await self._look_up(attempt) != ids:
                return await self.read(attempt, completed=completed, state=state)
        lane.loan = borrowed(seen.active[0], lane.history) if seen.active else None
        lane.completed, lane.state = seen.completed, seen.state
        lane.looked = True
        lane.looked_at = datetime.now(UTC)
        return seen

    async def _ask(self, ids: ItemIds, rank: int, *, completed: bool, state: bool) -> Seen:
        async def loans() -> Seen:
            # In this order: a loan that ends meanwhile stands in one of the two, or in both.
            active = await self._alma.active_loans(ids, rank=rank)
            if any(loan.item_id not in ("", ids.item_pid) for loan in active):
                raise Unavailable("Alma answered with a loan of another item: try again later.")
            over = await self._alma.completed_loans(ids, rank=rank) if completed else None
            return Seen(active, over, None)

        if not state:
            return await loans()
        seen, item = await both(loans(), self._alma.item(ids, rank=rank))
        if item.process_type == "LOAN" and not seen.active:
            # It came back between the two answers: what was made of it counts.
            item = await self._alma.item(ids, rank=rank)
        return replace(seen, state=item)

    async def look(self, attempt: Attempt) -> None:
        """Read what the decision about a row needs, where the guard wants it and nobody has."""
        if self._policy.guard is Guard.OFF:
            return
        lane, row = attempt.lane, attempt.row
        by_ids = row.kind is Kind.RETURN
        looks = not lane.looked
        if lane.looked and by_ids and lane.ids_from is IdsFrom.QUEUE:
            before = lane.ids
            looks = await self.find(attempt) != before
        if looks:
            await self.read(
                attempt,
                completed=self._policy.guard is Guard.FULL,
                state=self._policy.reads_state and lane.untouched,
                certain=by_ids,
            )
        if lane.loan is not None and row.kind is Kind.LOAN:
            same = await self._patrons.same(row.patron_id, lane.loan.user_id, attempt.rank)
            lane.loan = replace(lane.loan, to_patron=same)


def _may_be_of_ids(lane: Lane, error: Refusal | Unavailable) -> bool:
    """Whether a read may have failed because the item has other ids by now. What Alma answers then
    about loans is not documented, but for a general error."""
    if lane.ids_from is IdsFrom.QUEUE:
        return True
    unknown = isinstance(error, Refusal) and error.outcome is Outcome.ITEM_NOT_FOUND
    return unknown and lane.ids_from is IdsFrom.ANSWER
