"""Bringing one row into Alma: read, decide, act, find out what a lost call did, store the outcome.

The row is one `Attempt`, what became of it one `RowResult`; each step is a module of that name.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from datetime import tzinfo

from almareplay.alma.client import Alma
from almareplay.alma.errors import Refusal, Stopped, Unavailable
from almareplay.alma.limits.rate_limiter import Clock
from almareplay.outcomes import Disposition, Outcome
from almareplay.queue.replaying.attempts import Fate, NoLongerPending, Write
from almareplay.replay import results
from almareplay.replay.act import Actor, CallRefused, LostAnswer, WaitedTooLong
from almareplay.replay.decide import decide
from almareplay.replay.dispatch import Turn
from almareplay.replay.find_out import Effects, LostCalls
from almareplay.replay.follow_ups.tasks import FollowUps
from almareplay.replay.journal import Journal
from almareplay.replay.lane import Attempt
from almareplay.replay.patrons import Patrons
from almareplay.replay.policy import Guard, Policy
from almareplay.replay.read import LaneReader
from almareplay.replay.results import RowResult
from almareplay.replay.rows_at_work import RowsAtWork
from almareplay.transactions import Kind

# How often a row is posted whose answers are lost and turn out to have had no effect.
_TRIES = 5
# Refusals that an earlier row, once it is in Alma, may turn into a loan.
_MAY_PASS = (Outcome.PATRON_LIMIT, Outcome.PATRON_BLOCKED, Outcome.OTHER_COPY_ON_LOAN)
_WITHOUT_EFFECT = (Disposition.ATTENTION, Disposition.NO_CHANGE)
# Refusals of a loan that looked possible: somebody else has changed the item since our look.
_RACED = (Outcome.ALREADY_LOANED, Outcome.ON_LOAN_TO_OTHER)


class Poster:
    """Posts the rows of a run that this process holds."""

    def __init__(
        self,
        alma: Alma,
        journal: Journal,
        policy: Policy,
        *,
        clock: Clock,
        settle_seconds: float,
        zone: tzinfo,
        stopping: asyncio.Event,
    ) -> None:
        patrons = Patrons(alma, policy.user_id_type)
        reader = LaneReader(alma, journal, policy, patrons)
        follow_ups = FollowUps(alma, journal, policy, reader, zone)
        effects = Effects(reader, patrons, clock, stopping)
        self._at_work = RowsAtWork(alma.transport.pace.nominal)
        self._journal = journal
        self._policy = policy
        self._reader = reader
        self._actor = Actor(alma, journal, policy, reader, patrons, follow_ups, clock)
        self._lost = LostCalls(alma, journal, reader, effects, follow_ups, clock, settle_seconds)
        self._follow_ups = follow_ups

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
        attempt = await self._reader.open(turn.row, turn.rank)
        try:
            ended = await self._bring_in(attempt, turn)
        except Stopped:
            return None
        except NoLongerPending as already:
            self._reader.close(attempt)
            return already.outcome
        if ended is None:
            return None
        result, row = ended.result, attempt.row
        if attempt.returned_first:
            # Whatever became of the loan, staff must know that the item was taken back for it.
            result = replace(result, notes=(results.RETURNED_FIRST, *result.notes))
        for barcode in attempt.scanned_by_mistake:
            result = replace(result, notes=(results.by_mistake(barcode), *result.notes))
        attempt.lane.history.ended(row.order, row.row, result.outcome)
        refused = result.outcome.disposition in _WITHOUT_EFFECT
        turn.had_effect = attempt.returned_first or not refused
        await self._journal.record_outcome(
            row.row,
            result,
            intent=ended.intent,
            fate=ended.fate,
            to_follow=ended.to_follow,
            looked_at=attempt.lane.looked_at,
        )
        if ended.to_follow or attempt.returned_first:
            with contextlib.suppress(Stopped):
                await self._follow_ups.of_row(attempt, ended.loan)
        self._reader.close(attempt)
        return result.outcome

    async def _bring_in(self, attempt: Attempt, turn: Turn) -> RowResult | None:
        """Post the row until what became of it is known; None where it stays pending."""
        row = attempt.row
        if (blocking := attempt.lane.held_back_by(row)) is not None:
            return RowResult(results.held_back(blocking))
        made = await self._journal.attempts_of(row.row)
        unknown = [
            (intent, await self._lost.sent_by(intent)) for intent, fate in made if fate is None
        ]
        attempt.returned_first = row.kind is Kind.LOAN and any(
            intent.call is Write.SCAN_IN and fate is Fate.DONE for intent, fate in made
        )
        tries = 0
        while True:
            for intent, sent_at in unknown:
                adopted = await self._lost.find_out(attempt, intent, sent_at)
                if adopted is not None:
                    return adopted
            if tries == _TRIES:
                return RowResult(results.given_up(unknown[-1][0], _TRIES))
            tries += 1
            try:
                return await self._post(attempt, turn)
            except LostAnswer as lost:
                unknown = [(lost.intent, lost.sent_at)]
            except Refusal as refusal:
                return RowResult(results.refused(refusal))
            except Unavailable as error:
                return RowResult(results.unavailable(Outcome.UNAVAILABLE, error))

    async def _post(self, attempt: Attempt, turn: Turn) -> RowResult | None:
        """Decide and act; decide again where a refusal may pass or came of somebody else's act."""
        raced = False
        while True:
            try:
                async with self._at_work.row(attempt.place):
                    await self._reader.look(attempt)
                    decision = decide(attempt.row, attempt.lane, self._policy)
                    mark = turn.mark()
                    return await self._actor.act(attempt, decision)
            except WaitedTooLong:
                attempt.lane.forget()
                continue
            except CallRefused as refused:
                outcome = refused.refusal.outcome
                may_pass = outcome in _MAY_PASS and not turn.is_last_word(mark)
                race = outcome in _RACED and self._policy.guard is not Guard.OFF and not raced
                by_ids = refused.intent.call is Write.SCAN_IN
                unknown = by_ids and outcome is Outcome.ITEM_NOT_FOUND
                moved = unknown and attempt.lane.may_have_moved
                result = results.refused(refused.refusal, decision.notes)
                ended = RowResult(result, refused.intent, Fate.REFUSED)
                if not may_pass and not race and not moved:
                    return ended
                await self._journal.record_fate(refused.intent, Fate.REFUSED)
            if moved:
                attempt.lane.doubt_ids()
                continue
            if may_pass:
                counts = await turn.becomes_last_word(mark)
                if counts is not False:
                    return ended if counts else None
            if race:
                attempt.lane.forget()
                raced = True
