"""A row of a report, of which tests change what they are about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from almareplay.outcomes import Outcome, ReportRow
from almareplay.transactions import Kind


@pytest.fixture(scope="session")
def row() -> ReportRow:
    outcome = Outcome.PATRON_BLOCKED
    return ReportRow(
        row=17,
        captured_at=datetime(2026, 9, 14, 9, 2, tzinfo=timezone(timedelta(hours=-7))),
        kind=Kind.LOAN,
        item_barcode="34880000200014",
        patron_id="24880000100016",
        library="MAIN",
        circ_desk="FRONT",
        source_file="desk.xlsx#Friday",
        source_row=4,
        disposition=outcome.disposition,
        outcome=outcome,
        advice=outcome.advice,
        alma_code="401163",
        alma_message="Loan, Overdue items",
        tracking_id="E02-1409-XYZ",
        loan_id="71",
        due_date=datetime(2026, 10, 12, 23, 59, 59, 987_000, tzinfo=UTC),
        destination="transit: LAW",
        attempts=2,
        note="",
        completed_at=None,
        phase=1,
        dismissed=False,
        institution="01FERN_INST",
        environment="sandbox",
    )
