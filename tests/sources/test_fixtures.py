"""Every captured file among the fixtures: what is read of it, and that no row of it gets lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from almareplay.sources import ClockHours, Codabar, DateOrder, FileRefused, Row, parse_columns
from almareplay.transactions import InvalidRow, Kind, LeftOut, Transaction
from tests.sources.rows_in_files import rows_of

FIXTURES = Path(__file__).parents[2] / "fixtures"
NO_CAPTURES = {"desks.csv"}


class Read(NamedTuple):
    """How many rows of each sort there are, and one row in words, which shows the trap."""

    transactions: int
    invalid: int
    left_out: int
    shows: str
    flags: Mapping[str, object] = {}


class Refused(NamedTuple):
    """Words of the refusal."""

    reason: str
    flags: Mapping[str, object] = {}


LOANS = {"kind": Kind.LOAN, "captured_at": datetime(2026, 9, 14, 9)}  # noqa: DTZ001 - local
NUMBER = "was stored as a number: leading zeros, if it had any, are lost"
NO_TIMES = "the capture has no times: that of --captured-at is taken"
MERGED = "[the value of a merged cell holds for all its rows]"
HIDDEN = "[hidden in the spreadsheet, and read all the same]"
SHOWN = "[the leading zeros are those that the spreadsheet shows]"
SERIAL = "[a serial number of a spreadsheet, read as date and time]"
FIRST, PATRON = "34880000500001", "24880000200014"
LOAN = f"2 loan {FIRST} {PATRON} 09-14 09:01"
CODABAR: dict[str, object] = {"codabar": Codabar.STRIP}
NO_NUMBER = "3 a date, a time or a yes/no stands where the item barcode belongs"
STRUCK = Read(3, 4, 1, "7 cancelled: the row is struck through")
EXPECTED: dict[str, Read | Refused] = {
    "adminer.sql": Read(3, 1, 1, "3 loan O'NEILL-2 jun.sato 09-14 09:04"),
    "am-pm.xlsx": Read(
        5, 1, 1, f"4 loan 34880000500003 {PATRON} 09-14 00:03", {"clock": ClockHours.TWENTY_FOUR}
    ),
    "card-once.csv": Read(
        *(3, 0, 2),
        f"5 loan 34880000500003 {PATRON} 09-14 09:03 "
        "[the patron is that of a row above, as --fill-patron says]",
        {"kind": Kind.LOAN, "fill_patron": True},
    ),
    "further-items.csv": Read(
        5, 0, 1, f"3 loan 34880000500005 {PATRON} 09-14 09:03", {"kind": Kind.LOAN}
    ),
    "german.csv": Read(
        3, 0, 1, f"4 loan 34880000500003 {PATRON} 09-14 09:03 [a renewal, replayed as a loan]"
    ),
    "instants.csv": Read(3, 0, 1, "4 return 34880000500003 09-14 09:03"),
    "japanese.tsv": Read(2, 0, 1, LOAN),
    "lines-not-in-time.dat": Read(4, 3, 0, f"4 loan AB  12 {PATRON} 09-14 09:02"),
    "no-header-tool.tsv": Read(
        *(1, 1, 1),
        "3 a comma that was typed has moved the patron's id into the column of the name",
    ),
    "numbered-items.tsv": Read(6, 0, 1, "3 return 34880000500020 09-14 09:02"),
    "nothing.csv": Read(2, 1, 1, "4 a loan without a patron"),
    "one-scan-a-line.txt": Read(
        *(3, 0, 2),
        f"5 loan 34880000500038 24880000200029 09-14 09:00 "
        f"[the patron is that of the card scanned above; {NO_TIMES}]",
        LOANS,
    ),
    "station.jsonl": Read(3, 2, 4, "8 a loan without a patron"),
    "shifted.csv": Read(2, 2, 1, "4 text stands behind a closing quotation mark"),
    "since-1970.csv": Read(
        2, 0, 1, "3 return 34880000500002 09-14 09:02 [the time is a count of seconds since 1970]"
    ),
    "twelve-hours.csv": Read(
        *(4, 0, 1),
        "4 return 34880000500001 09-14 13:05 "
        "[twelve hours were added to its time, as --clock 12 says]",
        {"clock": ClockHours.TWELVE},
    ),
    "blank-rows.xls": Read(2, 0, 6, f"5 loan {FIRST} {PATRON} 09-14 09:01"),
    "circulation.sqlite": Read(3, 1, 1, "2 loan 35226030011207 25226000101133 09-14 09:08"),
    "codabar.ods": Read(
        *(3, 0, 1),
        "3 return 34880000500002 09-14 09:02 "
        "[the Codabar letters around the item barcode were taken off]",
        CODABAR,
    ),
    "copied-together.dat": Read(3, 0, 1, "2 return BÜCHER-1 09-14 09:02"),
    "cut-off.xlsx": Refused("is a damaged spreadsheet"),
    "date-and-time.xls": Read(2, 0, 1, "3 return 34880000500002 09-14 21:02"),
    "date-order-open.csv": Refused("give --date-order dmy, mdy or ymd"),
    "date-order-settled.csv": Read(3, 0, 1, f"2 loan {FIRST} {PATRON} 09-11 09:01"),
    "evergreen.xacts": Read(
        *(4, 3, 2),
        "4 return 34880000500632 09-12 23:59 "
        "[the clerk dated the return back to this day: taken as the end of it]",
    ),
    "formulas.ods": Read(2, 2, 1, "5 column A shows an error of the spreadsheet (#DIV/0!)"),
    "formulas.xlsx": Read(2, 2, 1, f"3 loan 34880000500002 {PATRON} 09-14 09:02"),
    "header-again.xls": Read(4, 0, 4, "8 return 34880000500004 09-14 09:04"),
    "headers.csv": Read(5, 7, 5, "(note)", CODABAR),
    "hidden.ods": Read(5, 0, 3, f"5 return 34880000500003 09-14 09:03 {HIDDEN}"),
    "hidden.xls": Read(5, 0, 3, f"3 loan 34880000500002 {PATRON} 09-14 09:02 {HIDDEN}"),
    "hidden.xlsx": Read(5, 0, 3, f"2 loan 34880000500005 {PATRON} 09-14 09:05"),
    "kinds.csv": Read(18, 2, 1, "18 return 34880000500016 24880000200014 09-14 09:16"),
    "koha-desktop.koc": Read(4, 4, 3, "6 loan 34880000500525 pryce.m 09-14 09:07"),
    "kolt_2026-09-14_17-30.koc": Read(2, 0, 1, "3 return 34880000500574 09-14 10:29"),
    "leading-zeros.xls": Read(2, 0, 1, "2 loan 0004417701 0001 09-14 09:01"),
    "merged.ods": Read(5, 0, 2, f"3 loan 34880000500002 {PATRON} 09-14 09:02 {MERGED}"),
    "merged.xls": Read(5, 0, 2, f"6 return 34880000500005 09-14 09:05 {MERGED}"),
    "merged.xlsx": Read(5, 0, 2, "7 return 34880000500006 09-15 09:06"),
    "no-header-certain.ods": Read(
        4, 0, 1, f"1 loan 34880000500012 24880000200011 09-14 09:00 [{NO_TIMES}]", LOANS
    ),
    "not-calculated.xlsx": Read(
        *(1, 2, 1),
        "2 column D holds a formula without its value: open the file in a spreadsheet program, "
        "save it there and load that",
    ),
    "numbers.xlsx": Read(
        2, 2, 1, "3 the item barcode was cut by the spreadsheet: it keeps 15 digits of a number"
    ),
    "one-sheet-a-day.ods": Read(
        *(3, 0, 3),
        f"2 loan 34880000500003 {PATRON} 09-15 09:03 [the date is that of the sheet's name]",
    ),
    "one-sheet-a-desk.xlsx": Read(3, 0, 3, "(sheet without barcodes)"),
    "oregon-header.csv": Read(2, 2, 3, "(written out by the capture tool already)"),
    "password.ods": Refused("has a password: save it without one"),
    "password.xls": Refused("has a password: save it without one"),
    "password.xlsx": Refused("has a password: save it without one"),
    "postgres.sql": Read(4, 1, 1, "74 loan O'NEILL-2 jun.sato 09-14 09:04"),
    "postgres-cut-off.sql": Read(3, 3, 1, "23 the line has 8 fields where 9 belong"),
    "scanner-tabs.csv": Read(1, 1, 1, LOAN),
    "scientific.csv": Read(
        *(1, 2, 1),
        "2 the item barcode was cut by a spreadsheet: it has only the first digits of it",
    ),
    "self-check.log": Read(
        8, 14, 12, "7 the self-check asked and the system answered no: it did not happen"
    ),
    "self-check-server.log": Read(
        1, 1, 9, "4 the self-check asked and the system answered no: it did not happen"
    ),
    "self-check-tags.log": Read(
        *(2, 5, 8),
        "12 loan 34880000500350 24880000300139 09-14 08:31 "
        "[the patron was told a due date: 12 October 2026]",
    ),
    "self-check.raw": Read(3, 0, 0, "2 return 34880000500210 09-14 10:02"),
    "semicolons.csv": Read(2, 0, 1, LOAN),
    "serial-numbers.csv": Read(4, 0, 1, f"5 return 34880000500011 09-14 09:05 {SERIAL}"),
    "serial-numbers.xlsx": Read(3, 0, 1, f"{LOAN} {SERIAL}"),
    "several-sheets.xlsx": Read(4, 3, 4, "2 return 34880000400051 09-15 10:01"),
    "sierra-rdy0914": Read(2, 3, 1, "2 return 34880000500715 09-14 09:05"),
    "sqlite-dump.sql": Read(3, 2, 1, "3 loan BÜCHER-7 o'hara 09-14 09:04"),
    "struck.ods": STRUCK,
    "struck.xls": STRUCK,
    "struck.xlsx": STRUCK,
    "swapped.csv": Read(
        *(5, 1, 1),
        "5 item and patron stand in each other's column, by the numbers of the other rows",
    ),
    "tables.sql": Read(6, 3, 2, "2 loan 35226030011207 25226000101133 09-14 09:08"),
    "text-named.xls": Read(1, 0, 1, LOAN),
    "timestamps.ods": Read(3, 0, 1, "4 return 34880000500002 09-15 00:00"),
    "title-and-notes.ods": Read(2, 0, 6, f"5 loan {FIRST} {PATRON} 09-14 09:01"),
    "traps.dat": Read(11, 14, 3, "24 a second transaction stands in the same line", CODABAR),
    "two-columns.xlsx": Read(
        *(3, 0, 0),
        f"1 loan 34880000400010 24880000200010 09-14 09:00 [{NO_TIMES}]",
        {**LOANS, "columns": parse_columns("patron_id=A,item_barcode=B")},
    ),
    "unicode-text.txt": Read(3, 0, 1, "3 return 0004400028 09-14 09:06"),
    "utf-16.tsv": Read(2, 0, 1, "2 loan Ω-17 krüger.a 09-14 09:01"),
    "web-page.xls": Refused("is a web page: open it in a spreadsheet program"),
    "whole-floats.csv": Read(
        1, 1, 1, f"{LOAN} [the item barcode {NUMBER}; the patron id {NUMBER}]"
    ),
    "windows-1252.csv": Read(
        2, 0, 1, "3 return ÉTÉ, 2 09-14 09:02 [not in UTF-8: read as Windows-1252]"
    ),
    "wordings.xlsx": Read(10, 0, 5, f"2 loan 34880000500004 {PATRON} 09-14 09:04"),
    "workbook-named.csv": STRUCK,
    "zeros-quoted.csv": Read(2, 0, 1, "2 loan 0004417701 0000017 09-14 09:01"),
    "zeros-shown.ods": Read(3, 0, 1, f"2 loan 0004417701 {PATRON} 09-14 09:01 {SHOWN}"),
    "zeros-shown.xls": Read(3, 0, 1, f"2 loan 0004417701 {PATRON} 09-14 09:01 {SHOWN}"),
    "zeros-shown.xlsx": Read(
        3, 0, 1, f"3 loan 34880000500002 {PATRON} 09-14 09:02 [the item barcode {NUMBER}]"
    ),
    "other-formats.ods": Read(2, 4, 1, NO_NUMBER),
    "other-formats.xls": Read(3, 3, 1, f"2 return {FIRST} 09-14 09:01 [the item barcode {NUMBER}]"),
    "other-formats.xlsx": Read(3, 3, 1, NO_NUMBER),
    "outage-annex.dat": Read(10, 1, 0, "6 31 September does not exist: 202609310020"),
    "outage-branch.xlsx": Read(7, 1, 5, "8 cancelled: the row is struck through"),
    "outage-main.dat": Read(13, 2, 0, "14 a loan without a patron"),
    "outage-media.dat": Read(9, 1, 0, "5 the kind is S, where L or R belongs"),
    "outage-oregon.csv": Read(8, 0, 1, "1 loan 35226030011207 25226000101133 09-14 09:08"),
}


def test_every_fixture_is_expected() -> None:
    files = {path.name for path in (*FIXTURES.glob("captures/*"), *FIXTURES.glob("outage-*"))}
    assert files - NO_CAPTURES == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_read_of_it(
    name: str, read: Callable[..., list[Row]], seen: Callable[..., list[str]]
) -> None:
    expected = EXPECTED[name]
    path = name if name.startswith("outage-") else f"captures/{name}"
    if isinstance(expected, Refused):
        with pytest.raises(FileRefused, match=expected.reason) as refusal:
            read(path, **expected.flags)
        assert str(refusal.value).startswith(name)
        return
    rows = read(path, **expected.flags)
    counts = [sum(isinstance(row, sort) for row in rows) for sort in (Transaction, InvalidRow)]
    assert [*counts, sum(isinstance(row, LeftOut) for row in rows)] == list(expected[:3])
    assert expected.shows in seen(path, **expected.flags)
    in_the_file = {row.source_row for row in rows if not isinstance(row, LeftOut)}
    if name in ("further-items.csv", "numbered-items.tsv"):  # where one row has several items
        assert len(in_the_file) + expected.left_out == rows_of(FIXTURES / path)
    else:
        assert len(rows) == rows_of(FIXTURES / path)


def test_a_day_month_order_that_the_user_settles(seen: Callable[..., list[str]]) -> None:
    words = seen("captures/date-order-open.csv", date_order=DateOrder.DMY)
    assert words[1] == f"2 loan {FIRST} {PATRON} 09-01 09:01"
    words = seen("captures/date-order-open.csv", date_order=DateOrder.MDY)
    assert words[1] == f"2 loan {FIRST} {PATRON} 01-09 09:01"
