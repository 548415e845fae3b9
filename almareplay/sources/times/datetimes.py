"""Dates and times as people write them in cells."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from almareplay.sources.cells.folding import folded
from almareplay.sources.options import DateOrder
from almareplay.sources.times.datetext import compact_day_at_start, date_at_start, read_text
from almareplay.sources.times.localtime import (
    ImpossibleTimeError,
    NoTimeError,
    existing_date,
    existing_time,
    impossible_year,
)
from almareplay.sources.times.written import Figures, UnreadableTimeError, Written
from almareplay.transactions import Reason

Cell = str | int | float | bool | date | datetime | time | timedelta
"""What a cell of a table holds; cells of text files hold text, an empty cell holds ``""``."""

_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")
_LAST_SECOND = timedelta(hours=23, minutes=59, seconds=59)


def read_when(cell: Cell, *, is_time: bool = False) -> Written:
    """What a cell says; ``is_time``: its column has times of day, such as 09.03. Raises
    ImpossibleTimeError, UnreadableTimeError."""
    if isinstance(cell, str):
        return _read(cell, is_time=is_time)
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
        return Written(clock=_time_of_day(min(cell, _LAST_SECOND)))
    if isinstance(cell, timedelta):
        return Written(clock=_time_of_day(cell))
    if isinstance(cell, float) and cell.is_integer() and 1e7 <= cell < 1e15:
        return read_text(str(int(cell)))
    raise UnreadableTimeError(Reason("number_for_time"))


def day_named(name: str, order: DateOrder | None) -> date | None:
    """The date in the name of a sheet, where one stands there that can be read in one way only."""
    left = " ".join(folded(name[:100]).split())
    for start in re.finditer(r"(?<![^\W_])[^\W_]", left):
        rest = left[start.start() :]
        try:
            if compact := compact_day_at_start(rest):
                return compact
            day, figures, _ = date_at_start(rest)
            if figures:
                readings = [figures.in_order(order)] if order else figures.readings().values()
                return next(iter(readings)) if len(set(readings)) == 1 else None
        except ImpossibleTimeError:
            continue
        if day:
            return day
    return None


def plain_moment(text: str) -> tuple[datetime, bool] | None:
    """A naive moment written as most programs do (2026-09-14 09:05:11), and whether with seconds;
    None for all that needs a second look."""
    day, clock = _divided(text)
    if clock[:1].isdecimal() and (on := _plain_day(day)) and on[0] and (at := _plain_clock(clock)):
        return datetime.combine(on[0], at[0]), at[1]
    return None


def _read(text: str, *, is_time: bool) -> Written:
    """Text. Most cells are a date and a time, each of which stands in many others."""
    day, clock = _divided(text)
    if clock[:1].isdecimal() and (on := _plain_day(day)) and (at := _plain_clock(clock)):
        return Written(on[0], on[1], at[0], at[1], None, at[2])
    return read_text(text, is_time=is_time)


def _divided(text: str) -> tuple[str, str]:
    """The date and the time of text that may have both."""
    day, blank, clock = text.partition(" ")
    if not blank:
        if len(text) == 14 and text.isdecimal():
            return text[:8], text[8:]
        if len(text) > 10 and text[10] in "Tt":
            return text[:10], text[11:]
    return day, clock


@lru_cache(maxsize=4096)
def _plain_day(text: str) -> tuple[date | None, Figures | None] | None:
    """A date that is all of the text; None for what needs a second look."""
    if not text[:1].isdecimal():
        return None
    try:
        written = read_text(text)
    except NoTimeError:
        return None
    return None if written.clock or not (written.day or written.figures) else written[:2]


@lru_cache(maxsize=131_072)
def _plain_clock(text: str) -> tuple[time, bool, bool] | None:
    """A time of day that is all of the text, whether it has seconds, and whether its half of the
    day is told; None for what needs a second look."""
    if len(text) == 6 and text.isdecimal():
        text = f"{text[:2]}:{text[2:4]}:{text[4:]}"
    if found := _CLOCK.fullmatch(text):
        hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
        if hour < 24 and minute < 60 and second < 60:
            return time(hour, minute, second), found[3] is not None, hour > 12 or hour == 0
    if ":" not in text:
        return None
    try:
        written = read_text(text, is_time=True)
    except NoTimeError:
        return None
    if written.clock is None or written.zone or written.day or written.figures:
        return None
    return written.clock, written.to_second, written.half_told


def _time_of_day(since_midnight: timedelta) -> time:
    seconds = round(since_midnight.total_seconds())
    if not 0 <= seconds < 86_400:
        raise ImpossibleTimeError(Reason("impossible_duration"))
    return existing_time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _read_datetime(cell: datetime) -> Written:
    try:
        whole = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
    except OverflowError:
        raise ImpossibleTimeError(impossible_year(cell.year)) from None
    if cell.year <= 1900:  # a time of day to which the spreadsheet's first day was added
        return Written(clock=whole.time())
    return Written(existing_date(whole.year, whole.month, whole.day), clock=whole.time())
