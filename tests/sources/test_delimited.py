"""Delimited text: headers in any wording, and what spreadsheets and people do to rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from almareplay.sources import Codabar, FileRefused, delimited
from almareplay.transactions import Transaction
from tests.sources.tables.captures import HEADER, Opened, Read, reasons, transactions

Seen = Callable[..., list[str]]


def test_a_sheet_of_traps(seen: Seen) -> None:
    assert seen("captures/headers.csv", codabar=Codabar.STRIP) == [
        "(title)",
        "(header)",
        "3 loan 34880000400010 24880000200014 09-14 09:05",
        "4 return 34880000400010 09-14 13:20",
        "(blank line)",
        "(header)",
        "7 loan 34880000400028 krüger.a 09-04 09:07 [not in UTF-8: read as Windows-1252; "
        "the Codabar letters around the item barcode were taken off]",
        "8 loan 34880000400036 24880000200022 09-05 09:08 [a renewal, replayed as a loan; "
        "the item barcode was stored as a number: leading zeros, if it had any, are lost]",
        "9 the item barcode was cut by a spreadsheet: it has only the first digits of it",
        "10 item and patron stand in each other's column, by the numbers of the other rows",
        "11 the kind is neither loan nor return",
        "12 31 September does not exist: 31/09/2026",
        "13 the row has 7 columns where 6 belong",
        "14 a quotation mark is opened and not closed",
        "15 return 34880000400085 09-05 09:15",
        "16 no item barcode",
        "(note)",
    ]


def test_assumptions_are_told_and_counted(opened: Opened) -> None:
    capture = opened("captures/headers.csv", codabar=Codabar.STRIP)
    list(capture.rows())
    assert capture.assumptions == [
        "the header tells the columns: date B, time C, kind D, patron id E, item barcode F",
        "the date column has its dates as day, month, year: one of them allows no other order",
        "1 row: not in UTF-8: read as Windows-1252",
        "1 row: the Codabar letters around the item barcode were taken off",
        "1 row: a renewal, replayed as a loan",
        "1 row: the item barcode was stored as a number: leading zeros, if it had any, are lost",
    ]


def test_excels_unicode_text_with_its_own_places(read: Read) -> None:
    rows = transactions(read("captures/unicode-text.txt"))
    assert [(row.item_barcode, row.library, row.circ_desk) for row in rows] == [
        ("0004400010", "MAIN", "DEFAULT_CIRC_DESK"),
        ("0004400028", "MAIN", "DEFAULT_CIRC_DESK"),
        ("0004400036", "MAIN", "DEFAULT_CIRC_DESK"),
    ]
    assert [row.captured_at.second for row in rows] == [12, 0, 31]
    assert all(row.has_seconds for row in rows)


def test_a_row_without_its_own_place_where_none_is_given(read: Read) -> None:
    rows = read("captures/unicode-text.txt", library=None, circ_desk=None)
    assert reasons(rows) == ["no library in the row, and --library was not given"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(read: Read, delimiter: str) -> None:
    text = f"{HEADER}2026-09-14 09:05,L,24880000200014,34880000400010\n".replace(",", delimiter)
    assert len(transactions(read(text))) == 1


def test_a_cell_of_several_lines_is_one_row(read: Read) -> None:
    content = (
        "Timestamp,Type,Note,Barcode\n"
        '2026-09-14 09:05,R,"cover torn,\nsee ""Box 3""",34880000400010\n'
        "2026-09-14 09:06,R,,34880000400028\n"
    )
    rows = transactions(read(content))
    assert [(row.item_barcode, row.source_row) for row in rows] == [
        ("34880000400010", 2),
        ("34880000400028", 4),
    ]


def test_a_stray_quotation_mark_swallows_no_other_row(read: Read) -> None:
    content = (
        "Timestamp,Type,Title,Barcode\n"
        '2026-09-14 09:05,R,"Hamlet,34880000400010\n'
        "2026-09-14 09:06,R,Lear,34880000400028\n"
        '2026-09-14 09:07,R,Macbeth",34880000400036\n'
    )
    rows = read(content)
    assert reasons(rows) == ["a quotation mark is opened and not closed"]
    assert [row.source_row for row in rows if isinstance(row, Transaction)] == [3, 4]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("3.30312E+13", "was cut by a spreadsheet: it has only the first digits"),
        ("3,30312E+13", "was cut by a spreadsheet: it has only the first digits"),
        ("34880000400010000", "was cut by a spreadsheet, it seems: all its digits after the 15th"),
        ('"34880000400010\n34880000400028"', "holds a tab or line break"),
        ("B\ufffdCHER", "holds characters that cannot be read"),
        ("9" * 256, "has more than 255 characters"),
    ],
)
def test_item_barcodes_that_cannot_be_used(read: Read, item: str, reason: str) -> None:
    content = f"Type;Barcode;Timestamp\nR;{item};2026-09-14 09:05\n"
    assert len(rows := reasons(read(content))) == 1
    assert reason in rows[0]


def test_long_barcodes_of_which_some_end_in_no_zeros_are_whole(read: Read) -> None:
    content = (
        HEADER + "2026-09-14 09:05,R,,3488000040001230\n2026-09-14 09:05,R,,3488000040001231\n"
    )
    assert len(transactions(read(content))) == 2


def test_names_in_place_of_ids_are_refused(opened: Opened) -> None:
    content = "Timestamp,Type,Patron,Barcode\n2026-09-14 09:05,L,Vale Tamsin,34880000400010\n"
    with pytest.raises(
        FileRefused, match="has names in column C, where patron ids belong"
    ) as caught:
        opened(content)
    assert "Vale" not in str(caught.value)


def test_no_reason_quotes_a_patron_id(read: Read) -> None:
    content = (
        HEADER
        + "24880000200014,L,2026-09-14 09:05,34880000400010\n"
        + "2026-09-14 09:05,24880000200014,L,34880000400010\n"
        + "2026-09-14 09:05,L,2.488E+13,34880000400010\n"
        + "2026-09-14 09:05,R,,34880000400010\n"
    )
    invalid = reasons(read(content))
    assert len(invalid) == 3
    assert not any("2488" in reason or "2.488" in reason for reason in invalid)


def test_a_file_is_read_once(opened: Opened, tmp_path: Path) -> None:
    capture = opened(f"{HEADER}2026-09-14 09:01,Loan,24880000200014,34880000400010\n")
    (tmp_path / "capture").write_text("another file by now\n")
    assert [row.item_barcode for row in transactions([*capture.rows()])] == ["34880000400010"]
    assert capture.progress == 1.0


@pytest.mark.parametrize("kept", [0, 500, 1000])
def test_a_file_too_large_to_be_kept_is_read_again(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(delimited, "KEPT", kept)
    lines = [f"2026-09-14 09:0{n},Return,,3488000040001{n}\n" for n in range(8)]
    capture = opened(HEADER + "".join(lines))
    read = transactions([*capture.rows()])
    assert [row.item_barcode[-1] for row in read] == [*"01234567"]
    assert [row.source_row for row in read] == [*range(2, 10)]
    assert capture.progress == 1.0
