"""Dates and times as the serial numbers that spreadsheets keep: days, and parts of a day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from almareplay.sources.times.datetimes import Cell
from almareplay.sources.times.written import Written
from almareplay.transactions import Reason

FIRST_DAY = date(1899, 12, 30)
"""The day with the number 0."""

FIRST_DAY_1904 = date(1904, 1, 1)
"""The same in workbooks that began in an old Excel for Macintosh."""

SERIAL = Reason("serial_number")

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
_MOST_DAYS = 100_000
_NUMBER = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,12})?")
_TO_SECOND = 5
"""Decimals from which on a serial number tells the second: the fifth is 0.9 seconds."""


@dataclass
class Serials:
    """What the numbers in a column of dates and times say, if all of them can be serial numbers."""

    seen: int = 0
    all_possible: bool = True
    has_dates: bool = False
    has_times: bool = False
    has_seconds: bool = False

    def look_at(self, cell: Cell, first_day: date, *, needs_time: bool) -> None:
        """Takes in a cell; those that hold no number say nothing."""
        if (number := _number(cell)) is None:
            return
        self.seen += 1
        written = _written(number, first_day)
        if written is None or (needs_time and written.clock is None):
            self.all_possible = False
            return
        self.has_dates = self.has_dates or written.day is not None
        self.has_times = self.has_times or written.clock is not None
        self.has_seconds = self.has_seconds or bool(written.clock and written.clock.second)


def read_serial(cell: Cell, first_day: date) -> Written | None:
    """What a serial number says; None for a cell that holds none."""
    number = _number(cell)
    return None if number is None else _written(number, first_day)


def _number(cell: Cell) -> str | None:
    """The digits of a number, which in text files is text."""
    if isinstance(cell, str):
        return cell.replace(",", ".") if _NUMBER.fullmatch(cell) else None
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    return str(cell)


def _written(number: str, first_day: date) -> Written | None:
    value = float(number)
    if not 0 < value < _MOST_DAYS:
        return None
    to_second = len(number.partition(".")[2]) >= _TO_SECOND
    step = timedelta(seconds=1) if to_second else timedelta(minutes=1)
    since = timedelta(days=value) + step / 2
    at = datetime.combine(first_day, time()) + since // step * step
    clock = None if value.is_integer() else at.time()
    if value < 1:
        return Written(clock=clock, to_second=to_second)
    if not _EARLIEST <= at.date() < _LATEST:
        return None
    return Written(at.date(), clock=clock, to_second=to_second)
