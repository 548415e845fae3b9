"""Tables as people lay them out: several items of a patron, cards above items, no header."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from almareplay.outcomes.reasons import in_words
from almareplay.sources import Capture, FileRefused, Row, parse_columns
from almareplay.transactions import InvalidRow, Kind, Transaction

Read = Callable[..., list[Row]]
Opened = Callable[..., Capture]

BEGAN = datetime(2026, 9, 14, 9)  # noqa: DTZ001 - local to the setting
ANNA, BEN = "24880000200014", "24880000200022"
BOOKS = [f"348800004000{number}" for number in (10, 28, 36, 44, 51)]
LOANS = {"kind": Kind.LOAN, "captured_at": BEGAN}


def lent(rows: list[Row]) -> list[tuple[str, str]]:
    """Item and patron of each transaction."""
    return [(row.item_barcode, row.patron_id) for row in rows if isinstance(row, Transaction)]


def reasons(rows: list[Row]) -> list[str]:
    return [in_words(row.reason) for row in rows if isinstance(row, InvalidRow)]


@pytest.mark.parametrize(
    "header",
    [
        "Time,Card,Item barcode,Item barcode 2,Item barcode 3",
        "Time,Card,Barcode,Barcode,Barcode",
        "Time,Card,Item 1,Item 2,Item 3",
        "Time,Card,Item barcode,,",
        "Zeit,Ausweis,Buch,Buch,Buch",
    ],
)
def test_items_to_the_right_are_rows_of_their_own(read: Read, header: str) -> None:
    content = (
        f"{header}\n2026-09-14 9:02,{ANNA},{BOOKS[0]},{BOOKS[1]},{BOOKS[2]}\n"
        f"2026-09-14 9:05,{BEN},{BOOKS[3]},,{BOOKS[4]}\n"
    )
    rows = read(content, kind=Kind.LOAN)
    patrons = [ANNA, ANNA, ANNA, BEN, BEN]
    assert lent(rows) == list(zip(BOOKS, patrons, strict=True))


def test_a_tab_scanner_that_walks_beyond_the_header(read: Read) -> None:
    content = f"Card\tItem\n{ANNA}\t{BOOKS[0]}\t{BOOKS[1]}\n{BEN}\t{BOOKS[2]}\n"
    assert lent(read(content, **LOANS)) == [
        (BOOKS[0], ANNA),
        (BOOKS[1], ANNA),
        (BOOKS[2], BEN),
    ]


def test_a_column_of_items_under_another_name_is_asked_for(opened: Opened, read: Read) -> None:
    content = f"Time,Card,Item,Replaces\n2026-09-14 9:02,{ANNA},{BOOKS[0]},{BOOKS[1]}\n"
    with pytest.raises(FileRefused, match=r"item barcodes in column D \(replaces\) as well"):
        opened(content, kind=Kind.LOAN)
    both = read(content, kind=Kind.LOAN, columns=parse_columns("item_barcode=C+D"))
    assert lent(both) == [(BOOKS[0], ANNA), (BOOKS[1], ANNA)]
    one = opened(content, kind=Kind.LOAN, columns=parse_columns("ignore=D"))
    assert lent(list(one.rows())) == [(BOOKS[0], ANNA)]
    assert "not read: column D (replaces)" in one.assumptions


@pytest.mark.parametrize(
    ("header", "cell", "sentence"),
    [
        ("Came back", "2026-09-15 9:00", "has times in column E (came back) as well"),
        ("Guarantor", BEN, "has patron ids in column E (guarantor) as well"),
    ],
)
def test_a_filled_column_that_may_matter_is_not_passed_over(
    opened: Opened, header: str, cell: str, sentence: str
) -> None:
    content = f"Time,Card,Item,Title,{header}\n2026-09-14 9:02,{ANNA},{BOOKS[0]},Emma,{cell}\n"
    with pytest.raises(FileRefused) as refused:
        opened(content, kind=Kind.LOAN)
    assert sentence in str(refused.value)
    assert BEN not in str(refused.value)


def test_a_due_date_and_a_title_are_left_aside_in_words(opened: Opened) -> None:
    capture = opened(
        f"Time,Card,Item,Title,Due date\n2026-09-14 9:02,{ANNA},{BOOKS[0]},Emma,2026-10-05\n",
        kind=Kind.LOAN,
    )
    assert lent(list(capture.rows())) == [(BOOKS[0], ANNA)]
    assert "not read: columns D (title), E (due date)" in capture.assumptions


def test_a_card_scanned_once_for_the_items_below_it(opened: Opened, read: Read) -> None:
    content = (
        f"Time,Card,Item\n2026-09-14 9:02,{ANNA},{BOOKS[0]}\n,,{BOOKS[1]}\n"
        f"2026-09-14 9:05,{BEN},\n,,{BOOKS[2]}\n,,\n2026-09-14 9:06,,{BOOKS[3]}\n"
    )
    capture = opened(content, kind=Kind.LOAN)
    assert lent(list(capture.rows())) == [(BOOKS[0], ANNA)]
    assert any("give --fill-patron" in words for words in capture.assumptions)
    rows = read(content, kind=Kind.LOAN, fill_patron=True)
    assert lent(rows) == [(BOOKS[0], ANNA), (BOOKS[1], ANNA), (BOOKS[2], BEN)]
    assert reasons(rows) == ["a loan without a patron"]  # a blank line ended what Ben took


def test_returns_among_filled_rows_get_no_patron(read: Read) -> None:
    content = (
        f"Time,Type,Card,Item\n2026-09-14 9:02,Out,{ANNA},{BOOKS[0]}\n"
        f"2026-09-14 9:03,In,,{BOOKS[1]}\n2026-09-14 9:04,Out,,{BOOKS[2]}\n"
    )
    rows = read(content, fill_patron=True)
    assert lent(rows) == [(BOOKS[0], ANNA), (BOOKS[1], ""), (BOOKS[2], ANNA)]


def test_one_scan_a_line_with_certain_numbers(read: Read, opened: Opened) -> None:
    cards = ["24880000200014", "24880000200022"]
    items = ["34880000500012", "34880000500020", "34880000500038"]
    assert [number for number in (*cards, *items) if number] and (
        lent(read("\n".join((cards[0], items[0])) + "\n", **LOANS, card_prefix="2488"))
        == [(items[0], cards[0])]
    )
    certain = "24880000000015\n34880000500012\n34880000500020\n24880000000023\n34880000500038\n"
    assert lent(read(certain, **LOANS)) == [
        ("34880000500012", "24880000000015"),
        ("34880000500020", "24880000000015"),
        ("34880000500038", "24880000000023"),
    ]
    for columns in ({}, {"item_barcode": "A"}):
        with pytest.raises(FileRefused, match="has patrons' cards in column A"):
            opened(certain, kind=Kind.RETURN, captured_at=BEGAN, columns=columns)


def test_one_scan_a_line_that_is_not_certain_needs_the_cards_prefix(
    opened: Opened, read: Read
) -> None:
    content = "u1001\nB77\nB78\nu1002\nB79\n"
    with pytest.raises(FileRefused, match="give --card-prefix with the first digits"):
        opened(content, **LOANS)
    assert lent(read(content, **LOANS, card_prefix="u")) == [
        ("B77", "u1001"),
        ("B78", "u1001"),
        ("B79", "u1002"),
    ]


def test_cards_and_items_with_their_times(read: Read) -> None:
    content = (
        "Timestamp,Barcode\n2026-09-14 9:02,24880000000015\n2026-09-14 9:03,34880000500012\n"
        "2026-09-14 9:10,24880000000023\n2026-09-14 9:11,34880000500020\n"
    )
    rows = read(content, kind=Kind.LOAN)
    assert lent(rows) == [
        ("34880000500012", "24880000000015"),
        ("34880000500020", "24880000000023"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "MAIN\t2026-03-03 10:00:01\tL\t34880000400010\t\t24880000200014\tNULL\t1\n"
        "MAIN\t2026-09-14 09:02:05\tL\t34880000400028\t\t24880000200014\tNULL\t0\n"
        "MAIN\t2026-09-14 09:03:10\tR\t34880000400036\tNULL\tNULL\tNULL\t\\0\n",
        "sci;20260303100001;L;34880000400010;PS 1;24880000200014;Gray Gil;1\n"
        "sci;20260914090205;L;34880000400028;PS 2;24880000200014;Gray Gil;0\n"
        "sci;20260914090310;R;34880000400036;;;;0\n",
    ],
)
def test_a_tools_table_without_a_header(read: Read, content: str) -> None:
    rows = read(content)
    assert lent(rows) == [(BOOKS[1], ANNA), (BOOKS[2], "")]
    assert not reasons(rows)
    assert "Gray" not in str(rows)


def test_a_cell_that_is_also_an_abbreviation_makes_no_header(read: Read) -> None:
    content = f"{ANNA},{BOOKS[0]},B\n{BEN},{BOOKS[1]},A\n{ANNA},{BOOKS[2]},In\n"
    rows = read(content, columns=parse_columns("patron_id=A,item_barcode=B"), **LOANS)
    assert lent(rows) == [(BOOKS[0], ANNA), (BOOKS[1], BEN), (BOOKS[2], ANNA)]


def test_saved_is_a_column_that_can_be_named(read: Read) -> None:
    content = f"{ANNA},{BOOKS[0]},1\n{BEN},{BOOKS[1]},0\n"
    columns = parse_columns("patron_id=A,item_barcode=B,saved=C")
    assert lent(read(content, columns=columns, **LOANS)) == [(BOOKS[1], BEN)]


@pytest.mark.parametrize(
    "row",
    [
        '2026-09-14 09:12:00,L,34880000400010,"Foxes, 2nd ed.",2001,24880000200014,0',
        '2026-09-14 09:12:00,L,34880000400010,"Owls",and bats,24880000200014,0',
    ],
)
def test_an_id_that_slipped_into_the_column_of_names(read: Read, row: str) -> None:
    header = "library,timestamp,return_or_loan,item_barcode,item_callnumber,patron_barcode,"
    good = f"MAIN,2026-09-14 09:13:00,L,{BOOKS[1]},PS 1,{ANNA},,0\n"
    rows = read(f"{header}patron_name,saved\nMAIN,{row}\n{good}")
    assert lent(rows) == [(BOOKS[1], ANNA)]
    (reason,) = reasons(rows)
    assert "the patron's id into the column of the name" in reason or "closing" in reason
    assert "bats" not in str(rows)
