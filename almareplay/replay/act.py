"""Acting on a decision: the intent is stored, the call leaves, its answer is told from others."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from almareplay.alma.addressing import fits_path
from almareplay.alma.answers.responses import ItemLoan, ScanIn
from almareplay.alma.call import Confirm
from almareplay.alma.client import Alma
from almareplay.alma.errors import AlmaError, Effect, Refusal, Unavailable
from almareplay.alma.limits.rate_limiter import Clock
from almareplay.outcomes import Outcome
from almareplay.queue.replaying.attempts import Fate, Intent, Write
from almareplay.replay import results
from almareplay.replay.decide import Action, Decision
from almareplay.replay.follow_ups.tasks import FollowUps
from almareplay.replay.journal import Journal
from almareplay.replay.lane import Attempt
from almareplay.replay.patrons import Patrons
from almareplay.replay.policy import Guard, Policy
from almareplay.replay.read import LaneReader
from almareplay.replay.renewal import refusal_of, was_renewed
from almareplay.replay.results import RowResult
from almareplay.transactions import same_identifier

Answer = TypeVar("Answer")

_log = logging.getLogger("almareplay.replay")

# How long a call may wait, for its turn or for Alma, on what was seen before.
LOOK_HOLDS_SECONDS = 30.0


class LostAnswer(Exception):
    """A call left at ``sent_at`` (seconds of the clock), and its effect is unknown."""

    def __init__(self, intent: Intent, sent_at: float) -> None:
        self.intent, self.sent_at = intent, sent_at


class CallRefused(Exception):
    """A call left, and Alma refused it."""

    def __init__(self, intent: Intent, refusal: Refusal) -> None:
        self.intent, self.refusal = intent, refusal


class WaitedTooLong(Exception):
    """A call has waited so long, for Alma to come back, that what was seen before may be wrong."""


class Actor:
    """Makes the calls that a decision asks for, and leaves in the lane what they did."""

    def __init__(
        self,
        alma: Alma,
        journal: Journal,
        policy: Policy,
        reader: LaneReader,
        patrons: Patrons,
        follow_ups: FollowUps,
        clock: Clock,
    ) -> None:
        self._alma = alma
        self._journal = journal
        self._policy = policy
        self._reader = reader
        self._patrons = patrons
        self._follow_ups = follow_ups
        self._clock = clock

    async def act(self, attempt: Attempt, decision: Decision) -> RowResult:
        """Do what was decided.

        Raises CallRefused, LostAnswer, WaitedTooLong, and AlmaError where no call has left.
        """
        match decision.action:
            case Action.NOTHING:
                return RowResult(results.untouched(decision, attempt.lane.loan))
            case Action.SCAN_IN:
                return await self._return(attempt, decision)
            case Action.RENEW:
                return await self._renew(attempt, decision)
            case Action.RETURN_FIRST:
                returned = await self._return(attempt, decision)
                attempt.returned_first = True
                assert returned.intent is not None, "a return is a call"
                await self._journal.record_fate(returned.intent, Fate.DONE, returned.to_follow)
        return await self._lend(attempt, decision)

    async def _lend(self, attempt: Attempt, decision: Decision) -> RowResult:
        row, policy = attempt.row, self._policy
        if not fits_path(row.patron_id):
            await self._reader.find(attempt)

        async def is_this_loan(loan: ItemLoan) -> bool:
            of_item = same_identifier(loan.item_barcode or row.item_barcode, row.item_barcode)
            try:
                of_patron = await self._patrons.may_be(row.patron_id, loan.user_id, attempt.rank)
            except (Refusal, Unavailable):
                of_patron = False
            return of_item and of_patron

        intent, loan = await self._call(
            attempt,
            Write.LOAN,
            is_this_loan,
            lambda confirm: self._alma.loan(
                row.patron_id,
                row.item_barcode,
                row.library,
                row.circ_desk,
                item=attempt.lane.ids,
                rank=attempt.rank,
                confirm=confirm,
                user_id_type=policy.user_id_type,
                generate_linked_user=policy.generate_linked_user,
            ),
        )
        self._reader.learn(attempt, loan)
        attempt.lane.lent(loan, row.captured_at)
        self._patrons.learn(row.patron_id, loan.user_id)
        result = results.with_loan(Outcome.LOANED, loan, decision.notes)
        to_follow = self._follow_ups.of_loan(row, loan, intent)
        return RowResult(result, intent, Fate.DONE, to_follow, loan)

    async def _return(self, attempt: Attempt, decision: Decision) -> RowResult:
        row, lane, policy = attempt.row, attempt.lane, self._policy
        ids = await self._reader.find(attempt, certain=policy.guard is not Guard.OFF)

        async def is_this_item(scan: ScanIn) -> bool:
            if scan.item_pid not in ("", ids.item_pid):
                return False
            if not self._reader.confirm(attempt, scan.barcode):
                attempt.scanned_by_mistake.append(scan.barcode)
                return False
            return True

        ended = lane.loan
        intent, scan = await self._call(
            attempt,
            Write.SCAN_IN,
            is_this_item,
            lambda confirm: self._alma.scan_in(
                ids,
                row.library,
                row.circ_desk,
                rank=attempt.rank,
                confirm=confirm,
                place_on_hold_shelf=policy.place_on_hold_shelf,
            ),
        )
        lane.closed_by(intent)
        lane.returned()
        to_follow = self._follow_ups.of_fine(row, ended, intent)
        return RowResult(results.of_scan(decision, scan), intent, Fate.DONE, to_follow)

    async def _renew(self, attempt: Attempt, decision: Decision) -> RowResult:
        """A 200 that says that the loan was not renewed is a refusal."""
        row, overdue = attempt.row, attempt.lane.loan
        assert overdue is not None, "only a loan is renewed"

        async def is_this_loan(answer: ItemLoan) -> bool:
            return answer.loan_id == overdue.loan_id

        intent, loan = await self._call(
            attempt,
            Write.RENEW,
            is_this_loan,
            lambda confirm: self._alma.renew(
                overdue.user_id,
                overdue.loan_id,
                item=attempt.lane.ids,
                rank=attempt.rank,
                confirm=confirm,
            ),
        )
        if not was_renewed(overdue, loan):
            raise CallRefused(intent, refusal_of(loan))
        attempt.lane.renewed(loan)
        to_follow = self._follow_ups.of_loan(row, loan, intent)
        to_follow += self._follow_ups.of_fine(row, overdue, intent)
        result = results.with_loan(Outcome.RENEWED, loan, decision.notes)
        return RowResult(result, intent, Fate.DONE, to_follow, loan)

    async def _call(
        self,
        attempt: Attempt,
        write: Write,
        is_ours: Callable[[Answer], Awaitable[bool]],
        send: Callable[[Confirm], Awaitable[Answer]],
    ) -> tuple[Intent, Answer]:
        """Store the intent, then send. An answer that is not ``is_ours`` says nothing of this call.

        Raises CallRefused, LostAnswer, WaitedTooLong; AlmaError if it never left.
        """
        row, lane = attempt.row.row, attempt.lane
        loan = lane.loan
        attempt.begun = True
        intent = await self._journal.record_intent(
            row,
            write,
            self._alma.alma_now(),
            loan_id=None if not lane.looked else loan.loan_id if loan else "",
            due_date=loan.due_date if loan else None,
            last_renew_date=loan.last_renew_date if loan else None,
        )
        sent_at = decided_at = self._clock.monotonic()

        async def confirm() -> None:
            """Make sure of the hold, and of what was seen, right before the call leaves."""
            nonlocal sent_at
            if self._clock.monotonic() - decided_at > LOOK_HOLDS_SECONDS:
                raise WaitedTooLong
            await self._journal.confirm_hold()
            sent_at = self._clock.monotonic()

        try:
            answer = await send(confirm)
        except WaitedTooLong:
            await self._journal.record_fate(intent, Fate.NOT_SENT)
            raise
        except Refusal as refusal:
            raise CallRefused(intent, refusal) from refusal
        except AlmaError as error:
            if error.effect is Effect.UNKNOWN:
                _log.info("row %d: no answer to the %s; reading what it did", row, write)
                raise LostAnswer(intent, sent_at) from error
            fate = Fate.REFUSED if error.effect is Effect.REFUSED else Fate.NOT_SENT
            await self._journal.record_fate(intent, fate)
            raise
        if not await is_ours(answer):
            _log.info("row %d: the answer to the %s is about another", row, write)
            raise LostAnswer(intent, sent_at)
        return intent, answer
