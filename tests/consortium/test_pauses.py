"""When a run is looked at again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.alma.errors import AlmaGone, DailyLimit, KeyRefused
from almareplay.consortium import pauses
from almareplay.queue.consortium.submissions import Blocked, Later
from almareplay.queue.errors import QueueError, RunOfAnotherInstitution
from almareplay.settings import SettingsError
from almareplay.transactions import AlmaInstance

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
MOSS = AlmaInstance("01MOSS_INST", "Moss College", "sandbox", "api-eu.example.org")


def test_an_alma_that_is_away_is_asked_at_growing_pauses() -> None:
    waits = [pauses.growing(tries)(NOON) - NOON for tries in range(1, 8)]
    assert [wait.total_seconds() / 60 for wait in waits] == [1, 2, 5, 10, 15, 15, 15]


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda each: each.year < 9_000))
def test_a_used_up_day_is_over_soon_after_midnight(now: datetime) -> None:
    due = pauses.next_day(now)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert now < due <= midnight + timedelta(minutes=1)
    # Clocks that differ by a few minutes cost minutes, not a day.
    assert due > midnight or now - (midnight - timedelta(days=1)) < timedelta(hours=1)


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (DailyLimit("used up"), Later),
        (AlmaGone("away"), Later),
        (QueueError("the server is gone"), Later),
        (KeyError("a mistake of ours"), Later),
        (KeyRefused("another key"), Blocked),
        (SettingsError("no zone"), Blocked),
        (RunOfAnotherInstitution("main", "01FERN_INST", MOSS), Blocked),
    ],
)
def test_time_or_somebody_must_put_it_right(error: Exception, end: type[Later | Blocked]) -> None:
    assert isinstance(pauses.end_of(error, 1), end)
