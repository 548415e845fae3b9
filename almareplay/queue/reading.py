"""What a run holds, for people: counts, places, the rows of the report; and second tries."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from almareplay.outcomes import Disposition, Outcome, ReportRow
from almareplay.queue.errors import NotRetryable
from almareplay.queue.journal import Fate
from almareplay.queue.rows import QueuedRow, captured_time, queued_row
from almareplay.queue.schema import attempts, files, follow_ups, purged, transactions
from almareplay.queue.store import Queue, Run
from almareplay.transactions import Kind

_BATCH = 1_000
_RETRYABLE = (Disposition.ATTENTION, Disposition.UNRESOLVED)


@dataclass(frozen=True, slots=True)
class Work:
    """What is left to replay: rows by kind, the items they concern, the number of open calls whose
    answers were lost, and of due dates and fines that are still to be set right."""

    loans: int
    returns: int
    items: int
    lost_answers: int
    follow_ups: int = 0

    @property
    def rows(self) -> int:
        """All rows left."""
        return self.loans + self.returns


def outcomes(queue: Queue, run: Run) -> dict[Outcome, int]:
    """How many rows have each outcome, in the order of the outcomes' definition."""
    with queue.reading() as connection:
        found: dict[str, int] = dict(
            connection.execute(
                select(transactions.c.outcome, func.count())
                .where(transactions.c.run_id == run.id)
                .group_by(transactions.c.outcome)
                # A run has rows or, once they are purged, their counts.
                .union_all(select(purged.c.outcome, purged.c.rows).where(purged.c.run_id == run.id))
            ).all()
        )
    return {outcome: found[outcome] for outcome in Outcome if outcome in found}


def patron_ids(queue: Queue, run: Run) -> Iterator[str]:
    """The captured patron id of each row of the run that has one, by row number."""
    with queue.reading() as connection:
        yield from connection.scalars(
            select(transactions.c.patron_id)
            .where(transactions.c.run_id == run.id, transactions.c.patron_id != "")
            .order_by(transactions.c.row)
            .execution_options(yield_per=_BATCH)
        )


def primary_ids(queue: Queue, run: Run) -> set[str]:
    """The primary ids of patrons that Alma has told and the run has kept."""
    with queue.reading() as connection:
        such = follow_ups.c.run_id == run.id
        return set(connection.scalars(select(follow_ups.c.user_id).where(such)))


def loaded_files(queue: Queue, run: Run) -> list[tuple[str, str, int]]:
    """Name, format and number of rows of each file of the run, as loaded."""
    with queue.reading() as connection:
        found = connection.execute(
            select(files.c.name, files.c.format, files.c.rows)
            .where(files.c.run_id == run.id)
            .order_by(files.c.id)
        )
        return [(row.name, row.format, row.rows) for row in found]


def work_left(queue: Queue, run: Run) -> Work:
    """What a replay of the run would still have to do."""
    pending = (transactions.c.run_id == run.id) & (transactions.c.outcome == Outcome.PENDING)
    with queue.reading() as connection:
        kinds: dict[str, int] = dict(
            connection.execute(
                select(transactions.c.kind, func.count())
                .where(pending)
                .group_by(transactions.c.kind)
            ).all()
        )
        items = connection.execute(
            select(func.count(transactions.c.item_key.distinct())).where(pending)
        ).scalar_one()
        lost = connection.execute(
            select(func.count()).where(attempts.c.run_id == run.id, attempts.c.fate.is_(None))
        ).scalar_one()
        to_follow_up = connection.execute(
            select(func.count()).where(
                follow_ups.c.run_id == run.id, follow_ups.c.done_at.is_(None)
            )
        ).scalar_one()
    return Work(kinds.get(Kind.LOAN, 0), kinds.get(Kind.RETURN, 0), items, lost, to_follow_up)


def rows_called(queue: Queue, run: Run, fate: Fate | None) -> set[int]:
    """The numbers of the rows of which a call that writes had this fate; None: not known."""
    with queue.reading() as connection:
        such = (attempts.c.run_id == run.id) & attempts.c.fate.is_not_distinct_from(fate)
        return set(connection.scalars(select(attempts.c.row).where(such)))


def places(queue: Queue, run: Run) -> dict[tuple[str, str], int]:
    """The (library, circulation desk) codes of the pending rows, with the number of their rows."""
    with queue.reading() as connection:
        found = connection.execute(
            select(transactions.c.library, transactions.c.circ_desk, func.count())
            .where(transactions.c.run_id == run.id, transactions.c.outcome == Outcome.PENDING)
            .group_by(transactions.c.library, transactions.c.circ_desk)
            .order_by(transactions.c.library, transactions.c.circ_desk)
        )
        return {(library, desk): count for library, desk, count in found}


def first_and_last(queue: Queue, run: Run, number: int) -> tuple[list[QueuedRow], list[QueuedRow]]:
    """The first pending rows in replay order, and the last, each at most ``number``; no row is in
    both."""
    pending = select(transactions).where(
        transactions.c.run_id == run.id, transactions.c.outcome == Outcome.PENDING
    )
    order = (transactions.c.order_at, transactions.c.place)
    backwards = [column.desc() for column in order]
    with queue.reading() as connection:
        first = connection.execute(pending.order_by(*order).limit(number)).all()
        last = connection.execute(pending.order_by(*backwards).limit(number)).all()
    shown = {row.row for row in first}
    return (
        [queued_row(row) for row in first],
        [queued_row(row) for row in reversed(last) if row.row not in shown],
    )


def report_rows(queue: Queue, run: Run) -> Iterator[ReportRow]:
    """Every row of the run in replay order, rows without a time last; read in batches."""
    tries = (
        select(func.count())
        .where(attempts.c.run_id == transactions.c.run_id, attempts.c.row == transactions.c.row)
        .scalar_subquery()
    )
    query = (
        select(transactions, tries.label("attempts"))
        .where(transactions.c.run_id == run.id)
        .order_by(transactions.c.order_at.nulls_last(), transactions.c.place, transactions.c.row)
        .execution_options(yield_per=_BATCH)
    )
    with queue.reading() as connection:
        for row in connection.execute(query):
            yield _report_row(row)


def _report_row(row: Any) -> ReportRow:
    outcome = Outcome(row.outcome)
    return ReportRow(
        row=row.row,
        captured_at=None if row.captured_at is None else captured_time(row),
        kind=None if row.kind is None else Kind(row.kind),
        item_barcode=row.item_barcode,
        patron_id=row.patron_id,
        library=row.library,
        circ_desk=row.circ_desk,
        source_file=row.source_file,
        source_row=row.source_row,
        disposition=outcome.disposition,
        outcome=outcome,
        advice=outcome.advice,
        alma_code=row.alma_code,
        alma_message=row.alma_message,
        tracking_id=row.tracking_id,
        loan_id=row.loan_id,
        due_date=row.due_date,
        destination=row.destination,
        attempts=row.attempts,
        note="; ".join(note for note in (row.note, row.lane_note, row.source_note) if note),
        completed_at=row.completed_at,
    )


def retry(
    queue: Queue, run: Run, *, outcomes: Collection[Outcome] = (), rows: Collection[int] = ()
) -> int:
    """Set rows that need attention or are unresolved back to pending; answer how many.

    With neither ``outcomes`` nor ``rows`` all of them; else those that have one of the outcomes or
    one of the row numbers. Raises NotRetryable for a row or an outcome that is settled for good.
    """
    for outcome in outcomes:
        if outcome.disposition not in _RETRYABLE:
            raise NotRetryable(f"Rows that are {outcome} have nothing left to retry.")
    retryable = [each for each in Outcome if each.disposition in _RETRYABLE]
    chosen: ColumnElement[bool] = transactions.c.outcome.in_(outcomes or retryable)
    with queue.writing() as connection:
        if rows:
            named = connection.execute(
                select(transactions.c.row, transactions.c.outcome).where(
                    transactions.c.run_id == run.id, transactions.c.row.in_(rows)
                )
            )
            _all_retryable(dict(named.all()), rows)
            by_row = transactions.c.row.in_(rows)
            chosen = by_row | chosen if outcomes else by_row
        return connection.execute(
            update(transactions)
            .where(transactions.c.run_id == run.id, chosen)
            .values(
                outcome=Outcome.PENDING,
                alma_code="",
                alma_message="",
                tracking_id="",
                loan_id="",
                due_date=None,
                destination="",
                note="",
                completed_at=None,
            )
        ).rowcount


def _all_retryable(found: dict[int, str], rows: Collection[int]) -> None:
    for row in rows:
        if row not in found:
            raise NotRetryable(f"The run has no row {row}.")
        if Outcome(found[row]).disposition not in _RETRYABLE:
            raise NotRetryable(f"Row {row} is {found[row]}: there is nothing left to retry.")
