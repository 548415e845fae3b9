"""The `.dat` file: its columns, and everything that goes wrong with them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from almareplay.outcomes.reasons import all_in_words, in_words
from almareplay.sources import Capture, Codabar, FileRefused, Row
from almareplay.transactions import InvalidRow, Kind, LeftOut, Reason, Transaction

Read = Callable[..., list[Row]]


def line(stamp: str, kind: str, item: str, patron: str = "", end: str = "\r\n") -> str:
    return f"{stamp}{kind}{item:<80}{patron}{end}"


def only(rows: list[Row]) -> Transaction:
    assert len(rows) == 1
    row = rows[0]
    assert isinstance(row, Transaction), row
    return row


def reason(rows: list[Row]) -> str:
    assert len(rows) == 1
    row = rows[0]
    assert isinstance(row, InvalidRow), row
    return in_words(row.reason)


def test_a_loan_with_everything_it_says(read: Read) -> None:
    loan = only(read(line("202609140901", "L", "34880000400010", "vale.t@calder.example")))
    assert loan.kind is Kind.LOAN
    assert loan.captured_at.isoformat() == "2026-09-14T09:01:00-07:00"
    assert not loan.has_seconds
    assert loan[3:10] == (
        *("34880000400010", "vale.t@calder.example"),
        *("MAIN", "DESK", "capture", 1, ()),
    )


def test_every_trap_in_one_file(seen: Callable[..., list[str]]) -> None:
    assert seen("captures/traps.dat", codabar=Codabar.STRIP) == [
        "1 loan 34880000400010 24880000200014 09-14 09:01",
        "2 return 34880000400028 09-14 09:02",
        "3 loan 34880000400036 24880000200014 09-14 09:03",
        "4 return 34880000400036 24880000200014 09-14 09:04",
        "5 loan 34880000400044 24880000200022 09-14 09:05",
        "6 loan MüNZE-4 24880000200030 09-14 09:06 "
        "[the item barcode was padded by bytes, so the patron begins before column 94]",
        "7 loan MüNZE-5 24880000200030 09-14 09:07",
        "8 loan MEßBUCH-6 krüger.a 09-14 09:08 [not in UTF-8: read as Windows-1252]",
        "9 loan 34880000400051 24880000200048 09-14 09:09",
        "10 loan 34880000400069 24880000200048 09-14 09:10 "
        "[the Codabar letters around the item barcode were taken off]",
        "11 loan 34880000400077 24880000200048 09-14 09:11",
        "(blank line)",
        "(blank line)",
        "14 the date has 13 digits where 12 belong: 2014010111239",
        "15 the date has 14 digits where 12 belong: 20260914091205",
        "16 31 September does not exist: 202609310913",
        "17 29 February 2026 does not exist: 202602290913",
        "18 there is no time 24:60: 202609142460",
        "19 there is no month 13: 202613140913",
        "20 the time is more than 26 hours ahead: 2099-09-14 09:13",
        "21 the kind is X, where L or R belongs",
        "22 no item barcode",
        "23 a loan without a patron",
        "24 a second transaction stands in the same line",
        "25 the columns have shifted: the patron does not begin in column 94",
        "26 the line does not begin with a date of 12 digits and L or R",
        "27 the line has more than 348 characters",
        "(end-of-file mark)",
    ]


def test_stations_copied_together(seen: Callable[..., list[str]]) -> None:
    assert seen("captures/copied-together.dat") == [
        "1 loan 34880000400010 24880000200014 09-14 09:01",
        "2 return BÜCHER-1 09-14 09:02",
        "3 return BÜCHER-2 09-14 09:03 [not in UTF-8: read as Windows-1252]",
        "(end-of-file mark)",
    ]


def test_assumptions_are_counted(opened: Callable[..., Capture]) -> None:
    capture = opened("captures/copied-together.dat")
    assert capture.format == "offline circulation .dat"
    assert list(capture.rows()) == list(capture.rows())
    assert capture.assumptions == ["1 row: not in UTF-8: read as Windows-1252"]


def test_what_can_be_read_of_an_invalid_line_is_kept(read: Read) -> None:
    rows = read("2026091409305L34880000400010".ljust(94) + "24880000200014\n")
    assert rows == [
        InvalidRow(
            Reason.of("dat_digits", digits=13).quoting("2026091409305"),
            *("capture", 1, Kind.LOAN, None, "34880000400010", "24880000200014", "MAIN", "DESK"),
        )
    ]


def test_two_transactions_without_a_line_end_between_are_never_one(read: Read) -> None:
    loan = line("202609140917", "L", "34880000400101", "24880000200014", end="")
    trimmed = "202609140918R34880000400119"
    for run_together in (loan + trimmed, trimmed + loan, trimmed + trimmed, loan + loan):
        assert reason(read(f"{run_together}\n")) == "a second transaction stands in the same line"


@pytest.mark.parametrize("blanks", [60, 64, 65])
def test_a_patron_that_slid_to_the_left_is_not_cut(read: Read, blanks: int) -> None:
    rows = read(f"202609140901L34880000400010{' ' * blanks}24880000200014\n")
    assert reason(rows).startswith("the columns have shifted")


def test_a_patron_that_slid_to_the_right_is_whole(read: Read) -> None:
    rows = read(f"202609140901L34880000400010{' ' * 70}24880000200014\n")
    assert only(rows).patron_id == "24880000200014"


def test_more_tabs_than_columns(read: Read) -> None:
    assert "tabs" in reason(read("202609140901L34880000400010\t24880000200014\tx\n"))


def test_blanks_between_date_and_kind_are_not_guessed_away(read: Read) -> None:
    assert "does not begin with a date" in reason(
        read("202609140901 L34880000400010\n" + line("202609140901", "R", "34880000400010"))[:1]
    )


def test_a_barcode_of_full_width(read: Read) -> None:
    item = "7" * 80
    assert only(read(line("202609140901", "L", item, "24880000200014"))).item_barcode == item


def test_control_characters_are_taken_out_and_noted(read: Read) -> None:
    row = only(read(line("202609140901", "R", "MEDIA\x1d-7\x00")))
    assert row.item_barcode == "MEDIA-7"
    assert all_in_words(row.notes) == "control characters were taken out of the item barcode"


@pytest.mark.parametrize("barcode", ["A34880000400010", "AXB", "E1-3E"])
def test_only_codabar_letters_at_both_ends_of_digits_go(read: Read, barcode: str) -> None:
    assert only(read(line("202609140901", "R", barcode))).item_barcode == barcode


def test_unreadable_bytes_in_a_barcode(read: Read) -> None:
    rows = read(b"202609140901RB\x81CHER\n")
    assert reason(rows) == "the item barcode holds characters that cannot be read"


def test_utf16(read: Read) -> None:
    assert only(read(line("202609140901", "R", "BÜCHER-1").encode("utf-16"))).item_barcode == (
        "BÜCHER-1"
    )


def test_lines_of_any_length_are_one_row_each(read: Read) -> None:
    rows = read("202609140901R1\n" + "9" * 300_000 + "\n" + "\0" * 5000 + "202609140902R2\n")
    assert isinstance(rows[1], InvalidRow)
    assert in_words(rows[1].reason) == "the line has more than 65536 characters"
    assert isinstance(rows[2], Transaction)
    assert rows[2].source_row == 3


def test_reasons_never_quote_what_may_be_a_patron_id(read: Read) -> None:
    rows = read(
        "21880000310052L34880000400010\n218800003100L34880000400010\n"
        + line("202609140901", "L", "", "21880000310052")
        + line("202609140901", "R", "34880000400010")
    )
    invalid = [row for row in rows if isinstance(row, InvalidRow)]
    assert len(invalid) == 3
    assert not any("2188" in in_words(row.reason) for row in invalid)


def test_no_place_is_refused_with_the_flags(opened: Callable[..., Capture]) -> None:
    with pytest.raises(FileRefused, match="give --library CODE and --circ-desk CODE"):
        opened("captures/traps.dat", library=None, circ_desk=None)
    with pytest.raises(FileRefused, match="give --circ-desk CODE, with"):
        opened("captures/traps.dat", circ_desk=None)


def test_blank_lines_are_left_out(read: Read) -> None:
    rows = read("\n \t\n202609140901R1\n\r\n")
    assert [row for row in rows if isinstance(row, LeftOut)] == [LeftOut(Reason("blank_line"))] * 3
