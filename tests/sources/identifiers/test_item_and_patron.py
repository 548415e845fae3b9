"""Item and patron of one row: the same number, or two that ran into one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from almareplay.outcomes.reasons import in_words
from almareplay.sources import Row
from almareplay.transactions import InvalidRow, Transaction
from tests.sources.identifiers.examples import ITEM, PATRON

SAME = "item and patron are the same number"


@pytest.mark.parametrize(
    "content",
    [
        f"Timestamp,Type,Patron,Barcode\n2026-09-14 09:00,Loan,{PATRON},A{PATRON}B\n",
        "Timestamp,Type,Patron,Barcode\n2026-09-14 09:00,Loan,eq-7,EQ-7\n",
        f"202609140900L{ITEM:<80}{ITEM}\n",
        f"202609140900R{ITEM:<80};{ITEM}?\n",
    ],
)
def test_the_same_number_as_item_and_patron(content: str, read: Callable[..., list[Row]]) -> None:
    *_, row = read(content)
    assert isinstance(row, InvalidRow)
    assert in_words(row.reason).startswith(SAME)


def test_two_cells_that_ran_into_one_bring_no_name_into_the_row(
    read: Callable[..., list[Row]],
) -> None:
    """A delimiter is missing: what follows stands one cell too far to the left."""
    *_, row = read(
        "Timestamp,Type,Barcode,Title,Patron ID,Name,Saved\n"
        f'2026-09-14 09:00,Loan,{ITEM}"The lamp",{PATRON},"Vanterpool",\n'
    )
    assert isinstance(row, InvalidRow)
    assert "quotation mark: have two cells run into one?" in in_words(row.reason)
    assert "Vanterpool" not in row


def test_an_item_of_two_in_one_line_is_no_patron(read: Callable[..., list[Row]]) -> None:
    """Nobody quoted the comma between two items: the second one stands where the patron belongs."""
    rows = read(
        "Timestamp,Type,Barcode,Patron ID\n"
        f"2026-09-14 09:00,Loan,{ITEM}, 39424000101029,{PATRON}\n"
        f"2026-09-14 09:01,Loan,39424000101037,{PATRON}\n"
        "2026-09-14 09:02,Loan,39424000101045,29424000200021\n"
    )
    loans = [(row.item_barcode, row.patron_id) for row in rows if isinstance(row, Transaction)]
    assert (ITEM, "39424000101029") not in loans
    assert loans[-2:] == [("39424000101037", PATRON), ("39424000101045", "29424000200021")]


def test_a_delimiter_too_many_lends_to_no_title(read: Callable[..., list[Row]]) -> None:
    rows = read(
        "Timestamp,Type,Barcode,Title,Patron ID,Name,Saved\n"
        f'2026-09-14 09:00,Loan,{ITEM},,"1984",{PATRON},"Quill",\n'
        f'2026-09-14 09:01,Loan,39424000101029,"",{PATRON},"Quill",\n'
    )
    assert [row.source_row for row in rows if isinstance(row, Transaction)] == [3]
    assert not any("Quill" in row for row in rows)
