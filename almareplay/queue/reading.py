"""What a run holds, for people: counts, places, the rows of the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from almareplay.outcomes import DISMISSED, OPEN, Outcome, ReportRow
from almareplay.queue.journal import Fate
from almareplay.queue.rows import QueuedRow, captured_time, queued_row
from almareplay.queue.schema import attempts, files, follow_ups, purged, runs, transactions
from almareplay.queue.staff import captured_patron_ids, corrections
from almareplay.queue.store import Queue, Run
from almareplay.transactions import Kind, joined

_BATCH = 1_000
_NOT_REPORTED = ("run_id", "file_id", "has_seconds", "item_key", "looked_at")


@dataclass(frozen=True, slots=True)
class Work:
    """What is left to replay: rows by kind, the items they concern, the number of their calls whose
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


def dismissed(queue: Queue, run: Run) -> dict[Outcome, int]:
    """How many rows with each outcome staff have dismissed, in the order of ``outcomes``."""
    with queue.reading() as connection:
        found: dict[str, int] = dict(
            connection.execute(
                select(transactions.c.outcome, func.count())
                .where(
                    transactions.c.run_id == run.id,
                    # Of a large run only these rows are read.
                    transactions.c.outcome.in_(
                        [each for each in Outcome if each.disposition in OPEN]
                    ),
                    transactions.c.dismissal != "",
                )
                .group_by(transactions.c.outcome)
            ).all()
        )
    return {outcome: found[outcome] for outcome in Outcome if outcome in found}


def patron_ids(queue: Queue, run: Run) -> Iterator[str]:
    """The captured patron id of each row of the run that has one, by row number; then those that
    staff have put in the place of others, as they did it."""
    with queue.reading() as connection:
        corrected = corrections(connection, run)
        captured = captured_patron_ids(corrected)
        found = connection.execute(
            select(transactions.c.row, transactions.c.patron_id)
            .where(transactions.c.run_id == run.id, transactions.c.patron_id != "")
            .order_by(transactions.c.row)
            .execution_options(yield_per=_BATCH)
        )
        for row, patron_id in found:
            yield captured.get(row, patron_id)
    for correction in corrected:
        yield correction.after


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
            select(func.count())
            .select_from(attempts)
            .join(
                transactions,
                (transactions.c.run_id == attempts.c.run_id)
                & (transactions.c.row == attempts.c.row),
            )
            .where(pending, attempts.c.fate.is_(None))
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
    query = (
        _reported(run)
        .order_by(transactions.c.order_at.nulls_last(), transactions.c.place, transactions.c.row)
        .execution_options(yield_per=_BATCH)
    )
    with queue.reading() as connection:
        for row in connection.execute(query):
            yield _report_row(row)


def row_of_report(connection: Connection, run: Run, row: int) -> ReportRow | None:
    """A row by its number, as the report has it; None where there is none."""
    found = connection.execute(_reported(run).where(transactions.c.row == row)).one_or_none()
    return None if found is None else _report_row(found)


def _reported(run: Run) -> Select[Any]:
    """Select what the report tells of the rows of a run."""
    tries = (
        select(func.count())
        .where(attempts.c.run_id == transactions.c.run_id, attempts.c.row == transactions.c.row)
        .scalar_subquery()
    )
    # Each column costs a large report its time.
    told = [each for each in transactions.c if each.name not in _NOT_REPORTED]
    return (
        select(*told, tries.label("attempts"), runs.c.institution, runs.c.environment)
        .join(runs, runs.c.id == transactions.c.run_id)
        .where(transactions.c.run_id == run.id)
    )


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
        advice=DISMISSED if row.dismissal else outcome.advice,
        alma_code=row.alma_code,
        alma_message=row.alma_message,
        tracking_id=row.tracking_id,
        loan_id=row.loan_id,
        due_date=row.due_date,
        destination=row.destination,
        attempts=row.attempts,
        note=joined(*_notes(row)),
        completed_at=row.completed_at,
        phase=1,
        dismissed=bool(row.dismissal),
        institution=row.institution or "",
        environment=row.environment or "",
    )


def _notes(row: Any) -> Iterator[str]:
    """What there is to note about a row, what matters most first."""
    if row.dismissal:
        yield f"dismissed: {row.dismissal}"
    yield from (row.note, row.lane_note)
    if row.corrected_at is not None:
        day = row.corrected_at.astimezone(captured_time(row).tzinfo)
        yield f"patron id corrected on {day:%Y-%m-%d}"
    yield row.source_note
