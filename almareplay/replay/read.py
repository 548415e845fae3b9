"""Reading Alma about the items of a run, into their lanes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from almareplay.alma.client import AlmaReader
from almareplay.alma.errors import Refusal, Unavailable
from almareplay.alma.responses import ItemIds, ItemLoan
from almareplay.outcomes import Outcome
from almareplay.queue.rows import QueuedRow
from almareplay.replay.journal import JournalReader
from almareplay.replay.lane import Attempt, Lane, borrowed
from almareplay.replay.patrons import Patrons
from almareplay.replay.policy import Guard, Policy
from almareplay.transactions import Kind

# A row goes so many places ahead for every later row of its item, up to that of the rows begun
# before it: the last calls of a run should not wait for one another.
_AHEAD = 10


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

    async def open(self, row: QueuedRow, rank: int) -> Attempt:
        """A row to be tried, and the lane of its item with what the run did to that before."""
        if row.item_key not in self._lanes:
            history = await self._journal.open_lane(row.item_key)
            lane = self._lanes[row.item_key] = Lane(history)
            if self._policy.guard is Guard.OFF:
                lane.resume()
        lane = self._lanes[row.item_key]
        return Attempt(row, lane, rank - _AHEAD * max(0, lane.history.pending - 1))

    def close(self, attempt: Attempt) -> None:
        """A row has its outcome, and the lane goes with the last of the run's: a run of a million
        rows need not keep all of them in memory."""
        history, item_key = attempt.lane.history, attempt.row.item_key
        history.pending -= 1
        if history.pending <= 0:
            del self._lanes[item_key]
            self._journal.close_lane(item_key)

    async def find(self, attempt: Attempt) -> ItemIds:
        """The ids of the item, asked for once; a refusal is remembered as well."""
        lane = attempt.lane
        if lane.missing is not None:
            raise lane.missing
        if lane.ids is None:
            barcode = attempt.row.item_barcode
            try:
                lane.ids = await self._alma.find_item(barcode, rank=attempt.rank)
            except Refusal as refusal:
                if refusal.outcome is Outcome.ITEM_NOT_FOUND:
                    lane.missing = refusal
                    lane.looked_at = datetime.now(UTC)
                raise
        return lane.ids

    async def loans(self, attempt: Attempt, *, completed: bool) -> list[ItemLoan]:
        """Read the item's loans into the lane, and answer those that are active."""
        lane = attempt.lane
        lane.forget()
        ids = await self.find(attempt)
        # In this order: a loan that ends meanwhile stands in one of the two, or in both.
        active = await self._alma.active_loans(ids, rank=attempt.rank)
        if any(loan.item_id not in ("", ids.item_pid) for loan in active):
            raise Unavailable("Alma answered with a loan of another item: try again later.")
        if completed:
            lane.completed = await self._alma.completed_loans(ids, rank=attempt.rank)
        lane.loan = borrowed(active[0], lane.history) if active else None
        lane.looked = True
        lane.looked_at = datetime.now(UTC)
        return active

    async def look(self, attempt: Attempt) -> None:
        """Read what the decision about a row needs, where the guard wants it and nobody has."""
        if self._policy.guard is Guard.OFF:
            return
        lane, row = attempt.lane, attempt.row
        if not lane.looked:
            await self.loans(attempt, completed=self._policy.guard is Guard.FULL)
            if self._policy.reads_state and lane.untouched:
                ids = await self.find(attempt)
                lane.state = await self._alma.item(ids, rank=attempt.rank)
        if lane.loan is not None and row.kind is Kind.LOAN:
            same = await self._patrons.same(row.patron_id, lane.loan.user_id, attempt.rank)
            lane.loan = replace(lane.loan, to_patron=same)
