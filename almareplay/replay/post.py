"""Bringing one row into Alma: look, decide, store the intent, call, store the outcome."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from almareplay.alma.answers import ItemLoan
from almareplay.alma.client import Alma
from almareplay.alma.errors import Refusal, Stopped, Unavailable
from almareplay.alma.pace import Clock
from almareplay.outcomes import Disposition, Outcome, Result
from almareplay.queue.follow_ups import FollowUp
from almareplay.queue.hold import Hold
from almareplay.queue.journal import (
    Call,
    Fate,
    Intent,
    attempts_of,
    store_result,
)
from almareplay.replay import results
from almareplay.replay.calls import CallRefused, Calls, LostAnswer, WaitedTooLong
from almareplay.replay.decide import Action, Borrowed, Decision, Guard, Policy
from almareplay.replay.dispatch import Turn
from almareplay.replay.due_dates import DueDates
from almareplay.replay.follow_up import FollowUps, due_date_to_follow, fine_to_follow
from almareplay.replay.lanes import Lane, Lanes, Patrons, QueueThread
from almareplay.replay.reconcile import CannotTell, Reconciler
from almareplay.replay.results import Settled
from almareplay.transactions import Kind, joined

_log = logging.getLogger("almareplay.replay")

# How often a row is posted whose answers are lost and turn out to have had no effect.
_TRIES = 5
# Refusals that an earlier row, once it is in Alma, may turn into a loan.
_MAY_PASS = (Outcome.PATRON_LIMIT, Outcome.PATRON_BLOCKED, Outcome.OTHER_COPY_ON_LOAN)
# Refusals of a loan that looked possible: somebody else has changed the item since our look.
_RACED = (Outcome.ALREADY_LOANED, Outcome.ON_LOAN_TO_OTHER)


class Poster:
    """Posts the rows of a run that this process holds."""

    def __init__(
        self,
        alma: Alma,
        queue: QueueThread,
        hold: Hold,
        policy: Policy,
        *,
        clock: Clock,
        settle_seconds: float,
        zone: tzinfo,
        stopping: asyncio.Event,
    ) -> None:
        self._alma = alma
        self._queue = queue
        self._hold = hold
        self._policy = policy
        self._clock = clock
        self._patrons = Patrons(alma, policy.user_id_type)
        self._lanes = Lanes(alma, queue, hold.run, policy, self._patrons)
        self._calls = Calls(alma, queue, hold, policy, self._lanes, self._patrons, clock)
        self._settle_seconds = settle_seconds
        self._reconciler = Reconciler(self._lanes, self._patrons, clock, stopping)
        self._zone = zone
        self._follow_ups = FollowUps(
            alma,
            queue,
            hold,
            policy,
            self._lanes,
            zone=zone,
            confirm=self._calls.make_sure_of_hold,
        )

    async def finish_earlier_starts(self) -> None:
        """Set right the due dates and fines that an earlier start has left.

        Raises QueueError, and AlmaError for what concerns the whole run.
        """
        with contextlib.suppress(Stopped):
            await self._follow_ups.of_earlier_starts()

    async def settle(self, turn: Turn) -> Outcome | None:
        """Bring a row to its outcome and store it; None where it stays pending.

        Raises QueueError, and AlmaError for what concerns the whole run.
        """
        lane = await self._lanes.open(turn.row)
        try:
            settled = await self._settled(turn, lane)
        except Stopped:
            return None
        if settled is None:
            return None
        result = settled.result
        if lane.returned_first:
            # Whatever became of the loan, staff must know that the item was taken back for it.
            result = replace(result, note=joined(results.RETURNED_FIRST, result.note))
        if result.outcome.disposition is Disposition.UNRESOLVED:
            lane.history.unresolved.append((turn.row.order, turn.row.row))
        await self._queue(
            store_result,
            self._queue.queue,
            self._hold,
            turn.row.row,
            result,
            intent=settled.intent,
            fate=settled.fate,
            follow_ups=settled.follow_ups,
            looked_at=lane.looked_at,
        )
        if settled.follow_ups or lane.returned_first:
            with contextlib.suppress(Stopped):
                await self._follow_ups.of_row(turn.row.row, lane, turn.rank, settled.loan)
        return result.outcome

    async def _settled(self, turn: Turn, lane: Lane) -> Settled | None:
        lane.returned_first = False
        if (blocking := lane.held_back_by(turn.row)) is not None:
            note = f"row {blocking} of this item is unresolved"
            return Settled(Result(Outcome.HELD_BACK, note=note))
        made = await self._queue(attempts_of, self._queue.queue, self._hold.run, turn.row.row)
        unknown = [(intent, self._calls.sent_by(intent)) for intent, fate in made if fate is None]
        lane.returned_first = turn.row.kind is Kind.LOAN and any(
            intent.call is Call.SCAN_IN and fate is Fate.DONE for intent, fate in made
        )
        tries = 0
        while True:
            for intent, sent_at in unknown:
                adopted = await self._find_out(turn, lane, intent, sent_at)
                if adopted is not None:
                    return adopted
            if tries == _TRIES:
                return Settled(results.given_up(unknown[-1][0], _TRIES))
            tries += 1
            try:
                return await self._post(turn, lane)
            except LostAnswer as lost:
                unknown = [(lost.intent, lost.sent_at)]
            except Refusal as refusal:
                return Settled(results.refused(refusal))
            except Unavailable as error:
                return Settled(results.unavailable(Outcome.UNAVAILABLE, error))

    async def _find_out(
        self, turn: Turn, lane: Lane, intent: Intent, sent_at: float
    ) -> Settled | None:
        """The result of a call whose answer was lost; None where the row must be decided anew."""
        # Alma may show a loan that is over no more.
        seen = lane.loan if lane.loan and lane.loan.loan_id == intent.loan_id else None
        try:
            settled_at = sent_at + self._settle_seconds
            found = await self._reconciler.find_out(turn, lane, intent, settled_at)
        except CannotTell as doubt:
            return Settled(Result(Outcome.UNCERTAIN, note=str(doubt)))
        except Refusal as refusal:
            if refusal.outcome is not Outcome.ITEM_NOT_FOUND:
                return Settled(results.unavailable(Outcome.UNCERTAIN, refusal))
            # What Alma does not know, it has neither lent nor taken back.
            found = None
        except Unavailable as error:
            # The call may have had its effect, so the row cannot be called untouched.
            return Settled(results.unavailable(Outcome.UNCERTAIN, error))
        had_effect = "had no effect" if found is None else "was done"
        _log.info("row %d: the %s without an answer %s", turn.row.row, intent.call, had_effect)
        if found is None:
            await self._calls.settle(intent, Fate.NO_EFFECT)
            return None
        if intent.call is Call.SCAN_IN:
            lane.closed_by(intent, found.loan.loan_id if found.loan else "")
            fine = self._fine_to_follow(turn, found.loan or seen, intent)
            if turn.row.kind is Kind.LOAN:
                lane.returned_first = True
                await self._calls.settle(intent, Fate.DONE, fine)
                return None
            return Settled(await self._scan_read_back(turn, lane), intent, follow_ups=fine)
        result = results.loan_read_back(turn.row, lane, intent, found)
        loan = None if found.ended else found.loan
        tasks = self._due_to_follow(turn, loan, intent)
        if intent.call is Call.RENEW and found.loan is not None:
            tasks += self._fine_to_follow(turn, found.loan, intent)
        return Settled(result, intent, follow_ups=tasks)

    async def _scan_read_back(self, turn: Turn, lane: Lane) -> Result:
        """The result of a scan whose answer was lost: where the item must go, its state tells."""
        try:
            ids = await self._lanes.find(lane, turn.row, turn.rank)
            state = await self._alma.item(ids, rank=turn.rank)
        except (Refusal, Unavailable):
            return results.scan_read_back(None)
        return results.scan_read_back(state)

    def _due_to_follow(
        self, turn: Turn, loan: ItemLoan | None, intent: Intent
    ) -> tuple[FollowUp, ...]:
        """What is to be done about the due date of a loan that was made or renewed."""
        if self._policy.due_dates is DueDates.ALMA or loan is None:
            return ()
        return due_date_to_follow(turn.row, loan, intent, zone=self._zone, now=self._now())

    def _fine_to_follow(
        self, turn: Turn, ended: Borrowed | ItemLoan | None, intent: Intent
    ) -> tuple[FollowUp, ...]:
        """What is to be done about the fine of a loan that a scan has ended, or a renewal moved
        on."""
        return () if ended is None else fine_to_follow(turn.row, ended, intent, now=self._now())

    def _now(self) -> datetime:
        return self._alma.alma_now() or datetime.now(UTC)

    async def _post(self, turn: Turn, lane: Lane) -> Settled | None:
        """Decide and act; decide again where a refusal may pass or came of somebody else's act."""
        raced = False
        while True:
            decision = await self._lanes.decide(turn, lane)
            was_first = turn.is_first()
            try:
                return await self._act(turn, lane, decision)
            except WaitedTooLong:
                lane.forget()
                continue
            except CallRefused as refused:
                outcome = refused.refusal.outcome
                may_pass = outcome in _MAY_PASS and not was_first
                race = outcome in _RACED and self._policy.guard is not Guard.OFF and not raced
                if not may_pass and not race:
                    result = results.refused(refused.refusal, decision.note)
                    return Settled(result, refused.intent, Fate.REFUSED)
                await self._calls.settle(refused.intent, Fate.REFUSED)
            if may_pass and not await turn.becomes_first():
                return None
            if race:
                lane.forget()
                raced = True

    async def _act(self, turn: Turn, lane: Lane, decision: Decision) -> Settled:
        match decision.action:
            case Action.NOTHING:
                return Settled(results.untouched(decision, lane.loan))
            case Action.SCAN_IN:
                ended = lane.loan
                intent, scan = await self._calls.scan_in(turn, lane)
                lane.closed_by(intent)
                lane.returned()
                result = results.of_scan(decision, scan)
                return Settled(result, intent, follow_ups=self._fine_to_follow(turn, ended, intent))
            case Action.RENEW:
                overdue = lane.loan
                intent, loan = await self._calls.renew(turn, lane)
                lane.renewed(loan)
                settled = self._lent(turn, Outcome.RENEWED, loan, intent, decision.note)
                fine = self._fine_to_follow(turn, overdue, intent)
                return settled._replace(follow_ups=settled.follow_ups + fine)
            case Action.RETURN_FIRST:
                ended = lane.loan
                intent, _ = await self._calls.scan_in(turn, lane)
                lane.closed_by(intent)
                lane.returned()
                lane.returned_first = True
                fine = self._fine_to_follow(turn, ended, intent)
                await self._calls.settle(intent, Fate.DONE, fine)
        intent, loan = await self._calls.loan(turn, lane)
        lane.lent(loan, turn.row.captured_at)
        self._patrons.learn(turn.row.patron_id, loan.user_id)
        return self._lent(turn, Outcome.LOANED, loan, intent, decision.note)

    def _lent(
        self, turn: Turn, outcome: Outcome, loan: ItemLoan, intent: Intent, note: str
    ) -> Settled:
        due = self._due_to_follow(turn, loan, intent)
        return Settled(results.with_loan(outcome, loan, note), intent, follow_ups=due, loan=loan)
