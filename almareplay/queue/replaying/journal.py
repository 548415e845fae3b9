"""What a replay reads and writes of rows: those to do, lanes as the run left them, outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Text, bindparam, case, delete, insert, select, tuple_, update

from almareplay.outcomes import Disposition, Outcome, Result
from almareplay.queue.errors import HoldLost
from almareplay.queue.replaying.attempts import Fate, Intent, Write, settle_attempt
from almareplay.queue.replaying.follow_ups import FollowUp, store_follow_ups
from almareplay.queue.replaying.hold import IS_HELD, Hold, of_hold
from almareplay.queue.rows import (
    IN_ORDER,
    IS_PENDING,
    Order,
    QueuedRow,
    captured_time,
    order_of,
    queued_row,
)
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.reasons import encoded
from almareplay.queue.tables.schema import IN_LANE, attempts, lanes, pulls, transactions

_SETTLED = (Disposition.APPLIED, Disposition.NO_CHANGE)


@dataclass(slots=True)
class LaneHistory:
    """What the run has done to an item so far.

    ``loans`` are the loans that it made, by id, with the captured times (aware) of their rows,
    ``closed`` the ids of the loans that it ended; ``blind_scans`` are Alma's times (aware UTC) of
    scans that may have ended a loan which nobody had looked at. ``left_on_loan`` is the loan that
    the run's last effect left, empty where it left none, None where the run had no effect yet.
    ``settled`` is the row captured last that is applied, needs no change (duplicates aside) or was
    dismissed; ``unresolved`` are the rows with unresolved outcomes that were not dismissed,
    ``dismissed`` those that were, whatever their outcomes. ``pending`` is how many rows the run has
    still to do.
    """

    loans: dict[str, datetime] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    blind_scans: list[datetime] = field(default_factory=list)
    left_on_loan: str | None = None
    settled: tuple[Order, int] | None = None
    unresolved: list[tuple[Order, int]] = field(default_factory=list)
    dismissed: list[tuple[Order, int]] = field(default_factory=list)
    pending: int = 0

    def take_in(self, row: Any) -> None:
        """The next row of the lane, in replay order."""
        outcome = Outcome(row.outcome)
        order = order_of(row)
        if outcome is Outcome.LOANED:
            self.loans[row.loan_id] = captured_time(row)
        if row.dismissal:
            self.dismissed.append((order, row.row))
            self._settle(order, row.row)
        elif outcome is Outcome.PENDING:
            self.pending += 1
        else:
            self.ended(order, row.row, outcome)

    def ended(self, order: Order, row: int, outcome: Outcome) -> None:
        """What became of a row of the item, by its place in replay order and its number."""
        if outcome.disposition is Disposition.UNRESOLVED:
            self.unresolved.append((order, row))
        elif outcome is not Outcome.DUPLICATE and outcome.disposition in _SETTLED:
            self._settle(order, row)

    def _settle(self, order: Order, row: int) -> None:
        # A row of a later phase may have been captured before one that is settled.
        if self.settled is None or self.settled[0].captured < order.captured:
            self.settled = order, row

    def take_in_effect(self, effect: Any) -> None:
        """The next effect on the item: its call, the loan that was seen before it, Alma's time at
        the call, and the loan that it made."""
        scan = effect.call == Write.SCAN_IN
        self.left_on_loan = "" if scan else effect.made
        if scan and effect.loan_id:
            self.closed.add(effect.loan_id)
        elif scan and effect.loan_id is None and effect.alma_time is not None:
            self.blind_scans.append(effect.alma_time)


def pending_rows(queue: Queue, run: Run, *, after: Order | None, limit: int) -> list[QueuedRow]:
    """The next pending rows in replay order, at most ``limit``, beginning after ``after``."""
    query = (
        select(transactions)
        .where(transactions.c.run_id == run.id, IS_PENDING)
        .order_by(*IN_ORDER)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(*IN_ORDER) > tuple_(*after))
    with queue.reading() as connection:
        return [queued_row(row) for row in connection.execute(query)]


def lane_history(queue: Queue, run: Run, item_key: str) -> LaneHistory:
    """What the run has done to an item so far."""
    return lane_histories(queue, run, [item_key])[item_key]


def lane_histories(queue: Queue, run: Run, item_keys: Sequence[str]) -> dict[str, LaneHistory]:
    """What the run has done to items so far, by their keys."""
    histories = {item_key: LaneHistory() for item_key in item_keys}
    of_lanes = {"run_id": run.id, "item_keys": item_keys}
    with queue.reading() as connection:
        for row in connection.execute(_ROWS_OF_LANES, of_lanes):
            histories[row.lane].take_in(row)
        for effect in connection.execute(_EFFECTS_ON_LANES, of_lanes):
            histories[effect.lane].take_in_effect(effect)
    return histories


_OF_LANES = (lanes.c.run_id == bindparam("run_id")) & lanes.c.item_key.in_(
    bindparam("item_keys", expanding=True)
)
_ROWS_OF_LANES = (
    select(transactions, lanes.c.item_key.label("lane"))
    .join(lanes, IN_LANE)
    .where(_OF_LANES)
    .order_by(*IN_ORDER)
)
_EFFECTS_ON_LANES = (
    select(
        lanes.c.item_key.label("lane"),
        attempts.c.call,
        attempts.c.loan_id,
        attempts.c.alma_time,
        transactions.c.loan_id.label("made"),
    )
    .join(
        transactions,
        (transactions.c.run_id == attempts.c.run_id) & (transactions.c.row == attempts.c.row),
    )
    .join(lanes, IN_LANE)
    .where(
        _OF_LANES,
        attempts.c.fate == Fate.DONE,
        # Said once more, since SQLite would else go through all attempts of the run.
        attempts.c.row.in_(select(lanes.c.row).where(_OF_LANES)),
    )
    .order_by(attempts.c.id)
)


def store_result(
    queue: Queue,
    hold: Hold,
    row: int,
    result: Result,
    *,
    intent: Intent | None = None,
    fate: Fate = Fate.DONE,
    follow_ups: Sequence[FollowUp] = (),
    looked_at: datetime | None = None,
) -> None:
    """Put a row's outcome on disk, together with the fate of the call that led to it and with what
    is still to be done about the row. What a follow-up or a retry has noted before stays in its
    note. ``looked_at`` (aware) is when the item was last read.

    Where the run was taken over meanwhile neither is stored: the call stays one whose fate is
    unknown, and whoever has the run finds out. Raises HoldLost, QueueError.
    """
    values = {
        "of_run": hold.run.id,
        "of_row": row,
        "outcome": result.outcome,
        "alma_code": result.alma_code,
        "alma_message": result.alma_message,
        "tracking_id": result.tracking_id,
        "loan_id": result.loan_id,
        "due_date": result.due_date,
        "destination": result.destination,
        "on_loan_to": result.on_loan_to,
        "on_loan_since": result.on_loan_since,
        "added": encoded(result.notes),
        "completed_at": datetime.now(UTC),
        "looked_at": looked_at,
    }
    with queue.writing(hold.run) as connection:
        if not connection.execute(_RESULT, values | of_hold(hold)).rowcount:
            raise HoldLost(hold.run.name)
        if intent is not None:
            settle_attempt(
                connection,
                intent,
                fate,
                alma_code=result.alma_code,
                tracking_id=result.tracking_id,
            )
        store_follow_ups(connection, hold.run, row, follow_ups)
        if result.pull_from is not None:
            connection.execute(
                delete(pulls).where(pulls.c.run_id == hold.run.id, pulls.c.row == row)
            )
            shelf = result.pull_from._asdict()
            connection.execute(insert(pulls).values(run_id=hold.run.id, row=row, **shelf))


_NOTE = transactions.c.note
_ADDED = bindparam("added", type_=Text)
_RESULT = (
    update(transactions)
    .where(
        transactions.c.run_id == bindparam("of_run"),
        transactions.c.row == bindparam("of_row"),
        IS_HELD,
    )
    .values(
        {
            name: bindparam(name)
            for name in (
                "outcome", "alma_code", "alma_message", "tracking_id", "loan_id", "due_date",
                "destination", "on_loan_to", "on_loan_since", "completed_at", "looked_at",
            )
        }
        | {"note": case((_NOTE == "", _ADDED), (_ADDED == "", _NOTE), else_=_NOTE + "\n" + _ADDED)}
    )
)  # fmt: skip
