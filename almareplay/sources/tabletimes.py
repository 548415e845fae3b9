"""When the rows of a table happened: from up to three columns, the sheet's name, and the flags."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from functools import lru_cache
from typing import NamedTuple

from almareplay.sources.localtime import ImpossibleTimeError, Moment, StationClock
from almareplay.sources.moments import Cell, UnreadableTimeError, Written, read_when
from almareplay.sources.options import DateOrder, ReadingOptions
from almareplay.sources.serials import FIRST_DAY, SERIAL, read_serial
from almareplay.sources.survey import WHEN, Findings
from almareplay.transactions import joined

TIME_OF_FLAG = "the capture has no times: that of --captured-at is taken"
DAY_OF_FLAG = "the capture has no dates: that of --captured-at is taken"
DAY_OF_NAME = "the date is that of the sheet's name"

_CLOCK_FIRST = ("time", "captured_at", "date")
_DAY_FIRST = ("date", "captured_at", "time")
_IN_WORDS = {
    DateOrder.DMY: "day, month, year",
    DateOrder.MDY: "month, day, year",
    DateOrder.YMD: "year, month, day",
}


class RowTime(NamedTuple):
    """When a row happened, as far as it can be told."""

    moment: Moment
    has_seconds: bool = False
    note: str = ""


class RowTimes:
    """Reads the times of rows, once all rows of the table were surveyed."""

    def __init__(
        self,
        columns: Mapping[str, int],
        found: Findings,
        options: ReadingOptions,
        day_of_name: date | None,
        first_day: date = FIRST_DAY,
    ) -> None:
        self._columns = {name: columns[name] for name in WHEN if name in columns}
        self._found = found
        self._captured_at = options.captured_at
        self._orders = {
            name: options.date_order or orders.settled for name, orders in found.orders.items()
        }
        self._day_of_name = day_of_name
        self._first_day = first_day
        self._by_flag = options.date_order is not None
        clock = StationClock(options)
        self._moment = lru_cache(maxsize=65_536)(clock.moment)

    def missing(self) -> list[str]:
        """What the user must still say, each as the end of a refusal."""
        missing = []
        if self._captured_at is None and self._needs_flag():
            lacking = "dates" if self._found.with_times else "times"
            missing.append(
                f'has no {lacking}: give --captured-at "YYYY-MM-DD HH:MM", the local time at which '
                "the outage began."
            )
        for name, orders in self._found.orders.items():
            if self._orders[name] is None and (orders.open or orders.decided):
                missing.append(
                    "has dates of which day and month cannot be told apart: "
                    "give --date-order dmy, mdy or ymd."
                )
                break
        return missing

    @property
    def assumptions(self) -> list[str]:
        """What the dates of the whole table told."""
        if self._by_flag:
            return []
        return [
            f"the {name.replace('_', ' ')} column has its dates as {_IN_WORDS[order]}: "
            "one of them allows no other order"
            for name, order in self._orders.items()
            if order is not None
        ]

    def _needs_flag(self) -> bool:
        return not self._found.with_times or not (self._found.has_dates or self._day_of_name)

    def read(self, cells: list[Cell]) -> RowTime:
        """When a row happened."""
        days: dict[str, date] = {}
        clocks: dict[str, tuple[time, bool]] = {}
        note = ""
        try:
            for name, column in self._columns.items():
                cell = cells[column] if column < len(cells) else ""
                if cell == "":
                    continue
                serial = self._serial(name, cell)
                written = serial or read_when(cell)
                note = SERIAL if serial else note
                if written.clock is not None:
                    clocks[name] = written.clock, written.to_second
                elif (serial or isinstance(cell, date)) and name in self._found.with_times:
                    clocks[name] = time(0), True  # a spreadsheet's midnight looks like a date
                if (day := self._day(name, written)) is not None:
                    days[name] = day
        except (ImpossibleTimeError, UnreadableTimeError) as error:
            return RowTime(Moment(None, problem=str(error)))
        day = next((days[name] for name in _DAY_FIRST if name in days), None)
        source = next((name for name in _CLOCK_FIRST if name in clocks), None)
        if not self._found.with_times:
            return self._without_times(day, note)
        if source is None:
            return RowTime(Moment(None, problem="no captured time"))
        clock, to_second = clocks[source]
        to_second = to_second and source in self._found.with_seconds
        return self._with_time(day, clock, to_second, note)

    def _serial(self, name: str, cell: Cell) -> Written | None:
        """What a serial number says, in a column that has no other numbers."""
        return read_serial(cell, self._first_day) if name in self._found.serials else None

    def _day(self, name: str, written: Written) -> date | None:
        if written.figures is None:
            return written.day
        # Without an order all dates of the column read the same in each, or are impossible.
        order = self._orders.get(name)
        readings = written.figures.readings()
        if order is None and readings:
            return next(iter(readings.values()))
        return written.figures.in_order(order or DateOrder.DMY)

    def _without_times(self, day: date | None, note: str) -> RowTime:
        if self._captured_at is None:
            return RowTime(Moment(None, problem="no captured time"))
        at = self._captured_at if day is None else datetime.combine(day, self._captured_at.time())
        return RowTime(self._moment(at, by_station=False), note=joined(note, TIME_OF_FLAG))

    def _with_time(self, day: date | None, clock: time, has_seconds: bool, note: str) -> RowTime:
        if day is None and not self._found.has_dates:
            if self._day_of_name:
                day, note = self._day_of_name, joined(note, DAY_OF_NAME)
            elif self._captured_at:
                day, note = self._captured_at.date(), joined(note, DAY_OF_FLAG)
                if clock < self._captured_at.time().replace(second=0):
                    return RowTime(
                        Moment(None, problem="the time is before that of --captured-at: which day?")
                    )
        if day is None:
            return RowTime(Moment(None, problem="no captured date"))
        return RowTime(self._moment(datetime.combine(day, clock)), has_seconds, note)
