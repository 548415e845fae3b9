"""After a lost answer: read what Alma shows, and find out whether the call had its effect."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from almareplay.alma.answers import ItemLoan
from almareplay.alma.errors import Refusal, Unaddressable
from almareplay.alma.pace import Clock
from almareplay.outcomes import Outcome
from almareplay.queue.journal import Call, Intent
from almareplay.queue.rows import QueuedRow
from almareplay.replay.dispatch import Turn
from almareplay.replay.lanes import CLOCK_SLACK, Lane, Lanes, Patrons
from almareplay.replay.renewal import has_moved, says_failure, says_success


@dataclass(frozen=True, slots=True)
class Found:
    """The call had its effect: on this loan, where Alma still shows it.

    ``ended`` when somebody else has returned the item since.
    """

    loan: ItemLoan | None = None
    ended: bool = False


class CannotTell(Exception):
    """What Alma shows fits both: that the call had its effect, and that it had none.

    ``str()`` is a note for staff.
    """


class Reconciler:
    """Reads an item's loans after a lost answer, and again when Alma can no longer be working on
    the call."""

    def __init__(
        self, lanes: Lanes, patrons: Patrons, clock: Clock, stopping: asyncio.Event
    ) -> None:
        self._lanes = lanes
        self._patrons = patrons
        self._clock = clock
        self._stopping = stopping

    async def find_out(
        self, turn: Turn, lane: Lane, intent: Intent, settled_at: float
    ) -> Found | None:
        """The effect of a call, or None when it certainly had none.

        ``settled_at`` (seconds of the clock) is when whatever the call does is done. Leaves in
        ``lane`` what Alma shows now. Raises CannotTell, and AlmaError when Alma cannot be read.
        """
        found = await self._read(turn, lane, intent)
        if found is None:
            await self._pause_until(settled_at)
            found = await self._read(turn, lane, intent)
        return found

    async def _pause_until(self, settled_at: float) -> None:
        rest = max(0.0, settled_at - self._clock.monotonic())
        sleep = asyncio.ensure_future(self._clock.sleep(rest))
        stop = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((sleep, stop), return_when=asyncio.FIRST_COMPLETED)
        sleep.cancel()
        stop.cancel()

    async def _read(self, turn: Turn, lane: Lane, intent: Intent) -> Found | None:
        active = await self._lanes.read(lane, turn.row, turn.rank, completed=True)
        completed = lane.completed or []
        if intent.call is Call.LOAN:
            return await self._find_loan(turn, lane, intent, active, completed)
        if intent.call is Call.RENEW:
            return _find_renewal(intent, active, completed)
        return _find_return(lane, intent, active, completed)

    async def _find_loan(
        self,
        turn: Turn,
        lane: Lane,
        intent: Intent,
        active: Sequence[ItemLoan],
        completed: Sequence[ItemLoan],
    ) -> Found | None:
        known = {*lane.history.loans, *lane.history.closed, intent.loan_id}
        for loan in [*active, *completed]:
            if (
                loan.loan_id in known
                or _before_call(loan.loan_date, intent)
                or not _here(loan, turn.row)
            ):
                continue
            if await self._to_same_patron(turn, loan):
                if intent.alma_time is None and loan not in active:
                    raise CannotTell("Alma did not tell its time, so an older loan may be this one")
                return Found(loan, ended=loan not in active)
        return None

    async def _to_same_patron(self, turn: Turn, loan: ItemLoan) -> bool:
        try:
            return await self._patrons.same(turn.row.patron_id, loan.user_id, turn.rank)
        except Unaddressable as error:
            raise CannotTell(
                "a loan was made at this desk meanwhile, and the patron id cannot be looked up to "
                "tell whether it is this one"
            ) from error
        except Refusal as refusal:
            if refusal.outcome is Outcome.PATRON_NOT_FOUND:
                # Alma does not lend to a patron whom it does not know.
                return False
            raise


def _here(loan: ItemLoan, row: QueuedRow) -> bool:
    """Whether the loan was made at the row's desk, as far as Alma says where it was made."""
    return loan.library in ("", row.library) and loan.circ_desk in ("", row.circ_desk)


def _find_renewal(
    intent: Intent, active: Sequence[ItemLoan], completed: Sequence[ItemLoan]
) -> Found | None:
    for loan in [*active, *completed]:
        if loan.loan_id != intent.loan_id:
            continue
        if has_moved(intent.due_date, intent.last_renew_date, loan):
            return Found(loan, ended=loan not in active)
        if says_failure(loan):
            return None
        was_renewed_once = loan.process_status == "RENEW" or says_success(loan)
        if loan.last_renew_date is None and was_renewed_once:
            # Renewed at some time, and Alma does not say when: a renewal need not move the date.
            raise CannotTell("the loan's dates do not tell whether it was renewed")
        return None
    raise CannotTell("the loan that was to be renewed is gone from Alma")


def _find_return(
    lane: Lane, intent: Intent, active: Sequence[ItemLoan], completed: Sequence[ItemLoan]
) -> Found | None:
    ended = [
        loan
        for loan in completed
        if loan.loan_id not in lane.history.closed and _after_call(loan.return_date, intent)
    ]
    if intent.loan_id is None:
        # Nobody had looked, and the run had not touched the item: what happened since tells. Where
        # somebody has lent the item since, another scan would end that loan.
        if active:
            return Found() if _after_call(active[0].loan_date, intent) else None
        return Found(ended[0]) if ended else None
    if not intent.loan_id:
        # It had no loan to end, unless somebody lent the item between the look and the call.
        lent_meanwhile = [loan for loan in ended if _after_call(loan.loan_date, intent)]
        return Found(lent_meanwhile[0]) if lent_meanwhile else None
    if any(loan.loan_id == intent.loan_id for loan in active):
        return None
    for loan in completed:
        if loan.loan_id == intent.loan_id:
            # Somebody else may have returned the item before the call arrived.
            return None if _before_call(loan.return_date, intent) else Found(loan)
    return Found()


def _before_call(moment: datetime | None, intent: Intent) -> bool:
    """Whether a moment certainly lies before the call, on Alma's clock."""
    if moment is None or intent.alma_time is None:
        return False
    return moment < intent.alma_time - CLOCK_SLACK


def _after_call(moment: datetime | None, intent: Intent) -> bool:
    """Whether a moment lies after the call was intended, on Alma's clock."""
    if moment is None or intent.alma_time is None:
        return False
    return not _before_call(moment, intent)
