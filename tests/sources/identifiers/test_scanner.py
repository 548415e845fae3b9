"""What a scanner adds to a number: taken off where it is certain or told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from almareplay.outcomes.reasons import in_words
from almareplay.sources import Capture, Codabar, FileRefused, Row
from almareplay.sources.identifiers import (
    NeedsFlagError,
    Scanner,
    read_identifier,
    read_identifier_cell,
)
from almareplay.sources.times.datetimes import Cell
from almareplay.transactions import Transaction
from tests.sources.identifiers.examples import ITEM, said, undone

AIM = "the scanner's code identifier before x was taken off"
CODABAR = "the Codabar letters around x were taken off"
NUMBER = "x was stored as a number: leading zeros, if it had any, are lost"
PREFIX = "the scanner's prefix before x was taken off"
SUFFIX = "the scanner's suffix after x was taken off"


@pytest.mark.parametrize(
    ("raw", "text", "note"),
    [
        (" 0034880\u00a0\t", "0034880", ""),
        ("]A034880", "34880", AIM),
        ("]C1EQ-CAMERA-03", "EQ-CAMERA-03", AIM),
        (f"]F0A{ITEM}B", ITEM, f"{AIM}; {CODABAR}"),
        ("]C0 34880", "34880", AIM),
        ("]C13488", "]C13488", ""),
        ("]34880000", "]34880000", ""),
        ("[C134880", "[C134880", ""),
        ("%34880%", "%34880%", ""),
    ],
)
def test_what_is_certain_is_taken_off(raw: str, text: str, note: str) -> None:
    assert said(read_identifier(raw, "x")) == (text, note, "")


@pytest.mark.parametrize(
    ("scanner", "raw", "text", "note"),
    [
        (Scanner("%", "?"), "%34880?", "34880", f"{PREFIX}; {SUFFIX}"),
        (Scanner("%", "?"), "34880", "34880", ""),
        (Scanner("%", "?"), "%34880", "34880", PREFIX),
        (Scanner("%", ""), "% ]A034880", "34880", f"{PREFIX}; {AIM}"),
        (Scanner("9", ""), "934880", "34880", PREFIX),
        (Scanner("", "00"), "3488000", "34880", SUFFIX),
        (Scanner("b", ""), "B34880", "B34880", ""),
        (Scanner("%", "%"), "%%", "", f"{PREFIX}; {SUFFIX}"),
        (Scanner("%", "%"), "%", "", PREFIX),
    ],
)
def test_what_is_told_is_taken_off(scanner: Scanner, raw: str, text: str, note: str) -> None:
    assert said(read_identifier(raw, "x", scanner)) == (text, note, "")
    assert said(read_identifier_cell(raw, "x", scanner)) == (text, note, "")


@pytest.mark.parametrize("cell", [934880, 934880.0, "934880.0"])
def test_numbers_of_a_spreadsheet_have_the_prefix_too(cell: Cell) -> None:
    assert said(read_identifier_cell(cell, "x", Scanner("9", ""))) == (
        "34880",
        f"{NUMBER}; {PREFIX}",
        "",
    )


TABLE = "Timestamp,Type,Patron,Barcode\n2026-09-14 09:00,Loan,924880,934880\n"
DAT = f"202609140900L{'934880':<80}924880\n"
SIP2 = f"11YY20260914    090000{' ' * 18}AO|AA924880|AB934880|AC|\n"


@pytest.mark.parametrize("content", [TABLE, DAT, SIP2])
def test_every_format_knows_the_scanner(content: str, opened: Callable[..., Capture]) -> None:
    capture = opened(content, scanner_prefix="9")
    (row,) = (row for row in capture.rows() if isinstance(row, Transaction))
    assert (row.item_barcode, row.patron_id) == ("34880", "24880")
    assert "1 row: the scanner's prefix before the item barcode was taken off" in (
        capture.assumptions
    )
    (row,) = (row for row in opened(content).rows() if isinstance(row, Transaction))
    assert (row.item_barcode, row.patron_id) == ("934880", "924880")


def test_mixed_up_columns_are_seen_behind_a_prefix(read: Callable[..., list[Row]]) -> None:
    rows = read(
        "Timestamp,Type,Patron,Barcode\n"
        + "".join(f"2026-09-14 09:0{n},Loan,%2488{n},%34880{n}\n" for n in range(4))
        + "2026-09-14 09:05,Loan,%348805,%24885\n",
        scanner_prefix="%",
    )
    assert not isinstance(rows[-1], Transaction)
    assert "each other's column" in in_words(rows[-1].reason)


@pytest.mark.parametrize("letters", ["AB", "ad", "tn", "T*", "eE", "**", "cn"])
def test_codabar_letters_go_where_the_check_digit_is_right(letters: str) -> None:
    start, stop = letters[0], letters[1]
    assert undone(f"{start}{ITEM}{stop}") == (ITEM, CODABAR)
    assert undone(f"{start} {ITEM} {stop}") == (ITEM, CODABAR)


@pytest.mark.parametrize("raw", ["A39424000101016B", "a1234567d", "E123E", "*555*"])
def test_other_codabar_letters_are_asked_for(raw: str) -> None:
    with pytest.raises(NeedsFlagError, match=r"^x has a letter .* --codabar strip .* keep"):
        read_identifier(raw, "x")
    strip, keep = Scanner(codabar=Codabar.STRIP), Scanner(codabar=Codabar.KEEP)
    assert said(read_identifier(raw, "x", strip)) == (raw[1:-1], CODABAR, "")
    assert said(read_identifier(raw, "x", keep)) == (raw, "", "")


@pytest.mark.parametrize("raw", [f"A{ITEM}", f"{ITEM}B", "AXB", "A12B", "A1-2B", "u0045871"])
def test_letters_that_are_not_of_codabar_stay(raw: str) -> None:
    assert undone(raw) == (raw, "")


def test_letters_that_belong_to_the_numbers_stay_even_where_a_check_digit_fits() -> None:
    keep = Scanner(codabar=Codabar.KEEP)
    assert said(read_identifier(f"A{ITEM}B", "x", keep)) == (f"A{ITEM}B", "", "")


@pytest.mark.parametrize("content", [TABLE, DAT])
def test_a_file_is_asked_for_the_flag_as_a_whole(
    content: str, opened: Callable[..., Capture]
) -> None:
    content += content.splitlines()[-1].replace("934880", "A9348B0C") + "\n"
    asked = content.replace("A9348B0C", "A934880C")
    with pytest.raises(FileRefused, match=r"^capture: the item barcode has a letter before"):
        list(opened(asked).rows())
    for flag, text in ((Codabar.STRIP, "934880"), (Codabar.KEEP, "A934880C")):
        *_, row = opened(asked, codabar=flag).rows()
        assert isinstance(row, Transaction)
        assert row.item_barcode == text
