"""What staff change about a run's rows: second tries, and rows settled by hand. (What they correct
is in ``correcting``.)

Each change keeps what the row was before. None is made while the run is replayed: a replay knows
what it has read, and would post what was corrected since.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from almareplay.outcomes import OPEN, Disposition, Outcome
from almareplay.queue.errors import NotDismissible, NotRetryable, RowMissing
from almareplay.queue.ordering.corrections import CORRECTED
from almareplay.queue.replaying.hold import make_sure_it_is_free
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.moment import UtcDateTime
from almareplay.queue.tables.reasons import encoded_with
from almareplay.queue.tables.schema import changes, lanes, transactions

_RETRYABLE = (Disposition.ATTENTION, Disposition.UNRESOLVED)
_DISMISSIBLE = (*OPEN, Disposition.PENDING)

AS_NEW: dict[str, Any] = {
    "outcome": Outcome.PENDING,
    "alma_code": "",
    "alma_message": "",
    "tracking_id": "",
    "loan_id": "",
    "due_date": None,
    "destination": "",
    "on_loan_to": "",
    "on_loan_since": None,
    "note": "",
    "completed_at": None,
    "looked_at": None,
    "dismissal": "",
}
"""A row as it is before it was ever sent."""

_KEPT = (
    *("run_id", "row", "outcome", "alma_code", "alma_message", "tracking_id", "loan_id"),
    *("due_date", "on_loan_to", "on_loan_since", "note", "looked_at", "completed_at"),
    *("kind", "item_barcode", "patron_id"),
)
"""The columns of a row that are kept as they were before a change."""


class Change(StrEnum):
    """What was done with a row; a row that cannot be sent is only opened again."""

    RETRIED = "retried"
    CORRECTED = CORRECTED
    DISMISSED = "dismissed"
    REOPENED = "reopened"


class Retried(NamedTuple):
    """How many rows are pending again, and how many only no longer dismissed, as those are that
    could not be read."""

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
    reopened = never_sent = 0
    with queue.writing(run, many_rows=True) as connection:
        make_sure_it_is_free(connection, run)
        if rows:
            named = rows_named(connection, run, rows)
            only_reopened = {number for number, row in named.items() if _only_reopens(row)}
            reopen = transactions.c.row.in_(only_reopened)
            change(connection, run, Change.REOPENED, reopen, {"dismissal": ""})
            never_sent = sum(named[row].outcome == Outcome.PENDING for row in only_reopened)
            reopened = len(only_reopened) - never_sent
            by_row = transactions.c.row.in_(set(rows) - only_reopened)
            chosen = or_(by_row, chosen) if outcomes else by_row
        # What it was stays to be seen beside what comes of it.
        before = encoded_with("retried_after", "outcome", transactions.c.outcome)
        pending = change(connection, run, Change.RETRIED, chosen, AS_NEW | {"note": before})
    return Retried(pending + never_sent, reopened)


def _only_reopens(row: Any) -> bool:
    """Whether a row that was named for a retry is one to be opened again. Raises NotRetryable."""
    if Outcome(row.outcome).disposition in _RETRYABLE:
        return False
    if not row.dismissal:
        raise NotRetryable(f"Row {row.row} is {row.outcome}: there is nothing left to retry.")
    return True


def no_such_row(connection: Connection, run: Run, row: int) -> RowMissing:
    """The error for a number that no row of the run has."""
    edges = select(func.min(transactions.c.row), func.max(transactions.c.row))
    return RowMissing(row, *connection.execute(edges.where(transactions.c.run_id == run.id)).one())


def dismiss(
    queue: Queue,
    run: Run,
    rows: Collection[int],
    note: str,
    *,
    outcomes: Collection[Outcome] = (),
) -> int:
    """Mark rows as settled by hand, with what staff say of it; their outcomes stay what they are.
    Answers how many.

    Taken are the rows with one of these numbers, and those with one of the outcomes that are not
    dismissed yet. A call without an answer is looked for no more, and nothing is posted for such a
    row unless it is retried. Later rows of its item are held back by it no longer: the item is read
    anew before they are posted. Raises RunHeld, RowMissing, and NotDismissible for what leaves
    nothing to do, and for a pending row before which another of its item is pending: then nothing
    was changed.
    """
    for outcome in outcomes:
        if outcome.disposition not in _DISMISSIBLE:
            raise NotDismissible(f"Rows that are {outcome} leave nothing to dismiss.")
    with queue.writing(run, many_rows=True) as connection:
        make_sure_it_is_free(connection, run)
        for number, row in rows_named(connection, run, rows).items():
            outcome = Outcome(row.outcome)
            if outcome.disposition not in _DISMISSIBLE:
                raise NotDismissible(f"Row {number} is {outcome}: there is nothing to dismiss.")
        of_outcomes = transactions.c.outcome.in_(outcomes) & (transactions.c.dismissal == "")
        chosen = or_(transactions.c.row.in_(rows), of_outcomes)
        since = connection.scalar(select(func.max(changes.c.id))) or 0
        dismissed = change(
            connection, run, Change.DISMISSED, chosen, {"dismissal": note}, words=note
        )
        if passed_over := _pending_before_dismissed(connection, run, since):
            earlier, later = passed_over
            raise NotDismissible(
                f"Row {later} comes after row {earlier} of the same item, which is pending: it "
                "would no longer be posted, as something later is settled. Replay it first, or "
                "dismiss both."
            )
    return dismissed


def _pending_before_dismissed(
    connection: Connection, run: Run, since: int
) -> tuple[int, int] | None:
    """A pending row, and one of its item behind it that was pending and is dismissed by a change
    after that with the number ``since``."""
    earlier, later = transactions.alias("earlier"), transactions.alias("later")
    of_item = lanes.alias("of_item")
    found = connection.execute(
        select(earlier.c.row, later.c.row)
        .select_from(later)
        .join(
            of_item,
            (of_item.c.run_id == later.c.run_id) & (of_item.c.item_key == later.c.item_key),
        )
        .join(earlier, (earlier.c.run_id == of_item.c.run_id) & (earlier.c.row == of_item.c.row))
        .where(
            later.c.run_id == run.id,
            later.c.row.in_(
                select(changes.c.row).where(changes.c.run_id == run.id, changes.c.id > since)
            ),
            later.c.outcome == Outcome.PENDING,
            later.c.dismissal != "",
            earlier.c.outcome == Outcome.PENDING,
            earlier.c.dismissal == "",
            tuple_(earlier.c.order_at, earlier.c.place) < tuple_(later.c.order_at, later.c.place),
        )
        .limit(1)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def rows_named(connection: Connection, run: Run, rows: Collection[int]) -> dict[int, Any]:
    """The rows with these numbers, as the table has them. Raises RowMissing."""
    chosen = (transactions.c.run_id == run.id) & transactions.c.row.in_(rows)
    found = {row.row: row for row in connection.execute(select(transactions).where(chosen))}
    for number in rows:
        if number not in found:
            raise no_such_row(connection, run, number)
    return found


def change(
    connection: Connection,
    run: Run,
    what: Change,
    chosen: ColumnElement[bool],
    values: dict[str, Any],
    *,
    words: str = "",
) -> int:
    """Keep what the chosen rows of the run are, then give them these values; answers how many."""
    of_run = (transactions.c.run_id == run.id) & chosen
    as_they_are = select(
        literal(datetime.now(UTC), UtcDateTime),
        literal(what.value),
        literal(words),
        *(transactions.c[name] for name in _KEPT),
    ).where(of_run)
    connection.execute(insert(changes).from_select(["at", "change", "words", *_KEPT], as_they_are))
    return connection.execute(update(transactions).where(of_run).values(values)).rowcount
