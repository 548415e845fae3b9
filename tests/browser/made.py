"""Reports that browsers are shown: one with something of everything, and one as long as wanted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

from almareplay.outcomes import DISMISSED, FineRow, Outcome, PullRow, ReportRow
from almareplay.reports import Report
from almareplay.reports.html import write_html
from almareplay.transactions import Kind

AT = datetime(2026, 9, 14, 9, 2, tzinfo=timezone(timedelta(hours=-7)))
DESKS = [("MAIN", "FRONT"), ("MAIN", "RESERVES"), ("LAW", "DESK")]
TO_DO = [
    *(Outcome.PATRON_NOT_FOUND, Outcome.PATRON_BLOCKED, Outcome.ITEM_NOT_FOUND, Outcome.REFUSED),
    *(Outcome.INVALID, Outcome.UNCERTAIN),
]
SETTLED = [Outcome.LOANED, Outcome.RETURNED, Outcome.RENEWED, Outcome.SUPERSEDED]


def made_row(number: int, outcome: Outcome) -> ReportRow:
    """A row whose columns all follow from its number and outcome."""
    is_return = outcome is Outcome.RETURNED
    library, desk = DESKS[number % len(DESKS)]
    return ReportRow(
        row=number,
        captured_at=AT + timedelta(minutes=number * 360 // 100_000 if number > 999 else number * 6),
        kind=Kind.RETURN if is_return else Kind.LOAN,
        item_barcode=f"{34_880_000_000_000 + number * 7919 % 1_000_003}",
        patron_id="" if is_return else f"{24_880_000_000_000 + number % 5000}",
        library=library,
        circ_desk=desk,
        source_file="desk.xlsx#Friday",
        source_row=number + 1,
        disposition=outcome.disposition,
        outcome=outcome,
        advice=outcome.advice,
        alma_code="401163" if outcome is Outcome.PATRON_BLOCKED else "",
        alma_message="Loan, overdue items." if outcome is Outcome.PATRON_BLOCKED else "",
        tracking_id=f"E02-{number}" if outcome is Outcome.PATRON_BLOCKED else "",
        loan_id=f"{71_000 + number}" if outcome is Outcome.LOANED else "",
        due_date=datetime(2026, 10, 13, 6, 59, tzinfo=UTC) if outcome is Outcome.LOANED else None,
        destination="hold shelf" if is_return else "",
        attempts=0 if outcome is Outcome.INVALID else 1,
        note="there is no 31 September" if outcome is Outcome.INVALID else "",
        completed_at=None if outcome is Outcome.INVALID else AT + timedelta(days=1),
        phase=1,
        dismissed=False,
        institution="01FERN_INST",
        environment="sandbox",
    )


def varied_report(run: str = "main") -> Report:
    """60 rows: 18 to do (3 of each outcome, over three desks), 1 dismissed, 1 pending, 40 settled;
    3 items to fetch in two libraries, 3 fines of which 1 is waived."""
    rows = [made_row(number, SETTLED[number % len(SETTLED)]) for number in range(1, 41)]
    rows += [made_row(41 + place, TO_DO[place // 3]) for place in range(18)]
    dismissed = made_row(59, Outcome.PATRON_BLOCKED)
    note = "dismissed: handled at the desk"
    rows.append(dismissed._replace(advice=DISMISSED, dismissed=True, note=note))
    rows.append(made_row(60, Outcome.PENDING)._replace(completed_at=None))
    back = [row for row in rows if row.outcome is Outcome.RETURNED]
    pulls = [
        PullRow(library, "stacks", call_number, "A title", row.item_barcode, "hold shelf",
                row.captured_at or AT, f"{row.library}/{row.circ_desk}", row.row)
        for row, library, call_number in zip(
            back, ["LAW", "MAIN", "MAIN"], ["KF 4550", "PR 6045", "QA 76"], strict=False
        )
    ]  # fmt: skip
    fines = [
        FineRow(row.row, f"p-{row.row}", row.item_barcode, row.captured_at or AT, AT,
                Decimal("2.50"), "USD", "whole", AT if place == 2 else None, f"fee{place}",
                "Waive the fine.")
        for place, row in enumerate(back[3:6])
    ]  # fmt: skip
    return Report(run, lambda: rows, pulls, fines)


def many_rows(number: int) -> Iterator[ReportRow]:
    """Rows of six hours at three desks, 3 of 100 to do."""
    for row in range(1, number + 1):
        outcomes = TO_DO if row % 33 == 0 else SETTLED
        yield made_row(row, outcomes[row // 33 % len(outcomes)])


def written(report: Report, path: Path) -> str:
    """Write the page; answer its address."""
    with path.open("w", encoding="utf-8", newline="") as file:
        write_html(report, file)
    return path.as_uri()
