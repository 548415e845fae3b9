"""What a replay reads and writes of rows: those to do, lanes as the run left them, outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, case, delete, insert, select, tuple_, update

from almareplay.outcomes import Disposition, Outcome, Result
from almareplay.queue.attempts import Fate, Intent, Write, settle_attempt
from almareplay.queue.follow_ups import FollowUp, store_follow_ups
from almareplay.queue.hold import Hold, confirm_hold
from almareplay.queue.reasons import encoded
from almareplay.queue.rows import IS_PENDING, Order, QueuedRow, captured_time, queued_row
from almareplay.queue.schema import IN_LANE, attempts, lanes, pulls, transactions
from almareplay.queue.store import Queue, Run

_SETTLED = (Disposition.APPLIED, Disposition.NO_CHANGE)


@dataclass(frozen=True, slots=True)
class LaneHistory:
    """What the run has done to an item so far.

    ``loans`` are the loans that it made, by id, with the captured times (aware) of their rows,
    ``closed`` the ids of the loans that it ended; ``blind_scans`` are Alma's times (aware UTC) of
    scans that may have ended a loan which nobody had looked at. ``left_on_loan`` is the loan that
    the run's last effect left, empty where it left none, None where the run had no effect yet.
    ``settled`` is the last row in order that is applied, needs no change (duplicates aside) or was
    dismissed; ``unresolved`` are the rows with unresolved outcomes that were not dismissed,
    ``dismissed`` those that were, whatever their outcomes.
    """

    loans: dict[str, datetime]
    closed: set[str]
    blind_scans: list[datetime]
    left_on_loan: str | None
    settled: tuple[Order, int] | None
    unresolved: list[tuple[Order, int]]
    dismissed: list[tuple[Order, int]] = field(default_factory=list)


def pending_rows(queue: Queue, run: Run, *, after: Order | None, limit: int) -> list[QueuedRow]:
    """The next pending rows in replay order, at most ``limit``, beginning after ``after``."""
    order = tuple_(transactions.c.order_at, transactions.c.place)
    query = (
        select(transactions)
        .where(transactions.c.run_id == run.id, IS_PENDING)
        .order_by(transactions.c.order_at, transactions.c.place)
        .limit(limit)
    )
    if after is not None:
        query = query.where(order > tuple_(*after))
    with queue.reading() as connection:
        return [queued_row(row) for row in connection.execute(query)]


def lane_history(queue: Queue, run: Run, item_key: str) -> LaneHistory:
    """What the run has done to an item so far."""
    in_lane = IN_LANE & (lanes.c.run_id == run.id) & (lanes.c.item_key == item_key)
    loans: dict[str, datetime] = {}
    settled: tuple[Order, int] | None = None
    unresolved: list[tuple[Order, int]] = []
    dismissed: list[tuple[Order, int]] = []
    with queue.reading() as connection:
        for row in connection.execute(
            select(transactions)
            .join(lanes, in_lane)
            .order_by(transactions.c.order_at, transactions.c.place)
        ):
            outcome = Outcome(row.outcome)
            here = ((row.order_at, row.place), row.row)
            if outcome is Outcome.LOANED:
                loans[row.loan_id] = captured_time(row)
            if row.dismissal:
                dismissed.append(here)
                settled = here
            elif outcome.disposition is Disposition.UNRESOLVED:
                unresolved.append(here)
            elif outcome is not Outcome.DUPLICATE and outcome.disposition in _SETTLED:
                settled = here
        effects = connection.execute(
            select(
                attempts.c.call,
                attempts.c.loan_id,
                attempts.c.alma_time,
                transactions.c.loan_id.label("made"),
            )
            .join(
                transactions,
                (transactions.c.run_id == attempts.c.run_id)
                & (transactions.c.row == attempts.c.row),
            )
            .join(lanes, in_lane)
            .where(attempts.c.fate == Fate.DONE)
            .order_by(attempts.c.id)
        ).all()
    scans = [effect for effect in effects if effect.call == Write.SCAN_IN]
    left = None
    if effects:
        left = "" if effects[-1].call == Write.SCAN_IN else effects[-1].made
    return LaneHistory(
        loans=loans,
        closed={scan.loan_id for scan in scans if scan.loan_id},
        blind_scans=[
            scan.alma_time for scan in scans if scan.loan_id is None and scan.alma_time is not None
        ],
        left_on_loan=left,
        settled=settled,
        unresolved=unresolved,
        dismissed=dismissed,
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
    with queue.writing() as connection:
        confirm_hold(connection, hold)
        if intent is not None:
            settle_attempt(
                connection,
                intent,
                fate,
                alma_code=result.alma_code,
                tracking_id=result.tracking_id,
            )
        connection.execute(
            update(transactions)
            .where(transactions.c.run_id == hold.run.id, transactions.c.row == row)
            .values(
                outcome=result.outcome,
                alma_code=result.alma_code,
                alma_message=result.alma_message,
                tracking_id=result.tracking_id,
                loan_id=result.loan_id,
                due_date=result.due_date,
                destination=result.destination,
                on_loan_to=result.on_loan_to,
                on_loan_since=result.on_loan_since,
                note=_added(encoded(result.notes)),
                completed_at=datetime.now(UTC),
                looked_at=looked_at,
            )
        )
        store_follow_ups(connection, hold.run, row, follow_ups)
        connection.execute(delete(pulls).where(pulls.c.run_id == hold.run.id, pulls.c.row == row))
        if result.pull_from is not None:
            shelf = result.pull_from._asdict()
            connection.execute(insert(pulls).values(run_id=hold.run.id, row=row, **shelf))


def _added(note: str) -> ColumnElement[str]:
    before = transactions.c.note
    return case((before == "", note), else_=before + (f"\n{note}" if note else ""))
