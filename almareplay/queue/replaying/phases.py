"""The phases of a run: each is done before the first call for a row of the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import exists, func, select

from almareplay.outcomes import Outcome
from almareplay.queue.rows import IS_PENDING
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.schema import lanes, transactions


class Phase(NamedTuple):
    """A phase of a run: its number, how many rows it has, and how many of them are left to replay.

    A call whose answer was lost leaves its row to be replayed, so that a phase with none left has
    no such call either.
    """

    number: int
    rows: int
    left: int


def phases_of(queue: Queue, run: Run) -> list[Phase]:
    """The phases of a run in their order; none where it has no rows."""
    with queue.reading() as connection:
        found = connection.execute(
            select(transactions.c.phase, func.count(), func.count().filter(IS_PENDING))
            .where(transactions.c.run_id == run.id)
            .group_by(transactions.c.phase)
            .order_by(transactions.c.phase)
        )
        return [Phase(*phase) for phase in found]


def items_out_of_order(queue: Queue, run: Run) -> int:
    """How many items have a row left to replay that was captured before one of a lower phase."""
    of_item, lower = lanes.alias("of_item"), transactions.alias("lower")
    goes_first = (
        select(lower.c.row)
        .join(of_item, (of_item.c.run_id == lower.c.run_id) & (of_item.c.row == lower.c.row))
        .where(
            of_item.c.run_id == transactions.c.run_id,
            of_item.c.item_key == transactions.c.item_key,
            of_item.c.captured_at > transactions.c.captured_at,
            lower.c.phase < transactions.c.phase,
            lower.c.outcome != Outcome.DUPLICATE,
        )
    )
    with queue.reading() as connection:
        return connection.execute(
            select(func.count(transactions.c.item_key.distinct())).where(
                transactions.c.run_id == run.id,
                IS_PENDING,
                transactions.c.phase > 1,
                exists(goes_first),
            )
        ).scalar_one()


def phase_under_way(phases: Sequence[Phase]) -> int | None:
    """The number of the phase that a replay works on or begins with; None where nothing is left."""
    return next((phase.number for phase in phases if phase.left), None)
