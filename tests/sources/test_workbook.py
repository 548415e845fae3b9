"""Spreadsheets: sheets, real dates, numbers where text belongs, cancelled rows."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]  # it comes without types
import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it comes without types

from almareplay.sources import (
    Capture,
    FileRefused,
    ReadingOptions,
    Row,
    open_capture,
    parse_columns,
)
from almareplay.transactions import InvalidRow, Kind, LeftOut, Transaction

Seen = Callable[..., list[str]]
Opened = Callable[..., Capture]
Options = Callable[..., ReadingOptions]

NUMBER = "the item barcode was stored as a number: leading zeros, if it had any, are lost"
OUTAGE = datetime(2026, 9, 14, 9)  # noqa: DTZ001 - local to the setting


def test_a_desk_with_everything_in_its_columns(seen: Seen) -> None:
    assert seen("outage-branch.xlsx", library=None, circ_desk=None) == [
        "(title)",
        "(blank line)",
        "(header)",
        "4 loan 34880000300012 24880000100016 09-14 09:20",
        "5 loan 0004417703 24880000100016 09-14 09:21",
        "6 return 34880000300020 09-14 09:52",
        "7 loan 34880000300038 tamsin.vale 09-14 10:07",
        "8 cancelled: the row is struck through",
        "9 return 0004417703 09-14 10:40",
        "10 loan 34880000300053 24880000100057 09-14 10:48 [a renewal, replayed as a loan]",
        f"11 return 34880000300012 09-14 11:15 [{NUMBER}]",
        "(blank line)",
        "(note)",
    ]


def test_several_sheets(seen: Seen, opened: Opened) -> None:
    of_name = "the date is that of the sheet's name"
    assert seen("captures/several-sheets.xlsx") == [
        "(blank line)",
        "(header)",
        f"3 loan 34880000400010 24880000200014 09-14 09:05 [{of_name}; {NUMBER}]",
        "4 the item barcode was cut by the spreadsheet: it keeps 15 digits of a number",
        f"5 return 0004400028 09-14 09:07 [{of_name}]",
        "6 cancelled: the row is struck through",
        "7 struck through in part: cancelled, or corrected?",
        "(header)",
        "2 return 34880000400051 09-15 10:01",
        "3 return 34880000400052 09-15 10:02",
        "(sheet without barcodes)",
    ]
    rows = [
        row for row in opened("captures/several-sheets.xlsx").rows() if isinstance(row, Transaction)
    ]
    assert [(row.source_file, row.has_seconds) for row in rows] == [
        ("several-sheets.xlsx#2026-09-14", True),
        ("several-sheets.xlsx#2026-09-14", False),
        ("several-sheets.xlsx#Tuesday", False),
        ("several-sheets.xlsx#Tuesday", False),
    ]


def test_one_sheet_of_several(opened: Opened) -> None:
    capture = opened("captures/several-sheets.xlsx", sheet="tuesday")
    assert len(list(capture.rows())) == 3
    with pytest.raises(FileRefused, match="has no sheet 'Friday'; its sheets are: Read me, 2026-0"):
        opened("captures/several-sheets.xlsx", sheet="Friday")
    with pytest.raises(FileRefused, match=r"several-sheets\.xlsx#Read me: has no header row"):
        opened("captures/several-sheets.xlsx", sheet="Read me")


def test_two_columns_and_nothing_else(seen: Seen, opened: Opened) -> None:
    with pytest.raises(FileRefused, match=r"two-columns\.xlsx#Sheet1: has no header row"):
        opened("captures/two-columns.xlsx")
    note = "[the capture has no times: that of --captured-at is taken]"
    flags = {
        "columns": parse_columns("patron_id=A,item_barcode=B"),
        "kind": Kind.LOAN,
        "captured_at": OUTAGE,
    }
    assert seen("captures/two-columns.xlsx", **flags) == [
        f"{number + 1} loan 3488000040001{number} 2488000020001{number} 09-14 09:00 {note}"
        for number in range(3)
    ]


def test_cells_of_every_type(tmp_path: Path, options: Options) -> None:
    path = tmp_path / "types.xlsx"
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["Date", "Time", "Type", "Barcode", "Desk"])
    day, clock = date(2026, 9, 14), time(9, 5)
    for item in (12.5, True, clock, 10**15, -1, 999999999999999, "0012", "=1/0", 12):
        sheet.append([day, clock, "In", item, 3])
    sheet.append([day, 0.5, "In", "0013", "A"])
    sheet.append([date(1999, 1, 1), clock, "In", "0014", "A"])
    workbook.save(path)
    rows = list(open_capture(path, options()).rows())
    assert [row.reason for row in rows if isinstance(row, InvalidRow)] == [
        "the item barcode is a number with a decimal point",
        "a date, a time or a yes/no stands where the item barcode belongs",
        "a date, a time or a yes/no stands where the item barcode belongs",
        "the item barcode was cut by the spreadsheet: it keeps 15 digits of a number",
        "the item barcode was cut by the spreadsheet: it keeps 15 digits of a number",
        "no item barcode",
        "a number stands where the date and time belong",
        "the year 1999 cannot be right",
    ]
    read = [row for row in rows if isinstance(row, Transaction)]
    assert [row.item_barcode for row in read] == ["999999999999999", "0012", "12"]
    assert {row.circ_desk for row in read} == {"3"}


def test_a_stray_cell_in_the_last_corner_is_refused(tmp_path: Path, options: Options) -> None:
    path = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Desk")
        sheet.write_row(0, 0, ["Barcode"])
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(FileRefused, match="reaches down to row 1048576 and out to column 16384"):
        open_capture(path, options())


def test_sheets_that_begin_elsewhere(tmp_path: Path, options: Options) -> None:
    path = tmp_path / "elsewhere.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Desk")
        sheet.write_row(4, 2, ["2026-09-14 9:05", "34880000400010"])
    flags = parse_columns("captured_at=C,item_barcode=D")
    (row,) = (
        row
        for row in open_capture(path, options(columns=flags, kind=Kind.RETURN)).rows()
        if not isinstance(row, LeftOut)
    )
    assert row.source_row == 5


@pytest.mark.parametrize("name", ["desk.xls", "desk.ods", "desk.csv", "desk.dat", "desk"])
def test_the_name_does_not_decide(name: str, tmp_path: Path, options: Options) -> None:
    path = tmp_path / name
    shutil.copy(Path(__file__).parents[2] / "fixtures" / "outage-branch.xlsx", path)
    capture = open_capture(path, options())
    assert capture.format == "spreadsheet (xlsx)"
    assert sum(isinstance(row, Transaction) for row in capture.rows()) == 7


def test_opendocument_spreadsheets(tmp_path: Path, options: Options) -> None:
    cells = (
        "<table:table-row>{}</table:table-row>".format(
            "".join(
                f"<table:table-cell {value}><text:p>{text}</text:p></table:table-cell>"
                for value, text in row
            )
        )
        for row in (
            [('office:value-type="string"', head) for head in ("Timestamp", "Type", "Barcode")],
            [
                ('office:value-type="date" office:date-value="2026-09-14T09:05:00"', "9:05"),
                ('office:value-type="string"', "In"),
                ('office:value-type="string"', "0004417703"),
            ],
        )
    )
    path = tmp_path / "desk.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr(
            "content.xml",
            "<office:document-content"
            ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
            ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
            ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
            '<office:body><office:spreadsheet><table:table table:name="Desk">'
            + "".join(cells)
            + "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    capture = open_capture(path, options())
    assert capture.format == "spreadsheet (ods)"
    (row,) = (row for row in capture.rows() if isinstance(row, Transaction))
    assert (row.item_barcode, row.captured_at.hour) == ("0004417703", 9)
    assert row.source_file == "desk.ods#Desk"


def test_empty_spreadsheets_and_other_archives(tmp_path: Path, options: Options) -> None:
    path = tmp_path / "file.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet("Desk")
    with pytest.raises(FileRefused, match="is empty"):
        open_capture(path, options())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("desk.dat", "202609140901R1")
    with pytest.raises(FileRefused, match="is a zip archive and no spreadsheet: unpack it first"):
        open_capture(path, options())


def test_headers_only(tmp_path: Path, options: Options) -> None:
    path = tmp_path / "unused.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet("Desk").write_row(0, 0, ["Date", "Type", "Patron ID", "Barcode"])
    rows: list[Row] = list(open_capture(path, options()).rows())
    assert rows == [LeftOut("header")]
