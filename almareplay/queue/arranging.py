"""Order and duplicates of a run's lanes, set anew after rows came or went. See lanes.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    select,
    update,
)

from almareplay.outcomes import Outcome
from almareplay.queue.lanes import NEIGHBOUR_SECONDS, LaneRow, arrange
from almareplay.queue.schema import IN_LANE, attempts, lanes, transactions
from almareplay.queue.staff import captured_patron_ids, corrections
from almareplay.queue.store import Run
from almareplay.transactions import Kind, identifier_key

_LANES_AT_A_TIME = 500


def is_close(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Whether two rows, each of an alias of ``lanes``, are of one item and so near in time that
    their order may be open or one may repeat the other, directly or over a third."""
    return and_(
        other.c.run_id == one.c.run_id,
        other.c.item_key == one.c.item_key,
        other.c.captured_at.between(
            one.c.captured_at - 2 * NEIGHBOUR_SECONDS, one.c.captured_at + 2 * NEIGHBOUR_SECONDS
        ),
        other.c.row != one.c.row,
    )


def lanes_to_arrange(run: Run) -> Select[Any]:
    """Select the lanes of a run in which rows stand so close that order or sameness is open, by
    their keys and in the order of these."""
    mine, other = lanes.alias("mine"), lanes.alias("other")
    return (
        select(mine.c.item_key)
        .distinct()
        .where(mine.c.run_id == run.id, exists().where(is_close(mine, other)))
        .order_by(mine.c.item_key)
    )


def arrange_lanes(connection: Connection, run: Run, item_keys: Iterable[str]) -> Counter[Outcome]:
    """Set order and duplicates of the lanes with these item keys anew, some of them at a time.

    Answers how many rows have come to which outcome by that.
    """
    became: Counter[Outcome] = Counter()
    tried = exists().where(
        attempts.c.run_id == transactions.c.run_id, attempts.c.row == transactions.c.row
    )
    keys = iter(item_keys)
    # A capture that has grown says again what it said, whatever staff have corrected since.
    corrected = captured_patron_ids(corrections(connection, run))
    while some := list(islice(keys, _LANES_AT_A_TIME)):
        members = connection.execute(
            select(
                transactions.c.row,
                transactions.c.file_id,
                transactions.c.kind,
                transactions.c.patron_id,
                transactions.c.captured_at,
                transactions.c.has_seconds,
                transactions.c.item_key,
                transactions.c.order_at,
                transactions.c.place,
                transactions.c.outcome,
                transactions.c.lane_note,
                tried.label("tried"),
            )
            .join(lanes, IN_LANE)
            .where(lanes.c.run_id == run.id, lanes.c.item_key.in_(some))
            .order_by(lanes.c.item_key)
        )
        changes = [
            change
            for _, lane in groupby(members, key=lambda member: member.item_key)
            for change in _changes_of_lane(
                {member.row: member for member in lane}, corrected, became
            )
        ]
        if changes:
            connection.execute(
                update(transactions).where(
                    transactions.c.run_id == run.id, transactions.c.row == bindparam("the_row")
                ),
                changes,
            )
    return became


def _changes_of_lane(
    lane: dict[int, Any], corrected: Mapping[int, str], became: Counter[Outcome]
) -> Iterator[dict[str, Any]]:
    arranged = arrange(
        LaneRow(
            member.row,
            member.file_id,
            Kind(member.kind),
            identifier_key(corrected.get(member.row, member.patron_id)),
            member.captured_at,
            bool(member.has_seconds),
        )
        for member in lane.values()
    )
    for placed in arranged:
        before = lane[placed.row]
        outcome, note = Outcome(before.outcome), ""
        # Whatever was sent keeps its outcome, however the lane now looks.
        if outcome in (Outcome.PENDING, Outcome.DUPLICATE) and not before.tried:
            outcome = Outcome.DUPLICATE if placed.repeats else Outcome.PENDING
        if outcome is Outcome.DUPLICATE:
            note = f"the same as row {placed.repeats}"
        elif placed.guessed:
            note = "the order of this item's rows within the minute is a guess"
        now = {
            "order_at": placed.order_at,
            "place": placed.place,
            "outcome": outcome,
            "lane_note": note,
        }
        became[outcome] += outcome != before.outcome
        if any(getattr(before, column) != value for column, value in now.items()):
            yield {"the_row": placed.row, **now}
