"""Which column is which: headers in any wording, columns that are told, lists without headers."""

from __future__ import annotations

import pytest

from almareplay.outcomes.reasons import all_in_words
from almareplay.sources import FileRefused, parse_columns
from almareplay.sources.tables.rowsort import HEADER as HEADER_ROW
from almareplay.transactions import Kind, LeftOut
from tests.sources.tables.captures import HEADER, OUTAGE, Opened, Read, transactions


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
    assert {all_in_words(row.notes) for row in rows} == {
        "the capture has no times: that of --captured-at is taken"
    }


def test_columns_by_their_headers_in_another_language(read: Read) -> None:
    columns = parse_columns("item_barcode=Strichcode,patron_id=Ausweis,captured_at=1")
    rows = read(
        "Zeit;Ausweis;Strichcode\n2026-09-14 09:05;vale.t;34880000400010\n",
        columns=columns,
        kind=Kind.LOAN,
    )
    assert rows[0] == LeftOut(HEADER_ROW)
    assert [row.patron_id for row in transactions(rows)] == ["vale.t"]


def test_columns_by_letter_below_a_header_in_another_language(read: Read) -> None:
    columns = parse_columns("item_barcode=C,patron_id=B,captured_at=A")
    content = "Zeit;Ausweis;Strichcode\n2026-09-14 09:05;vale.t;34880000400010\n"
    rows = read(content, columns=columns, kind=Kind.LOAN)
    assert rows[0] == LeftOut(HEADER_ROW)
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


def test_rows_above_the_header_are_never_lost(read: Read) -> None:
    content = (
        "2026-09-14 09:04,R,,34880000400010\n" + HEADER + "2026-09-14 09:05,R,,34880000400028\n"
    )
    assert [row.source_row for row in transactions(read(content))] == [1, 3]
