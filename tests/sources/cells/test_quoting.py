"""Quotation marks and delimiters that are wrong: no cell ends up in another column."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from almareplay.outcomes.reasons import all_in_words, in_words
from almareplay.sources import Row
from almareplay.transactions import InvalidRow, Transaction

Read = Callable[..., list[Row]]

HEADER = "Timestamp,Type,Title,Item barcode,Patron barcode,Note\n"
GOOD = "2026-09-14 09:00,Loan,Lear,34880000400028,24880000200014,\n"


def only(rows: list[Row]) -> Transaction | InvalidRow:
    """The row that is not GOOD."""
    found = [row for row in rows if isinstance(row, Transaction | InvalidRow)]
    return next(row for row in found if row.source_row == 3)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2026-09-14 09:01,Loan,Emma, a novel,34880000400010,24880000200022,", "7 columns where 6"),
        ('2026-09-14 09:01,Loan,"N,34880000400010,"N,24880000200022', "behind a closing quotation"),
        ('2026-09-14 09:01,Loan,"Emma"s",34880000400010,24880000200022,', "behind a closing"),
        ('2026-09-14 09:01,Return,"Emma,34880000400010",24880000200022,', "5 columns where 6"),
        ('2026-09-14 09:01,Loan,"Emma,34880000400010,24880000200022,', "opened and not closed"),
        ("2026-09-14 09:01,Return,Emma,34880000400010,,,,", "8 columns where 6"),
    ],
)
def test_a_line_that_may_have_slipped_is_no_transaction(read: Read, line: str, reason: str) -> None:
    rows = read(HEADER + GOOD + line + "\n" + GOOD)
    row = only(rows)
    assert isinstance(row, InvalidRow)
    assert reason in in_words(row.reason)
    assert sum(isinstance(row, Transaction) for row in rows) == 2


@pytest.mark.parametrize(
    "title",
    [
        r'"The \"Great\", part 2"',
        '"The ""Great"", part 2"',
        '"Foxes, owls" ',
        'A 5" disk',
        '"x",'[:3],
    ],
)
def test_a_title_that_is_quoted_right_shifts_nothing(read: Read, title: str) -> None:
    line = f"2026-09-14 09:01,Loan,{title},34880000400010,24880000200022,\n"
    row = only(read(HEADER + GOOD + line))
    assert isinstance(row, Transaction), row
    assert (row.item_barcode, row.patron_id) == ("34880000400010", "24880000200022")


def test_a_mark_in_a_cell_between_tabs_is_a_sign_like_any_other(read: Read) -> None:
    header, good = (line.replace(",", "\t") for line in (HEADER, GOOD))
    line = '2026-09-14 09:01\tLoan\t"Emma\t34880000400010\t24880000200022\t\n'
    row = only(read(header + good + line))
    assert isinstance(row, Transaction)
    assert row.item_barcode == "34880000400010"


@pytest.mark.parametrize(
    "nothing", ["NULL", "null", r"\N", "nan", "NaN", "None", "n/a", "#N/A", "(null)", "<NA>", "--"]
)
def test_words_for_nothing_are_no_patron_and_no_item(read: Read, nothing: str) -> None:
    loan, back, without = (
        only(read(f"{HEADER}{GOOD}2026-09-14 09:01,{kind},{nothing},{item},{nothing},{nothing}\n"))
        for kind, item in (
            ("Loan", "34880000400010"),
            ("Return", "34880000400010"),
            ("In", nothing),
        )
    )
    assert isinstance(loan, InvalidRow) and in_words(loan.reason) == "a loan without a patron"
    assert isinstance(back, Transaction) and back.patron_id == ""
    assert isinstance(without, InvalidRow) and in_words(without.reason) == "no item barcode"


@pytest.mark.parametrize("name", ["Otis Example", "Example, Otis"])
def test_a_name_in_the_place_of_an_id_is_kept_nowhere(read: Read, name: str) -> None:
    line = f'2026-09-14 09:01,Loan,Emma,34880000400010,"{name}",\n'
    row = only(read(HEADER + GOOD + line + GOOD * 2))
    assert isinstance(row, InvalidRow)
    assert "words stand where the patron id belongs" in in_words(row.reason)
    assert "Otis" not in str(row)


def test_one_number_for_item_and_patron(read: Read) -> None:
    line = "2026-09-14 09:01,Loan,Emma,24880000200014,24880000200014,\n"
    row = only(read(HEADER + GOOD + line))
    assert isinstance(row, InvalidRow)
    assert "the same number" in in_words(row.reason)


def test_text_that_was_encoded_twice(read: Read) -> None:
    twice = "BÜCHER-1".encode().decode("cp1252")
    row = only(read(f"{HEADER}{GOOD}2026-09-14 09:01,Return,,{twice},,\n"))
    assert isinstance(row, Transaction)
    assert row.item_barcode == "BÜCHER-1"
    assert "encoded twice" in all_in_words(row.notes)
