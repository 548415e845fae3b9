"""After a row's outcome: its loan's due date as captured, and the fine that its call made."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from almareplay.alma.addressing import fits_path
from almareplay.alma.answers.fees import Fee
from almareplay.alma.answers.responses import ItemLoan
from almareplay.alma.client import Alma
from almareplay.alma.errors import AlmaError, Effect, Refusal, Unavailable
from almareplay.outcomes.reasons import all_in_words
from almareplay.queue.replaying.attempts import Intent, Write
from almareplay.queue.replaying.follow_ups import Fine, FollowUp, MadeBy, OpenFollowUp, Task
from almareplay.queue.rows import QueuedRow
from almareplay.replay.follow_ups.due_dates import DueDates, due_as_captured
from almareplay.replay.follow_ups.fines import Fines, Wrong, made_by_call, wrong_part
from almareplay.replay.journal import Journal
from almareplay.replay.lane import Attempt, Borrowed
from almareplay.replay.policy import Policy
from almareplay.replay.read import LaneReader
from almareplay.transactions import Notes, Reason

_log = logging.getLogger("almareplay.replay")

_PAST = "401681"
"""Alma's code for a due date that lies in the past."""
_TRIES = 3
_WHEN = "%Y-%m-%d %H:%M"
_DONE = {MadeBy.RETURN: "returned", MadeBy.RENEWAL: "renewed"}


class FollowUps:
    """Knows what is to be done after the outcomes of a run's rows, and does it.

    ``zone`` is that of the libraries.
    """

    def __init__(
        self, alma: Alma, journal: Journal, policy: Policy, reader: LaneReader, zone: tzinfo
    ) -> None:
        self._alma = alma
        self._journal = journal
        self._policy = policy
        self._reader = reader
        self._zone = zone

    def of_loan(self, row: QueuedRow, loan: ItemLoan, intent: Intent) -> tuple[FollowUp, ...]:
        """The due date to set after a loan or a renewal, if the user wants it and Alma's is too
        late."""
        if self._policy.due_dates is DueDates.ALMA:
            return ()
        renewed, now = intent.call is Write.RENEW, self._now()
        made_at = (loan.last_renew_date if renewed else loan.loan_date) or now
        before = intent.due_date if renewed else None
        if loan.due_date is None or not due_as_captured(
            row.captured_at, made_at, loan.due_date, zone=self._zone, now=now, at_least=before
        ):
            return ()
        task = Task.DUE_DATE
        return (FollowUp(task, loan.user_id, loan.loan_id, made_at, now, loan.due_date, before),)

    def of_fine(
        self, row: QueuedRow, ended: Borrowed | ItemLoan | None, intent: Intent
    ) -> tuple[FollowUp, ...]:
        """The fine to look for after a scan that ended a loan, or a renewal that moved it on, if it
        was due before."""
        if ended is None:
            return ()
        since = until = self._now()
        made_by = MadeBy.RENEWAL if intent.call is Write.RENEW else MadeBy.RETURN
        due = intent.due_date if made_by is MadeBy.RENEWAL else ended.due_date
        if due is None or not ended.user_id or wrong_part(row.captured_at, due, until) is None:
            return ()
        since = intent.alma_time or since
        if made_by is MadeBy.RETURN and isinstance(ended, ItemLoan) and ended.return_date:
            since = until = ended.return_date
        fine = FollowUp(Task.FINE, ended.user_id, ended.loan_id, since, until, due, made_by=made_by)
        return (fine,)

    async def of_earlier_starts(self) -> None:
        """Do what an earlier start has left. Raises Stopped, QueueError, AlmaError."""
        for task in await self._journal.open_follow_ups():
            await self._do(task, await self._reader.open(task.row, 0), None)

    async def of_row(self, attempt: Attempt, loan: ItemLoan | None) -> None:
        """Do what a row that was just settled needs; ``loan`` is what Alma has just answered.

        Raises as ``of_earlier_starts`` does.
        """
        for task in await self._journal.open_follow_ups(attempt.row.row):
            await self._do(task, attempt, loan)

    async def _do(self, task: OpenFollowUp, attempt: Attempt, loan: ItemLoan | None) -> None:
        due = None
        try:
            if task.what.task is Task.DUE_DATE:
                notes, due = await self._set_due_date(task, attempt, loan)
            else:
                notes = await self._see_to_fine(task, attempt.rank)
        except Unavailable:
            # It stays open: the next start takes it up.
            _log.info("row %d: the %s is left for later", task.row.row, task.what.task)
            return
        except Refusal as no:
            words = f"{no.message or no}" + (f" ({no.code})" if no.code else "")
            code = "due_date_refused" if task.what.task is Task.DUE_DATE else "fine_refused"
            notes = (Reason.of(code, words=words),)
        await self._journal.record_done(task, notes, due)

    async def _set_due_date(
        self, task: OpenFollowUp, attempt: Attempt, loan: ItemLoan | None
    ) -> tuple[Notes, datetime | None]:
        """Give a loan the due date as captured; answers notes, and the date that it now has."""
        what, lane, rank = task.what, attempt.lane, attempt.rank
        ids = lane.certain_ids
        for _ in range(_TRIES):
            if ids is None and (loan is None or not fits_path(loan.user_id)):
                ids = await self._reader.find(attempt)
            if loan is None:
                assert ids is not None, "what was found is kept"
                active = await self._alma.active_loans(ids, rank=rank)
                loan = next((each for each in active if each.loan_id == what.loan_id), None)
            if loan is None:
                return (Reason("loan_ended"),), None
            due = due_as_captured(
                task.row.captured_at,
                what.since,
                what.due_date,
                zone=self._zone,
                now=self._now(),
                at_least=what.due_before,
            )
            if due is None or loan.due_date != what.due_date:
                return self._due_notes(what, loan.due_date), loan.due_date
            try:
                changed = await self._alma.change_due_date(
                    loan, due, item=ids, rank=rank, confirm=self._journal.confirm_hold
                )
            except Refusal as no:
                if no.code != _PAST:
                    raise
                loan = None  # the minute has passed meanwhile, or an earlier sending was done
                continue
            due = changed.due_date or due
            if lane.loan is not None and lane.loan.loan_id == loan.loan_id:
                lane.loan = replace(lane.loan, due_date=due)
            return self._due_notes(what, due), due
        return (Reason("due_date_past"),), None

    def _due_notes(self, what: FollowUp, due: datetime | None) -> Notes:
        if due is None or due >= what.due_date:
            return ()  # as Alma made it, or moved on by somebody since
        return (Reason.of("due_date_set", due=self._local(what.due_date)),)

    async def _see_to_fine(self, task: OpenFollowUp, rank: int) -> Notes:
        """Find the fines that a scan made, and waive what is wholly wrong; answers notes."""
        what = task.what
        wrong = wrong_part(task.row.captured_at, what.due_date, what.until)
        if wrong is None:
            return ()
        refused: Refusal | None = None
        for _ in range(_TRIES):
            active = await self._alma.fees(what.user_id, rank=rank)
            known = await self._journal.fines_of_row(task.row.row)
            fines = _fines(
                known,
                made_by_call(active, task.row.item_barcode, what.since, what.until, what.made_by),
                active,
                wrong,
            )
            await self._journal.record_fines(task, fines)
            if not self._waives(wrong, fines):
                return self._fine_notes(task, fines)
            if refused is not None:
                raise refused
            # After a failure the fees are read again: one that was waived is active no more, be it
            # by a sending whose answer was lost, before another was refused.
            try:
                balance = next(fee.balance for fee in active if fee.fee_id == fines[0].fee_id)
                return self._fine_notes(task, [await self._waive(task, fines[0], balance, rank)])
            except Refusal as no:
                refused = no
            except AlmaError as error:
                if error.effect is not Effect.UNKNOWN:
                    raise
        raise Unavailable("Alma's answers about a fine were lost.")

    def _waives(self, wrong: Wrong, fines: Sequence[Fine]) -> bool:
        """Whether a fine is to be waived: it stands, is wholly wrong, and surely the scan's."""
        if self._policy.fines is not Fines.WAIVE or wrong is not Wrong.WHOLE:
            return False
        return [fine.waived_at for fine in fines] == [None]

    async def _waive(self, task: OpenFollowUp, fine: Fine, balance: Decimal, rank: int) -> Fine:
        await self._alma.waive(
            task.what.user_id,
            fine.fee_id,
            amount=balance,
            reason=self._policy.waive_reason,
            comment=(
                f"almareplay, run {self._journal.run.name}, row {task.row.row}: "
                f"{_DONE[task.what.made_by]} on time, {self._local(task.row.captured_at)}, "
                "while Alma was away"
            ),
            rank=rank,
            confirm=self._journal.confirm_hold,
        )
        waived = replace(fine, waived_at=datetime.now(UTC))
        await self._journal.record_fines(task, [waived])
        return waived

    def _fine_notes(self, task: OpenFollowUp, fines: Sequence[Fine]) -> Notes:
        made_by = task.what.made_by
        notes = tuple(
            Reason.of(
                _code_of(fine),
                sum=f"{fine.amount} {fine.currency}".rstrip(),
                done=_DONE[made_by],
                at=self._local(task.row.captured_at),
                due=self._local(task.what.due_date),
            )
            for fine in fines
        )
        if len(notes) < 2:
            return notes
        return (Reason.of("one_of_the_fines", made_by=made_by.value, fines=all_in_words(notes)),)

    def _local(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):{_WHEN}}"

    def _now(self) -> datetime:
        return self._alma.alma_now() or datetime.now(UTC)


def _code_of(fine: Fine) -> str:
    if fine.waived_at is not None:
        return "fine_waived"
    return "fine_to_waive" if fine.wrong == Wrong.WHOLE else "fine_perhaps_high"


def _fines(
    known: Sequence[Fine], found: Sequence[Fee], active: Sequence[Fee], wrong: Wrong
) -> list[Fine]:
    """The fines of a scan: those found now, and those known before, waived if active no more."""
    still = {fee.fee_id for fee in active}
    before = {
        fine.fee_id: fine
        if fine.fee_id in still
        else replace(fine, waived_at=fine.waived_at or datetime.now(UTC))
        for fine in known
    }
    now = {
        fee.fee_id: Fine(fee.fee_id, fee.balance, fee.currency, wrong)
        for fee in found
        if fee.fee_id not in before
    }
    return [*before.values(), *now.values()]
