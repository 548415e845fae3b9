"""Bringing one row into Alma: look, decide, store the intent, call, store the outcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple, TypeVar

from almareplay.alma.answers import ItemLoan, ScanIn
from almareplay.alma.client import Alma
from almareplay.alma.errors import AlmaError, Effect, Refusal, Stopped, Unavailable
from almareplay.alma.pace import Clock
from almareplay.outcomes import Disposition, Outcome, Result
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
from almareplay.replay.decide import Action, Decision, Guard, Policy
from almareplay.replay.dispatch import Turn
from almareplay.replay.lanes import Lane, Lanes, Patrons, QueueThread
from almareplay.replay.reconcile import CannotTell, Found, Reconciler
from almareplay.transactions import Kind

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
_RETURNED_FIRST = "the item was returned for the patron who had it"
_READ_BACK = "Alma's answer was lost; reading Alma showed that it was done"


class Settled(NamedTuple):
    """A row's result, with the call that led to it where there was one, and that call's fate."""

    result: Result
    intent: Intent | None = None
    fate: Fate = Fate.DONE


class _LostAnswer(Exception):
    """A call left, and its effect is unknown."""

    def __init__(self, intent: Intent) -> None:
        super().__init__()
        self.intent = intent


class _Refused(Exception):
    """A call left, and Alma refused it."""

    def __init__(self, intent: Intent, refusal: Refusal) -> None:
        super().__init__()
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
        stopping: asyncio.Event,
    ) -> None:
        self._alma = alma
        self._queue = queue
        self._hold = hold
        self._policy = policy
        self._clock = clock
        self._patrons = Patrons(alma)
        self._lanes = Lanes(alma, queue, hold.run, policy, self._patrons)
        self._reconciler = Reconciler(self._lanes, self._patrons, clock, settle_seconds, stopping)

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
            result = replace(result, note=_joined(_RETURNED_FIRST, result.note))
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
        )
        return result.outcome

    async def _settled(self, turn: Turn, lane: Lane) -> Settled | None:
        lane.returned_first = False
        if (blocking := lane.held_back_by(turn.row)) is not None:
            note = f"row {blocking} of this item is unresolved"
            return Settled(Result(Outcome.HELD_BACK, note=note))
        made = await self._queue(attempts_of, self._queue.queue, self._hold.run, turn.row.row)
        unknown = [intent for intent, fate in made if fate is None]
        lane.returned_first = turn.row.kind is Kind.LOAN and any(
            intent.call is Call.SCAN_IN and fate is Fate.DONE for intent, fate in made
        )
        tries = 0
        while True:
            for intent in unknown:
                adopted = await self._find_out(turn, lane, intent)
                if adopted is not None:
                    return adopted
            if tries == _TRIES:
                return Settled(_given_up(unknown[-1]))
            tries += 1
            try:
                return await self._post(turn, lane)
            except _LostAnswer as lost:
                unknown = [lost.intent]
            except Refusal as refusal:
                return Settled(_refused(refusal))
            except Unavailable as error:
                return Settled(_unavailable(Outcome.UNAVAILABLE, error))

    async def _find_out(self, turn: Turn, lane: Lane, intent: Intent) -> Settled | None:
        """The result of a call whose answer was lost; None where the row must be decided anew."""
        try:
            found = await self._reconciler.find_out(turn, lane, intent)
        except CannotTell as doubt:
            return Settled(Result(Outcome.UNCERTAIN, note=str(doubt)))
        except Refusal as refusal:
            if refusal.outcome is not Outcome.ITEM_NOT_FOUND:
                return Settled(_unavailable(Outcome.UNCERTAIN, refusal))
            # What Alma does not know, it has neither lent nor taken back.
            found = None
        except Unavailable as error:
            # The call may have had its effect, so the row cannot be called untouched.
            return Settled(_unavailable(Outcome.UNCERTAIN, error))
        had_effect = "had no effect" if found is None else "was done"
        _log.info("row %d: the %s without an answer %s", turn.row.row, intent.call, had_effect)
        if found is None:
            await self._store_fate(intent, Fate.NO_EFFECT)
            return None
        if intent.call is Call.SCAN_IN:
            lane.closed_by(intent, found.loan.loan_id if found.loan else "")
            if turn.row.kind is Kind.LOAN:
                lane.returned_first = True
                await self._store_fate(intent, Fate.DONE)
                return None
        return Settled(_read_back(turn, lane, intent, found), intent)

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
                    return Settled(_refused(refused.refusal), refused.intent, Fate.REFUSED)
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
                intent, scan = await self._scan_in(turn, lane)
                lane.closed_by(intent)
                lane.returned()
                return Settled(Result(decision.outcome, destination=scan.destination), intent)
            case Action.RENEW:
                intent, loan = await self._renew(turn, lane)
                lane.renewed(loan)
                return Settled(_with_loan(decision.outcome, loan), intent)
            case Action.RETURN_FIRST:
                intent, _ = await self._scan_in(turn, lane)
                lane.closed_by(intent)
                lane.returned()
                lane.returned_first = True
                await self._store_fate(intent, Fate.DONE)
        intent, loan = await self._loan(turn, lane)
        lane.lent(loan, turn.row.captured_at)
        self._patrons.learn(turn.row.patron_id, loan.user_id)
        return Settled(_with_loan(Outcome.LOANED, loan), intent)

    async def _loan(self, turn: Turn, lane: Lane) -> tuple[Intent, ItemLoan]:
        row = turn.row
        return await self._call(
            turn,
            lane,
            Call.LOAN,
            lambda confirm: self._alma.loan(
                row.patron_id,
                row.item_barcode,
                row.library,
                row.circ_desk,
                item=lane.ids,
                rank=turn.rank,
                confirm=confirm,
            ),
        )

    async def _scan_in(self, turn: Turn, lane: Lane) -> tuple[Intent, ScanIn]:
        row = turn.row
        ids = await self._lanes.find(lane, row, turn.rank)
        return await self._call(
            turn,
            lane,
            Call.SCAN_IN,
            lambda confirm: self._alma.scan_in(
                ids, row.library, row.circ_desk, rank=turn.rank, confirm=confirm
            ),
        )

    async def _renew(self, turn: Turn, lane: Lane) -> tuple[Intent, ItemLoan]:
        loan = lane.loan
        assert loan is not None, "only a loan is renewed"
        return await self._call(
            turn,
            lane,
            Call.RENEW,
            lambda confirm: self._alma.renew(
                loan.user_id, loan.loan_id, rank=turn.rank, confirm=confirm
            ),
        )

    async def _call(
        self, turn: Turn, lane: Lane, call: Call, send: Callable[[Confirm], Awaitable[Answer]]
    ) -> tuple[Intent, Answer]:
        """Store the intent, then send. Raises _Refused, _LostAnswer, and AlmaError for a call
        that never left."""
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
        decided_at = self._clock.monotonic()

        async def confirm() -> None:
            """Make sure of the hold, and of what was seen, right before the call leaves."""
            if self._clock.monotonic() - decided_at > _LOOK_HOLDS_SECONDS:
                raise _WaitedTooLong
            await self._make_sure_of_hold()

        try:
            return intent, await send(confirm)
        except _WaitedTooLong:
            await self._store_fate(intent, Fate.NOT_SENT)
            raise
        except Refusal as refusal:
            raise _Refused(intent, refusal) from refusal
        except AlmaError as error:
            if error.effect is Effect.UNKNOWN:
                _log.info("row %d: no answer to the %s; reading what it did", turn.row.row, call)
                raise _LostAnswer(intent) from error
            fate = Fate.REFUSED if error.effect is Effect.REFUSED else Fate.NOT_SENT
            await self._store_fate(intent, fate)
            raise

    async def _make_sure_of_hold(self) -> None:
        """By a look at the queue that is not older than a moment: a process that was suspended
        while it looked may have lost the run since. Raises HoldLost."""
        while True:
            asked_at = self._clock.now()
            await asyncio.to_thread(still_held, self._queue.queue, self._hold)
            if abs(self._clock.now() - asked_at) < _FRESH:
                return

    async def _store_fate(self, intent: Intent, fate: Fate) -> None:
        await self._queue(store_fate, self._queue.queue, intent, fate)


def _given_up(last: Intent) -> Result:
    if last.call is Call.SCAN_IN and not last.loan_id:
        # Such scans leave no loan to read, and may have sent the item on its way.
        note = "the item is not on loan; it is not known whether it was scanned in"
        return Result(Outcome.UNCERTAIN, note=f"Alma's answers were lost {_TRIES} times: {note}")
    note = f"Alma's answers were lost {_TRIES} times, each time without an effect"
    return Result(Outcome.UNAVAILABLE, note=note)


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def _with_loan(outcome: Outcome, loan: ItemLoan, note: str = "") -> Result:
    return Result(outcome, loan_id=loan.loan_id, due_date=loan.due_date, note=note)


def _refused(refusal: Refusal) -> Result:
    return Result(
        refusal.outcome,
        alma_code=refusal.code,
        alma_message=refusal.message,
        tracking_id=refusal.tracking_id,
    )


def _unavailable(outcome: Outcome, error: AlmaError) -> Result:
    return Result(
        outcome,
        alma_code=error.code,
        alma_message=error.message,
        tracking_id=error.tracking_id,
        note=str(error),
    )


def _read_back(turn: Turn, lane: Lane, intent: Intent, found: Found) -> Result:
    """The result of a call that reading has shown to be done, noted in the lane as well."""
    note = _READ_BACK
    if found.ended:
        note += "; the item has been returned since"
    if intent.call is Call.SCAN_IN:
        return Result(Outcome.RETURNED, note=f"{note}; look in Alma where the item must go")
    loan = found.loan
    assert loan is not None, "a loan or a renewal is found by its loan"
    if intent.call is Call.RENEW:
        return _with_loan(Outcome.RENEWED, loan, note)
    lane.lent_before(loan, turn.row.captured_at)
    return _with_loan(Outcome.LOANED, loan, note)
