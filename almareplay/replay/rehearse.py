"""A rehearsal: the replay's own decisions, with predictions in the place of calls that write.

It has only a reader of Alma, which has no way to write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from almareplay.alma.answers import Patron
from almareplay.alma.client import AlmaReader
from almareplay.alma.errors import Refusal, Stopped, Unaddressable, Unavailable
from almareplay.outcomes import Outcome, Result
from almareplay.queue.rows import QueuedRow
from almareplay.queue.store import Queue, Run
from almareplay.replay.decide import Action, Borrowed, Decision, Guard, Policy
from almareplay.replay.dispatch import Dispatch, Turn
from almareplay.replay.engine import rows_in_order
from almareplay.replay.lanes import Lanes, Patrons, QueueThread
from almareplay.transactions import Kind

Predicted = Callable[[QueuedRow, Result], None]
"""Told of each row when its outcome is predicted."""


async def rehearse(
    queue: Queue,
    run: Run,
    reader: AlmaReader,
    policy: Policy,
    *,
    stopping: asyncio.Event,
    on_predicted: Predicted,
) -> None:
    """Predict the outcomes of the pending rows of a run; nothing is stored.

    Returns when all are predicted or when it was stopped. Raises QueueError, and AlmaError for
    what concerns the whole run.
    """
    thread = QueueThread(queue)
    patrons = Patrons(reader)
    # Without a look nothing could be predicted: a rehearsal always looks.
    looking = replace(policy, guard=Guard.ACTIVE) if policy.guard is Guard.OFF else policy
    lanes = Lanes(reader, thread, run, looking, patrons)

    async def predict(turn: Turn) -> bool:
        try:
            result = await _predict(turn, lanes, patrons, policy)
        except Stopped:
            return False
        on_predicted(turn.row, result)
        return True

    try:
        await Dispatch(predict, stopping).run(rows_in_order(thread, run))
    finally:
        thread.close()


async def _predict(turn: Turn, lanes: Lanes, patrons: Patrons, policy: Policy) -> Result:
    row = turn.row
    lane = await lanes.open(row)
    if (blocking := lane.held_back_by(row)) is not None:
        return Result(Outcome.HELD_BACK, note=f"row {blocking} of this item is unresolved")
    try:
        decision = await lanes.decide(turn, lane)
        if policy.guard is Guard.OFF:
            decision = without_looking(row.kind, decision)
        patron_id, note = row.patron_id, decision.note
        if row.kind is Kind.LOAN and decision.action is not Action.NOTHING:
            try:
                patron = await patrons.look_up(row.patron_id, turn.rank)
            except Unaddressable:
                note = "likely: the patron cannot be looked up"
            else:
                patron_id = patron.primary_id
                if (refusal := _refusal_to_come(patron, row.captured_at)) is not None:
                    return Result(refusal, note="predicted from the patron's record")
    except Refusal as no:
        return Result(no.outcome, no.code, no.message, no.tracking_id)
    except Unavailable as error:
        return Result(
            Outcome.UNAVAILABLE, error.code, error.message, error.tracking_id, note=str(error)
        )
    # Later rows of the item see what this one would do.
    if decision.action is Action.SCAN_IN:
        lane.returned()
    elif decision.action in (Action.LOAN, Action.RETURN_FIRST):
        lane.loan = Borrowed("", patron_id, row.captured_at)
    return Result(decision.outcome, note=note)


def without_looking(kind: Kind, decision: Decision) -> Decision:
    """What the decision becomes with ``--guard off``: Alma alone refuses what does not fit."""
    if kind is Kind.RETURN:
        return Decision(Action.SCAN_IN, Outcome.RETURNED)
    if decision.outcome in (Outcome.RENEWED, Outcome.ALREADY_LOANED):
        return Decision(Action.NOTHING, Outcome.ALREADY_LOANED)
    if decision.outcome is Outcome.LOANED and decision.action is Action.LOAN:
        return decision
    return Decision(Action.NOTHING, Outcome.ON_LOAN_TO_OTHER)


def _refusal_to_come(patron: Patron, captured_at: datetime) -> Outcome | None:
    """What Alma will probably say to a loan for this patron."""
    today = datetime.now(captured_at.tzinfo).date()
    if patron.expiry_date is not None and patron.expiry_date < today:
        return Outcome.PATRON_EXPIRED
    if patron.status == "INACTIVE":
        return Outcome.PATRON_INACTIVE
    return Outcome.PATRON_BLOCKED if patron.blocks else None
