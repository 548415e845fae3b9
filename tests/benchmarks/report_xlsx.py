"""``python -m tests.benchmarks.report_xlsx``: time and memory that the report as XLSX takes.

Each number of rows in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from almareplay.outcomes import Outcome, ReportRow
from almareplay.reports import Report, write_report
from almareplay.transactions import Kind

BEGAN = datetime(2026, 9, 14, 8, tzinfo=UTC)
OUTCOMES = [*[Outcome.LOANED] * 10, *[Outcome.RETURNED] * 8, *Outcome]


def main() -> None:
    """Say for each number of rows how long the report took and how much memory."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.report_xlsx")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--here", action="store_true", help="measure in this process")
    given = parser.parse_args()
    for number in given.rows:
        if given.here:
            measure(number)
        else:
            command = [sys.executable, "-m", "tests.benchmarks.report_xlsx", "--here"]
            subprocess.run([*command, "--rows", str(number)], check=True)


def measure(number: int) -> None:
    """Write the report of an invented run."""
    with tempfile.TemporaryDirectory(prefix="almareplay-xlsx-") as folder:
        path = Path(folder) / "report.xlsx"
        began = time.perf_counter()
        write_report(path, Report("main", lambda: invented_rows(number)))
        seconds = time.perf_counter() - began
        size = path.stat().st_size / 1e6
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(
        f"{number:,} rows: {seconds:.1f} s, {number / seconds:,.0f} rows a second; "
        f"{size:.1f} MB; peak memory {memory:.0f} MB"
    )


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


if __name__ == "__main__":
    main()
