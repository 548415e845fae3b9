"""The calls that write: the intent is stored, the call leaves, its answer is told from others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from almareplay.alma.answers import ItemLoan, ScanIn
from almareplay.alma.client import Alma
from almareplay.alma.errors import AlmaError, Effect, Refusal, Unavailable
from almareplay.alma.pace import Clock
from almareplay.queue.follow_ups import FollowUp
from almareplay.queue.hold import Hold
from almareplay.queue.journal import Call, Fate, Intent, still_held, store_fate, store_intent
from almareplay.replay.decide import Policy
from almareplay.replay.dispatch import Turn
from almareplay.replay.lanes import Lane, Lanes, Patrons, QueueThread
from almareplay.replay.renewal import refusal_of, was_renewed
from almareplay.transactions import same_identifier

Answer = TypeVar("Answer")
Confirm = Callable[[], Awaitable[None]]

_log = logging.getLogger("almareplay.replay")

# How long the hold counts as seen just now.
_FRESH = timedelta(seconds=5)
# How long a call may wait, for its turn or for Alma, on what was seen before.
_LOOK_HOLDS_SECONDS = 30.0


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


class Calls:
    """Makes the calls of a run that this process holds. Each stores its intent before it leaves.

    Every call raises CallRefused, LostAnswer, WaitedTooLong, and AlmaError where it never left.
    """

    def __init__(
        self,
        alma: Alma,
        queue: QueueThread,
        hold: Hold,
        policy: Policy,
        lanes: Lanes,
        patrons: Patrons,
        clock: Clock,
    ) -> None:
        self._alma = alma
        self._queue = queue
        self._hold = hold
        self._policy = policy
        self._lanes = lanes
        self._patrons = patrons
        self._clock = clock

    async def loan(self, turn: Turn, lane: Lane) -> tuple[Intent, ItemLoan]:
        """Lend the row's item to its patron."""
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

    async def scan_in(self, turn: Turn, lane: Lane) -> tuple[Intent, ScanIn]:
        """Scan the row's item in."""
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

    async def renew(self, turn: Turn, lane: Lane) -> tuple[Intent, ItemLoan]:
        """Renew the loan that the item has; a 200 that says it was not renewed is a refusal."""
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
            raise CallRefused(intent, refusal_of(answer))
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

        Raises CallRefused, LostAnswer; AlmaError if it never left.
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
                raise WaitedTooLong
            await self.make_sure_of_hold()
            sent_at = self._clock.monotonic()

        try:
            answer = await send(confirm)
        except WaitedTooLong:
            await self.settle(intent, Fate.NOT_SENT)
            raise
        except Refusal as refusal:
            raise CallRefused(intent, refusal) from refusal
        except AlmaError as error:
            if error.effect is Effect.UNKNOWN:
                _log.info("row %d: no answer to the %s; reading what it did", turn.row.row, call)
                raise LostAnswer(intent, sent_at) from error
            fate = Fate.REFUSED if error.effect is Effect.REFUSED else Fate.NOT_SENT
            await self.settle(intent, fate)
            raise
        if not await is_ours(answer):
            _log.info("row %d: the answer to the %s is about another", turn.row.row, call)
            raise LostAnswer(intent, sent_at)
        return intent, answer

    async def make_sure_of_hold(self) -> None:
        """By a look at the queue that is not older than a moment: a process that was suspended
        while it looked may have lost the run since. Raises HoldLost."""
        while True:
            asked_at = self._clock.now()
            await asyncio.to_thread(still_held, self._queue.queue, self._hold)
            if abs(self._clock.now() - asked_at) < _FRESH:
                return

    async def settle(self, intent: Intent, fate: Fate, follow_ups: Sequence[FollowUp] = ()) -> None:
        """Store the fate of a call, and what is to be done about that."""
        await self._queue(
            store_fate, self._queue.queue, self._hold.run, intent, fate, follow_ups=follow_ups
        )

    def sent_by(self, intent: Intent) -> float:
        """When (seconds of the clock) a call of an earlier start left at the latest: it may have
        waited for its turn. A clock that was set back since makes it no later than now."""
        ago = (self._clock.now() - intent.intended_at).total_seconds() - _LOOK_HOLDS_SECONDS
        return self._clock.monotonic() - max(0.0, ago)
