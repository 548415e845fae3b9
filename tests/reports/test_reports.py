"""Reports: the same rows in every format, safe in a spreadsheet, whole or not there."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.outcomes import Outcome, ReportRow, Result
from almareplay.reports import Report, ReportError, check_report_path, write_report
from almareplay.reports.delimited import write_csv
from almareplay.reports.jsonl import write_jsonl
from almareplay.transactions import AlmaReplayError
from tests.reasons import said

COLUMNS = [
    *("row", "captured_at", "kind", "item_barcode", "patron_id", "library", "circ_desk"),
    *("source_file", "source_row", "disposition", "outcome", "advice"),
    *("alma_code", "alma_message", "tracking_id", "loan_id", "due_date", "destination"),
    *("attempts", "note", "completed_at", "phase", "dismissed", "institution", "environment"),
]


def report(*rows: ReportRow) -> Report:
    return Report("main", lambda: rows)


def as_csv(*rows: ReportRow) -> list[list[str]]:
    file = io.StringIO(newline="")
    write_csv(rows, file)
    file.seek(0)
    return list(csv.reader(file, strict=True))


def as_jsonl(*rows: ReportRow) -> list[dict[str, object]]:
    file = io.StringIO(newline="")
    write_jsonl(rows, file)
    return [json.loads(line) for line in file.getvalue().split("\n")[:-1]]


def test_the_columns_are_those_of_the_design(row: ReportRow) -> None:
    assert as_csv()[0] == COLUMNS
    assert as_csv(row)[0] == COLUMNS
    assert [list(each) for each in as_jsonl(row)] == [COLUMNS]
    assert as_jsonl() == []


def test_a_row_as_a_spreadsheet_sees_it(row: ReportRow) -> None:
    assert dict(zip(*as_csv(row), strict=True)) == {
        "row": "17",
        "captured_at": "2026-09-14T09:02:00-07:00",
        "kind": "loan",
        "item_barcode": "34880000200014",
        "patron_id": "24880000100016",
        "library": "MAIN",
        "circ_desk": "FRONT",
        "source_file": "desk.xlsx#Friday",
        "source_row": "4",
        "disposition": "attention",
        "outcome": "patron_blocked",
        "advice": Outcome.PATRON_BLOCKED.advice,
        "alma_code": "401163",
        "alma_message": "Loan, Overdue items",
        "tracking_id": "E02-1409-XYZ",
        "loan_id": "71",
        "due_date": "2026-10-12T23:59:59+00:00",
        "destination": "transit: LAW",
        "attempts": "2",
        "note": "",
        "completed_at": "",
        "phase": "1",
        "dismissed": "false",
        "institution": "01FERN_INST",
        "environment": "sandbox",
    }


def test_both_formats_hold_the_same(row: ReportRow) -> None:
    unread = row._replace(row=18, captured_at=None, kind=None, outcome=Outcome.INVALID)
    header, *lines = as_csv(row, unread)
    for line, plain in zip(lines, as_jsonl(row, unread), strict=True):
        assert plain.pop("dismissed") is False
        assert line.pop(header.index("dismissed")) == "false"
        rest = [name for name in header if name != "dismissed"]
        assert line == ["" if plain[name] is None else str(plain[name]) for name in rest]


def test_unknown_and_empty_are_told_apart_in_jsonl(row: ReportRow) -> None:
    (plain,) = as_jsonl(row._replace(captured_at=None, kind=None))
    assert (plain["captured_at"], plain["kind"], plain["completed_at"]) == (None, None, None)
    assert (plain["note"], plain["row"], plain["attempts"]) == ("", 17, 2)


@pytest.mark.parametrize(
    "value",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        " \nx",
        " =1",
        '"=1',
        "  \xa0=1",
        "\x00=1",
        "＝1",
        "＋1",
        "－1",
        "＠A1",
    ],
)
@pytest.mark.parametrize("column", ["item_barcode", "patron_id", "alma_message", "note"])
def test_a_formula_is_defused(row: ReportRow, column: str, value: str) -> None:
    changed: dict[str, Any] = {column: value}
    _, line = as_csv(row._replace(**changed))
    assert line[COLUMNS.index(column)] == "'" + value.replace("\x00", "")
    assert as_jsonl(row._replace(**changed))[0][column] == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("x;=cmd", "x;'=cmd"),
        ('x; "=cmd"', 'x;\' "=cmd"'),
        ("x\t@SUM(1)", "x\t'@SUM(1)"),
        ("x\n=1\r\n+1", "x\n'=1\r\n'+1"),
        ("\t=1", "'\t'=1"),
        (";;-1", ";;'-1"),
        ("blocked; until 2026-10-01", "blocked; until 2026-10-01"),
    ],
)
def test_a_formula_inside_is_defused_for_whoever_splits_at_semicolons(
    row: ReportRow, value: str, written: str
) -> None:
    _, line = as_csv(row._replace(note=value))
    assert line[COLUMNS.index("note")] == written


@given(st.lists(st.text(";\t\r\n\"', =+-@＝x", max_size=9), min_size=3, max_size=3))
def test_however_a_spreadsheet_splits_a_csv_no_cell_begins_a_formula(
    row: ReportRow, values: list[str]
) -> None:
    barcode, desk, note = values
    file = io.StringIO(newline="")
    write_csv([row._replace(item_barcode=barcode, circ_desk=desk, note=note)], file)
    text = file.getvalue()
    cells = [
        cell
        for separator in ",;\t"
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        for cell in line
    ]
    # And where quotation marks mean nothing.
    cells += [cell for separator in ";\t" for cell in re.split(f"[{separator}\r\n]", text)]
    assert [cell for cell in cells if cell.lstrip(' \xa0"')[:1] in tuple("=+-@＝")] == []


@pytest.mark.parametrize("value", ["", "1-1", "a=b", "24880000100016", "'quoted'", "Müller", "…"])
def test_what_is_no_formula_is_left_as_it_is(row: ReportRow, value: str) -> None:
    assert as_csv(row._replace(note=value))[1][COLUMNS.index("note")] == value


NASTY = [
    'he said "no", and left; twice\t',
    "first\nsecond\r\nthird\rfourth",
    "\x00nul\x00",
    "📚🏳️‍🌈 ﷽ \u202e",
    "\u2028\u2029\x85",
    "x" * 10_000,
    '"',
    "\\",
]


@pytest.mark.parametrize("value", NASTY)
def test_nasty_words_stay_in_their_cell(row: ReportRow, value: str) -> None:
    nasty = row._replace(alma_message=value, source_file=value)
    _, line, after = as_csv(nasty, row)
    assert line[COLUMNS.index("alma_message")] == value.replace("\x00", "")
    assert after == as_csv(row)[1]
    assert [each["alma_message"] for each in as_jsonl(nasty, row)] == [value, row.alma_message]


@given(st.text())
def test_any_text_comes_back(row: ReportRow, value: str) -> None:
    _, line = as_csv(row._replace(note=value))
    cell = line[COLUMNS.index("note")]
    assert cell.replace("'", "") == value.replace("\x00", "").replace("'", "")
    assert as_jsonl(row._replace(note=value))[0]["note"] == value


@pytest.fixture(params=[".csv", ".xlsx", ".html", ".jsonl"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"report{request.param}"


def failing(row: ReportRow, failure: BaseException) -> Iterator[ReportRow]:
    yield row
    raise failure


def test_a_report_is_its_owners_only_and_utf_8(row: ReportRow, path: Path) -> None:
    write_report(path, report(row))
    path.chmod(0o644)
    write_report(path, report(row._replace(note="Müller")))
    assert path.stat().st_mode & 0o777 == 0o600
    if path.suffix in (".csv", ".jsonl"):
        assert "Müller" in path.read_bytes().decode("utf-8")
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("failure", [ValueError("broken"), KeyboardInterrupt()])
def test_an_older_report_survives_a_failure(
    row: ReportRow, path: Path, failure: BaseException
) -> None:
    write_report(path, report(row))
    before = path.read_bytes()
    with pytest.raises(type(failure)):
        write_report(path, Report("main", lambda: failing(row, failure)))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_is_said_in_words(row: ReportRow, path: Path) -> None:
    full = OSError(28, "No space left on device")
    with pytest.raises(ReportError, match="cannot be written: No space left") as raised:
        write_report(path, Report("main", lambda: failing(row, full)))
    assert isinstance(raised.value, AlmaReplayError)
    assert row.patron_id not in str(raised.value)
    assert list(path.parent.iterdir()) == []


def test_an_ending_is_a_format_whatever_its_case(row: ReportRow, tmp_path: Path) -> None:
    write_report(tmp_path / "Report.CSV", report(row))
    assert (tmp_path / "Report.CSV").read_text().startswith("row,captured_at")


@pytest.mark.parametrize("write", [check_report_path, lambda path: write_report(path, report())])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("report.doc", "must end in .csv, .xlsx, .html or .jsonl"),
        ("report", "must end in .csv, .xlsx, .html or .jsonl"),
        ("missing/report.csv", "no such folder"),
        ("folder.csv", "this is a folder"),
    ],
)
def test_a_path_that_cannot_be_written_is_said_before_the_work(
    tmp_path: Path, write: Callable[[Path], None], name: str, words: str
) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ReportError, match=words):
        write(tmp_path / name)


def test_a_prediction_is_shown_as_an_outcome(row: ReportRow) -> None:
    pending = row._replace(outcome=Outcome.PENDING, note="assumed")
    refusal = Result(
        Outcome.PATRON_LIMIT, "401161", "At the limit.", "E03", notes=said("predicted")
    )
    shown = pending.as_if(refusal, UTC)
    assert (shown.outcome, shown.disposition) == (
        Outcome.PATRON_LIMIT,
        Outcome.PATRON_LIMIT.disposition,
    )
    assert (shown.advice, shown.alma_code) == (Outcome.PATRON_LIMIT.advice_before, "401161")
    assert shown.note == "predicted; assumed"
    assert shown.row == row.row
