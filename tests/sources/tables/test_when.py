"""Times in the columns of tables: with a zone, counted since 1970, in two columns, unreadable."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from almareplay.outcomes.reasons import all_in_words, in_words
from almareplay.sources import DateOrder, FileRefused, Row, parse_columns
from almareplay.transactions import InvalidRow, Kind, Transaction
from tests.sources.tables.captures import HEADER, OUTAGE, Opened, Read, reasons, transactions


def content(*times: str, header: str = "Timestamp") -> str:
    rows = (f"{at};In;348800004000{number:02}\n" for number, at in enumerate(times, 10))
    return f"{header};In/Out;Barcode\n" + "".join(rows)


def local(rows: list[Row]) -> list[str]:
    assert not [row for row in rows if isinstance(row, InvalidRow)], rows
    return [f"{row.captured_at:%d %H:%M:%S}" for row in rows if isinstance(row, Transaction)]


@pytest.mark.parametrize(
    "at",
    [
        *("2026-09-14T16:05:11Z", "2026-09-14 16:05:11.250 UTC", "2026-09-14T18:05:11+02:00"),
        *("9/14/2026 9:05:11 AM PDT", "Mon Sep 14 2026 09:05:11 GMT-0700 (Ortszeit)"),
        *("1789401911", "1789401911000", "1789401911000000"),
        *("14. September 2026 um 18:05:11 Mitteleuropäische Sommerzeit", "20260914T160511Z"),
    ],
)
def test_a_time_that_is_an_instant(read: Read, at: str) -> None:
    assert local(read(content(at), now=datetime.fromisoformat("2026-11-21T12:00Z"))) == [
        "14 09:05:11"
    ]


def test_the_stations_own_abbreviation_tells_the_repeated_hour(read: Read) -> None:
    rows = read(content("2026-11-01 1:30 PDT", "2026-11-01 1:40 PST"))
    assert [str(row.captured_at.utcoffset()) for row in rows if isinstance(row, Transaction)] == [
        "-1 day, 17:00:00",
        "-1 day, 16:00:00",
    ]


def test_an_abbreviation_with_several_meanings(read: Read) -> None:
    words = content("2026-09-14 9:05 CST")
    rows = read(words)
    assert [in_words(row.reason) for row in rows if isinstance(row, InvalidRow)] == [
        "the time names a time zone that America/Los_Angeles does not have then"
    ]
    assert local(read(words, timezone=ZoneInfo("Asia/Taipei"))) == ["14 09:05:00"]


def test_a_station_whose_clock_was_wrong_tells_a_wrong_instant(read: Read) -> None:
    from datetime import timedelta

    rows = read(content("2026-09-14T16:05:00Z"), clock_offset=timedelta(minutes=4))
    assert local(rows) == ["14 09:09:00"]


def test_ten_digits_that_are_no_recent_moment_are_named(opened: Opened) -> None:
    for number in ("1189401911", "0478221095"):
        with pytest.raises(FileRefused, match=r"column A \(captured at\) that cannot be read"):
            opened(content(number))


def test_times_that_cannot_be_read_are_described_and_not_quoted(opened: Opened, read: Read) -> None:
    words = content("shortly after 9", "around 10", "noon or so")
    with pytest.raises(FileRefused) as refused:
        opened(words)
    assert "they look like xxxxxxx xxxxx 9" in str(refused.value)
    assert "has no times" not in str(refused.value)
    rows = read(
        words,
        columns=parse_columns("ignore=A"),
        captured_at=datetime(2026, 9, 14, 9),  # noqa: DTZ001 - local to the setting
    )
    assert len(local(rows)) == 3


def test_no_times_is_said_only_where_there_are_none(opened: Opened) -> None:
    with pytest.raises(FileRefused, match="has no times: give --captured-at"):
        opened("In/Out;Barcode\nIn;34880000400010\n")


@pytest.mark.parametrize("at", ["9h05", "09.05", "9:05 Uhr", "kl. 9.05", "9.05 am", "上午9:05"])
def test_a_time_beside_its_date(read: Read, at: str) -> None:
    rows = read(f"Date;Time;In/Out;Barcode\n14.9.2026;{at};In;34880000400010\n")
    assert local(rows) == ["14 09:05:00"]


def test_a_form_tells_when_it_was_begun_and_when_it_was_sent(read: Read) -> None:
    rows = read(
        "ID;Start time;Completion time;Email;Loan or return;Card;Barcode\n"
        "1;9/14/26 9:02:00;9/14/26 9:02:31;desk@example.org;Loan;24880000200014;34880000400010\n",
        kind=Kind.LOAN,
    )
    assert local(rows) == ["14 09:02:31"]


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
    assert all_in_words(rows[1].notes) == "the capture has no dates: that of --captured-at is taken"
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
