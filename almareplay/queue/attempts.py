"""The calls that write: stored before they leave, and with what became of them after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from almareplay.outcomes import Outcome
from almareplay.queue.binding import bind
from almareplay.queue.follow_ups import FollowUp, store_follow_ups
from almareplay.queue.hold import Hold, confirm_hold
from almareplay.queue.schema import attempts, transactions
from almareplay.queue.store import Queue, Run


class Write(StrEnum):
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
    call: Write
    alma_time: datetime | None
    intended_at: datetime
    loan_id: str | None = None
    due_date: datetime | None = None
    last_renew_date: datetime | None = None


class NoLongerPending(Exception):
    """A row that was to be posted has an ``outcome`` meanwhile: a capture that was loaded since it
    was read says the same, and is what counts."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


def store_intent(
    queue: Queue,
    hold: Hold,
    row: int,
    call: Write,
    alma_time: datetime | None,
    *,
    loan_id: str | None = None,
    due_date: datetime | None = None,
    last_renew_date: datetime | None = None,
) -> Intent:
    """Put on disk that a call is about to leave; the first one binds the run to the hold's Alma.

    Raises HoldLost, NoLongerPending, QueueError: then it must not leave.
    """
    now = datetime.now(UTC)
    of_row = (transactions.c.run_id == hold.run.id) & (transactions.c.row == row)
    with queue.writing() as connection:
        confirm_hold(connection, hold)
        outcome = Outcome(connection.scalars(select(transactions.c.outcome).where(of_row)).one())
        if outcome is not Outcome.PENDING:
            raise NoLongerPending(outcome)
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
        # Where the run was taken over, whoever has it may have found out before.
        if settle_attempt(connection, intent, fate, only_unknown=True):
            store_follow_ups(connection, run, intent.row, follow_ups)


def settle_attempt(
    connection: Connection,
    intent: Intent,
    fate: Fate,
    *,
    alma_code: str = "",
    tracking_id: str = "",
    only_unknown: bool = False,
) -> bool:
    """Put down what became of a call, in the transaction of this connection; with ``only_unknown``
    where nobody has done so before. Answers whether it was put down."""
    change = (
        update(attempts)
        .where(attempts.c.id == intent.id)
        .values(
            fate=fate, alma_code=alma_code, tracking_id=tracking_id, answered_at=datetime.now(UTC)
        )
    )
    if only_unknown:
        change = change.where(attempts.c.fate.is_(None))
    return connection.execute(change).rowcount > 0


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
                    Write(made.call),
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
