"""The XLSX report: its sheets, types, limits, and what becomes of it when something fails."""

from __future__ import annotations

import errno
import re
import resource
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl  # type: ignore[import-untyped]  # it comes without types
import pytest

from almareplay.outcomes import DISMISSED, FineRow, Outcome, PullRow, ReportRow
from almareplay.reports import Report, ReportError, sheets, write_list, write_report
from almareplay.reports.xlsx import TO_DO
from almareplay.transactions import AlmaInstance
from tests.reports.reading import sheet, xlsx_rows

SHEETS = ["Summary", "To do", "Pull list", "Fines", "Rows"]
AT = datetime(2026, 9, 14, 9, 2, tzinfo=timezone(timedelta(hours=-7)))
WHERE = ("01FERN_INST", "sandbox")
PULL = PullRow(
    *("MAIN", "STACKS", "QA76 .P98", "A title", "0012", "hold shelf", AT, "MAIN/FRONT", 3), *WHERE
)
OREGON = ZoneInfo("America/Los_Angeles")
DUE = datetime(2026, 9, 13, 23, 59, 59, tzinfo=OREGON)
FINE = FineRow(
    *(4, "return", "007", "0012", AT, DUE, Decimal("1234.50"), "USD", "whole", None, "99"),
    *("Waive the fine.", *WHERE),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "report.xlsx"


@pytest.fixture
def rows(row: ReportRow) -> list[ReportRow]:
    """One to do, one settled by hand, one that is in Alma, one that could not be read."""

    def with_outcome(number: int, outcome: Outcome, **other: Any) -> ReportRow:
        meant = {"disposition": outcome.disposition, "advice": outcome.advice, **other}
        return row._replace(row=number, outcome=outcome, **meant)

    return [
        row,
        row._replace(row=18, advice=DISMISSED, dismissed=True),
        with_outcome(19, Outcome.LOANED, captured_at=AT + timedelta(hours=2)),
        with_outcome(20, Outcome.INVALID, captured_at=None, kind=None),
    ]


def summary(path: Path) -> dict[str, list[Any]]:
    """The lines of the summary by their first cell."""
    return {line[0].strip(): line[1:] for line in sheet(path, "Summary")}


def test_sheets_have_a_frozen_header_and_filters_over_all_rows(
    rows: list[ReportRow], path: Path
) -> None:
    write_report(path, Report("main", lambda: rows, [PULL], [FINE]))
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == SHEETS
    assert book.active.title == "Summary"
    columns = [TO_DO, PullRow._fields, FineRow._fields, ReportRow._fields]
    for name, expected in zip(SHEETS[1:], columns, strict=True):
        assert tuple(cell.value for cell in book[name][1]) == expected
        assert book[name].freeze_panes == "A2"
        assert book[name].auto_filter.ref == book[name].dimensions
        assert book[name].print_title_rows == "$1:$1"
        assert book[name].page_setup.orientation == "landscape"
        assert book[name].column_dimensions["B"].width > 6
    assert book["Rows"].max_row == 5
    assert book.properties.title == "almareplay: NOT SENT: run 'main'"


def test_barcodes_are_texts_and_times_are_dates_with_their_offset(
    rows: list[ReportRow], path: Path
) -> None:
    due = datetime(2026, 11, 2, 23, 59, 59, tzinfo=OREGON)
    later = [each._replace(due_date=due) for each in rows]
    write_report(path, Report("main", lambda: later, [PULL], [FINE]))
    book = openpyxl.load_workbook(path)
    cells = dict(zip(ReportRow._fields, book["Rows"][2], strict=True))
    for name in ("item_barcode", "patron_id", "alma_code", "loan_id", "library"):
        assert (cells[name].value, cells[name].data_type) == (getattr(rows[0], name), "s")
        assert cells[name].number_format == "@"
    assert [cells[name].value for name in ("row", "source_row", "attempts")] == [17, 4, 2]
    assert cells["captured_at"].value == datetime(2026, 9, 14, 9, 2)  # noqa: DTZ001 - a cell's
    assert cells["captured_at"].number_format == 'yyyy-mm-dd hh:mm:ss "-07:00"'
    assert cells["due_date"].value == datetime(2026, 11, 2, 23, 59, 59)  # noqa: DTZ001 - a cell's
    assert cells["due_date"].number_format == 'yyyy-mm-dd hh:mm:ss "-08:00"'
    assert cells["completed_at"].value is None
    fine = dict(zip(FineRow._fields, book["Fines"][2], strict=True))
    assert (fine["amount"].value, fine["amount"].number_format) == (1234.5, "#,##0.00")
    assert (fine["patron_id"].value, fine["currency"].value) == ("007", "USD")
    assert fine["due_date"].value == datetime(2026, 9, 13, 23, 59, 59)  # noqa: DTZ001 - a cell's
    assert (fine["institution"].value, fine["environment"].value) == WHERE
    assert book["Pull list"]["E2"].value == "0012"


def test_no_number_that_is_a_text_is_marked(rows: list[ReportRow], path: Path) -> None:
    write_report(path, Report("main", lambda: rows))
    with zipfile.ZipFile(path) as parts:
        xml = parts.read("xl/worksheets/sheet5.xml").decode()
        # Excel takes a file with an empty format for broken.
        assert 'formatCode=""' not in parts.read("xl/styles.xml").decode()
    assert '<ignoredError sqref="A1:Y5" numberStoredAsText="1"/>' in xml


def test_staff_get_what_is_to_do_and_a_place_to_say_so(rows: list[ReportRow], path: Path) -> None:
    write_report(path, Report("main", lambda: rows))
    header, *lines = sheet(path, "To do")
    named = [dict(zip(header, line, strict=True)) for line in lines]
    assert [(each["row"], each["outcome"]) for each in named] == [
        (17, "patron_blocked"),
        (20, "invalid"),
    ]
    assert [each["done"] for each in named] == ["", ""]
    assert named[0]["advice"] == Outcome.PATRON_BLOCKED.advice
    (offered,) = openpyxl.load_workbook(path)["To do"].data_validations.dataValidation
    assert (str(offered.sqref), offered.formula1) == ("A2:A3", '"yes,no"')
    assert not offered.showErrorMessage


def test_the_summary_counts_and_says_what_is_next(rows: list[ReportRow], path: Path) -> None:
    same = FINE._replace(wrong="none")
    write_report(path, Report("=1+1", lambda: rows, [PULL], [FINE, same], zone=OREGON))
    lines = summary(path)
    assert lines["Run"][0] == "=1+1"
    assert lines["applied"][1:4] == [1, 0.25, 0]
    assert lines["attention"][1:4] == [2, 0.5, 1]
    assert lines["patron_blocked"] == [Outcome.PATRON_BLOCKED.advice, 2, 0.5, 1]
    assert lines["all"][1:4] == [4, "", 2]
    assert [lines[name][1] for name in SHEETS[1:]] == [2, 1, 2, 4]
    assert "1 of 4 loans and returns" in lines["Report"][0]
    assert re.search(r"'To do' \(2\).*'Pull list' \(1\).*'Fines', 1\)", lines["Next"][0])
    assert lines["Captured until"][0] == datetime(2026, 9, 14, 11, 2)  # noqa: DTZ001 - a cell's
    assert lines["Times"][0].startswith("All times are those of America/Los_Angeles;")
    assert "names patrons" in lines["Note"][0]
    written = lines["Written"][0].replace(tzinfo=OREGON)
    assert abs(datetime.now(UTC) - written) < timedelta(minutes=5)


def test_the_summary_of_a_prediction_without_patrons(rows: list[ReportRow], path: Path) -> None:
    replayed = rows[0]._replace(row=21, completed_at=AT)
    report = Report("main", lambda: [*rows, replayed], predicted=True, anonymous=True)
    write_report(path, report)
    lines = sheet(path, "Summary")
    assert lines[1][0] == "Prediction"
    notes = [line[1] for line in lines if line[0] == "Note"]
    assert [("rehearsal" in note, "stand for patrons" in note) for note in notes] == [
        (True, False),
        (False, True),
    ]
    told = summary(path)
    assert "before the replay" in told["Next"][0]
    assert "before the replay" in told["To do"][0]
    assert told["patron_blocked"][0] == Outcome.PATRON_BLOCKED.advice_before
    header, *foreseen = sheet(path, "To do")
    assert tuple(header) == TO_DO[1:]
    assert [line[0] for line in foreseen] == [17, 20]


@pytest.mark.parametrize("environment", ["sandbox", "production", ""])
def test_the_workbook_says_which_alma_it_speaks_of_also_on_paper(
    rows: list[ReportRow], path: Path, environment: str
) -> None:
    alma = AlmaInstance("A&B_INST", "Fern & Oak", environment, "h") if environment else None
    write_report(path, Report("main", lambda: rows, alma=alma))
    book = openpyxl.load_workbook(path)
    first = sheet(path, "Summary")[0]
    marks = {book[name].oddHeader.left.text for name in SHEETS}
    if environment:
        assert first[0] == environment.upper()
        assert first[1].startswith("Fern & Oak (A&B_INST). ")
        assert marks == {f"&B{environment.upper()} report, A&&B_INST"}
        assert book.properties.title == f"almareplay: {environment.upper()}: run 'main'"
    else:
        assert first[0] == "NOT SENT"
        assert first[1] == "Nothing was sent to Alma yet. It was not rehearsed either."
        assert marks == {"&BNothing was sent to Alma"}


def test_a_change_of_the_clocks_is_said(rows: list[ReportRow], path: Path) -> None:
    changed = [*rows, rows[0]._replace(row=21, captured_at=datetime(2026, 11, 2, tzinfo=OREGON))]
    write_report(path, Report("main", lambda: changed, zone=OREGON))
    assert "clocks were changed" in summary(path)["Times"][0]
    write_report(path, Report("main", lambda: rows, zone=OREGON))
    assert "clocks were changed" not in summary(path)["Times"][0]


def test_a_run_with_nothing_left_to_do(rows: list[ReportRow], path: Path) -> None:
    write_report(path, Report("main", lambda: [rows[2]]))
    assert summary(path)["Next"][0] == "Nothing is left to do."
    write_report(path, Report("main", lambda: [rows[2]._replace(outcome=Outcome.PENDING)]))
    write_report(path, Report("main", lambda: ()))
    assert "no loans or returns" in summary(path)["Report"][0]


@pytest.mark.parametrize("sign", ["x", "é", "📚", "x📚"])
def test_a_text_too_long_for_a_cell_is_cut_and_that_is_said(
    row: ReportRow, path: Path, sign: str
) -> None:
    units = len(sign.encode("utf-16-le")) // 2
    fits = sign * (32_767 // units)
    write_report(path, Report("main", lambda: [row._replace(note=fits)]))
    assert xlsx_rows(path)[0]["note"] == fits
    assert "cut" not in str(sheet(path, "Summary"))
    write_report(path, Report("main", lambda: [row._replace(note=fits + sign)]))
    shown = xlsx_rows(path)[0]["note"]
    assert shown.endswith(" … [cut]")
    assert fits.startswith(shown.removesuffix(" … [cut]"))
    assert 32_764 < len(shown.encode("utf-16-le")) // 2 <= 32_767
    # In the sheet of all rows and in that of what is to do.
    (told,) = [line[1] for line in sheet(path, "Summary") if "32,767" in str(line[1])]
    assert ": 2." in told


def test_rows_go_on_in_a_further_sheet(
    row: ReportRow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "LINES_OF_A_SHEET", 4)
    rows = [row._replace(row=n) for n in range(1, 8)]
    rows[3:] = [each._replace(advice=DISMISSED, dismissed=True) for each in rows[3:]]
    write_report(path, Report("main", lambda: rows))
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [*SHEETS, "Rows 2", "Rows 3"]
    found = [each["row"] for name in ("Rows", "Rows 2", "Rows 3") for each in xlsx_rows(path, name)]
    assert found == [str(n) for n in range(1, 8)]
    assert book["Rows"].auto_filter.ref == "A1:Y4"
    assert book["Rows 3"].auto_filter.ref == "A1:Y2"
    assert book["Rows 3"].freeze_panes == "A2"
    assert summary(path)["Rows, Rows 2, Rows 3"][1] == 7


def test_a_list_is_a_workbook_of_one_sheet(path: Path) -> None:
    write_list(path, [PULL], PullRow._fields)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Pull list"]
    assert [cell.value for cell in book.active[2]][:5] == [*PULL[:5]]
    write_list(path, [], FineRow._fields)
    assert sheet(path, "Fines") == [[*FineRow._fields]]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_kept_on_the_way_is_its_owners_only(row: ReportRow, path: Path) -> None:
    seen: list[int] = []

    def watched() -> Iterator[ReportRow]:
        for n in range(3):
            yield row._replace(row=n)
        for each in path.parent.rglob("*"):
            seen.append(stat.S_IMODE(each.stat().st_mode))

    write_report(path, Report("main", watched))
    # A folder with the file to be and a folder with one file a sheet.
    assert sorted(seen) == [0o600] * 6 + [0o700] * 2
    assert [*path.parent.iterdir()] == [path]


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """As on a full disk, every byte beyond fails to be written."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("number", [5, 3_000])
def test_a_full_disk_leaves_the_older_report_and_nothing_else(
    row: ReportRow, path: Path, number: int
) -> None:
    path.write_text("of last week")
    rows = [row._replace(row=n, note=f"{n}") for n in range(number)]
    with (
        no_file_larger_than(4_000),
        pytest.raises(ReportError, match="cannot be written: File too large") as raised,
    ):
        write_report(path, Report("main", lambda: rows), overwrite=True)
    assert isinstance(raised.value.__cause__, OSError)
    assert raised.value.__cause__.errno == errno.EFBIG
    assert row.patron_id not in str(raised.value)
    assert path.read_text() == "of last week"
    assert [*path.parent.iterdir()] == [path]
