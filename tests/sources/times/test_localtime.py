"""Local times made into moments: hours that come twice or not at all, offsets, the future."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from almareplay.outcomes.reasons import in_words
from almareplay.sources import ReadingOptions
from almareplay.sources.times.localtime import SKIPPED, TWICE, StationClock, impossible_year

Options = Callable[..., ReadingOptions]


def at(*figures: int) -> datetime:
    return datetime(*figures)  # type: ignore[arg-type]  # noqa: DTZ001 - a station's local time


def test_an_hour_that_comes_twice_is_the_first(options: Options) -> None:
    moment = StationClock(options()).moment(at(2025, 11, 2, 1, 30))
    assert moment.at is not None
    assert moment.at.isoformat() == "2025-11-02T01:30:00-07:00"
    assert moment.notes == (TWICE,)


def test_a_skipped_hour_is_moved_forward(options: Options) -> None:
    moment = StationClock(options()).moment(at(2026, 3, 8, 2, 30))
    assert moment.at is not None
    assert moment.at.isoformat() == "2026-03-08T03:30:00-07:00"
    assert moment.notes == (SKIPPED,)


@pytest.mark.parametrize("figures", [(2025, 11, 2, 0, 59), (2025, 11, 2, 2, 0), (2026, 3, 8, 3, 0)])
def test_the_hours_around_are_plain(options: Options, figures: tuple[int, ...]) -> None:
    moment = StationClock(options()).moment(at(*figures))
    assert moment.at is not None
    assert moment.at.replace(tzinfo=None) == at(*figures)
    assert moment.notes == ()


def test_the_clock_offset_comes_before_the_zone(options: Options) -> None:
    clock = StationClock(options(clock_offset=timedelta(minutes=4)))
    moment = clock.moment(at(2026, 3, 8, 1, 58))
    assert moment.at is not None
    assert moment.at.isoformat() == "2026-03-08T03:02:00-07:00"
    assert moment.notes == (SKIPPED,)


def test_the_users_own_time_is_not_the_stations(options: Options) -> None:
    clock = StationClock(options(clock_offset=timedelta(hours=1)))
    moment = clock.moment(at(2026, 9, 14, 9), by_station=False)
    assert moment.at is not None
    assert moment.at.hour == 9


def test_more_than_26_hours_ahead_cannot_be(options: Options) -> None:
    clock = StationClock(
        options(now=datetime(2026, 9, 14, 12, tzinfo=UTC), timezone=ZoneInfo("UTC"))
    )
    assert clock.moment(at(2026, 9, 15, 14, 0)).problem is None
    late = clock.moment(at(2026, 9, 15, 14, 1))
    assert late.at is not None
    assert late.problem
    assert in_words(late.problem) == "the time is more than 26 hours ahead: 2026-09-15 14:01"


def test_years_at_the_end_of_time(options: Options) -> None:
    clock = StationClock(options(clock_offset=timedelta(days=9)))
    assert clock.moment(at(9999, 12, 31, 23)).problem == impossible_year(9999)
