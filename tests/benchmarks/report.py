"""What the report takes in each format, in real time.

Each in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from almareplay.outcomes import Outcome, ReportRow
from almareplay.reports import Report, write_report
from almareplay.transactions import Kind
from tests.benchmarks.measuring import Figure, Spent, apart, measured, peak_megabytes

ROWS, QUICK = 100_000, 5_000

BEGAN = datetime(2026, 9, 14, 8, tzinfo=UTC)
OUTCOMES = [*[Outcome.LOANED] * 10, *[Outcome.RETURNED] * 8, *Outcome]


def figures(rows: int) -> Iterator[Figure]:
    """Time, size and memory of each format."""
    for ending in ("csv", "jsonl", "xlsx", "html"):
        spent, size = apart(_written, ending, rows)
        case = f"{ending}, {rows:,} rows"
        yield Figure(case, "time", spent.seconds, "s")
        yield Figure(case, "rows a second", rows / spent.seconds)
        yield Figure(case, "processor", spent.processor, "s")
        yield Figure(case, "size", size, "MB")
        yield Figure(case, "memory at its peak", spent.megabytes, "MB")


def _written(ending: str, rows: int) -> tuple[Spent, float]:
    """What it took, and how many MB the file has."""
    with tempfile.TemporaryDirectory(prefix="almareplay-report-") as folder:
        path = Path(folder) / f"report.{ending}"
        report = Report("main", lambda: invented_rows(rows))
        spent = measured(partial(write_report, path, report))
        return spent._replace(megabytes=peak_megabytes()), path.stat().st_size / 1e6


def invented_rows(number: int) -> Iterator[ReportRow]:
    """Rows of all outcomes, twenty a second, whose identifiers differ."""
    for n in range(1, number + 1):
        outcome = OUTCOMES[n % len(OUTCOMES)]
        at = BEGAN + timedelta(seconds=n // 20)
        yield ReportRow(
            row=n,
            captured_at=at,
            kind=Kind.RETURN if outcome is Outcome.RETURNED else Kind.LOAN,
            item_barcode=f"{34_880_000_000_000 + n}",
            patron_id=f"{24_880_000_000_000 + n % 5000}",
            library="MAIN",
            circ_desk="DEFAULT_CIRC_DESK",
            source_file="outage-main.dat",
            source_row=n,
            disposition=outcome.disposition,
            outcome=outcome,
            advice=outcome.advice,
            alma_code="",
            alma_message="",
            tracking_id="",
            loan_id=f"{15_000_000_000_000 + n}",
            due_date=at + timedelta(days=28),
            destination="",
            attempts=1,
            note="",
            completed_at=at + timedelta(days=1),
            phase=1,
            dismissed=False,
            institution="01FERN_INST",
            environment="sandbox",
        )
