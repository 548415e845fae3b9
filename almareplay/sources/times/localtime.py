"""Local times of a station made into moments that exist."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import NamedTuple

from almareplay.sources.options import ReadingOptions
from almareplay.sources.times.zones import Zone
from almareplay.transactions import Notes, Reason

FARTHEST_AHEAD = timedelta(hours=26)
"""No place on earth has a local time farther ahead of another's: beyond it the clock was wrong."""

EARLIEST_YEAR = 2000
"""Alma is younger; a clock without a battery says 1980, an empty date cell 1900."""

TWICE = Reason("hour_ran_twice")
SKIPPED = Reason("hour_was_skipped")
UTC_TOLD = Reason("in_utc")
ZONE_TOLD = Reason("in_other_zone")
NO_TIME = Reason("no_time")


class NoTimeError(ValueError):
    """What stands where a date or time belongs is none: ``reason`` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class ImpossibleTimeError(NoTimeError):
    """A date or time that does not exist."""


class Moment(NamedTuple):
    """A captured time as it is understood: ``at`` in the options' zone, or the problem with it.

    A time too far ahead has both, for the report.
    """

    at: datetime | None
    notes: Notes = ()
    problem: Reason | None = None


def existing_date(year: int, month: int, day: int) -> date:
    """The date. Raises ImpossibleTimeError where there is none, or none that can be meant."""
    if not 1 <= month <= 12:
        raise ImpossibleTimeError(Reason.of("impossible_month", month=month))
    if year < EARLIEST_YEAR:
        raise ImpossibleTimeError(impossible_year(year))
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        of_year = f" {year}" if (month, day) == (2, 29) else ""
        name = f"{day} {calendar.month_name[month]}{of_year}"
        raise ImpossibleTimeError(Reason.of("impossible_day", day=name))
    return date(year, month, day)


def existing_time(hour: int, minute: int, second: int = 0) -> time:
    """The time of day. Raises ImpossibleTimeError where there is none."""
    if hour > 23 or minute > 59 or second > 59:
        seconds = f":{second:02}" if second else ""
        clock = f"{hour:02}:{minute:02}{seconds}"
        raise ImpossibleTimeError(Reason.of("impossible_clock", clock=clock))
    return time(hour, minute, second)


def impossible_year(year: int) -> Reason:
    """Why a time in this year is none."""
    return Reason.of("impossible_year", year=f"{year:04}")


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
            return Moment(None, problem=impossible_year(naive.year))

    def moment_of_utc(self, naive: datetime) -> Moment:
        """The moment of a naive time that the station tells in UTC; no zone is assumed."""
        return self.moment_in_zone(naive, Zone(timedelta(0)))

    def moment_of_instant(self, at: datetime, *, by_station: bool = True) -> Moment:
        """The moment of an aware time; ``by_station``: told by the station's own clock."""
        try:
            told = at + self._offset * by_station
            return self._not_ahead(told.astimezone(self._zone))
        except OverflowError:
            return Moment(None, problem=impossible_year(at.year))

    def moment_in_zone(self, naive: datetime, zone: Zone) -> Moment:
        """The moment of a naive time of the station in the zone that its row names."""
        try:
            told = naive + self._offset
            for fold in (0, 1):
                local = told.replace(tzinfo=self._zone, fold=fold)
                if zone.name and (local.tzname() or "").casefold() == zone.name:
                    return self._not_ahead(local)
            if zone.offset is None:
                return Moment(None, problem=Reason.of("unknown_zone", zone=self._zone.key))
            at = told.replace(tzinfo=timezone(zone.offset)).astimezone(self._zone)
        except OverflowError:
            return Moment(None, problem=impossible_year(naive.year))
        if not zone.offset:
            return self._not_ahead(at, UTC_TOLD)
        return self._not_ahead(at, *(() if at.utcoffset() == zone.offset else (ZONE_TOLD,)))

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
        if before == after:
            return self._not_ahead(at)
        # Python: with fold 0 a repeated hour is the first, a skipped one counts on from before.
        return self._not_ahead(at, SKIPPED if at.replace(tzinfo=None) != naive else TWICE)

    def _not_ahead(self, at: datetime, *notes: Reason) -> Moment:
        if at.astimezone(UTC) > self._latest:
            return Moment(at, notes, Reason("too_far_ahead").quoting(f"{at:%Y-%m-%d %H:%M}"))
        return Moment(at, notes)
