"""After a lost answer: read what Alma shows, and find out whether the call had its effect."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from almareplay.alma.answers.responses import ItemLoan
from almareplay.alma.client import AlmaReader
from almareplay.alma.errors import Refusal, Unaddressable, Unavailable
from almareplay.alma.limits.rate_limiter import Clock
from almareplay.outcomes import Outcome, Result
from almareplay.queue.replaying.attempts import Fate, Intent, Write
from almareplay.queue.rows import QueuedRow
from almareplay.replay import results
from almareplay.replay.act import LOOK_HOLDS_SECONDS
from almareplay.replay.follow_ups.tasks import FollowUps
from almareplay.replay.journal import Journal
from almareplay.replay.lane import CLOCK_SLACK, Attempt, Lane
from almareplay.replay.patrons import Patrons
from almareplay.replay.read import LaneReader
from almareplay.replay.renewal import has_moved, says_failure, says_success
from almareplay.replay.results import RowResult
from almareplay.transactions import Kind, Reason

_log = logging.getLogger("almareplay.replay")


@dataclass(frozen=True, slots=True)
class Found:
    """The call had its effect: on this loan, where Alma still shows it.

    ``ended`` when somebody else has returned the item since.
    """

    loan: ItemLoan | None = None
    ended: bool = False


class CannotTell(Exception):
    """What Alma shows fits both: that the call had its effect, and that it had none.

    ``reason`` is for staff.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Effects:
    """Reads an item's loans after a lost answer, and again when Alma can no longer be working on
    the call."""

    def __init__(
        self, reader: LaneReader, patrons: Patrons, clock: Clock, stopping: asyncio.Event
    ) -> None:
        self._reader = reader
        self._patrons = patrons
        self._clock = clock
        self._stopping = stopping

    async def find(self, attempt: Attempt, intent: Intent, settled_at: float) -> Found | None:
        """The effect of a call, or None when it certainly had none.

        ``settled_at`` (seconds of the clock) is when whatever the call does is done: what is read
        before that is read again, unless it shows the effect. Leaves in the lane what Alma shows
        now. Raises CannotTell, and AlmaError when Alma cannot be read.
        """
        began = self._clock.monotonic()
        found = await self._read(attempt, intent)
        if found is None and began < settled_at:
            await self._pause_until(settled_at)
            found = await self._read(attempt, intent)
        return found

    async def _pause_until(self, settled_at: float) -> None:
        rest = max(0.0, settled_at - self._clock.monotonic())
        sleep = asyncio.ensure_future(self._clock.sleep(rest))
        stop = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((sleep, stop), return_when=asyncio.FIRST_COMPLETED)
        sleep.cancel()
        stop.cancel()

    async def _read(self, attempt: Attempt, intent: Intent) -> Found | None:
        seen = await self._reader.read(attempt, completed=True)
        active, completed = seen.active, seen.completed or []
        if intent.call is Write.LOAN:
            return await self._find_loan(attempt, intent, active, completed)
        if intent.call is Write.RENEW:
            return _find_renewal(intent, active, completed)
        return _find_return(attempt.lane, intent, active, completed)

    async def _find_loan(
        self,
        attempt: Attempt,
        intent: Intent,
        active: Sequence[ItemLoan],
        completed: Sequence[ItemLoan],
    ) -> Found | None:
        history = attempt.lane.history
        known = {*history.loans, *history.closed, intent.loan_id}
        for loan in [*active, *completed]:
            if (
                loan.loan_id in known
                or _before_call(loan.loan_date, intent)
                or not _here(loan, attempt.row)
            ):
                continue
            if await self._to_same_patron(attempt, loan):
                if intent.alma_time is None and loan not in active:
                    raise CannotTell(Reason("older_loan"))
                return Found(loan, ended=loan not in active)
        return None

    async def _to_same_patron(self, attempt: Attempt, loan: ItemLoan) -> bool:
        try:
            return await self._patrons.same(attempt.row.patron_id, loan.user_id, attempt.rank)
        except Unaddressable as error:
            raise CannotTell(Reason("loan_of_unknown")) from error
        except Refusal as refusal:
            if refusal.outcome is Outcome.PATRON_NOT_FOUND:
                # Alma does not lend to a patron whom it does not know.
                return False
            raise


class LostCalls:
    """Finds out what calls did whose answers were lost, in this start or an earlier one."""

    def __init__(
        self,
        alma: AlmaReader,
        journal: Journal,
        reader: LaneReader,
        effects: Effects,
        follow_ups: FollowUps,
        clock: Clock,
        settle_seconds: float,
    ) -> None:
        self._alma = alma
        self._journal = journal
        self._reader = reader
        self._effects = effects
        self._follow_ups = follow_ups
        self._clock = clock
        self._settle_seconds = settle_seconds

    async def sent_by(self, intent: Intent) -> float:
        """When (seconds of the clock) a call of an earlier start left at the latest: it may have
        waited for its turn. A clock that was set back since makes it no later than now."""
        ago = await self._journal.seconds_since(intent) - LOOK_HOLDS_SECONDS
        return self._clock.monotonic() - max(0.0, ago)

    async def find_out(self, attempt: Attempt, intent: Intent, sent_at: float) -> RowResult | None:
        """The result of a call that left at ``sent_at`` (seconds of the clock) and whose answer was
        lost; None where the row must be decided anew. Raises AlmaError for the whole run."""
        lane = attempt.lane
        # Alma may show a loan that is over no more.
        seen = lane.loan if lane.loan and lane.loan.loan_id == intent.loan_id else None
        try:
            found = await self._effects.find(attempt, intent, sent_at + self._settle_seconds)
        except CannotTell as doubt:
            return RowResult(Result(Outcome.UNCERTAIN, notes=(doubt.reason,)))
        except Refusal as refusal:
            if refusal.outcome is not Outcome.ITEM_NOT_FOUND:
                return RowResult(results.unavailable(Outcome.UNCERTAIN, refusal))
            # What Alma does not know, it has neither lent nor taken back.
            found = None
        except Unavailable as error:
            # The call may have had its effect, so the row cannot be called untouched.
            return RowResult(results.unavailable(Outcome.UNCERTAIN, error))
        had_effect = "had no effect" if found is None else "was done"
        _log.info("row %d: the %s without an answer %s", attempt.row.row, intent.call, had_effect)
        if found is None:
            await self._journal.record_fate(intent, Fate.NO_EFFECT)
            return None
        if intent.call is Write.SCAN_IN:
            lane.closed_by(intent, found.loan.loan_id if found.loan else "")
            to_follow = self._follow_ups.of_fine(attempt.row, found.loan or seen, intent)
            if attempt.row.kind is Kind.LOAN:
                attempt.returned_first = True
                await self._journal.record_fate(intent, Fate.DONE, to_follow)
                return None
            return RowResult(await self._scan_read_back(attempt), intent, Fate.DONE, to_follow)
        return self._loan_read_back(attempt, intent, found)

    def _loan_read_back(self, attempt: Attempt, intent: Intent, found: Found) -> RowResult:
        row, loan = attempt.row, found.loan
        assert loan is not None, "a loan or a renewal is found by its loan"
        renewed = intent.call is Write.RENEW
        if not renewed:
            attempt.lane.lent_before(loan, row.captured_at)
        outcome = Outcome.RENEWED if renewed else Outcome.LOANED
        to_follow = () if found.ended else self._follow_ups.of_loan(row, loan, intent)
        if renewed:
            to_follow += self._follow_ups.of_fine(row, loan, intent)
        result = results.loan_read_back(outcome, loan, ended=found.ended)
        return RowResult(result, intent, Fate.DONE, to_follow)

    async def _scan_read_back(self, attempt: Attempt) -> Result:
        """The result of a scan whose answer was lost: where the item must go, its state tells."""
        try:
            ids = await self._reader.find(attempt)
            state = await self._alma.item(ids, rank=attempt.rank)
        except (Refusal, Unavailable):
            return results.scan_read_back(None)
        return results.scan_read_back(state)


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
            raise CannotTell(Reason("renewal_unclear"))
        return None
    raise CannotTell(Reason("renewed_loan_gone"))


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
