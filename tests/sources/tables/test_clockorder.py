"""Times that do not run with their rows: twelve hours, days typed once, clocks set back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from almareplay.outcomes.reasons import all_in_words
from almareplay.sources import Capture, ClockHours, FileRefused, Row
from almareplay.transactions import Transaction

Read = Callable[..., list[Row]]
Opened = Callable[..., Capture]

TWELVE, TWENTY_FOUR = ClockHours.TWELVE, ClockHours.TWENTY_FOUR


def listed(*times: str, day: str = "2026-09-14") -> str:
    """A list of returns at these times."""
    rows = (f"{day} {at},In,3488000040{number:04}\n" for number, at in enumerate(times))
    return "Timestamp,In/Out,Barcode\n" + "".join(rows)


def hours(rows: list[Row]) -> list[str]:
    return [f"{row.captured_at:%d %H:%M}" for row in rows if isinstance(row, Transaction)]


@pytest.mark.parametrize(
    ("times", "meant"),
    [
        (("11:50", "12:10", "1:05", "2:30"), ["11:50", "12:10", "13:05", "14:30"]),
        (("9:10", "11:58", "12:40", "4:15"), ["09:10", "11:58", "12:40", "16:15"]),
        (("11:50", "12:10 AM", "1:05 PM"), ["11:50", "12:10", "13:05"]),
        (("4:15", "12:40", "11:58", "9:10"), ["16:15", "12:40", "11:58", "09:10"]),
        (("11:50", "1:05"), ["11:50", "13:05"]),
    ],
)
def test_an_afternoon_without_pm_is_asked_for(
    opened: Opened, read: Read, times: tuple[str, ...], meant: list[str]
) -> None:
    with pytest.raises(FileRefused, match="Give --clock 12"):
        opened(listed(*times))
    assert hours(read(listed(*times), clock=TWELVE)) == [f"14 {at}" for at in meant]


def test_an_afternoon_of_each_day(opened: Opened, read: Read) -> None:
    content = "Timestamp,In/Out,Barcode\n" + "".join(
        f"2026-09-{day} {at},In,34880000{day}{number}\n"
        for day in (14, 15, 16)
        for number, at in enumerate(("11:50", "1:05"))
    )
    with pytest.raises(FileRefused, match="Give --clock 12"):
        opened(content)
    assert hours(read(content, clock=TWELVE))[3:] == ["15 13:05", "16 11:50", "16 13:05"]


def test_hours_that_were_added_are_noted(opened: Opened) -> None:
    capture = opened(listed("11:50", "12:10", "1:05"), clock=TWELVE)
    notes = [all_in_words(row.notes) for row in capture.rows() if isinstance(row, Transaction)]
    assert notes == ["", "", "twelve hours were added to its time, as --clock 12 says"]


def test_a_date_typed_once_for_two_days(opened: Opened, read: Read) -> None:
    content = listed("9:00", "13:30", "17:40", "8:10", "9:20")
    with pytest.raises(FileRefused, match=r"row 4 says 17:40 and row 5 08:10 of the same day"):
        opened(content)
    assert hours(read(content, clock=TWENTY_FOUR))[3] == "14 08:10"


def test_a_clock_set_back_between_a_loan_and_its_return(opened: Opened, read: Read) -> None:
    content = (
        "Timestamp,In/Out,Card,Barcode\n"
        "2026-09-14 10:05,Out,24880000200014,34880000400010\n"
        "2026-09-14 10:12,Out,24880000200014,34880000400028\n"
        "2026-09-14 09:18,In,,34880000400028\n"
        "2026-09-14 09:25,Out,24880000200022,34880000400036\n"
        "2026-09-14 09:31,Out,24880000200022,34880000400044\n"
    )
    with pytest.raises(FileRefused, match="Was the clock set back there"):
        opened(content)
    assert len(hours(read(content, clock=TWENTY_FOUR))) == 5


@pytest.mark.parametrize(
    "times",
    [
        ("9:00", "9:40", "10:20", "13:05", "16:30"),
        ("16:30", "13:05", "10:20", "9:40", "9:00"),
        ("13:05", "9:40", "16:30", "9:00", "10:20", "8:15"),
        ("9:05", "9:03", "9:10", "9:12", "9:20"),
        ("11:50 AM", "12:10 PM", "1:05 PM"),
    ],
)
def test_lists_that_are_right_are_read(read: Read, times: tuple[str, ...]) -> None:
    assert len(hours(read(listed(*times)))) == len(times)


def test_the_next_day_may_begin_earlier(read: Read) -> None:
    content = listed("9:00", "17:40") + "2026-09-15 8:10,In,34880000409999\n"
    assert hours(read(content)) == ["14 09:00", "14 17:40", "15 08:10"]


def test_another_desk_has_another_clock(read: Read) -> None:
    content = "Timestamp,In/Out,Barcode,Desk\n" + "".join(
        f"2026-09-14 {at},In,3488000040{number:04},{desk}\n"
        for number, (at, desk) in enumerate(
            [("9:00", "A"), ("13:30", "A"), ("17:40", "A"), ("8:10", "B"), ("9:20", "B")]
        )
    )
    assert len(hours(read(content))) == 5


def test_times_that_may_be_of_the_afternoon_are_said(opened: Opened) -> None:
    capture = opened(listed("1:05", "2:30", "4:10"))
    assert any("give --clock 12" in words for words in capture.assumptions)
