"""What a replay reads and writes: rows to do, lanes as the run left them, attempts, outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, delete, insert, select, tuple_, update

from almareplay.outcomes import Disposition, Outcome, Result
from almareplay.queue.binding import bind
from almareplay.queue.follow_ups import FollowUp, store_follow_ups
from almareplay.queue.hold import Hold, confirm_hold
from almareplay.queue.rows import IS_PENDING, Order, QueuedRow, captured_time, queued_row
from almareplay.queue.schema import IN_LANE, attempts, lanes, pulls, transactions
from almareplay.queue.store import Queue, Run

_SETTLED = (Disposition.APPLIED, Disposition.NO_CHANGE)


class Call(StrEnum):
    """The calls that write."""

    LOAN = "loan"
    SCAN_IN = "scan_in"
    RENEW = "renew"


class Fate(StrEnum):
    """What became of an attempt, as far as it is settled."""

    DONE = "done"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    # Its answer was lost; what Alma shows since then lets the row be decided anew.
    NO_EFFECT = "no_effect"


@dataclass(frozen=True, slots=True)
class Intent:
    """A call that is about to leave, or whose fate is unknown.

    ``alma_time`` (aware UTC) is no later than Alma's clock when the call arrived there, None where
    Alma had not told its time; ``intended_at`` (aware UTC) is when it was stored, on our clock. The
    other fields tell the active loan of the item before the call: ``loan_id`` is empty where it had
    none, and None where nobody had looked.
    """

    id: int
    row: int
    call: Call
    alma_time: datetime | None
    intended_at: datetime
    loan_id: str | None = None
    due_date: datetime | None = None
    last_renew_date: datetime | None = None


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
    scans = [effect for effect in effects if effect.call == Call.SCAN_IN]
    left = None
    if effects:
        left = "" if effects[-1].call == Call.SCAN_IN else effects[-1].made
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


def store_intent(
    queue: Queue,
    hold: Hold,
    row: int,
    call: Call,
    alma_time: datetime | None,
    *,
    loan_id: str | None = None,
    due_date: datetime | None = None,
    last_renew_date: datetime | None = None,
) -> Intent:
    """Put on disk that a call is about to leave; the first one binds the run to the hold's Alma.

    Raises HoldLost, QueueError: then it must not leave.
    """
    now = datetime.now(UTC)
    with queue.writing() as connection:
        confirm_hold(connection, hold)
        if hold.alma is not None:
            bind(connection, hold.run, hold.alma)
        made = connection.execute(
            insert(attempts)
            .values(
                run_id=hold.run.id,
                row=row,
                call=call,
                intended_at=now,
                alma_time=alma_time,
                loan_id=loan_id,
                due_date=due_date,
                last_renew_date=last_renew_date,
                alma_code="",
                tracking_id="",
            )
            .returning(attempts.c.id)
        )
        number = made.scalar_one()
    return Intent(number, row, call, alma_time, now, loan_id, due_date, last_renew_date)


def still_held(queue: Queue, hold: Hold) -> None:
    """Make sure that the run is still this process's. Raises HoldLost, QueueError."""
    with queue.reading() as connection:
        confirm_hold(connection, hold)


def store_fate(
    queue: Queue,
    run: Run,
    intent: Intent,
    fate: Fate,
    *,
    follow_ups: Sequence[FollowUp] = (),
) -> None:
    """Put on disk what became of a call whose row is not done with it, and what is still to be done
    about that. Raises QueueError."""
    with queue.writing() as connection:
        unknown = attempts.c.fate.is_(None)
        # Where the run was taken over, whoever has it may have found out before.
        if connection.execute(_fate(intent, fate, "", "").where(unknown)).rowcount:
            store_follow_ups(connection, run, intent.row, follow_ups)


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
            connection.execute(_fate(intent, fate, result.alma_code, result.tracking_id))
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
                note=_added(result.note),
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
    return case((before == "", note), else_=before + (f"; {note}" if note else ""))


def _fate(intent: Intent, fate: Fate, alma_code: str, tracking_id: str) -> Any:
    return (
        update(attempts)
        .where(attempts.c.id == intent.id)
        .values(
            fate=fate, alma_code=alma_code, tracking_id=tracking_id, answered_at=datetime.now(UTC)
        )
    )


def attempts_of(queue: Queue, run: Run, row: int) -> list[tuple[Intent, Fate | None]]:
    """The attempts of a row in the order in which they were made; a fate of None is unknown."""
    with queue.reading() as connection:
        found = connection.execute(
            select(attempts)
            .where(attempts.c.run_id == run.id, attempts.c.row == row)
            .order_by(attempts.c.id)
        )
        return [
            (
                Intent(
                    made.id,
                    made.row,
                    Call(made.call),
                    made.alma_time,
                    made.intended_at,
                    made.loan_id,
                    made.due_date,
                    made.last_renew_date,
                ),
                None if made.fate is None else Fate(made.fate),
            )
            for made in found
        ]
