"""Delimited text: headers in any wording, and what spreadsheets and people do to rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from almareplay.sources import (
    Capture,
    Codabar,
    DateOrder,
    FileRefused,
    Row,
    delimited,
    parse_columns,
)
from almareplay.transactions import InvalidRow, Kind, LeftOut, Transaction

Read = Callable[..., list[Row]]
Seen = Callable[..., list[str]]
Opened = Callable[..., Capture]

HEADER = "Timestamp,Type,Patron ID,Item Barcode\n"
OUTAGE = datetime(2026, 9, 14, 9)  # noqa: DTZ001 - local to the setting


def transactions(rows: list[Row]) -> list[Transaction]:
    assert all(isinstance(row, Transaction | LeftOut) for row in rows), rows
    return [row for row in rows if isinstance(row, Transaction)]


def reasons(rows: list[Row]) -> list[str]:
    return [row.reason for row in rows if isinstance(row, InvalidRow)]


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


@pytest.mark.parametrize(
    "header",
    [
        "Timestamp,Loan or Return,Patron ID,Item Barcode",
        "Date/Time,In/Out,Borrower,Barcode",
        "DATETIME,CI/CO,Card #,Item",
        "timestamp,return_or_loan,patron_barcode,item_barcode",
        '"Date and time","Type","User barcode","Book"',
        "date,action,library card no.,item id",
    ],
)
def test_headers_in_any_wording(read: Read, header: str) -> None:
    rows = transactions(read(f"{header}\n2026-09-14 09:05,Out,24880000200014,34880000400010\n"))
    assert [row[:5] for row in rows] == [
        (Kind.LOAN, rows[0].captured_at, False, "34880000400010", "24880000200014")
    ]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        *(("L", Kind.LOAN), ("Check-out", Kind.LOAN), ("CO", Kind.LOAN), ("issued", Kind.LOAN)),
        *(("r", Kind.RETURN), ("Checked in", Kind.RETURN), ("CI", Kind.RETURN)),
        *(("Returned", Kind.RETURN), ("discharge", Kind.RETURN)),
    ],
)
def test_kinds_in_any_wording(read: Read, word: str, kind: Kind) -> None:
    rows = transactions(read(f"{HEADER}2026-09-14 09:05,{word},24880000200014,34880000400010\n"))
    assert [row.kind for row in rows] == [kind]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(read: Read, delimiter: str) -> None:
    text = f"{HEADER}2026-09-14 09:05,L,24880000200014,34880000400010\n".replace(",", delimiter)
    assert len(transactions(read(text))) == 1


def test_a_headerless_list_asks_for_its_columns_kind_and_time(opened: Opened, read: Read) -> None:
    content = "24880000200014,34880000400010\nvale.t,34880000400028\n"
    columns = parse_columns("patron_id=A,item_barcode=2")
    with pytest.raises(FileRefused, match="as in --columns patron_id=A,item_barcode=B"):
        opened(content)
    with pytest.raises(FileRefused, match=r"give --kind loan .* It also has no times: give --capt"):
        opened(content, columns=columns)
    with pytest.raises(FileRefused, match="has no times: give --captured-at"):
        opened(content, columns=columns, kind=Kind.LOAN)
    rows = transactions(read(content, columns=columns, kind=Kind.LOAN, captured_at=OUTAGE))
    assert [(row.patron_id, row.item_barcode) for row in rows] == [
        ("24880000200014", "34880000400010"),
        ("vale.t", "34880000400028"),
    ]
    assert {row.captured_at.isoformat() for row in rows} == {"2026-09-14T09:00:00-07:00"}
    assert {row.note for row in rows} == {
        "the capture has no times: that of --captured-at is taken"
    }


def test_columns_by_their_headers_in_another_language(read: Read) -> None:
    columns = parse_columns("item_barcode=Strichcode,patron_id=Ausweis,captured_at=1")
    rows = read(
        "Zeit;Ausweis;Strichcode\n2026-09-14 09:05;vale.t;34880000400010\n",
        columns=columns,
        kind=Kind.LOAN,
    )
    assert rows[0] == LeftOut("header")
    assert [row.patron_id for row in transactions(rows)] == ["vale.t"]


def test_columns_by_letter_below_a_header_in_another_language(read: Read) -> None:
    columns = parse_columns("item_barcode=C,patron_id=B,captured_at=A")
    content = "Zeit;Ausweis;Strichcode\n2026-09-14 09:05;vale.t;34880000400010\n"
    rows = read(content, columns=columns, kind=Kind.LOAN)
    assert rows[0] == LeftOut("header")
    assert len(transactions(rows)) == 1


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ("item_barcode=G", "has no column 'G'"),
        ("item_barcode=Scan", "has no column 'Scan'"),
        (
            "item_barcode=C",
            "says that item_barcode is column C, but its header says that it is pat",
        ),
    ],
)
def test_columns_that_cannot_be(opened: Opened, columns: str, sentence: str) -> None:
    with pytest.raises(FileRefused, match=sentence):
        opened(HEADER + "2026-09-14 09:05,L,vale.t,3488\n", columns=parse_columns(columns))


def test_two_columns_for_one_field_are_asked_for(opened: Opened, read: Read) -> None:
    content = "Timestamp,Type,Barcode,Barcode\n2026-09-14 09:05,L,vale.t,34880000400010\n"
    with pytest.raises(FileRefused, match="more than one column can be the item barcode"):
        opened(content)
    columns = parse_columns("patron_id=C,item_barcode=D")
    assert len(transactions(read(content, columns=columns))) == 1


def test_a_file_without_kinds(opened: Opened, read: Read) -> None:
    content = "Timestamp,Barcode\n2026-09-14 09:05,34880000400010\n"
    with pytest.raises(FileRefused, match="give --kind loan or --kind return"):
        opened(content)
    with pytest.raises(FileRefused, match="has loans but no column for the patron"):
        opened(content, kind=Kind.LOAN)
    assert [row.kind for row in transactions(read(content, kind=Kind.RETURN))] == [Kind.RETURN]


def test_a_column_type_that_is_no_kind(opened: Opened) -> None:
    capture = opened(
        "Timestamp,Type,Barcode\n2026-09-14 09:05,DVD,34880000400010\n", kind=Kind.RETURN
    )
    assert len(transactions(list(capture.rows()))) == 1
    assert "column B holds no loans or returns: left aside" in capture.assumptions


def test_a_rows_own_kind_wins_over_the_flag(read: Read) -> None:
    content = (
        HEADER + "2026-09-14 09:05,R,,34880000400010\n2026-09-14 09:06,,vale.t,34880000400028\n"
    )
    rows = transactions(read(content, kind=Kind.LOAN))
    assert [(row.kind, row.note) for row in rows] == [
        (Kind.RETURN, ""),
        (Kind.LOAN, "the row does not say loan or return: --kind is taken"),
    ]
    assert reasons(read(content)) == ["neither loan nor return is said"]


def test_the_order_of_day_and_month(opened: Opened, read: Read) -> None:
    def content(*days: str) -> str:
        return HEADER + "".join(f"{day} 9:05,R,,3488000040001{i}\n" for i, day in enumerate(days))

    for days in (("04/09/2026",), ("04/09/2026", "14/09/2026", "09/14/2026")):
        with pytest.raises(FileRefused, match="give --date-order dmy, mdy or ymd"):
            opened(content(*days))
    assert [
        row.captured_at.day for row in transactions(read(content("04/09/2026", "14/09/2026")))
    ] == [
        4,
        14,
    ]
    assert transactions(read(content("9/9/2026")))[0].captured_at.month == 9
    order = {"date_order": DateOrder.MDY}
    assert transactions(read(content("04/09/2026"), **order))[0].captured_at.month == 4
    assert reasons(read(content("14/09/2026"), **order)) == ["there is no month 14: 14/09/2026"]


def test_times_without_dates(opened: Opened, read: Read) -> None:
    content = "Time,Type,Barcode\n9:05,R,34880000400010\n8:55,R,34880000400028\n"
    with pytest.raises(FileRefused, match="has no dates: give --captured-at"):
        opened(content)
    rows = read(content, captured_at=OUTAGE)
    assert isinstance(rows[1], Transaction)
    assert rows[1].captured_at.isoformat() == "2026-09-14T09:05:00-07:00"
    assert rows[1].note == "the capture has no dates: that of --captured-at is taken"
    assert reasons(rows) == ["the time is before that of --captured-at: which day?"]


def test_dates_without_times_keep_their_days(read: Read) -> None:
    content = "Date,Type,Barcode\n2026-09-14,R,34880000400010\n2026-09-15,R,34880000400028\n"
    rows = transactions(read(content, captured_at=OUTAGE))
    assert [row.captured_at.isoformat()[:16] for row in rows] == [
        "2026-09-14T09:00",
        "2026-09-15T09:00",
    ]


def test_a_row_without_time_in_a_file_with_times(read: Read) -> None:
    content = HEADER + "2026-09-14 09:05,R,,34880000400010\n,R,,34880000400028\n"
    assert reasons(read(content, captured_at=OUTAGE)) == ["no captured time"]


def test_seconds_that_are_always_zero_are_none(read: Read) -> None:
    content = (
        HEADER + "2026-09-14 09:05:00,R,,34880000400010\n2026-09-14 09:06:00,R,,34880000400028\n"
    )
    assert not any(row.has_seconds for row in transactions(read(content)))


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


def test_rows_above_the_header_are_never_lost(read: Read) -> None:
    content = (
        "2026-09-14 09:04,R,,34880000400010\n" + HEADER + "2026-09-14 09:05,R,,34880000400028\n"
    )
    assert [row.source_row for row in transactions(read(content))] == [1, 3]


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
