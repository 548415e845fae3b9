"""A rehearsal: the replay's own decisions, with predictions in the place of calls that write.

It has only a reader of Alma, which has no way to write. Where a network manages its users
centrally, Alma itself creates or updates its local record of each patron that is read.
First all is read, side by side and nothing twice; then the rows are gone through in replay order,
and nothing is asked any more.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from almareplay.alma.answers.patron import Patron
from almareplay.alma.answers.responses import ItemIds, ItemLoan
from almareplay.alma.client import AlmaReader
from almareplay.alma.errors import (
    AlmaError,
    AlmaGone,
    DailyLimit,
    Refusal,
    Stopped,
    Unaddressable,
    Unavailable,
)
from almareplay.outcomes import Outcome, Result
from almareplay.queue.rows import QueuedRow
from almareplay.queue.store import Queue, Run
from almareplay.replay import results
from almareplay.replay.decide import Action, Case, Decision, decide, overtaken_in_run
from almareplay.replay.dispatch import Dispatch, Turn
from almareplay.replay.journal import JournalReader
from almareplay.replay.lane import Attempt
from almareplay.replay.patrons import Patrons
from almareplay.replay.policy import Guard, Policy
from almareplay.replay.read import LaneReader
from almareplay.replay.rehearsal.accounts import Account
from almareplay.replay.rehearsal.forecast import Forecast, Forecaster, Seen
from almareplay.replay.rehearsal.plan import Plan, plan_of
from almareplay.replay.side_by_side import both
from almareplay.transactions import AlmaInstance, Kind, Notes, Reason, identifier_key

# So many rows are read side by side, in their order: enough for 15 calls a second whose answers
# take two and a half seconds. Where the pace keeps no call waiting all rows would else begin before
# one of them is read whole, and a rehearsal that is cut short then would have nothing to tell.
_SIDE_BY_SIDE = 40
# Of an item policy without a loan so many items are asked for loans that are over.
_ASKED_FOR_HISTORY = 5


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal came to: the predicted results by row number, and their sum. ``cut_short``
    is what kept it from asking Alma about the rows after these."""

    predictions: dict[int, Result]
    plan: Plan
    cut_short: AlmaError | None = None


async def rehearse(
    queue: Queue,
    run: Run,
    reader: AlmaReader,
    policy: Policy,
    *,
    instance: AlmaInstance,
    stopping: asyncio.Event,
    on_read: Callable[[], None],
) -> Rehearsal:
    """Predict the outcomes of the pending rows of a run. Nothing is stored but the ids of items.

    ``instance`` is the Alma that the reader asks. ``on_read`` is told of each row for which all is
    read. Stopped before the end, or when Alma stays away or has no calls left today, the rehearsal
    has the rows before the first that was not read. Raises QueueError, and AlmaError for what else
    concerns the whole run.
    """
    with JournalReader(queue, run, instance) as journal:
        rehearsing = _Rehearsing(journal, reader, policy)
        turns: list[Turn] = []
        cut_short: AlmaError | None = None

        async def read(turn: Turn) -> bool:
            turns.append(turn)
            try:
                await rehearsing.read(turn)
            except Stopped:
                return False
            on_read()
            return True

        try:
            dispatch = Dispatch(read, stopping)
            await dispatch.run(_near_the_first(journal.rows_in_order(), dispatch))
            if not stopping.is_set():
                await rehearsing.read_history()
        except (AlmaGone, DailyLimit) as error:
            cut_short = error
        turns.sort(key=lambda turn: turn.rank)
        return replace(await rehearsing.forecast(_without_gap(turns)), cut_short=cut_short)


async def _near_the_first(
    rows: AsyncIterator[QueuedRow], dispatch: Dispatch
) -> AsyncIterator[QueuedRow]:
    """The rows, each only when the earliest that is not read is near."""
    async for row in rows:
        await dispatch.wait_for_the_first(_SIDE_BY_SIDE)
        yield row


def _without_gap(turns: list[Turn]) -> list[Turn]:
    """The rows before the first that was not read."""
    for place, turn in enumerate(turns):
        if turn.rank != place or not turn.ended.result():
            return turns[:place]
    return turns


class _Rehearsing:
    """What is read, and what follows from it."""

    def __init__(self, journal: JournalReader, alma: AlmaReader, policy: Policy) -> None:
        self._alma = alma
        self._policy = policy
        # Without a look nothing could be predicted: a rehearsal always looks.
        unguarded = policy.guard is Guard.OFF
        looking = replace(policy, guard=Guard.ACTIVE) if unguarded else policy
        self._patrons = Patrons(alma, policy.user_id_type, accounts=True)
        self._reader = LaneReader(alma, journal, looking, self._patrons)
        self._full = looking.guard is Guard.FULL
        self._seen = Seen()
        self._ids: dict[str, ItemIds] = {}
        self._loans: dict[str, list[ItemLoan]] = {}
        # What could not be read is not asked for again by other rows.
        self._unread: dict[str, Refusal | Unavailable] = {}
        self._strangers: dict[str, Unavailable] = {}

    async def read(self, turn: Turn) -> None:
        """Read all that the forecast of a row needs. Raises Stopped, and AlmaError for the run."""
        attempt = await self._reader.open(turn.row, turn.rank)
        if attempt.lane.held_back_by(turn.row) is None:
            await both(self._read_item(attempt), self._read_patron(attempt, turn.patron))

    async def _read_item(self, attempt: Attempt) -> None:
        key = attempt.row.item_key
        if key in self._unread:
            return
        try:
            await self._read_loans_and_state(attempt)
        except (Refusal, Unavailable) as error:
            self._unread[key] = error

    async def _read_loans_and_state(self, attempt: Attempt) -> None:
        row, lane = attempt.row, attempt.lane
        needs_state = row.item_key not in self._seen.states and (
            row.kind is Kind.LOAN or (self._policy.reads_state and lane.untouched)
        )
        if not lane.looked:
            seen = await self._reader.read(attempt, completed=self._full, state=needs_state)
            self._loans[row.item_key] = seen.loans
            state = seen.state
        elif needs_state:
            ids = await self._reader.find(attempt)
            state = lane.state = await self._alma.item(ids, rank=attempt.rank)
        else:
            return
        self._ids[row.item_key] = await self._reader.find(attempt)
        if state is not None:
            self._seen.states[row.item_key] = state

    async def _read_patron(self, attempt: Attempt, patron: str) -> None:
        if attempt.row.kind is not Kind.LOAN or patron in self._strangers:
            return
        try:
            await self._read_account(attempt)
        except Unavailable as error:
            self._strangers[patron] = error
        except Refusal:
            pass  # remembered, and raised again when the row is forecast

    async def _read_account(self, attempt: Attempt) -> None:
        patron = await self._patrons.look_up(attempt.row.patron_id, attempt.rank)
        user, accounts = identifier_key(patron.primary_id), self._seen.accounts
        if user in accounts:
            return
        accounts[user] = Account.of(patron, ())
        if patron.active_loans != 0:
            loans = await self._alma.loans_of_patron(patron.primary_id, rank=attempt.rank)
            accounts[user] = Account.of(patron, loans)

    async def read_history(self) -> None:
        """Ask a few items of each policy without a loan for loans that are over."""
        for key, loans in self._loans.items():
            for loan in loans:
                self._weigh(key, loan)
        asked: Counter[str] = Counter()
        evidence = self._seen.evidence
        for key, state in self._seen.states.items():
            evidence.policies[state.policy] += 1
            if (
                self._full
                or not evidence.terms_unknown(state.policy)
                or asked[state.policy] >= _ASKED_FOR_HISTORY
            ):
                continue
            asked[state.policy] += 1
            with contextlib.suppress(Refusal, Unavailable, Stopped):
                for loan in await self._alma.completed_loans(self._ids[key]):
                    self._weigh(key, loan)

    def _weigh(self, key: str, loan: ItemLoan) -> None:
        state = self._seen.states.get(key)
        if state is not None:
            self._seen.evidence.add(loan, state)

    async def forecast(self, turns: Sequence[Turn]) -> Rehearsal:
        """Go through the rows in replay order."""
        # Nothing is asked any more.
        self._ids.clear()
        self._loans.clear()
        for turn in turns:
            self._seen.row(turn.row, self._policy)
        forecaster = Forecaster(self._seen, self._policy)
        predictions: dict[int, Result] = {}
        forecasts = []
        for turn in turns:
            attempt = await self._reader.open(turn.row, turn.rank)
            made = await self._of_row(attempt, forecaster)
            if isinstance(made, Forecast):
                decision = Decision(Action.NOTHING, made.outcome, _notes(made))
                result = results.untouched(decision, attempt.lane.loan)
            else:
                result, made = made, Forecast(made.outcome)
            self._reader.close(attempt)
            predictions[turn.row.row] = result
            forecasts.append((turn.row, made))
        return Rehearsal(predictions, plan_of(forecasts, self._seen.accounts.values()))

    async def _of_row(self, attempt: Attempt, forecaster: Forecaster) -> Forecast | Result:
        row, history = attempt.row, attempt.lane.history
        if (blocking := attempt.lane.held_back_by(row)) is not None:
            return results.held_back(blocking)
        try:
            made = await self._decided(attempt, forecaster)
        except Refusal as refusal:
            return results.refused(refusal)
        except Unavailable as error:
            history.ended(row.order, row.row, Outcome.UNAVAILABLE)
            return results.unavailable(Outcome.UNAVAILABLE, error)
        history.ended(row.order, row.row, made.outcome)
        return made

    async def _decided(self, attempt: Attempt, forecaster: Forecaster) -> Forecast:
        row, lane = attempt.row, attempt.lane
        if self._policy.guard is Guard.OFF:
            if late := overtaken_in_run(Case(row, lane, self._policy)):
                return Forecast(late.outcome, notes=late.notes)
            if row.kind is Kind.LOAN:
                await self._borrower(attempt)  # Alma looks at the patron before it does at the item
        if row.item_key in self._unread:
            raise self._unread[row.item_key]
        await self._reader.look(attempt)
        decision = decide(row, lane, self._policy)
        patron = None
        if row.kind is Kind.LOAN and decision.action is not Action.NOTHING:
            patron = await self._borrower(attempt)
        return forecaster.forecast(row, lane, decision, patron)

    async def _borrower(self, attempt: Attempt) -> Patron | None:
        """Who borrows, from memory; None for one who cannot be looked up, or not here."""
        patron_id = attempt.row.patron_id
        if (unread := self._strangers.get(identifier_key(patron_id))) is not None:
            raise unread
        try:
            return await self._patrons.look_up(patron_id, attempt.rank)
        except Unaddressable:
            return None
        except Refusal:
            if self._policy.generate_linked_user:
                return None
            raise


def _notes(forecast: Forecast) -> Notes:
    if not forecast.doubts:
        return forecast.notes
    return (Reason.of("likely", doubts=" and ".join(forecast.doubts)), *forecast.notes)
