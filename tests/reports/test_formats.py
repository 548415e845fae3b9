"""All formats of a report hold the same rows and outcomes, whatever stands in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from almareplay.outcomes import DISMISSED, Disposition, Outcome, ReportRow
from almareplay.reports import Report, embedding, write_report
from almareplay.transactions import Kind
from tests.reports.reading import (
    HOSTILE,
    canonical,
    csv_rows,
    html_rows,
    in_csv,
    in_xlsx,
    jsonl_rows,
    xlsx_rows,
)

READERS: dict[str, tuple[Callable[[Path], list[dict[str, str]]], Callable[[str], str]]] = {
    ".csv": (csv_rows, in_csv),
    ".xlsx": (xlsx_rows, in_xlsx),
    ".html": (html_rows, str),
    ".jsonl": (jsonl_rows, str),
}
SUMMER, WINTER, INDIA = (timezone(timedelta(hours=hours)) for hours in (-7, -8, 5.5))


def all_hold(rows: Sequence[ReportRow], folder: Path) -> None:
    for ending, (read, shown) in READERS.items():
        path = folder / f"report{ending}"
        write_report(path, Report("main", lambda: rows))
        assert read(path) == [canonical(row, shown) for row in rows], ending


def test_every_outcome_in_its_order(row: ReportRow, tmp_path: Path) -> None:
    rows = [
        row._replace(
            row=n,
            kind=Kind.RETURN if n % 2 else Kind.LOAN,
            captured_at=datetime(2026, 11, 1, 1, n, 59, tzinfo=[SUMMER, WINTER, INDIA][n % 3]),
            disposition=outcome.disposition,
            outcome=outcome,
            advice=outcome.advice,
            completed_at=datetime(2026, 11, 2, 12, 0, n, 999_999, tzinfo=UTC),
        )
        for n, outcome in enumerate(Outcome, start=1)
    ]
    unread = row._replace(row=99, captured_at=None, kind=None, item_barcode="", due_date=None)
    settled = row._replace(row=100, advice=DISMISSED, dismissed=True, note="handled at the desk")
    all_hold([*reversed(rows), settled, unread], tmp_path)


def test_a_run_without_rows(tmp_path: Path) -> None:
    all_hold([], tmp_path)


def test_more_rows_than_are_in_memory_at_a_time(
    row: ReportRow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "BLOCK", 3)
    rows = [row._replace(row=n, item_barcode=f"{34880000000000 + n}") for n in range(1, 9)]
    all_hold(rows, tmp_path)


@pytest.mark.parametrize(
    "at",
    [
        datetime(1899, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(1900, 2, 28, 12, tzinfo=UTC),
        datetime(1900, 3, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 9, 14, tzinfo=timezone(timedelta(hours=-7, minutes=-52, seconds=-58))),
    ],
)
def test_a_time_at_the_edge(row: ReportRow, tmp_path: Path, at: datetime) -> None:
    all_hold([row._replace(captured_at=at), row._replace(due_date=at)], tmp_path)


texts = st.one_of(
    st.sampled_from(["", *HOSTILE]),
    st.text(max_size=12),
    st.text(st.characters(max_codepoint=0x2F), max_size=4),
    st.text("<r>/_x0aF;&'=\r\n\ud800\ufeff", max_size=12),
)
outcomes = st.sampled_from(Outcome)
zones = st.sampled_from([UTC, SUMMER, WINTER, INDIA])
times = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 - made aware below
    datetime(2100, 1, 1),  # noqa: DTZ001 - made aware below
    timezones=zones,
)
numbers = st.integers(0, 2**53)


@st.composite
def report_rows(draw: st.DrawFn) -> ReportRow:
    outcome = draw(outcomes)
    return ReportRow(
        row=draw(numbers),
        captured_at=draw(times | st.none()),
        kind=draw(st.sampled_from(Kind) | st.none()),
        item_barcode=draw(texts),
        patron_id=draw(texts),
        library=draw(texts),
        circ_desk=draw(texts),
        source_file=draw(texts),
        source_row=draw(numbers),
        disposition=draw(st.sampled_from([outcome.disposition, *Disposition])),
        outcome=outcome,
        advice=draw(st.sampled_from([outcome.advice, DISMISSED])),
        alma_code=draw(texts),
        alma_message=draw(texts),
        tracking_id=draw(texts),
        loan_id=draw(texts),
        due_date=draw(times | st.none()),
        destination=draw(texts),
        attempts=draw(st.integers(0, 99)),
        note=draw(texts),
        completed_at=draw(times | st.none()),
        phase=draw(st.integers(1, 9)),
        dismissed=draw(st.booleans()),
        institution=draw(texts),
        environment=draw(texts),
    )


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(report_rows(), max_size=5))
@example(rows=[])
def test_any_rows(tmp_path: Path, rows: list[ReportRow]) -> None:
    all_hold(rows, tmp_path)
