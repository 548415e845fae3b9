"""Local times of a station made into moments that exist."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import NamedTuple

from almareplay.sources.options import ReadingOptions
from almareplay.sources.times.zones import Zone

FARTHEST_AHEAD = timedelta(hours=26)
"""No place on earth has a local time farther ahead of another's: beyond it the clock was wrong."""

EARLIEST_YEAR = 2000
"""Alma is younger; a clock without a battery says 1980, an empty date cell 1900."""

TWICE = "the clocks ran through this hour twice: taken as the first"
SKIPPED = "the clocks skipped this hour: moved forward"
UTC_TOLD = "the time is in UTC, as the row says"
ZONE_TOLD = "the time is of another time zone, as the row says"


class ImpossibleTimeError(ValueError):
    """A date or time that does not exist; ``str()`` says why, without the text it stood in."""


class Moment(NamedTuple):
    """A captured time as it is understood: ``at`` in the options' zone, or the problem with it.

    A time too far ahead has both, for the report.
    """

    at: datetime | None
    note: str = ""
    problem: str = ""


def existing_date(year: int, month: int, day: int) -> date:
    """The date. Raises ImpossibleTimeError where there is none, or none that can be meant."""
    if not 1 <= month <= 12:
        raise ImpossibleTimeError(f"there is no month {month}")
    if year < EARLIEST_YEAR:
        raise ImpossibleTimeError(f"the year {year:04} cannot be right")
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        of_year = f" {year}" if (month, day) == (2, 29) else ""
        raise ImpossibleTimeError(f"{day} {calendar.month_name[month]}{of_year} does not exist")
    return date(year, month, day)


def existing_time(hour: int, minute: int, second: int = 0) -> time:
    """The time of day. Raises ImpossibleTimeError where there is none."""
    if hour > 23 or minute > 59 or second > 59:
        seconds = f":{second:02}" if second else ""
        raise ImpossibleTimeError(f"there is no time {hour:02}:{minute:02}{seconds}")
    return time(hour, minute, second)


class StationClock:
    """Makes a station's local times aware: clock offset first, then the zone, then what can be.

    An hour that the clocks ran through twice is taken as the first, one that they skipped is moved
    forward by what they skipped; both are noted.
    """

    def __init__(self, options: ReadingOptions) -> None:
        self._zone = options.timezone
        self._offset = options.clock_offset
        self._latest = options.now.astimezone(UTC) + FARTHEST_AHEAD
        self._hours: dict[int, bool] = {}

    def moment(self, naive: datetime, *, by_station: bool = True) -> Moment:
        """The moment of a naive local time; ``by_station``: told by the station's own clock."""
        try:
            told = naive + self._offset * by_station if self._offset else naive
            hour = told.toordinal() * 24 + told.hour
            plain = self._hours.get(hour)
            if plain is None:
                plain = self._hours[hour] = self._is_plain(told.replace(minute=0, second=0))
            return Moment(told.replace(tzinfo=self._zone)) if plain else self._odd_moment(told)
        except OverflowError:
            return Moment(None, problem=f"the year {naive.year:04} cannot be right")

    def moment_of_utc(self, naive: datetime) -> Moment:
        """The moment of a naive time that the station tells in UTC; no zone is assumed."""
        return self.moment_in_zone(naive, Zone(timedelta(0)))

    def moment_in_zone(self, naive: datetime, zone: Zone) -> Moment:
        """The moment of a naive time of the station in the zone that its row names."""
        try:
            told = naive + self._offset
            for fold in (0, 1):
                local = told.replace(tzinfo=self._zone, fold=fold)
                if zone.name and (local.tzname() or "").casefold() == zone.name:
                    return self._not_ahead(local, "")
            if zone.offset is None:
                return Moment(
                    None,
                    problem=f"the time names a time zone that {self._zone.key} does not have then",
                )
            at = told.replace(tzinfo=timezone(zone.offset)).astimezone(self._zone)
        except OverflowError:
            return Moment(None, problem=f"the year {naive.year:04} cannot be right")
        if not zone.offset:
            return self._not_ahead(at, UTC_TOLD)
        return self._not_ahead(at, "" if at.utcoffset() == zone.offset else ZONE_TOLD)

    def _is_plain(self, hour: datetime) -> bool:
        """Whether each moment of an hour existed once, and none is too far ahead."""
        for edge in (hour, hour.replace(minute=59, second=59)):
            first = edge.replace(tzinfo=self._zone)
            if first.utcoffset() != first.replace(fold=1).utcoffset():
                return False
            if first.astimezone(UTC) > self._latest:
                return False
        return True

    def _odd_moment(self, naive: datetime) -> Moment:
        local = naive.replace(tzinfo=self._zone)
        before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
        at = local.astimezone(UTC).astimezone(self._zone)
        note = ""
        if before != after:
            # Python: with fold 0 a repeated hour is the first, a skipped one counts on from before.
            note = SKIPPED if at.replace(tzinfo=None) != naive else TWICE
        return self._not_ahead(at, note)

    def _not_ahead(self, at: datetime, note: str) -> Moment:
        if at.astimezone(UTC) > self._latest:
            return Moment(at, note, f"the time is more than 26 hours ahead: {at:%Y-%m-%d %H:%M}")
        return Moment(at, note)
