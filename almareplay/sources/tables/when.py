"""When the rows of a table happened: from up to three columns, the sheet's name, and the flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import NamedTuple

from almareplay.sources.cells.shapes import pattern
from almareplay.sources.options import ClockHours, DateOrder, ReadingOptions
from almareplay.sources.tables.clockorder import ADDED, TwelveHours
from almareplay.sources.tables.findings import WHEN, Findings
from almareplay.sources.tables.headers import in_words, letter
from almareplay.sources.tables.record import taker
from almareplay.sources.times.datetimes import Cell, plain_moment, read_when
from almareplay.sources.times.epochs import EPOCH, read_epoch
from almareplay.sources.times.localtime import NO_TIME, Moment, NoTimeError, StationClock
from almareplay.sources.times.serials import FIRST_DAY, SERIAL, read_serial
from almareplay.sources.times.written import Written
from almareplay.transactions import Notes, Reason

TIME_OF_FLAG = Reason("time_of_flag")
DAY_OF_FLAG = Reason("day_of_flag")
DAY_OF_NAME = Reason("day_of_name")

_CLOCK_FIRST = ("time", "captured_at", "date")
_DAY_FIRST = ("date", "captured_at", "time")
_IN_WORDS = {
    DateOrder.DMY: "day, month, year",
    DateOrder.MDY: "month, day, year",
    DateOrder.YMD: "year, month, day",
}
_MIDNIGHT = time(0)
_MOST = 10
"""A column is unreadable where so many times as many cells cannot be read as can."""


class RowTime(NamedTuple):
    """When a row happened, as far as it can be told."""

    moment: Moment
    has_seconds: bool = False


class RowTimes:
    """Reads the times of rows, in their order, once all rows of the table were surveyed."""

    def __init__(
        self,
        columns: Mapping[str, int],
        found: Findings,
        options: ReadingOptions,
        day_of_name: date | None,
        first_day: date = FIRST_DAY,
    ) -> None:
        self._columns = [(name, columns[name]) for name in WHEN if name in columns]
        self._said = taker([column for _, column in self._columns])
        self._found = found
        self._captured_at = options.captured_at
        self._orders = {
            name: options.date_order or orders.settled for name, orders in found.orders.items()
        }
        self._day_of_name = day_of_name
        self._first_day = first_day
        self._by_flag = options.date_order is not None
        self._clock_flag = options.clock
        self._station = StationClock(options)
        # Rows near each other have the same few times.
        self._known = lru_cache(maxsize=8192, typed=True)(self._read)
        self.begin()

    def begin(self) -> None:
        """Makes ready for the first row."""
        self._twelve_hours = (
            TwelveHours(backward=self._found.clock.is_backward)
            if self._clock_flag is ClockHours.TWELVE
            else None
        )
        # Most tables have one column of times, in which a date needs no other date to be read.
        only = len(self._columns) == 1 and self._columns[0][0] == "captured_at"
        is_plain = only and not self._orders and self._twelve_hours is None
        self._is_plain = is_plain and bool(self._found.with_times)

    def missing(self) -> list[str]:
        """What the user must still say, each as the end of a refusal."""
        if unreadable := self._unreadable():
            return [unreadable]
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
        if self._clock_flag is None and (refusal := self._found.clock.refusal):
            missing.append(refusal)
        return missing

    @property
    def assumptions(self) -> list[str]:
        """What the dates and times of the whole table told."""
        told = [] if self._clock_flag else [self._found.clock.assumption]
        if not self._by_flag:
            told += [
                f"the {in_words(name)} column has its dates as {_IN_WORDS[order]}: "
                "one of them allows no other order"
                for name, order in self._orders.items()
                if order is not None
            ]
        return [sentence for sentence in told if sentence]

    def _unreadable(self) -> str:
        """Which column has times of which most cannot be read, and what stands in it instead."""
        for name, column in self._columns:
            unread = self._found.unread.get(name)
            if unread is None or unread.cells <= _MOST * self._found.read[name]:
                continue
            shown = pattern(str(unread.samples[0]))
            return (
                f"has times in column {letter(column)} ({in_words(name)}) that cannot be read: "
                f"they look like {shown} (9 for each digit, x for each letter). Write them as "
                f"2026-09-14 09:00, or leave them out with --columns ignore={letter(column)} and "
                "give --captured-at."
            )
        return ""

    def _needs_flag(self) -> bool:
        return not self._found.with_times or not (self._found.has_dates or self._day_of_name)

    def read(self, cells: list[Cell]) -> RowTime:
        """When a row happened."""
        if self._twelve_hours is None:
            return self._known(*self._said(cells))
        return self._read_any(self._said(cells))

    def _read(self, *said: Cell) -> RowTime:
        """When a row happened, by its cells of dates and times alone."""
        if self._is_plain and isinstance(said[0], str) and (both := plain_moment(said[0])):
            naive, to_second = both
            has_seconds = to_second and bool(self._found.with_seconds)
            return RowTime(self._station.moment(naive), has_seconds)
        return self._read_any(said)

    def _read_any(self, said: Sequence[Cell]) -> RowTime:
        days: dict[str, date] = {}
        clocks: dict[str, Written] = {}
        notes: Notes = ()
        try:
            for (name, _), cell in zip(self._columns, said, strict=True):
                if cell == "":
                    continue
                written, of_number = self._written(name, cell)
                notes = of_number or notes
                if written.clock is not None:
                    clocks[name] = written
                elif (of_number or isinstance(cell, date)) and name in self._found.with_times:
                    # A spreadsheet's midnight looks like a date.
                    clocks[name] = Written(clock=_MIDNIGHT)
                if (day := self._day(name, written)) is not None:
                    days[name] = day
        except NoTimeError as error:
            return RowTime(Moment(None, problem=error.reason))
        on = _first(days, _DAY_FIRST)
        if not self._found.with_times:
            return self._without_times(on, notes)
        source = next((name for name in _CLOCK_FIRST if name in clocks), None)
        if source is None:
            return RowTime(Moment(None, problem=NO_TIME))
        has_seconds = clocks[source].to_second and source in self._found.with_seconds
        return self._with_time(on, clocks[source], has_seconds, notes)

    def _written(self, name: str, cell: Cell) -> tuple[Written, Notes]:
        """What a cell says, and a note where it is a number that stands for a moment."""
        if name in self._found.serials and (serial := read_serial(cell, self._first_day)):
            return serial, (SERIAL,)
        if name in self._found.epochs and (epoch := read_epoch(cell)):
            return epoch, (EPOCH,)
        return read_when(cell, is_time=name == "time"), ()

    def _day(self, name: str, written: Written) -> date | None:
        if written.figures is None:
            return written.day
        # Without an order all dates of the column read the same in each, or are impossible.
        order = self._orders.get(name)
        if order is None:
            readings = written.figures.readings()
            if readings:
                return next(iter(readings.values()))
        return written.figures.in_order(order or DateOrder.DMY)

    def _without_times(self, day: date | None, notes: Notes) -> RowTime:
        if self._captured_at is None:
            return RowTime(Moment(None, problem=NO_TIME))
        at = self._captured_at if day is None else datetime.combine(day, self._captured_at.time())
        moment = self._station.moment(at, by_station=False)
        return RowTime(_noted(moment, *notes, TIME_OF_FLAG))

    def _with_time(
        self, day: date | None, written: Written, has_seconds: bool, notes: Notes
    ) -> RowTime:
        clock = written.clock or _MIDNIGHT
        if self._twelve_hours and written.zone is None:
            told = self._twelve_hours.read(day, clock, half_told=written.half_told)
            notes += (ADDED,) if told > clock else ()
            clock = told
        if day is None and not self._found.has_dates:
            if self._day_of_name:
                day, notes = self._day_of_name, (*notes, DAY_OF_NAME)
            elif self._captured_at:
                day, notes = self._captured_at.date(), (*notes, DAY_OF_FLAG)
                if clock < self._captured_at.time().replace(second=0):
                    return RowTime(Moment(None, problem=Reason("before_captured_at")))
        if day is None:
            return RowTime(Moment(None, problem=Reason("no_date")))
        naive = datetime.combine(day, clock)
        if written.zone is None:
            return RowTime(_noted(self._station.moment(naive), *notes), has_seconds)
        moment = self._station.moment_in_zone(naive, written.zone)
        if EPOCH in notes:  # which names no zone
            moment = moment._replace(notes=())
        return RowTime(_noted(moment, *notes), has_seconds)


def _noted(moment: Moment, *notes: Reason) -> Moment:
    return moment._replace(notes=notes + moment.notes) if notes else moment


def _first(days: Mapping[str, date], names: tuple[str, ...]) -> date | None:
    return next((days[name] for name in names if name in days), None)
