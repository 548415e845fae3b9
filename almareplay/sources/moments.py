"""Dates and times as people write them in cells."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from almareplay.sources.localtime import ImpossibleTimeError, existing_date, existing_time
from almareplay.sources.options import DateOrder

Cell = str | int | float | bool | date | datetime | time | timedelta
"""What a cell of a table holds; cells of text files hold text, an empty cell holds ``""``."""


class UnreadableTimeError(ValueError):
    """Text that is no date and no time; it may be anything, so the error does not quote it."""


class Figures(NamedTuple):
    """A date written as three numbers whose order is open, with the text for messages."""

    numbers: tuple[int, int, int]
    short_year: bool
    text: str

    def in_order(self, order: DateOrder) -> date:
        """The date in an order. Raises ImpossibleTimeError where it cannot be."""
        first, second, third = self.numbers
        if order is DateOrder.YMD and not self.short_year:
            raise ImpossibleTimeError(f"the date is not written year first: {self.text}")
        year, month, day = {
            DateOrder.DMY: (third, second, first),
            DateOrder.MDY: (third, first, second),
            DateOrder.YMD: (first, second, third),
        }[order]
        try:
            return existing_date(year + 2000 * self.short_year, month, day)
        except ImpossibleTimeError as impossible:
            raise ImpossibleTimeError(f"{impossible}: {self.text}") from None

    def readings(self) -> dict[DateOrder, date]:
        """Every date that it can be."""
        possible = {}
        for order in DateOrder:
            try:
                possible[order] = self.in_order(order)
            except ImpossibleTimeError:
                continue
        return possible


class Written(NamedTuple):
    """What a cell says of a moment: a date, a date whose order is open, a time of day, or both.

    ``to_second``: the time of day is written with its seconds.
    """

    day: date | None = None
    figures: Figures | None = None
    clock: time | None = None
    to_second: bool = True


NOTHING = Written()

_MONTHS = {
    name: number
    for number, long in enumerate(calendar.month_name)
    for name in (long.casefold(), long[:3].casefold())
    if number
} | {"sept": 9}
_WEEKDAY = re.compile(
    r"(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\b[.,]?\s*"
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?!\d)", re.ASCII)
_DAY_NAMED = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[\s.-]+([a-z]{3,9})[\s.,-]+(\d{4}|\d{2})(?!\d)", re.ASCII
)
_NAMED_DAY = re.compile(r"([a-z]{3,9})[\s.]+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)", re.ASCII)
_COMPACT = re.compile(r"(20\d\d)(0\d|1[0-2])([0-3]\d)(?:[ t]?(\d\d)(\d\d)(\d\d)?)?", re.ASCII)
_COMPACT_DAY = re.compile(r"(20\d\d)(0\d|1[0-2])([0-3]\d)(?!\d)", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(?:([ap])\.?\s?m?\.?)?", re.ASCII)
_ZONE = re.compile(r"z|\s*(?:utc|gmt)?\s*[+-]\d\d:?\d\d|\s*(?:utc|gmt)", re.ASCII)
_CLOCK_FIGURES = re.compile(r"(\d\d)(\d\d)", re.ASCII)


def read_when(cell: Cell) -> Written:
    """What a cell says. Raises ImpossibleTimeError, UnreadableTimeError."""
    if isinstance(cell, str):
        return _read_text(cell)
    if isinstance(cell, datetime):
        return _read_datetime(cell)
    if isinstance(cell, date):
        return Written(existing_date(cell.year, cell.month, cell.day))
    if isinstance(cell, time):
        cell = timedelta(
            hours=cell.hour,
            minutes=cell.minute,
            seconds=cell.second,
            microseconds=cell.microsecond,
        )
        return Written(clock=_time_of_day(min(cell, timedelta(hours=23, minutes=59, seconds=59))))
    if isinstance(cell, timedelta):
        return Written(clock=_time_of_day(cell))
    if isinstance(cell, float) and cell.is_integer() and 1e7 <= cell < 1e15:
        return _read_text(str(int(cell)))
    raise UnreadableTimeError("a number stands where the date and time belong")


def day_named(name: str, order: DateOrder | None) -> date | None:
    """The date in the name of a sheet, where one stands there that can be read in one way only."""
    left = " ".join(name[:100].casefold().split())
    for start in re.finditer(r"(?<![a-z0-9])[a-z0-9]", left):
        rest = left[start.start() :]
        try:
            if compact := _COMPACT_DAY.match(rest):
                return _date(compact[1], compact[2], compact[3], compact[0])
            day, figures, _ = _date_at_start(rest)
            if figures:
                readings = [figures.in_order(order)] if order else figures.readings().values()
                return next(iter(readings)) if len(set(readings)) == 1 else None
        except ImpossibleTimeError:
            continue
        if day:
            return day
    return None


def _time_of_day(since_midnight: timedelta) -> time:
    seconds = round(since_midnight.total_seconds())
    if not 0 <= seconds < 86_400:
        raise ImpossibleTimeError("there is no such time of day")
    return existing_time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _read_datetime(cell: datetime) -> Written:
    try:
        whole = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
    except OverflowError:
        raise ImpossibleTimeError(f"the year {cell.year} cannot be right") from None
    if cell.year <= 1900:  # a time of day to which the spreadsheet's first day was added
        return Written(clock=whole.time())
    return Written(existing_date(whole.year, whole.month, whole.day), clock=whole.time())


@lru_cache(maxsize=65_536)
def _read_text(text: str) -> Written:
    """What text says: a date, a time, or a date and then a time."""
    left = " ".join(text.casefold().split())
    if not left:
        return NOTHING
    if compact := _COMPACT.fullmatch(left):
        year, month, day, *clock = compact.groups()
        time_of_day = _time(*clock, shown=left) if clock[0] else None
        return Written(_date(year, month, day, left), None, time_of_day, bool(clock[2]))
    if figures := _CLOCK_FIGURES.fullmatch(left):
        return Written(clock=_time(figures[1], figures[2], shown=left), to_second=False)
    if weekday := _WEEKDAY.match(left):
        left = left[weekday.end() :]
    day, open_order, length = _date_at_start(left)
    left = left[length:].lstrip(" ,t")
    return Written(day, open_order, _clock(left) if left else None, left.count(":") > 1)


def _date_at_start(left: str) -> tuple[date | None, Figures | None, int]:
    """The date at the beginning of the text, or its figures, and its length there."""
    if found := _YEAR_FIRST.match(left):
        return _date(found[1], found[3], found[4], found[0]), None, found.end()
    if found := _YEAR_LAST.match(left):
        numbers = (int(found[1]), int(found[3]), int(found[4]))
        return None, Figures(numbers, len(found[4]) == 2, found[0]), found.end()
    if (found := _DAY_NAMED.match(left)) and found[2] in _MONTHS:
        year = found[3] if len(found[3]) == 4 else f"20{found[3]}"
        return _date(year, _MONTHS[found[2]], found[1], found[0]), None, found.end()
    if (found := _NAMED_DAY.match(left)) and found[1] in _MONTHS:
        return _date(found[3], _MONTHS[found[1]], found[2], found[0]), None, found.end()
    return None, None, 0


def _clock(text: str) -> time:
    written = _CLOCK.match(text)
    if not written:
        raise UnreadableTimeError("the date or time cannot be read")
    if _ZONE.fullmatch(text[written.end() :]):
        raise UnreadableTimeError("the time names a time zone: only local times are read")
    if written.end() < len(text):
        raise UnreadableTimeError("the date or time cannot be read")
    hour, half = int(written[1]), written[4]
    if half:
        if not 1 <= hour <= 12:
            raise ImpossibleTimeError(f"there is no hour {hour} with AM or PM: {written[0]}")
        hour = hour % 12 + (12 if half == "p" else 0)
    return _time(hour, written[2], written[3], shown=written[0])


def _date(year: str, month: str | int, day: str, shown: str) -> date:
    """The date; the error quotes ``shown``, which is shaped like a date and so no patron id."""
    try:
        return existing_date(int(year), int(month), int(day))
    except ImpossibleTimeError as impossible:
        raise ImpossibleTimeError(f"{impossible}: {shown}") from None


def _time(hour: str | int, minute: str, second: str | None = None, *, shown: str) -> time:
    try:
        return existing_time(int(hour), int(minute), int(second or 0))
    except ImpossibleTimeError as impossible:
        raise ImpossibleTimeError(f"{impossible}: {shown}") from None
