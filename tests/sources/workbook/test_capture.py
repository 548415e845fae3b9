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

from almareplay.outcomes.reasons import all_in_words, in_words
from almareplay.sources import (
    Capture,
    FileRefused,
    ReadingOptions,
    Row,
    open_capture,
    parse_columns,
)
from almareplay.sources.tables.rowsort import HEADER as HEADER_ROW
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
    assert [in_words(row.reason) for row in rows if isinstance(row, InvalidRow)] == [
        "the item barcode is a number with a decimal point",
        "a date, a time or a yes/no stands where the item barcode belongs",
        "a date, a time or a yes/no stands where the item barcode belongs",
        "the item barcode was cut by the spreadsheet: it keeps 15 digits of a number",
        "the item barcode was cut by the spreadsheet: it keeps 15 digits of a number",
        "column D holds a formula without its value: open the file in a spreadsheet program, "
        "save it there and load that",
        "the year 1999 cannot be right",
    ]
    read = [row for row in rows if isinstance(row, Transaction)]
    assert [row.item_barcode for row in read] == ["999999999999999", "0012", "12", "0013"]
    assert [row.circ_desk for row in read] == ["3", "3", "3", "A"]
    assert (read[-1].captured_at.hour, all_in_words(read[-1].notes)) == (
        12,
        "a serial number of a spreadsheet, read as date and time",
    )


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
    shutil.copy(Path(__file__).parents[3] / "fixtures" / "outage-branch.xlsx", path)
    capture = open_capture(path, options())
    assert capture.format == "spreadsheet (xlsx)"
    assert sum(isinstance(row, Transaction) for row in capture.rows()) == 7


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
    assert rows == [LeftOut(HEADER_ROW)]


def written(path: Path, rows: list[list[object]], **settings: object) -> Path:
    """A spreadsheet with one sheet; numbers are written without a format."""
    with xlsxwriter.Workbook(path, settings) as workbook:
        sheet = workbook.add_worksheet("Desk")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


def test_the_days_of_old_macintosh_workbooks(tmp_path: Path, options: Options) -> None:
    path = tmp_path / "mac.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as workbook:
        moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet = workbook.add_worksheet("Desk")
        sheet.write_row(0, 0, ["Timestamp", "In/Out", "Barcode"])
        sheet.write_datetime(1, 0, OUTAGE, moment)
        sheet.write_row(1, 1, ["In", "34880000400010"])
        sheet.write_row(2, 0, [44817.375, "In", "34880000400028"])
    rows = [row for row in open_capture(path, options()).rows() if isinstance(row, Transaction)]
    assert [f"{row.captured_at:%Y-%m-%d %H:%M}" for row in rows] == ["2026-09-14 09:00"] * 2


def test_one_other_number_and_none_is_a_serial_number(tmp_path: Path, options: Options) -> None:
    rows: list[list[object]] = [
        ["Timestamp", "In/Out", "Barcode"],
        ["2026-09-14 9:00", "In", "34880000400010"],
        [46279.375, "In", "34880000400028"],
        [1234567, "In", "34880000400036"],
    ]
    path = written(tmp_path / "desk.xlsx", rows)
    reasons = [
        in_words(row.reason)
        for row in open_capture(path, options()).rows()
        if isinstance(row, InvalidRow)
    ]
    assert reasons == ["a number stands where the date and time belong"] * 2


def test_a_rule_that_can_strike_rows_through(tmp_path: Path, options: Options) -> None:
    path = tmp_path / "rule.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Desk")
        sheet.write_row(0, 0, ["Timestamp", "In/Out", "Barcode", "Cancelled"])
        sheet.write_row(1, 0, ["2026-09-14 9:00", "In", "34880000400010", "x"])
        struck = workbook.add_format({"font_strikeout": True})
        rule = {"type": "formula", "criteria": '=$D1="x"', "format": struck}
        sheet.conditional_format("A1:D9", rule)
    capture = open_capture(path, options())
    assert any(words.startswith("a rule for how cells look") for words in capture.assumptions)


def test_library_barcodes_tell_patron_and_item_only_where_all_do(
    tmp_path: Path, options: Options
) -> None:
    flags = options(kind=Kind.LOAN, captured_at=OUTAGE)
    certain: list[list[object]] = [
        ["34880000500012", "24880000200011"],
        ["34880000500020", "24880000200029"],
    ]
    rows = list(open_capture(written(tmp_path / "certain.xlsx", certain), flags).rows())
    assert [row.patron_id for row in rows if isinstance(row, Transaction)] == [
        "24880000200011",
        "24880000200029",
    ]
    odd_rows: list[list[object]] = [
        ["34880000500013", "24880000200011"],
        ["24880000200011", "34880000500012"],
        ["x"],
    ]
    for odd in odd_rows:
        path = written(tmp_path / "open.xlsx", [*certain, odd])
        with pytest.raises(FileRefused, match="has no header row"):
            open_capture(path, flags)


def test_binary_workbooks_are_refused(tmp_path: Path, options: Options) -> None:
    path = tmp_path / "desk.xlsb"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.bin", b"")
    with pytest.raises(FileRefused, match=r"is a binary workbook \(\.xlsb\).*: save it as \.xlsx"):
        open_capture(path, options())


def test_the_three_formats_say_the_same(seen: Seen) -> None:
    for name in ("struck", "hidden", "merged"):
        words = [seen(f"captures/{name}.{form}") for form in ("xlsx", "ods", "xls")]
        assert words[0] == words[1] == words[2]


def test_what_is_hidden_is_said(opened: Opened) -> None:
    capture = opened("captures/hidden.xls")
    list(capture.rows())
    said = " | ".join(capture.assumptions)
    assert "column C, the patron id, is hidden" in said
    assert "2 rows: hidden in the spreadsheet" in said
    assert "Morning: the sheet is hidden" in said
