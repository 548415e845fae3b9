"""Reports that browsers are shown: one with something of everything, and one as long as wanted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from almareplay.outcomes import DISMISSED, FineRow, Outcome, PullRow, ReportRow
from almareplay.queue.reading.lists import FINES
from almareplay.reports import Report
from almareplay.reports.html import write_html
from almareplay.transactions import AlmaInstance, Kind

OREGON = ZoneInfo("America/Los_Angeles")
AT = datetime(2026, 9, 14, 9, 2, tzinfo=OREGON)
DUE = datetime(2026, 11, 2, 23, 59, tzinfo=OREGON)
"""After the clocks have gone back."""
SANDBOX = AlmaInstance("01FERN_INST", "Ferncliff University", "sandbox", "alma.example")
PRODUCTION = SANDBOX._replace(environment="production")
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
        due_date=DUE if outcome is Outcome.LOANED else None,
        destination="hold shelf" if is_return else "",
        attempts=0 if outcome is Outcome.INVALID else 1,
        note="there is no 31 September" if outcome is Outcome.INVALID else "",
        completed_at=None if outcome is Outcome.INVALID else AT + timedelta(days=1),
        phase=1,
        dismissed=False,
        institution="01FERN_INST",
        environment="sandbox",
    )


def varied_report(run: str = "main", alma: AlmaInstance | None = SANDBOX) -> Report:
    """62 rows: 18 to do (3 of each outcome, over three desks), 1 dismissed, 1 pending, 2 cancelled,
    40 settled; 3 items to fetch in two libraries, 4 fines of which 1 is waived and 1 is the same by
    the day."""
    rows = [made_row(number, SETTLED[number % len(SETTLED)]) for number in range(1, 41)]
    rows += [made_row(41 + place, TO_DO[place // 3]) for place in range(18)]
    dismissed = made_row(59, Outcome.PATRON_BLOCKED)
    note = "dismissed: handled at the desk"
    rows.append(dismissed._replace(advice=DISMISSED, dismissed=True, note=note))
    rows += [
        made_row(60 + place, outcome)._replace(completed_at=None, attempts=0)
        for place, outcome in enumerate([Outcome.PENDING, Outcome.CANCELLED, Outcome.CANCELLED])
    ]
    back = [row for row in rows if row.outcome is Outcome.RETURNED]
    pulls = [
        PullRow(library, "stacks", call_number, "A title", row.item_barcode, "hold shelf",
                row.captured_at or AT, f"{row.library}/{row.circ_desk}", row.row,
                "01FERN_INST", "sandbox")
        for row, library, call_number in zip(
            back, ["LAW", "MAIN", "MAIN"], ["KF 4550", "PR 6045", "QA 76"], strict=False
        )
    ]  # fmt: skip
    fines = [
        FineRow(row.row, "return", f"p-{row.row}", row.item_barcode, row.captured_at or AT, AT,
                Decimal("2.50"), "USD", wrong, AT if wrong == "part" else None, f"fee{place}",
                FINES[wrong], "01FERN_INST", "sandbox")
        for place, (row, wrong) in enumerate(
            zip(back[3:7], ["whole", "whole", "part", "none"], strict=True)
        )
    ]  # fmt: skip
    return Report(run, lambda: rows, pulls, fines, OREGON, alma=alma, rehearsed=AT)


def foreseen_report() -> Report:
    """What a rehearsal foresees of the rows of ``varied_report``; one row was replayed before."""
    rows = [
        row._replace(advice=row.outcome.advice_before, completed_at=None)
        for row in varied_report().rows()
        if not row.dismissed
    ]
    rows.append(made_row(63, Outcome.PATRON_BLOCKED))
    return Report("main", lambda: rows, zone=OREGON, predicted=True, alma=PRODUCTION)


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
