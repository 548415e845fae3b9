"""Bringing one row into Alma: look, decide, store the intent, call, store the outcome."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeVar

from almareplay.alma.answers import ItemLoan, ScanIn
from almareplay.alma.client import Alma
from almareplay.alma.errors import AlmaError, Effect, Refusal, Stopped, Unavailable
from almareplay.alma.pace import Clock
from almareplay.outcomes import Disposition, Outcome, Result
from almareplay.queue.follow_ups import FollowUp
from almareplay.queue.hold import Hold
from almareplay.queue.journal import (
    Call,
    Fate,
    Intent,
    attempts_of,
    still_held,
    store_fate,
    store_intent,
    store_result,
)
from almareplay.replay import results
from almareplay.replay.decide import Action, Borrowed, Decision, Guard, Policy
from almareplay.replay.dispatch import Turn
from almareplay.replay.due_dates import DueDates
from almareplay.replay.follow_up import FollowUps, due_date_to_follow, fine_to_follow
from almareplay.replay.lanes import Lane, Lanes, Patrons, QueueThread
from almareplay.replay.reconcile import CannotTell, Reconciler
from almareplay.replay.renewal import refusal_of, was_renewed
from almareplay.replay.results import Settled
from almareplay.transactions import Kind, joined, same_identifier

Answer = TypeVar("Answer")
Confirm = Callable[[], Awaitable[None]]

_log = logging.getLogger("almareplay.replay")

# How long the hold counts as seen just now.
_FRESH = timedelta(seconds=5)
# How long a call may wait, for its turn or for Alma, on what was seen before.
_LOOK_HOLDS_SECONDS = 30.0
# How often a row is posted whose answers are lost and turn out to have had no effect.
_TRIES = 5
# Refusals that an earlier row, once it is in Alma, may turn into a loan.
_MAY_PASS = (Outcome.PATRON_LIMIT, Outcome.PATRON_BLOCKED, Outcome.OTHER_COPY_ON_LOAN)
# Refusals of a loan that looked possible: somebody else has changed the item since our look.
_RACED = (Outcome.ALREADY_LOANED, Outcome.ON_LOAN_TO_OTHER)


class _LostAnswer(Exception):
    """A call left at ``sent_at`` (seconds of the clock), and its effect is unknown."""

    def __init__(self, intent: Intent, sent_at: float) -> None:
        self.intent, self.sent_at = intent, sent_at


class _Refused(Exception):
    """A call left, and Alma refused it."""

    def __init__(self, intent: Intent, refusal: Refusal) -> None:
        self.intent, self.refusal = intent, refusal


class _WaitedTooLong(Exception):
    """A call has waited so long, for Alma to come back, that what was seen before may be wrong."""


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
        self._settle_seconds = settle_seconds
        self._reconciler = Reconciler(self._lanes, self._patrons, clock, stopping)
        self._zone = zone
        self._follow_ups = FollowUps(
            alma, queue, hold, policy, self._lanes, zone=zone, confirm=self._make_sure_of_hold
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
        unknown = [(intent, self._sent_by(intent)) for intent, fate in made if fate is None]
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
            except _LostAnswer as lost:
                unknown = [(lost.intent, lost.sent_at)]
            except Refusal as refusal:
                return Settled(results.refused(refusal))
            except Unavailable as error:
                return Settled(results.unavailable(Outcome.UNAVAILABLE, error))

    def _sent_by(self, intent: Intent) -> float:
        """When (seconds of the clock) a call of an earlier start left at the latest: it may have
        waited for its turn. A clock that was set back since makes it no later than now."""
        ago = (self._clock.now() - intent.intended_at).total_seconds() - _LOOK_HOLDS_SECONDS
        return self._clock.monotonic() - max(0.0, ago)

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
            await self._store_fate(intent, Fate.NO_EFFECT)
            return None
        if intent.call is Call.SCAN_IN:
            lane.closed_by(intent, found.loan.loan_id if found.loan else "")
            fine = self._fine_to_follow(turn, found.loan or seen, intent)
            if turn.row.kind is Kind.LOAN:
                lane.returned_first = True
                await self._store_fate(intent, Fate.DONE, fine)
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
            except _WaitedTooLong:
                lane.forget()
                continue
            except _Refused as refused:
                outcome = refused.refusal.outcome
                may_pass = outcome in _MAY_PASS and not was_first
                race = outcome in _RACED and self._policy.guard is not Guard.OFF and not raced
                if not may_pass and not race:
                    result = results.refused(refused.refusal, decision.note)
                    return Settled(result, refused.intent, Fate.REFUSED)
                await self._store_fate(refused.intent, Fate.REFUSED)
            if may_pass and not await turn.becomes_first():
                return None
            if race:
                lane.forget()
                raced = True

    async def _act(self, turn: Turn, lane: Lane, decision: Decision) -> Settled:
        match decision.action:
            case Action.NOTHING:
                known = lane.loan if decision.outcome is Outcome.ALREADY_LOANED else None
                return Settled(
                    Result(
                        decision.outcome,
                        loan_id=known.loan_id if known else "",
                        due_date=known.due_date if known else None,
                        note=decision.note,
                    )
                )
            case Action.SCAN_IN:
                ended = lane.loan
                intent, scan = await self._scan_in(turn, lane)
                lane.closed_by(intent)
                lane.returned()
                result = results.of_scan(decision, scan)
                return Settled(result, intent, follow_ups=self._fine_to_follow(turn, ended, intent))
            case Action.RENEW:
                overdue = lane.loan
                intent, loan = await self._renew(turn, lane)
                lane.renewed(loan)
                settled = self._lent(turn, Outcome.RENEWED, loan, intent, decision.note)
                fine = self._fine_to_follow(turn, overdue, intent)
                return settled._replace(follow_ups=settled.follow_ups + fine)
            case Action.RETURN_FIRST:
                ended = lane.loan
                intent, _ = await self._scan_in(turn, lane)
                lane.closed_by(intent)
                lane.returned()
                lane.returned_first = True
                await self._store_fate(intent, Fate.DONE, self._fine_to_follow(turn, ended, intent))
        intent, loan = await self._loan(turn, lane)
        lane.lent(loan, turn.row.captured_at)
        self._patrons.learn(turn.row.patron_id, loan.user_id)
        return self._lent(turn, Outcome.LOANED, loan, intent, decision.note)

    def _lent(
        self, turn: Turn, outcome: Outcome, loan: ItemLoan, intent: Intent, note: str
    ) -> Settled:
        due = self._due_to_follow(turn, loan, intent)
        return Settled(results.with_loan(outcome, loan, note), intent, follow_ups=due, loan=loan)

    async def _loan(self, turn: Turn, lane: Lane) -> tuple[Intent, ItemLoan]:
        row = turn.row

        async def is_this_loan(loan: ItemLoan) -> bool:
            of_item = same_identifier(loan.item_barcode or row.item_barcode, row.item_barcode)
            try:
                to_patron = await self._patrons.may_be(row.patron_id, loan.user_id, turn.rank)
            except (Refusal, Unavailable):
                to_patron = False
            return of_item and to_patron

        return await self._call(
            turn,
            lane,
            Call.LOAN,
            is_this_loan,
            lambda confirm: self._alma.loan(
                row.patron_id,
                row.item_barcode,
                row.library,
                row.circ_desk,
                item=lane.ids,
                rank=turn.rank,
                confirm=confirm,
                user_id_type=self._policy.user_id_type,
                generate_linked_user=self._policy.generate_linked_user,
            ),
        )

    async def _scan_in(self, turn: Turn, lane: Lane) -> tuple[Intent, ScanIn]:
        row = turn.row
        ids = await self._lanes.find(lane, row, turn.rank)

        async def is_this_item(scan: ScanIn) -> bool:
            return scan.item_pid in ("", ids.item_pid)

        return await self._call(
            turn,
            lane,
            Call.SCAN_IN,
            is_this_item,
            lambda confirm: self._alma.scan_in(
                ids,
                row.library,
                row.circ_desk,
                rank=turn.rank,
                confirm=confirm,
                place_on_hold_shelf=self._policy.place_on_hold_shelf,
            ),
        )

    async def _renew(self, turn: Turn, lane: Lane) -> tuple[Intent, ItemLoan]:
        loan = lane.loan
        assert loan is not None, "only a loan is renewed"

        async def is_this_loan(answer: ItemLoan) -> bool:
            return answer.loan_id == loan.loan_id

        intent, answer = await self._call(
            turn,
            lane,
            Call.RENEW,
            is_this_loan,
            lambda confirm: self._alma.renew(
                loan.user_id, loan.loan_id, item=lane.ids, rank=turn.rank, confirm=confirm
            ),
        )
        if not was_renewed(loan, answer):
            raise _Refused(intent, refusal_of(answer))
        return intent, answer

    async def _call(
        self,
        turn: Turn,
        lane: Lane,
        call: Call,
        is_ours: Callable[[Answer], Awaitable[bool]],
        send: Callable[[Confirm], Awaitable[Answer]],
    ) -> tuple[Intent, Answer]:
        """Store the intent, then send. An answer that is not ``is_ours`` says nothing of this call.

        Raises _Refused, _LostAnswer; AlmaError if it never left.
        """
        loan = lane.loan
        intent = await self._queue(
            store_intent,
            self._queue.queue,
            self._hold,
            turn.row.row,
            call,
            self._alma.alma_now(),
            loan_id=None if not lane.looked else loan.loan_id if loan else "",
            due_date=loan.due_date if loan else None,
            last_renew_date=loan.last_renew_date if loan else None,
        )
        sent_at = decided_at = self._clock.monotonic()

        async def confirm() -> None:
            """Make sure of the hold, and of what was seen, right before the call leaves."""
            nonlocal sent_at
            if self._clock.monotonic() - decided_at > _LOOK_HOLDS_SECONDS:
                raise _WaitedTooLong
            await self._make_sure_of_hold()
            sent_at = self._clock.monotonic()

        try:
            answer = await send(confirm)
        except _WaitedTooLong:
            await self._store_fate(intent, Fate.NOT_SENT)
            raise
        except Refusal as refusal:
            raise _Refused(intent, refusal) from refusal
        except AlmaError as error:
            if error.effect is Effect.UNKNOWN:
                _log.info("row %d: no answer to the %s; reading what it did", turn.row.row, call)
                raise _LostAnswer(intent, sent_at) from error
            fate = Fate.REFUSED if error.effect is Effect.REFUSED else Fate.NOT_SENT
            await self._store_fate(intent, fate)
            raise
        if not await is_ours(answer):
            _log.info("row %d: the answer to the %s is about another", turn.row.row, call)
            raise _LostAnswer(intent, sent_at)
        return intent, answer

    async def _make_sure_of_hold(self) -> None:
        """By a look at the queue that is not older than a moment: a process that was suspended
        while it looked may have lost the run since. Raises HoldLost."""
        while True:
            asked_at = self._clock.now()
            await asyncio.to_thread(still_held, self._queue.queue, self._hold)
            if abs(self._clock.now() - asked_at) < _FRESH:
                return

    async def _store_fate(
        self, intent: Intent, fate: Fate, follow_ups: Sequence[FollowUp] = ()
    ) -> None:
        await self._queue(
            store_fate, self._queue.queue, self._hold.run, intent, fate, follow_ups=follow_ups
        )
