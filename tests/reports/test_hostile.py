"""Texts that mean harm do none in any format, and are not lost."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]  # it comes without types
import pytest

from almareplay.outcomes import FineRow, PullRow, ReportRow
from almareplay.reports import Report, write_list, write_report
from almareplay.reports.dat import UnwritableRow, dat_line, write_dat
from tests.reports.reading import (
    HOSTILE,
    canonical,
    csv_rows,
    html_rows,
    in_csv,
    in_xlsx,
    jsonl_rows,
    sheet,
    xlsx_rows,
)

AT = datetime(2026, 9, 14, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def rows(row: ReportRow) -> list[ReportRow]:
    """A row of each text, which stands wherever captures, Alma or staff can put one."""
    columns = [
        *("item_barcode", "patron_id", "library", "circ_desk", "source_file", "alma_code"),
        *("alma_message", "tracking_id", "loan_id", "destination", "note"),
    ]
    changed: list[dict[str, Any]] = [
        {"row": n, **dict.fromkeys(columns, text)} for n, text in enumerate(HOSTILE, start=1)
    ]
    return [row._replace(**each) for each in changed]


@pytest.fixture(scope="module")
def whole(rows: list[ReportRow]) -> Report:
    pulls = [
        PullRow(text, text, text, text, text, text, AT, text, n, text, text)
        for n, text in enumerate(HOSTILE, start=1)
    ]
    fines = [
        FineRow(n, text, text, text, AT, AT, Decimal("1.50"), text, text, None, *([text] * 4))
        for n, text in enumerate(HOSTILE, start=1)
    ]
    return Report("<script>=1+1", lambda: rows, pulls, fines)


def test_csv_holds_them_as_texts(whole: Report, rows: list[ReportRow], tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    write_report(path, whole)
    read = csv_rows(path)
    assert read == [canonical(row, in_csv) for row in rows]
    begins = {each["patron_id"].lstrip(" \xa0")[:1] for each in read}
    assert begins.isdisjoint("=+-@\t\r\n＝")


def test_json_lines_hold_them_as_they_are(whole: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.jsonl"
    write_report(path, whole)
    assert [each["patron_id"] for each in jsonl_rows(path)] == HOSTILE


def test_xlsx_holds_them_as_texts(whole: Report, rows: list[ReportRow], tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    write_report(path, whole)
    assert xlsx_rows(path) == [canonical(row, in_xlsx) for row in rows]
    shown = [in_xlsx(text) for text in HOSTILE]
    for name, column in {"To do": "patron_id", "Pull list": "title", "Fines": "advice"}.items():
        header, *lines = sheet(path, name)
        assert [line[header.index(column)] for line in lines] == shown
    assert_nothing_runs(path)


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".jsonl"])
def test_lists_hold_them_as_texts(whole: Report, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"fines{ending}"
    write_list(path, whole.fines, FineRow._fields)
    read: Sequence[str]
    if ending == ".xlsx":
        assert_nothing_runs(path)
        header, *lines = sheet(path, "Fines")
        assert {line[header.index("amount")] for line in lines} == {1.5}
        read = [line[header.index("patron_id")] for line in lines]
        assert read == [in_xlsx(text) for text in HOSTILE]
    else:
        read = [each["patron_id"] for each in (csv_rows, jsonl_rows)[ending == ".jsonl"](path)]
        assert read == (HOSTILE if ending == ".jsonl" else [in_csv(text) for text in HOSTILE])


def assert_nothing_runs(path: Path) -> None:
    """No cell of a workbook is a formula or a link, and nothing in it leads out of it."""
    book = openpyxl.load_workbook(path)
    cells = [cell for each in book for line in each.iter_rows() for cell in line]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "n", "d", "b"}
    assert [cell for cell in cells if cell.hyperlink] == []
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            assert not re.search(r"externalLink|sheet\d+\.xml\.rels|vba|comments", name)
            xml = parts.read(name).decode("utf-8")
            assert not re.search(r"<f[ >/]|<hyperlink|TargetMode|<script|<svg|<img", xml)


def test_html_holds_them_without_markup(
    whole: Report, rows: list[ReportRow], tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    write_report(path, whole)
    assert html_rows(path) == [canonical(row) for row in rows]
    page = path.read_text("utf-8")
    for text in ("<script>alert", "<script>=1", "<img src", "<svg onload", "<r>", "\u202e"):
        assert text not in page


@pytest.mark.parametrize("text", HOSTILE)
def test_dat_holds_what_reads_back_and_refuses_the_rest(
    row: ReportRow, tmp_path: Path, text: str
) -> None:
    try:
        line = dat_line(row._replace(patron_id=text))
    except UnwritableRow as refusal:
        assert text not in str(refusal) or len(text) == 1
        assert len(text) > 255 or text.strip() != text or not text.isprintable()
    else:
        path = tmp_path / "outage.dat"
        write_dat(path, [line])
        assert path.read_bytes().decode("utf-8") == f"{line.text}\r\n"
        assert line.text[93:] == text
