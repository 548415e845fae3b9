"""Identifiers that something has damaged: mended where it is certain, refused where it is not."""

from __future__ import annotations

import pytest

from tests.sources.identifiers.examples import ITEM, refused, undone

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
    assert refused(raw, spreadsheet=False) == SEVERAL


@pytest.mark.parametrize("raw", ["A+B 12", "AB  123", "ÉTÉ, 2", "4000123400056780", "7" * 80])
def test_signs_that_may_stand_in_one_number(raw: str) -> None:
    assert undone(raw) == (raw, "")


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
