"""Whether the times of a table run with its rows: a clock of twelve hours does not.

A list in the time of the wall (11:50, 12:10, 1:05) sorts its afternoon before its morning, and
returns before their loans. The same look a date that was typed once for two days, and a clock that
was set back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import NamedTuple

from almareplay.transactions import Reason, identifier_key

ADDED = Reason("twelve_hours_added")

Day = date | tuple[int, int, int] | None
"""A date, its figures where their order is open, or None where it is not in the row."""

_FAR = 3 * 3600
_HALF_A_DAY = 6 * 3600
_SLACK = 3600
_FEW = 4
"""A list is in order of time where at most one in so many of its steps goes the other way."""


class TimeOfDay(NamedTuple):
    """A row's own time: its day, its time of day, and whether it says AM or PM, or needs neither
    (13:05)."""

    day: Day
    at: time
    half_told: bool


class Break(NamedTuple):
    """A place where the times go the other way than the rows, by the numbers of its rows."""

    row_before: int
    before: TimeOfDay
    row_behind: int
    behind: TimeOfDay


@dataclass
class Steps:
    """The steps of one direction: how many, how many of them twelve hours more would turn, the
    first that goes far, and the first of all."""

    count: int = 0
    afternoons: int = 0
    far: Break | None = None
    first: Break | None = None


@dataclass
class ClockOrder:
    """How the times of a table run, looked at row by row."""

    latest: time = time(0)
    at_night: time | None = None
    half_told: bool = False

    def __post_init__(self) -> None:
        self.up, self.down, self.steps = Steps(), Steps(), 0
        self._row, self._last = 0, TimeOfDay(None, time(0), half_told=False)
        self._place: object = None

    def look_at(self, row: int, clock: TimeOfDay, place: object) -> None:
        """Takes in the time of the row with this number, and the words that say where it happened:
        elsewhere is another clock."""
        row_before, before, place_before = self._row, self._last, self._place
        self._row, self._last, self._place = row, clock, place
        if clock is not before:
            self._look_at_time(clock)
        if not row_before or before.day != clock.day or place_before != place:
            return
        self.steps += 1
        at, at_before = clock.at, before.at
        if at != at_before:
            side = self.up if at > at_before else self.down
            step = Break(row_before, before, row, clock)
            side.count += 1
            side.first = side.first or step
            if abs(_seconds(at) - _seconds(at_before)) >= _FAR:
                side.far = side.far or step
                side.afternoons += _may_be_afternoon(step)

    def _look_at_time(self, clock: TimeOfDay) -> None:
        self.half_told = self.half_told or clock.half_told
        if clock.at > self.latest:
            self.latest = clock.at
        if self.at_night is None and 1 <= clock.at.hour < 6:
            self.at_night = clock.at

    @property
    def is_backward(self) -> bool:
        """Whether the newest row stands first."""
        if self._has_twelve_hours:
            return False
        return self.down.count > self.up.count and self.up.count <= self._few

    @property
    def _has_twelve_hours(self) -> bool:
        """Whether twelve hours more would turn each step that goes back, and nothing speaks
        against it."""
        return not self.half_told and 0 < self.down.count == self.down.afternoons

    @property
    def _few(self) -> int:
        return max(1, self.steps // _FEW)

    @property
    def breaks(self) -> Steps | None:
        """The steps against the order of a table that is in order but for a few; None where all
        are with it, or where it is in no order."""
        against = self.up if self.is_backward else self.down
        is_in_order = self._has_twelve_hours or against.count <= self._few
        return against if against.count and is_in_order else None

    @property
    def refusal(self) -> str:
        """What the user must say of times that run back by hours; empty where none do."""
        against = self.breaks
        if against is None or against.far is None:
            return ""
        row_before, before, row_behind, behind = against.far
        return (
            f"has times that run back: row {row_before} says {before.at:%H:%M} and row "
            f"{row_behind} {behind.at:%H:%M} of the same day. Is it a clock of twelve hours "
            "without AM and PM? Give --clock 12. Are the times right as they are (lists of "
            "several desks, one below the other)? Give --clock 24. Does a new day begin there? "
            "Correct its dates in the file."
        )

    @property
    def assumption(self) -> str:
        """What is to be said of times that may be of the afternoon; empty where none may."""
        if self.half_told or self.at_night is None or self.latest.hour > 12:
            return ""
        return (
            f"no time is later than {self.latest:%H:%M}, and {self.at_night:%H:%M} is read as "
            "in the night: if it was in the afternoon, give --clock 12"
        )


def set_back(breaks: Steps, contradictions: int) -> str:
    """What the user must say of times that run back, where items are lent and returned in another
    order by the clock than by the rows."""
    assert breaks.first is not None
    row_before, before, row_behind, behind = breaks.first
    items = "an item" if contradictions == 1 else f"{contradictions} items"
    return (
        f"has times that run back: row {row_before} says {before.at:%H:%M} and row {row_behind} "
        f"{behind.at:%H:%M}, and {items} would be lent and returned in another order by the clock "
        "than by the rows. Was the clock set back there? Load the rows before it and those behind "
        "it as two files, one with --clock-offset. Are the times right as they are? Give "
        "--clock 24."
    )


def contradictions(rows: Iterable[tuple[str, object, TimeOfDay]], *, backward: bool) -> int:
    """How many items are lent and returned in another order by the clock than by the rows.

    Each row is its item, its kind, and its time; ``backward``: the newest row stands first."""
    last: dict[str, tuple[object, TimeOfDay]] = {}
    contradicted: set[str] = set()
    for barcode, kind, clock in rows:
        item = identifier_key(barcode)
        if item in last:
            kind_before, before = last[item]
            runs_back = clock.at > before.at if backward else clock.at < before.at
            if kind != kind_before and clock.day == before.day and runs_back:
                contradicted.add(item)
        last[item] = kind, clock
    return len(contradicted)


class TwelveHours:
    """Reads the times of a clock of twelve hours, row by row, by the order of the rows."""

    def __init__(self, *, backward: bool) -> None:
        self._backward = backward
        self._day: Day = None
        self._last: time | None = None

    def read(self, day: Day, at: time, *, half_told: bool) -> time:
        """The time of day of the next row. Noon that was saved as midnight is noon."""
        if day != self._day:
            self._day, self._last = day, None
        if at.hour <= 12 and (at.hour == 0 or not half_told):
            at = self._half(at.replace(hour=at.hour % 12))
        self._last = at
        return at

    def _half(self, morning: time) -> time:
        afternoon = morning.replace(hour=morning.hour + 12)
        if self._last is None:
            return morning if morning.hour >= 7 else afternoon
        last = _seconds(self._last)
        if self._backward:
            return afternoon if _seconds(afternoon) <= last + _SLACK else morning
        return morning if _seconds(morning) >= last - _SLACK else afternoon


def _may_be_afternoon(there: Break) -> bool:
    """Whether twelve hours more would put a single row behind the one before it."""
    fall = _seconds(there.before.at) - _seconds(there.behind.at)
    return fall >= _HALF_A_DAY and there.behind.at.hour < 12 and not there.behind.half_told


def _seconds(at: time) -> int:
    return (at.hour * 60 + at.minute) * 60 + at.second
