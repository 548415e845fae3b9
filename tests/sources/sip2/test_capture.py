"""Logs of a self-check: which messages are loans and returns, and which of them happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almareplay.outcomes.reasons import in_words
from almareplay.sources import Capture, FileRefused, Row
from almareplay.sources.assembler import told_due_date
from almareplay.sources.deskmap import read_desk_map
from almareplay.sources.sip2.capture import (
    AGREED,
    ANSWER,
    ASKED,
    REFUSED_AFTER,
    SAME_AS_BEFORE,
)
from almareplay.sources.sip2.exchange import REFUSED
from almareplay.transactions import InvalidRow, Kind, LeftOut, Transaction
from tests.examples import examples
from tests.sources.sip2.messages import (
    ITEM,
    NO_DATE,
    OTHER_ITEM,
    PATRON,
    answer,
    checkin,
    checkout,
    log,
    with_checksum,
)

Read = Callable[..., list[Row]]
Seen = Callable[..., list[str]]

DESKS = Path(__file__).parents[3] / "fixtures/captures/desks.csv"


def test_every_trap_in_one_log(seen: Seen) -> None:
    assert seen("captures/self-check.log") == [
        *["(line without a loan or return)"] * 4,
        f"({in_words(AGREED)})",
        "(answer to a self-check)",
        f"7 {in_words(REFUSED)}",
        "(answer to a self-check)",
        f"9 loan 34880000500038 24880000300022 09-14 09:03 [{in_words(ASKED)}]",
        "(line without a loan or return)",
        f"({in_words(SAME_AS_BEFORE)})",
        f"12 loan 34880000500046 24880000300022 09-14 09:04 [{in_words(REFUSED_AFTER)}]",
        "(answer to a self-check)",
        "14 return 34880000500012 09-14 08:44",
        "15 return 34880000500053 09-14 09:05 [the return date has no time of day or is too late: "
        "the transaction date is taken]",
        "16 cancelled: the self-check undid it in line 17",
        "17 cancelled: it undoes line 16",
        "18 it undoes something that this log does not have: look at the item in Alma",
        "19 loan 34880000500087 24880000300030 09-14 09:08 [a renewal, replayed as a loan]",
        "20 a renewal of all loans, which does not name the items",
        "21 the checksum does not fit the message: it was damaged or changed",
        "22 loan 34880000500103 24880000300048 09-14 09:10",
        "23 loan 34880000500111 24880000300055 09-14 09:11 [the time is in UTC, as the row says]",
        "24 the time is in a zone that is neither blank nor Z (UTC)",
        "25 31 September does not exist",
        "26 the dates are not of 18 characters each: were blanks lost from the line?",
        "27 the message is cut off in the middle of an identifier",
        "28 a loan without a patron",
        "29 no item barcode",
        "30 the message has two fields AA",
        "31 two loans or returns stand in the same line",
        "(blank line)",
        "(line without a loan or return)",
        "34 loan 34880000500186 24880000300063 09-14 09:21 "
        "[the scanner's code identifier before the item barcode was taken off]",
    ]


def test_bare_messages_with_carriage_returns_and_nulls(opened: Callable[..., Capture]) -> None:
    capture = opened("captures/self-check.raw", desk_map=read_desk_map(DESKS), library=None)
    assert capture.format == "SIP2 log"
    loan, returned, equipment = capture.rows()
    assert isinstance(loan, Transaction)
    assert loan.kind is Kind.LOAN
    assert loan.captured_at.isoformat() == "2026-09-14T10:01:00-07:00"
    assert loan.has_seconds
    assert loan[3:10] == (
        *("34880000500210", "24880000300071", "MAIN", "SELF_CHECK"),
        *("self-check.raw", 1, (told_due_date(date(2026, 10, 12)),)),
    )
    assert isinstance(returned, Transaction)
    assert returned.patron_id == ""
    assert (returned.library, returned.circ_desk) == ("ANNEX", "SELF_CHECK")
    assert isinstance(equipment, Transaction)
    assert (equipment.item_barcode, equipment.patron_id) == ("MÜNZE-4", "krüger.a")
    told = "1 row: the patron was told a due date"
    assert capture.assumptions == ["not read of the requests: BO, CH", told]
    assert capture.progress == 1.0


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_log_in_utf_16_without_its_mark(encoding: str, read: Read) -> None:
    rows = read(log(checkout(no_block="Y"), checkin(item=OTHER_ITEM)).encode(encoding))
    assert [type(row) for row in rows] == [Transaction, Transaction]


def test_passwords_are_nowhere(read: Read) -> None:
    message = checkout(no_block="Y").replace("AC|", "ACterminal7|AD4711pin|")
    kept = " ".join(str(value) for row in read(log(message, message)) for value in row)
    assert "terminal7" not in kept
    assert "4711pin" not in kept


def test_what_a_system_agreed_to_is_not_done_again(read: Read) -> None:
    messages = [
        *(checkout(no_block="Y"), answer("12", "1")),
        *(checkin("090100"), answer("10", "1")),
        *(checkout("090200"), answer("12", "1"), checkin("090210", cancel="Y")),
    ]
    left_out = [LeftOut(AGREED), LeftOut(ANSWER)]
    rows = read(log(*messages))
    assert rows[:6] == left_out * 3
    assert isinstance(rows[6], InvalidRow)
    assert in_words(rows[6].reason) == "cancelled: it undoes line 5"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("\x02", "\x03"),
        ("2026-09-14 09:05:00,109 INFO 10.20.0.12:6001 <- ", ""),
        ("[recv] '", "'"),
        ("raw_transport: INPUT MSG: '", "\\r'"),
        ('{"at": "09:05", "message": "', '\\r"}'),
        ("\x00\x00", "\x00"),
        ("send:", "   "),
    ],
)
@pytest.mark.parametrize("finish", [str, with_checksum, lambda text: with_checksum(text, "7")])
def test_whatever_stands_around_a_message(
    before: str, after: str, finish: Callable[[str], str], read: Read
) -> None:
    (row,) = read(f"{before}{finish(checkout(no_block='Y'))}{after}\n")
    assert isinstance(row, Transaction), row
    assert row[3:5] == (ITEM, PATRON)
    (row,) = read(f"{before}{with_checksum(checkout())}{after}\n".replace("AA2488", "AA2478"))
    assert isinstance(row, InvalidRow)
    assert in_words(row.reason).startswith("the checksum does not fit")


@pytest.mark.parametrize(
    ("sender", "writer"),
    [("utf-8", "utf-8"), ("cp1252", "cp1252"), ("cp1252", "utf-8"), ("cp850", "utf-8")],
)
def test_checksums_beyond_ascii(sender: str, writer: str, read: Read) -> None:
    """The self-check adds up the bytes that it sends; the log may be written in others."""
    message = f"{checkout(item='MÜNZE-4', no_block='Y')}AY1AZ"
    checksum = f"{-sum(message.encode(sender)) % 0x10000:04X}\r"
    (row,) = read((message + checksum).encode(writer))
    assert isinstance(row, Transaction), row
    assert row.item_barcode == "MÜNZE-4"


@pytest.mark.parametrize(
    ("sent", "other", "moment"),
    [
        ("20260914    100000", NO_DATE, "10:00:00"),
        ("20260914    100000", "0" * 18, "10:00:00"),
        ("20260914    100000", "20260914    093015", "09:30:15"),
        ("20260914    100000", "20260914    000000", "10:00:00"),
        ("20260914    100000", "20260914    113000", "10:00:00"),
        ("20260914   Z170000", "20260914   Z163015", "09:30:15"),
        (NO_DATE, "20260914    093015", "09:30:15"),
        (NO_DATE, NO_DATE, "no captured time"),
        ("20260914    100000", "20260931    093015", "31 September does not exist"),
        ("20260914    250000", NO_DATE, "there is no time 25:00"),
        ("20991914    100000", NO_DATE, "there is no month 19"),
        ("20990914    100000", NO_DATE, "the time is more than 26 hours ahead"),
        ("20990914   Z100000", NO_DATE, "the time is more than 26 hours ahead"),
        ("20260914-07:100000", NO_DATE, "the time is in a zone"),
        ("20260914    100000", " " * 17, "the dates are not of 18 characters"),
    ],
)
def test_when_a_return_happened(sent: str, other: str, moment: str, read: Read) -> None:
    first, row = read(log(checkin(), f"09Y{sent}{other}AP|AOCALDER|AB{ITEM}|AC|"))
    assert isinstance(first, Transaction)
    if isinstance(row, Transaction):
        assert f"{row.captured_at:%H:%M:%S}" == moment
    else:
        assert in_words(row.reason).startswith(moment)


def test_the_clock_offset_counts_in_any_zone(read: Read) -> None:
    for sent in ("20260914    100000", "20260914   Z170000"):
        message = f"11YY{sent}{NO_DATE}AO|AA{PATRON}|AB{ITEM}|"
        (row,) = read(f"{message}\n", clock_offset=timedelta(minutes=4))
        assert isinstance(row, Transaction)
        assert row.captured_at.isoformat() == "2026-09-14T10:04:00-07:00"


def test_a_log_without_loans_and_returns(opened: Callable[..., Capture]) -> None:
    with pytest.raises(FileRefused, match="is a SIP2 log without loans and returns"):
        opened(log("9300CNkiosk|COsecret|CPMAIN|", "9900302.00", answer("12", "1")))


def test_where_a_log_was_written(opened: Callable[..., Capture]) -> None:
    nowhere = {"library": None, "circ_desk": None}
    with pytest.raises(FileRefused, match="give --library CODE and --circ-desk CODE"):
        opened(log(checkout()), **nowhere)
    mapped = {**nowhere, "desk_map": read_desk_map(DESKS)}
    rows = list(
        opened(log(checkout(), checkout(item=OTHER_ITEM).replace("CALDER", "X")), **mapped).rows()
    )
    assert isinstance(rows[0], Transaction)
    assert (rows[0].library, rows[0].circ_desk) == ("MAIN", "SELF_CHECK")
    assert isinstance(rows[1], InvalidRow)
    assert in_words(rows[1].reason) == "no library in the row, and --library was not given"
    with pytest.raises(FileRefused, match="or add its name to the desk map"):
        opened(log(checkout().replace("CALDER", "X")), **mapped)


pieces = st.sampled_from(
    [
        *(checkout(), checkin(), checkin(cancel="Y"), answer("12", "0"), answer("10", "1")),
        *(f"29NN20260914    090000{NO_DATE}", "6520260914    090000AO|", "11YN20260914", "09N"),
        *(f"AB{ITEM}|", f"AA{PATRON}|", "BIY|", "AY1AZ", "F0A1", "|", " " * 18, "\0", "\r", "\n"),
        *("é", "09:00 <- ", "2026-09-14"),
    ]
)


@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.lists(pieces | st.text(max_size=5), max_size=30).map("".join))
def test_any_log_ends_in_rows(text: str, read: Read) -> None:
    content = f"{checkout('085959', 'FIRST')}\n{text}\n".encode(errors="replace")
    rows = read(content)
    assert len(rows) == content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n")
    for row in rows:
        assert isinstance(row, Transaction | InvalidRow | LeftOut)
        if isinstance(row, Transaction):
            assert row.item_barcode
            assert row.patron_id or row.kind is Kind.RETURN
        else:
            assert in_words(row.reason)


@pytest.mark.parametrize(
    "piece",
    ["11YN20260914", "11YN20260914|", "|", "AB|", "65", " ", "9", "AZ", "12" * 2 + "NNN2026|", "*"],
)
def test_a_line_of_any_length_takes_linear_time(piece: str, read: Read) -> None:
    line = piece * (60_000 // len(piece))
    began = time.process_time()
    rows = read(f"{checkout()}\n" + f"11YN{line}|A\n{line}\n" * 5)
    assert len(rows) == 11
    assert time.process_time() - began < 5
