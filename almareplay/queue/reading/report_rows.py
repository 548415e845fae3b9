"""The rows of a run as its report shows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Select, func, select

from almareplay.outcomes import DISMISSED, Outcome, ReportRow, on_loan_in_words
from almareplay.queue.ordering.corrections import corrected_in_words
from almareplay.queue.rows import IN_ORDER, captured_time
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.reasons import stored_in_words
from almareplay.queue.tables.schema import attempts, files, runs, transactions
from almareplay.transactions import Kind, in_zone, joined

_BATCH = 1_000
_NOT_REPORTED = ("run_id", "file_id", "has_seconds", "item_key", "looked_at")


def zone_of_captures(queue: Queue, run: Run) -> tzinfo:
    """The zone in which the captured times of the run's first file were read; where this machine
    does not know it, what it was ahead of UTC at the first of them."""
    with queue.reading() as connection:
        flags = connection.scalar(
            select(files.c.flags).where(files.c.run_id == run.id).order_by(files.c.id).limit(1)
        )
        ahead = connection.scalar(
            select(transactions.c.captured_offset)
            .where(transactions.c.run_id == run.id, transactions.c.captured_offset.is_not(None))
            .order_by(transactions.c.row)
            .limit(1)
        )
    try:
        return ZoneInfo(json.loads(flags or "{}")["timezone"])
    except (KeyError, ZoneInfoNotFoundError, ValueError, OSError):
        return timezone(timedelta(seconds=ahead)) if ahead else UTC


def report_rows(
    queue: Queue,
    run: Run,
    zone: tzinfo | None = None,
    *,
    name_of: Callable[[str], str] = str,
    without: frozenset[str] = frozenset(),
) -> Iterator[ReportRow]:
    """Every row of the run in replay order, rows without a time last; read in batches.

    Its times are shown in ``zone``, that of the library; None: ``zone_of_captures``. ``name_of``
    tells what to call another patron who has the item, by the primary id. ``without`` are codes of
    notes on the capture that are left out.
    """
    shown_in = zone_of_captures(queue, run) if zone is None else zone
    query = (
        _reported(run)
        .order_by(transactions.c.order_at.is_(None), *IN_ORDER, transactions.c.row)
        .execution_options(yield_per=_BATCH)
    )
    with queue.reading() as connection, connection.execute(query) as found:
        for row in found:
            yield _report_row(row, shown_in, name_of, without)


def row_of_report(connection: Connection, run: Run, row: int, zone: tzinfo) -> ReportRow | None:
    """A row by its number, as the report has it; None where there is none."""
    found = connection.execute(_reported(run).where(transactions.c.row == row)).one_or_none()
    return None if found is None else _report_row(found, zone, str, frozenset())


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


def _report_row(
    row: Any, zone: tzinfo, name_of: Callable[[str], str], without: frozenset[str]
) -> ReportRow:
    outcome = Outcome(row.outcome)
    due, completed = row.due_date, row.completed_at
    return ReportRow(
        row=row.row,
        captured_at=None if row.captured_at is None else in_zone(captured_time(row), zone),
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
        due_date=None if due is None else in_zone(due, zone),
        destination=row.destination,
        attempts=row.attempts,
        note=joined(*_notes(row, zone, name_of, without)),
        completed_at=None if completed is None else in_zone(completed, zone),
        phase=row.phase,
        dismissed=bool(row.dismissal),
        institution=row.institution or "",
        environment=row.environment or "",
    )


def _notes(
    row: Any, zone: tzinfo, name_of: Callable[[str], str], without: frozenset[str]
) -> Iterator[str]:
    """What there is to note about a row, what matters most first."""
    if row.dismissal:
        yield f"dismissed: {row.dismissal}"
    if row.on_loan_to:
        other = name_of(row.on_loan_to)
        yield on_loan_in_words(other, row.on_loan_since, row.due_date, zone)
    yield from (stored_in_words(row.note), stored_in_words(row.lane_note))
    if row.corrected_at is not None:
        what = corrected_in_words(row.corrected)
        yield f"{what} corrected on {in_zone(row.corrected_at, zone):%Y-%m-%d}"
    yield stored_in_words(row.source_note, without)
