"""Identifiers: what is taken off them, and what is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.sources import Capture, Codabar, FileRefused, Row
from almareplay.sources.identifiers import (
    Identifier,
    NeedsFlagError,
    Scanner,
    bare,
    read_identifier,
    read_identifier_cell,
)
from almareplay.sources.identifiers.damages import DAMAGES
from almareplay.sources.times.datetimes import Cell
from almareplay.transactions import InvalidRow, Transaction

ITEM, PATRON = "39424000101011", "29424000200013"
"""Numbers with right check digits."""

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
    assert read_identifier(raw, "x") == Identifier(text, note)


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
    assert read_identifier(raw, "x", scanner) == Identifier(text, note)
    assert read_identifier_cell(raw, "x", scanner) == Identifier(text, note)


@pytest.mark.parametrize("cell", [934880, 934880.0, "934880.0"])
def test_numbers_of_a_spreadsheet_have_the_prefix_too(cell: Cell) -> None:
    assert read_identifier_cell(cell, "x", Scanner("9", "")) == (
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
    assert "each other's column" in rows[-1].reason


def undone(raw: str, *, spreadsheet: bool = True) -> tuple[str, str]:
    """The text and the note of what is read; nothing may be wrong with it."""
    text, note, problem = (read_identifier_cell if spreadsheet else read_identifier)(raw, "x")
    assert problem == ""
    return text, note


def refused(raw: str, *, spreadsheet: bool = True) -> str:
    """Why it is not read."""
    text, note, problem = (read_identifier_cell if spreadsheet else read_identifier)(raw, "x")
    assert (text, note) == ("", "")
    return problem


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
    assert read_identifier(raw, "x", strip) == (raw[1:-1], CODABAR, "")
    assert read_identifier(raw, "x", keep) == (raw, "", "")


@pytest.mark.parametrize("raw", [f"A{ITEM}", f"{ITEM}B", "AXB", "A12B", "A1-2B", "u0045871"])
def test_letters_that_are_not_of_codabar_stay(raw: str) -> None:
    assert undone(raw) == (raw, "")


def test_letters_that_belong_to_the_numbers_stay_even_where_a_check_digit_fits() -> None:
    keep = Scanner(codabar=Codabar.KEEP)
    assert read_identifier(f"A{ITEM}B", "x", keep) == (f"A{ITEM}B", "", "")


BLANKS = "the blanks or signs between the digits of x were taken out"


@pytest.mark.parametrize(
    "raw",
    [
        "3 9424 00010 1011",
        "3942 4000 1010 11",
        "3 9424\u00a000010\u00a01011",
        "39 424 000 101 011",
        "39,424,000,101,011",
        "39.424.000.101.011",
        "39’424’000’101’011",
    ],
)
def test_groups_of_digits_are_one_number_by_its_check_digit(raw: str) -> None:
    assert undone(raw) == (ITEM, BLANKS)


@pytest.mark.parametrize("raw", ["3 9424 00010 1016", "2488 0000 40", "12 34"])
def test_groups_of_digits_without_a_check_digit_are_refused(raw: str) -> None:
    for spreadsheet in (True, False):
        assert refused(raw, spreadsheet=spreadsheet) == (
            "x has blanks between its digits: is it one number, or are they several?"
        )


SEVERAL = "x holds several numbers: two scans in one field?"


@pytest.mark.parametrize(
    "raw",
    [
        "39424000101011, 39424000101029",
        "39424000101011;39424000101029;39424000101037",
        "39424000101011 39424000101029",
        "39424000101011 / 39424000101029",
        "3942400010101139424000101029",
        "3942400010101139424000101024",
        "12345678901234567890" * 2,
        "294240002294240002",
        "EQ-17, EQ-18",
        "AB1;AB2",
    ],
)
def test_several_in_one_field_are_refused(raw: str) -> None:
    assert refused(raw) == SEVERAL
    assert read_identifier(raw, "x").problem == SEVERAL


@pytest.mark.parametrize("raw", ["A+B 12", "AB  123", "ÉTÉ, 2", "4000123400056780", "7" * 80])
def test_signs_that_may_stand_in_one_number(raw: str) -> None:
    assert undone(raw) == (raw, "")


STRIPE = "x was taken from the text of a magnetic stripe"


@pytest.mark.parametrize(
    "raw",
    [
        f";{PATRON}?",
        f";{PATRON}=2912101000000000?",
        f"%B{PATRON}^EXAMPLE/ALEX^29121010000000000?",
        f"%{PATRON}?",
        f"%B{PATRON}^EXAMPLE/ALEX^2912?;{PATRON}=2912?",
        f"%B{PATRON}^EXAMPLE/ALEX^2912?;{PATRON}=2912?:",
        f"+{PATRON}?",
    ],
)
def test_of_a_stripe_the_number_stays(raw: str) -> None:
    assert undone(raw) == (PATRON, STRIPE)


@pytest.mark.parametrize(
    "raw",
    [
        f"%B{PATRON}^EXAMPLE/ALEX^2912",
        f"%B{PATRON}^EXAMPLE/ALEX^2912?;{ITEM}=2912?",
        f"{PATRON}^EXAMPLE/ALEX^2912?",
        "%BALEX^EXAMPLE/ALEX^2912?",
        f";{PATRON}=",
    ],
)
def test_a_stripe_that_is_not_whole_is_refused(raw: str) -> None:
    assert refused(raw) == (
        "x is the text of a magnetic stripe, of which the number cannot be told"
    )


@pytest.mark.parametrize("raw", ["%E?", ";E?", "%E?;E?"])
def test_a_stripe_that_was_not_read(raw: str) -> None:
    assert refused(raw) == "the card reader could not read the stripe: x is missing"


LAYOUT = "the digits of x were typed with another keyboard layout"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("éç'é'àààéààà&\"", PATRON),
        ("\"ç'é'ààà&à&à&&", ITEM),
        ("FCàéàè", "FC0207"),
        ('Q&é"à', "A1230"),
        ("éçèéèàààéààà&ç", "29727000200019"),
        ("ABéç!é§à", "QB298260"),
        ("Yšéříě", "Z30592"),
        ("EQà&éà", "EA0120"),
    ],
)
def test_digits_of_another_keyboard(raw: str, text: str) -> None:
    assert undone(raw) == (text, LAYOUT)


@pytest.mark.parametrize(
    "raw", ["éééé", "FCàé-B", "ABCDEFéàç", "Mà&é", "'__àààà(ààà_", "éç'é'àààéàààà"]
)
def test_two_keyboards_or_none(raw: str) -> None:
    assert "typed with another keyboard layout, it seems" in refused(raw)


@pytest.mark.parametrize("raw", ["rené", "hélène", "ÉTÉ-2", "krüger.a", "çelik", "žižka.j"])
def test_letters_with_accents_stay(raw: str) -> None:
    assert undone(raw) == (raw, "")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("٣٩٤٢٤٠٠٠", "39424000"),
        ("３９４２", "3942"),
        ("ＥＱ－７", "EQ-7"),
        ("३९४", "394"),
        ("A၁၂", "A12"),
    ],
)
def test_digits_of_other_scripts_and_widths(raw: str, text: str) -> None:
    assert undone(raw) == (text, "the digits of x were of another script, or of full width")


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\u200e", "\u2060", "\ufeff", "\u202c"])
def test_signs_of_no_width(sign: str) -> None:
    assert undone(f"3942{sign}4000") == ("39424000", "signs of no width were taken out of x")
    assert undone(f"{sign}39424000{sign}") == ("39424000", "")


@pytest.mark.parametrize(
    "raw",
    [
        *("****0015", "XXXX", "XXXXXXXXXX0015", "2942XXXX0015", "<hidden>", "[redacted]"),
        *("••••15", "...0015", "29…15", "######", "xxx15", "(not shown)", "Redacted", "??????"),
    ],
)
def test_masks_are_refused(raw: str) -> None:
    assert refused(raw) == "x is masked: some of it is hidden"


def test_an_apostrophe_that_keeps_a_text_a_text() -> None:
    assert undone(f"'{ITEM}") == (ITEM, "the apostrophe before x was taken off")
    assert undone("'EQ-7") == ("EQ-7", "the apostrophe before x was taken off")
    assert undone("'EQ-7", spreadsheet=False) == ("'EQ-7", "")


ALL_DIGITS = (
    "x was a number in scientific notation with all of its digits: leading zeros, if it had any, "
    "are lost"
)
CUT = "x was cut by a spreadsheet: it has only the first digits of it"


@pytest.mark.parametrize(
    "raw", ["3.9424000101011E+13", "3,9424000101011e+13", "3.9424000101011E13"]
)
def test_a_number_in_scientific_notation_with_all_digits(raw: str) -> None:
    assert undone(raw) == (ITEM, ALL_DIGITS)


@pytest.mark.parametrize(
    "raw", ["3.94E+13", "3.942400010101E+13", "4E+13", "3,9424000101011672E+16"]
)
def test_a_number_in_scientific_notation_that_is_cut(raw: str) -> None:
    assert refused(raw) == CUT


@pytest.mark.parametrize("raw", ["3E05", "1E5", "12E03", "E+13"])
def test_numbers_with_an_e_of_their_own(raw: str) -> None:
    assert undone(raw) == (raw, "")


@pytest.mark.parametrize(
    "raw",
    ["12:34", "837120012000288:00:00", "2026-09-14T09:05:00Z", "9:05 pm", "12:34:56.7"],
)
def test_a_time_of_day_or_a_duration(raw: str) -> None:
    assert refused(raw) == "a date, a time of day or a duration stands where x belongs"
    assert undone(raw, spreadsheet=False) == (raw, "")


@pytest.mark.parametrize("raw", ["TRUE", "false", "Wahr", "FAUX"])
def test_a_yes_or_no(raw: str) -> None:
    assert refused(raw) == "a yes/no stands where x belongs"


@pytest.mark.parametrize(
    "raw", ["51000.0", "3.9424000101011E+13", "=A1234", "4000123400056780", "12.500.300", "TRUE"]
)
def test_what_no_spreadsheet_has_touched_is_not_suspected(raw: str) -> None:
    assert undone(raw, spreadsheet=False) == (raw, "")


@pytest.mark.parametrize("raw", ["-----", "'(-", "$%&", "_"])
def test_neither_letters_nor_digits(raw: str) -> None:
    assert "neither letters nor digits" in refused(raw)


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
    assert row.reason.startswith(SAME)


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


damaged = st.one_of(
    st.text(),
    st.text("0123456789ABXx*éà&\"'(-è_ç;%^=?.,: E+"),
    st.builds("{}{}{}".format, st.text(max_size=2), st.sampled_from([ITEM, PATRON]), st.text()),
)


@given(damaged, st.text(max_size=3), st.text(max_size=3), st.sampled_from([None, *Codabar]))
def test_what_is_read_is_read_again_as_the_same(
    raw: str, prefix: str, suffix: str, codabar: Codabar | None
) -> None:
    scanner = Scanner(bare(prefix), bare(suffix), codabar)
    try:
        text, note, problem = read_identifier(raw, "x", scanner)
    except NeedsFlagError:
        assert codabar is None
        return
    assert not (text and problem)
    if text and not problem:
        kept = iter(raw)
        assert note or all(sign in kept for sign in text), "nothing changes without a word"
        assert read_identifier(text, "x", Scanner(codabar=Codabar.KEEP)).problem == "" or note


@given(damaged)
def test_no_note_and_no_problem_quotes_it(raw: str) -> None:
    try:
        _, note, problem = read_identifier(raw, "§")
    except NeedsFlagError as error:
        note, problem = str(error), ""
    known = "".join(damage.words for damage in DAMAGES)
    assert all(words.strip("; ").replace("§", "{what}") in known for words in (problem,))
    assert all(words.replace("§", "{what}") in known for words in note.split("; "))


def test_two_cells_that_ran_into_one_bring_no_name_into_the_row(
    read: Callable[..., list[Row]],
) -> None:
    """A delimiter is missing: what follows stands one cell too far to the left."""
    *_, row = read(
        "Timestamp,Type,Barcode,Title,Patron ID,Name,Saved\n"
        f'2026-09-14 09:00,Loan,{ITEM}"The lamp",{PATRON},"Vanterpool",\n'
    )
    assert isinstance(row, InvalidRow)
    assert "quotation mark: have two cells run into one?" in row.reason
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
