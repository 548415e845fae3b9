"""The calls that write: stored before they leave, and with what became of them after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, insert, literal, select, update
from sqlalchemy.sql.dml import ReturningInsert

from almareplay.outcomes import Outcome
from almareplay.queue.databases.database import database_of
from almareplay.queue.replaying.binding import IS_BOUND, bind, of_alma
from almareplay.queue.replaying.follow_ups import FollowUp, store_follow_ups
from almareplay.queue.replaying.hold import Hold, confirm_hold
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.schema import attempts, runs, transactions


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
    Alma had not told its time; ``intended_at`` (aware UTC) is when it was stored, on the clock of
    the queue: this machine's for a file, else the server's. The other fields tell the active loan
    of the item before the call: ``loan_id`` is empty where it had none, and None where nobody had
    looked.
    """

    id: int
    row: int
    call: Write
    alma_time: datetime | None
    intended_at: datetime
    loan_id: str | None = None
    due_date: datetime | None = None
    last_renew_date: datetime | None = None


def _intent(*conditions: ColumnElement[bool]) -> ReturningInsert[int]:
    """Stores an intent where the conditions hold: the statement is made once, since making it
    takes longer than the database does."""
    given = ("run_id", "row", "call", "intended_at", "alma_time", "loan_id", "due_date")
    columns = [attempts.c[name] for name in (*given, "last_renew_date")]
    values = select(
        *(bindparam(column.name, type_=column.type) for column in columns), literal(""), literal("")
    )
    return (
        insert(attempts)
        .from_select(
            [*columns, attempts.c.alma_code, attempts.c.tracking_id], values.where(*conditions)
        )
        .returning(attempts.c.id)
    )


_FIRST_INTENT = _intent()
_INTENT = _intent(
    exists().where(
        runs.c.id == bindparam("run_id"), runs.c.holder_token == bindparam("token"), IS_BOUND
    ),
    exists().where(
        transactions.c.run_id == bindparam("run_id"),
        transactions.c.row == bindparam("row"),
        transactions.c.outcome == Outcome.PENDING,
    ),
)


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
    values: dict[str, Any] = {
        "run_id": hold.run.id,
        "token": hold.token,
        "row": row,
        "call": call,
        "alma_time": alma_time,
        "loan_id": loan_id,
        "due_date": due_date,
        "last_renew_date": last_renew_date,
        **of_alma(hold.alma),
    }
    with queue.writing(hold.run) as connection:
        # Another machine may have to know how long ago that was.
        now = values["intended_at"] = database_of(connection).now(connection)
        number = connection.scalar(_INTENT, values)
        if number is None:
            _make_sure_it_may_leave(connection, hold, row)
            number = connection.execute(_FIRST_INTENT, values).scalar_one()
    return Intent(number, row, call, alma_time, now, loan_id, due_date, last_renew_date)


def seconds_since(queue: Queue, intent: Intent) -> float:
    """How many seconds ago an intent was stored, whoever did so. Raises QueueError."""
    with queue.reading() as connection:
        return (database_of(connection).now(connection) - intent.intended_at).total_seconds()


def _make_sure_it_may_leave(connection: Connection, hold: Hold, row: int) -> None:
    """Raise why not, or bind the run to the hold's Alma."""
    confirm_hold(connection, hold)
    of_row = (transactions.c.run_id == hold.run.id) & (transactions.c.row == row)
    outcome = Outcome(connection.scalars(select(transactions.c.outcome).where(of_row)).one())
    if outcome is not Outcome.PENDING:
        raise NoLongerPending(outcome)
    if hold.alma is not None:
        bind(connection, hold.run, hold.alma)


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
    with queue.writing(run) as connection:
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
    settled = {
        "intent": intent.id,
        "fate": fate,
        "alma_code": alma_code,
        "tracking_id": tracking_id,
        "answered_at": datetime.now(UTC),
    }
    statement = _SETTLE_UNKNOWN if only_unknown else _SETTLE
    return connection.execute(statement, settled).rowcount > 0


_SETTLE = (
    update(attempts)
    .where(attempts.c.id == bindparam("intent"))
    .values({name: bindparam(name) for name in ("fate", "alma_code", "tracking_id", "answered_at")})
)
_SETTLE_UNKNOWN = _SETTLE.where(attempts.c.fate.is_(None))


def attempts_of(queue: Queue, run: Run, row: int) -> list[tuple[Intent, Fate | None]]:
    """The attempts of a row in the order in which they were made; a fate of None is unknown."""
    return attempts_of_rows(queue, run, [row]).get(row, [])


def attempts_of_rows(
    queue: Queue, run: Run, rows: Sequence[int]
) -> dict[int, list[tuple[Intent, Fate | None]]]:
    """The attempts of rows, as far as they have any, in the order in which they were made; a fate
    of None is unknown."""
    made: dict[int, list[tuple[Intent, Fate | None]]] = {}
    with queue.reading() as connection:
        for attempt in connection.execute(_ATTEMPTS, {"run_id": run.id, "rows": rows}):
            intent = Intent(
                attempt.id,
                attempt.row,
                Write(attempt.call),
                attempt.alma_time,
                attempt.intended_at,
                attempt.loan_id,
                attempt.due_date,
                attempt.last_renew_date,
            )
            fate = None if attempt.fate is None else Fate(attempt.fate)
            made.setdefault(attempt.row, []).append((intent, fate))
    return made


_ATTEMPTS = (
    select(attempts)
    .where(
        attempts.c.run_id == bindparam("run_id"),
        attempts.c.row.in_(bindparam("rows", expanding=True)),
    )
    .order_by(attempts.c.id)
)
