"""Due dates as captured, against the same loan made at the captured time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.replay.follow_ups.due_dates import Period, due_as_captured, period_of

ZONE = ZoneInfo("America/Los_Angeles")
MINUTE = timedelta(minutes=1)


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def _closing(start: datetime, days: int, at: time) -> datetime:
    """When a loan of so many days is due: at the closing hour of its last day."""
    day = start.astimezone(ZONE).date() + timedelta(days=days)
    return datetime.combine(day, at, ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("captured", "made", "due", "expected"),
    [
        pytest.param(
            *("2026-09-11 16:00", "2026-09-14 09:07:31", "2026-10-12 22:00", "2026-10-09 22:00"),
            id="weeks, over a weekend",
        ),
        pytest.param(
            *("2026-09-14 22:30", "2026-09-15 00:10:12", "2026-09-29 22:00", "2026-09-28 22:00"),
            id="past midnight, not a day later",
        ),
        pytest.param(
            *("2026-09-14 09:00", "2026-09-14 15:10:12", "2026-09-28 22:00", None),
            id="on the same day",
        ),
        pytest.param(
            *("2026-09-14 09:00", "2026-09-14 11:10:12", "2026-09-14 15:10:12", "2026-09-14 13:00"),
            id="hours",
        ),
        pytest.param(
            *("2026-09-11 09:00", "2026-09-14 11:10:12", "2026-09-14 15:10:12", "2026-09-14 11:12"),
            id="hours that are over: now",
        ),
        pytest.param(
            *("2026-09-11 09:00", "2026-09-14 11:10:12", "2026-09-15 22:00", "2026-09-14 11:12"),
            id="a day that is over: now",
        ),
        pytest.param(
            *("2026-10-30 12:00", "2026-11-02 09:07:31", "2026-11-30 22:00", "2026-11-27 22:00"),
            id="Alma's hour of the day, when the clocks change between",
        ),
        pytest.param(
            *("2026-10-30 12:00", "2026-11-02 09:07:31", "2026-11-02 22:00", "2026-11-02 09:09"),
            id="today, which would have been Friday",
        ),
    ],
)
def test_due_date_is_that_of_the_captured_time(
    captured: str, made: str, due: str, expected: str | None
) -> None:
    now = _local(made) + MINUTE
    moved = due_as_captured(
        _local(captured), _local(made).astimezone(UTC), _local(due).astimezone(UTC),
        zone=ZONE, now=now,
    )  # fmt: skip
    assert moved == (None if expected is None else _local(expected))


def test_renewal_never_takes_time_away() -> None:
    before = _local("2026-10-14 22:00")
    moved = due_as_captured(
        _local("2026-09-11 09:00"), _local("2026-09-14 09:07:31"), _local("2026-10-16 22:00"),
        zone=ZONE, now=_local("2026-09-14 09:08"), at_least=before,
    )  # fmt: skip
    assert moved == before


@given(
    minutes=st.integers(0, 525_600),
    away=st.timedeltas(2 * MINUTE, timedelta(days=5)),
    days=st.integers(0, 120),
    hours=st.integers(1, 72),
    closes=st.sampled_from([time(22), time(23, 59), time(23, 59, 59), time(17, 45)]),
    seconds=st.sampled_from([0, 1, 59]),
)
def test_no_patron_has_less_time_than_online(
    minutes: int, away: timedelta, days: int, hours: int, closes: time, seconds: int
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE
    made = (at + away).replace(second=seconds, microsecond=0)
    for due, online in (
        (_closing(made, days, closes), _closing(at, days, closes)),
        (made.replace(microsecond=0) + timedelta(hours=hours), at + timedelta(hours=hours)),
    ):
        left = due_as_captured(at, made, due, zone=ZONE, now=made) or due
        assert left >= min(due, max(online, made) - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("2026-09-14 15:10:12", Period.HOURS),
        ("2026-09-17 11:10:12", Period.HOURS),
        ("2026-09-14 15:10", Period.EITHER),
        ("2026-09-14 22:10", Period.EITHER),
        ("2026-09-14 22:00", Period.DAYS),
        ("2026-09-15 22:00", Period.DAYS),
        ("2026-09-14 11:10:12", Period.DAYS),
        ("2026-10-12 22:10", Period.DAYS),
    ],
)
def test_hours_are_told_from_days(due: str, expected: Period) -> None:
    assert period_of(_local("2026-09-14 11:10:12.340"), _local(due)) is expected


def test_no_library_closes_at_seven_minutes_past() -> None:
    made = _local("2026-09-14 11:07:00.340")
    assert period_of(made, _local("2026-09-14 15:07:00")) is Period.HOURS
    assert period_of(made, _local("2026-09-14 15:07:30")) is Period.HOURS


def test_a_second_that_alma_has_cut_is_not_taken_from_the_patron() -> None:
    made, due = _local("2026-09-14 11:10:12.340"), _local("2026-09-14 15:10:12")
    moved = due_as_captured(_local("2026-09-14 09:00"), made, due, zone=ZONE, now=made)
    assert moved == _local("2026-09-14 13:00")
