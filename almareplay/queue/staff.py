"""What staff change about a run's rows: second tries, corrected patron ids, rows settled by hand.

Each change keeps what the row was before. None is made while the run is replayed: a replay knows
what it has read, and would post what was corrected since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from almareplay.outcomes import OPEN, Disposition, Outcome
from almareplay.queue.errors import NotCorrectable, NotDismissible, NotRetryable, RowMissing
from almareplay.queue.hold import make_sure_it_is_free
from almareplay.queue.schema import Moment, attempts, changes, transactions
from almareplay.queue.store import Queue, Run
from almareplay.transactions import Kind, same_identifier

_RETRYABLE = (Disposition.ATTENTION, Disposition.UNRESOLVED)

AS_NEW: dict[str, Any] = {
    "outcome": Outcome.PENDING,
    "alma_code": "",
    "alma_message": "",
    "tracking_id": "",
    "loan_id": "",
    "due_date": None,
    "destination": "",
    "note": "",
    "completed_at": None,
    "looked_at": None,
    "dismissal": "",
}
"""A row as it is before it was ever sent."""

_KEPT = (
    *("run_id", "row", "outcome", "alma_code", "alma_message", "tracking_id", "loan_id", "note"),
    *("looked_at", "completed_at", "patron_id"),
)
"""The columns of a row that are kept as they were before a change."""


class Change(StrEnum):
    """What was done with a row; a row that cannot be sent is only opened again."""

    RETRIED = "retried"
    CORRECTED = "corrected"
    DISMISSED = "dismissed"
    REOPENED = "reopened"


class Correction(NamedTuple):
    """A patron id that staff have put in the place of another; ``row`` is the row's number."""

    row: int
    before: str
    after: str


class Retried(NamedTuple):
    """How many rows are pending again, and how many only no longer dismissed, being ``invalid``."""

    pending: int
    reopened: int


def retry(
    queue: Queue, run: Run, *, outcomes: Collection[Outcome] = (), rows: Collection[int] = ()
) -> Retried:
    """Set rows that need attention or are unresolved back to pending.

    With neither ``outcomes`` nor ``rows`` all of them; else those that have one of the outcomes or
    one of the row numbers. Dismissed rows are taken by their numbers only, and then are dismissed
    no longer. Raises RunHeld, RowMissing, and NotRetryable for a row or an outcome that is settled
    for good: then nothing was changed.
    """
    for outcome in outcomes:
        if outcome.disposition not in _RETRYABLE:
            raise NotRetryable(f"Rows that are {outcome} have nothing left to retry.")
    retryable = [each for each in Outcome if each.disposition in _RETRYABLE]
    chosen: ColumnElement[bool] = and_(
        transactions.c.outcome.in_(outcomes or retryable), transactions.c.dismissal == ""
    )
    reopened = 0
    with queue.writing(many_rows=True) as connection:
        make_sure_it_is_free(connection, run)
        if rows:
            named = _named(connection, run, rows)
            invalid = [number for number, row in named.items() if _only_reopens(row)]
            if invalid:
                are_invalid = transactions.c.row.in_(invalid)
                reopened = _change(connection, run, Change.REOPENED, are_invalid, {"dismissal": ""})
            by_row = transactions.c.row.in_(set(rows) - set(invalid))
            chosen = or_(by_row, chosen) if outcomes else by_row
        # What it was stays to be seen beside what comes of it.
        before = literal("retried after ") + transactions.c.outcome
        pending = _change(connection, run, Change.RETRIED, chosen, AS_NEW | {"note": before})
    return Retried(pending, reopened)


def _only_reopens(row: Any) -> bool:
    """Whether a row that was named for a retry is one to be opened again. Raises NotRetryable."""
    if Outcome(row.outcome).disposition in _RETRYABLE:
        return False
    if not row.dismissal:
        raise NotRetryable(f"Row {row.row} is {row.outcome}: there is nothing left to retry.")
    return True


def correct(queue: Queue, run: Run, row: int, patron_id: str) -> None:
    """Put another patron id in the place of a loan's, and set the loan back to pending.

    Raises RunHeld, RowMissing, and NotCorrectable, which says why; no error quotes an id.
    """
    with queue.writing() as connection:
        make_sure_it_is_free(connection, run)
        found = _named(connection, run, [row])[row]
        if why := _why_not_correctable(connection, found):
            raise NotCorrectable(f"Row {row} {why}.")
        if same_identifier(found.patron_id, patron_id):
            raise NotCorrectable(f"Row {row} has this patron id already: nothing was changed.")
        corrected = {"patron_id": patron_id, "corrected_at": datetime.now(UTC)}
        chosen = transactions.c.row == row
        _change(connection, run, Change.CORRECTED, chosen, AS_NEW | corrected)


def _why_not_correctable(connection: Connection, row: Any) -> str:
    outcome = Outcome(row.outcome)
    if outcome is Outcome.INVALID:
        return "could not be read: record it by hand, then dismiss it"
    if row.kind == Kind.RETURN:
        return "is a return: Alma asks for no patron there"
    if row.dismissal:
        return f"was dismissed: take that back first with 'almareplay retry --row {row.row}'"
    if outcome.disposition is Disposition.UNRESOLVED:
        return (
            f"is {outcome}: what became of it must be found out with the patron id that was sent. "
            f"Do 'almareplay retry --row {row.row}' and 'almareplay replay' first"
        )
    if outcome.disposition not in (Disposition.ATTENTION, Disposition.PENDING):
        return f"is {outcome}: there is nothing left to correct"
    without_answer = exists().where(
        attempts.c.run_id == row.run_id, attempts.c.row == row.row, attempts.c.fate.is_(None)
    )
    if connection.scalar(select(without_answer)):
        return (
            "has a call without an answer: what became of it must be found out with the patron id "
            "that was sent. Do 'almareplay replay' first"
        )
    return ""


def corrections(connection: Connection, run: Run) -> list[Correction]:
    """The corrected patron ids of a run, in the order in which they were corrected."""
    made = connection.execute(
        select(changes.c.row, changes.c.patron_id.label("before"), transactions.c.patron_id)
        .join(
            transactions,
            (transactions.c.run_id == changes.c.run_id) & (transactions.c.row == changes.c.row),
        )
        .where(changes.c.run_id == run.id, changes.c.change == Change.CORRECTED)
        .order_by(changes.c.id)
    ).all()
    after = {row.row: row.patron_id for row in made}
    found = []
    for row in reversed(made):
        found.append(Correction(row.row, row.before, after[row.row]))
        after[row.row] = row.before
    return found[::-1]


def captured_patron_ids(corrected: Iterable[Correction]) -> dict[int, str]:
    """What the captures say, by row number, where staff have corrected it since."""
    captured: dict[int, str] = {}
    for each in corrected:
        captured.setdefault(each.row, each.before)
    return captured


def no_such_row(connection: Connection, run: Run, row: int) -> RowMissing:
    """The error for a number that no row of the run has."""
    edges = select(func.min(transactions.c.row), func.max(transactions.c.row))
    return RowMissing(row, *connection.execute(edges.where(transactions.c.run_id == run.id)).one())


def dismiss(queue: Queue, run: Run, rows: Collection[int], note: str) -> None:
    """Mark rows as settled by hand, with what staff say of it; their outcomes stay what they are.

    A call without an answer is looked for no more, and nothing is posted for such a row unless it
    is retried. Later rows of its item are held back by it no longer: the item is read anew before
    they are posted. Raises RunHeld, RowMissing, and NotDismissible for a row that leaves nothing
    to do or is to be replayed: then nothing was changed.
    """
    with queue.writing() as connection:
        make_sure_it_is_free(connection, run)
        for number, row in _named(connection, run, rows).items():
            outcome = Outcome(row.outcome)
            if outcome is Outcome.PENDING:
                raise NotDismissible(
                    f"Row {number} is pending: replay it first, then dismiss it if it is left over."
                )
            if outcome.disposition not in OPEN:
                raise NotDismissible(f"Row {number} is {outcome}: there is nothing to dismiss.")
        chosen = transactions.c.row.in_(rows)
        _change(connection, run, Change.DISMISSED, chosen, {"dismissal": note}, words=note)


def _named(connection: Connection, run: Run, rows: Collection[int]) -> dict[int, Any]:
    """The rows with these numbers. Raises RowMissing."""
    chosen = (transactions.c.run_id == run.id) & transactions.c.row.in_(rows)
    found = {row.row: row for row in connection.execute(select(transactions).where(chosen))}
    for number in rows:
        if number not in found:
            raise no_such_row(connection, run, number)
    return found


def _change(
    connection: Connection,
    run: Run,
    change: Change,
    chosen: ColumnElement[bool],
    values: dict[str, Any],
    *,
    words: str = "",
) -> int:
    """Keep what the chosen rows of the run are, then give them these values; answers how many."""
    of_run = (transactions.c.run_id == run.id) & chosen
    as_they_are = select(
        literal(datetime.now(UTC), Moment),
        literal(change.value),
        literal(words),
        *(transactions.c[name] for name in _KEPT),
    ).where(of_run)
    connection.execute(insert(changes).from_select(["at", "change", "words", *_KEPT], as_they_are))
    return connection.execute(update(transactions).where(of_run).values(values)).rowcount
