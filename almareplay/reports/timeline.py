"""The outage as bars over time: how many loans and returns were captured when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from almareplay.outcomes import Disposition
from almareplay.reports.summary import QUARTER

MOST_BARS = 200
_FEWEST_BARS = 8

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_STEPS = {
    QUARTER: "quarter of an hour",
    2 * QUARTER: "half hour",
    _HOUR: "hour",
    2 * _HOUR: "2 hours",
    4 * _HOUR: "4 hours",
    12 * _HOUR: "12 hours",
    _DAY: "day",
    2 * _DAY: "2 days",
    7 * _DAY: "week",
    28 * _DAY: "4 weeks",
    364 * _DAY: "52 weeks",
    100 * 364 * _DAY: "100 times 52 weeks",
}


class Bar(NamedTuple):
    """The rows of a step from ``starts`` on, as the clock at the desk showed it, by group."""

    starts: datetime
    counts: Mapping[str, int]


class Timeline(NamedTuple):
    """An even number of bars of one ``step``, said in words, without a gap.

    ``outside`` is the number of rows that are in no bar: they could not be read, and have a time
    before or after all others.
    """

    step: timedelta
    words: str
    bars: list[Bar]
    outside: int


def timeline(quarters: Mapping[datetime, Mapping[str, int]]) -> Timeline | None:
    """The bars of a run; None where no row that could be read has a time.

    The step is a quarter of an hour, or as much more as keeps the bars few.
    """
    readable = [
        quarter for quarter, counts in quarters.items() if {*counts} - {Disposition.REJECTED.value}
    ]
    if not readable:
        return None
    first, last = min(readable), max(readable)
    step, start, number = next(
        (step, start, number)
        for step in _STEPS
        for start, number in [_cover(first, last, step)]
        if number <= MOST_BARS
    )
    found: dict[int, Counter[str]] = {}
    outside = 0
    for quarter, counts in quarters.items():
        if first <= quarter <= last:
            found.setdefault((quarter - start) // step, Counter()).update(counts)
        else:
            outside += sum(counts.values())
    bars = [
        Bar(after(start, place * step), found.get(place, Counter()))
        for place in range(max(number + number % 2, _FEWEST_BARS))
    ]
    return Timeline(step, _STEPS[step], bars, outside)


def _cover(first: datetime, last: datetime, step: timedelta) -> tuple[datetime, int]:
    """Where the steps begin, counted from midnight, and how many there are."""
    midnight = first.replace(hour=0, minute=0)
    start = midnight + (first - midnight) // step * step
    return start, (last - start) // step + 1


def after(moment: datetime, span: timedelta) -> datetime:
    """The moment so much later, or the same where time ends before."""
    try:
        return moment + span
    except OverflowError:
        return moment
