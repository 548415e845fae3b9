"""Dates and times as people write them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from almareplay.outcomes.reasons import in_words
from almareplay.sources.options import DateOrder
from almareplay.sources.times.datetimes import Cell, day_named, read_when
from almareplay.sources.times.localtime import ImpossibleTimeError
from almareplay.sources.times.written import UNREADABLE, UnreadableTimeError

DAY = date(2026, 9, 14)


@pytest.mark.parametrize(
    ("text", "day", "clock"),
    [
        ("2026-09-14 08:15", DAY, time(8, 15)),
        ("2026-09-14T08:15:59.7", DAY, time(8, 15, 59)),
        ("2026/9/14", DAY, None),
        ("20260914", DAY, None),
        ("202609140815", DAY, time(8, 15)),
        ("20260914081503", DAY, time(8, 15, 3)),
        ("14 Sep 2026, 9:05 pm", DAY, time(21, 5)),
        ("Mon 14 September 2026", DAY, None),
        ("14-Sep-26", DAY, None),
        ("September 14th, 2026 12:00 a.m.", DAY, time(0, 0)),
        ("12:30 PM", None, time(12, 30)),
        ("0905", None, time(9, 5)),
        ("\u00a09:05\u202fAM ", None, time(9, 5)),
        ("", None, None),
    ],
)
def test_text(text: str, day: date | None, clock: time | None) -> None:
    written = read_when(text)
    assert (written.day, written.figures, written.clock) == (day, None, clock)


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("14/09/2026", {DateOrder.DMY}),
        ("9/14/2026 8:15", {DateOrder.MDY}),
        ("14. 9. 2026", {DateOrder.DMY}),
        ("04-09-2026", {DateOrder.DMY, DateOrder.MDY}),
        ("04/09/26", {DateOrder.DMY, DateOrder.MDY, DateOrder.YMD}),
        ("26-09-14", {DateOrder.DMY, DateOrder.YMD}),
        ("31/09/2026", set()),
    ],
)
def test_figures_whose_order_is_open(text: str, orders: set[DateOrder]) -> None:
    figures = read_when(text).figures
    assert figures is not None
    assert figures.readings().keys() == orders


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-09-31", "31 September does not exist: 2026-09-31"),
        ("2026-09-14 24:10", "there is no time 24:10: 24:10"),
        ("13:05 pm", "there is no hour 13 with AM or PM: 13:05 pm"),
        ("1900-01-00", "the year 1900 cannot be right: 1900-01-00"),
    ],
)
def test_what_cannot_be(text: str, reason: str) -> None:
    with pytest.raises(ImpossibleTimeError) as caught:
        read_when(text)
    assert in_words(caught.value.reason) == reason


@pytest.mark.parametrize("text", ["mwanjiru", "24880000200014", "2026-09-14 mwanjiru", "9:05 x"])
def test_what_is_no_time_is_not_quoted(text: str) -> None:
    with pytest.raises(UnreadableTimeError) as caught:
        read_when(text)
    assert caught.value.reason == UNREADABLE


@pytest.mark.parametrize(
    ("text", "hours", "name"),
    [
        ("2026-09-14T09:05Z", 0, ""),
        ("2026-09-14 09:05:00.250+02:00", 2, ""),
        ("2026-09-14 09:05 UTC", 0, ""),
        ("20260914T090500-0700", -7, ""),
        ("Mon Sep 14 2026 09:05:11 GMT-0700 (Pacific Daylight Time)", -7, ""),
        ("Mon Sep 14 09:05:11 EDT 2026", -4, "edt"),
        ("2026-09-14T09:05:00+09:00[Asia/Tokyo]", 9, ""),
        ("14.9.2026 um 9:05:00 Mitteleuropäische Sommerzeit", 2, ""),
        ("2026-09-14 09:05 CST", None, "cst"),
    ],
)
def test_the_zone_behind_a_time(text: str, hours: int | None, name: str) -> None:
    zone = read_when(text).zone
    assert zone is not None
    assert zone.offset == (None if hours is None else timedelta(hours=hours))
    assert zone.name == name


@pytest.mark.parametrize(
    ("text", "day", "clock"),
    [
        ("lundi 14 septembre 2026 à 9h02", DAY, time(9, 2)),
        ("mar. 15 sept. 2026 09:02:11", date(2026, 9, 15), time(9, 2, 11)),
        ("14 de septiembre de 2026 9:02:11 p. m.", DAY, time(21, 2, 11)),
        ("Montag, 14. September 2026 um 18:02 Uhr", DAY, time(18, 2)),
        ("14 settembre 2026 alle ore 9.02", DAY, time(9, 2)),
        ("14 september 2026 om 9.02 uur", DAY, time(9, 2)),
        ("mandag den 14. september 2026", None, None),
        ("14. syyskuuta 2026 klo 9.02", DAY, time(9, 2)),
        ("14 września 2026 o godz. 9:02", DAY, time(9, 2)),
        ("14. září 2026 v 9:02", DAY, time(9, 2)),
        ("14 Eylül 2026 ÖS 9:02", DAY, time(21, 2)),
        ("14 בספטמבר 2026 בשעה 9:02", DAY, time(9, 2)),
        ("2026年9月14日(月) 午後9時05分", DAY, time(21, 5)),
        ("2026年9月14日 上午9:05:10", DAY, time(9, 5, 10)),
        ("2026년 9월 14일 오전 9시 5분", DAY, time(9, 5)),
        ("2026. 9. 14. 오후 6:02:11", DAY, time(18, 2, 11)),
        ("9.05 Uhr", None, time(9, 5)),
        ("kl. 9.05", None, time(9, 5)),
    ],
)
def test_dates_and_times_of_many_languages(text: str, day: date | None, clock: time | None) -> None:
    if day is None and clock is None:
        with pytest.raises(UnreadableTimeError):
            read_when(text)
        return
    written = read_when(text)
    assert (written.day, written.clock) == (day, clock)


def test_a_dot_divides_hours_and_minutes_only_where_no_date_can_stand() -> None:
    assert read_when("09.03", is_time=True).clock == time(9, 3)
    with pytest.raises(UnreadableTimeError):
        read_when("09.03")


@pytest.mark.parametrize(
    ("cell", "day", "clock"),
    [
        (DAY, DAY, None),
        (datetime(2026, 9, 14, 9, 59, 59, 999_000), DAY, time(10)),  # noqa: DTZ001 - as calamine
        (datetime(1900, 1, 1, 9, 5), None, time(9, 5)),  # noqa: DTZ001 - as calamine
        (time(9, 59, 59, 999_000), None, time(10)),
        (time(23, 59, 59, 999_000), None, time(23, 59, 59)),
        (timedelta(hours=9, minutes=5), None, time(9, 5)),
        (20260914090512.0, DAY, time(9, 5, 12)),
    ],
)
def test_cells_of_spreadsheets(cell: Cell, day: date | None, clock: time | None) -> None:
    written = read_when(cell)
    assert (written.day, written.clock) == (day, clock)


@pytest.mark.parametrize("cell", [46283.3833, True, -1, float("nan"), float("inf")])
def test_numbers_are_no_times(cell: Cell) -> None:
    with pytest.raises(UnreadableTimeError, match="number_for_time"):
        read_when(cell)


@pytest.mark.parametrize(
    ("name", "order", "day"),
    [
        ("2026-09-14", None, DAY),
        ("Desk 2 14-9-2026", None, DAY),
        ("Mon 14 Sep 2026 late", None, DAY),
        ("outage 20260914", None, DAY),
        ("04-09-2026", None, None),
        ("04-09-2026", DateOrder.DMY, date(2026, 9, 4)),
        ("31-09-2026", None, None),
        ("Sept 14", None, None),
        ("Sheet1", None, None),
    ],
)
def test_the_day_in_a_sheets_name(name: str, order: DateOrder | None, day: date | None) -> None:
    assert day_named(name, order) == day
