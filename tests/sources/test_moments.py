"""Dates and times as people write them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from almareplay.sources.localtime import ImpossibleTimeError
from almareplay.sources.moments import Cell, UnreadableTimeError, day_named, read_when
from almareplay.sources.options import DateOrder

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
    assert str(caught.value) == reason


@pytest.mark.parametrize("text", ["mwanjiru", "24880000200014", "2026-09-14 mwanjiru", "9:05 x"])
def test_what_is_no_time_is_not_quoted(text: str) -> None:
    with pytest.raises(UnreadableTimeError) as caught:
        read_when(text)
    assert str(caught.value) == "the date or time cannot be read"


def test_a_time_of_another_zone_is_not_taken_as_local() -> None:
    for text in ("2026-09-14T09:05Z", "2026-09-14 09:05:00+02:00", "2026-09-14 09:05 UTC"):
        with pytest.raises(UnreadableTimeError, match="names a time zone"):
            read_when(text)


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
    with pytest.raises(UnreadableTimeError, match="a number"):
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
