"""Moments as programs count them: seconds, milliseconds or microseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from almareplay.sources.times.datetimes import Cell
from almareplay.sources.times.localtime import FARTHEST_AHEAD
from almareplay.sources.times.written import Written
from almareplay.sources.times.zones import Zone
from almareplay.transactions import Reason

EPOCH = Reason("seconds_since_1970")

_UNITS = {10: 1, 13: 1_000, 16: 1_000_000}
"""How many of the unit make a second, by the digits that such a count has today."""
_OLDEST = timedelta(days=3 * 366)


@dataclass
class Epochs:
    """What the numbers in a column of times say, if all of them can be counts since 1970."""

    seen: int = 0
    all_possible: bool = True
    has_seconds: bool = False

    def look_at(self, cell: Cell, now: datetime) -> None:
        """Takes in a cell that is no date and no time; ``now`` is aware."""
        at = _moment(cell)
        self.seen += 1
        self.all_possible = self.all_possible and bool(
            at and now - _OLDEST <= at <= now + FARTHEST_AHEAD
        )
        self.has_seconds = self.has_seconds or bool(at and at.second)


def read_epoch(cell: Cell) -> Written | None:
    """The moment of a count since 1970; None for a cell that holds none."""
    at = _moment(cell)
    if at is None:
        return None
    return Written(at.date(), clock=at.time(), zone=Zone(timedelta(0)), half_told=True)


def _moment(cell: Cell) -> datetime | None:
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        return None
    digits = cell.strip() if isinstance(cell, str) else str(cell)
    digits = digits.removesuffix(".0")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) not in _UNITS:
        return None
    return datetime.fromtimestamp(int(digits) // _UNITS[len(digits)], UTC)
