"""The two limits, what they say, and that a call they turn away does nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.simulator.clock import Clock
from almareplay.simulator.limits import DAILY, PER_SECOND, DayCount, Limits
from almareplay.simulator.server import Simulator

if TYPE_CHECKING:
    from tests.simulator.conftest import Alma

Refusal = Callable[[httpx.Response], tuple[int, str]]


def test_any_one_second_holds_no_more_than_the_limit() -> None:
    now = 100.0
    limits = Limits(3, 0, Clock(), lambda: now)
    assert [limits.admit() for _ in range(5)] == [None, None, None, PER_SECOND, PER_SECOND]
    now = 100.6
    assert limits.admit() == PER_SECOND
    now = 101.0
    assert [limits.admit() for _ in range(4)] == [None, None, None, PER_SECOND]
    now = 101.999
    assert limits.admit() == PER_SECOND


@given(st.lists(st.floats(0, 5, width=16), max_size=80), st.integers(1, 6))
def test_no_window_ever_holds_more(arrivals: list[float], most: int) -> None:
    now = 0.0
    limits = Limits(most, 0, Clock(), lambda: now)
    admitted = []
    for now in sorted(arrivals):
        if limits.admit() is None:
            admitted.append(now)
    for end in admitted:
        assert sum(end - 1.0 < time <= end for time in admitted) <= most


def test_a_day_ends_at_midnight_gmt() -> None:
    clock = Clock()
    clock.freeze(datetime(2026, 9, 14, 23, 59, 58, tzinfo=UTC))
    limits = Limits(0, 2, clock)
    assert [limits.admit() for _ in range(3)] == [None, None, DAILY]
    clock.advance(1)
    assert (limits.left(), limits.admit()) == (0, DAILY)
    clock.advance(1)
    assert (limits.left(), limits.admit(), limits.left()) == (2, None, 1)


def test_institutions_of_a_pool_share_the_calls_of_a_day() -> None:
    pool = DayCount()
    one, other = (Limits(0, 3, Clock(), day_count=pool) for _ in range(2))
    assert [each.admit() for each in (one, other, one, other, one)] == [None] * 3 + [DAILY] * 2
    assert one.left() == other.left() == 0


def test_no_limit_is_no_limit() -> None:
    limits = Limits(0, 0, Clock(), lambda: 1.0)
    assert {limits.admit() for _ in range(1000)} == {None}
    assert limits.left() is None


def test_too_many_calls_in_a_second_are_not_processed(alma: Alma, refusal: Refusal) -> None:
    simulator, item, patron = alma.simulator, alma.item(), alma.patron()
    with Simulator(simulator.world, key="test-key", per_second=2) as narrow:
        base = f"{narrow.url}/almaws/v1"
        with httpx.Client(base_url=base, headers=alma.http.headers) as http:
            assert [http.get("/conf/test").status_code for _ in range(2)] == [200, 200]
            body = {"library": {"value": "MAIN"}, "circ_desk": {"value": "FRONT"}}
            params = {"item_barcode": item.barcode}
            lent = http.post(f"/users/{patron.primary_id}/loans", params=params, json=body)
            assert refusal(lent) == (429, "PER_SECOND_THRESHOLD")
            assert "trackingId" not in lent.text
        assert narrow.record.effects == []
        assert narrow.record.requests[-1].error_code == "PER_SECOND_THRESHOLD"
        assert narrow.record.summary()["answered_429"] == 1
        assert narrow.record.most_in_one_second() == 3


def test_calls_left_today_are_told_until_none_are(alma: Alma, refusal: Refusal) -> None:
    with Simulator(alma.simulator.world, key="test-key", daily_limit=2) as narrow:
        narrow.clock.freeze(datetime(2026, 9, 14, 23, 0, tzinfo=UTC))
        base = f"{narrow.url}/almaws/v1"
        with httpx.Client(base_url=base, headers=alma.http.headers) as http:
            answers = [http.get("/conf/test") for _ in range(3)]
            left = [answer.headers["x-exl-api-remaining"] for answer in answers]
            assert left == ["1", "0", "0"]
            assert refusal(answers[2]) == (429, "DAILY_THRESHOLD")
            assert "trackingId" in answers[2].text
            assert {answer.headers["x-exl-api-quota"] for answer in answers} == {"2"}
            narrow.clock.advance(3600)
            assert http.get("/conf/test").headers["x-exl-api-remaining"] == "1"


@pytest.mark.parametrize("offset", [0.0, 90.0, -3600.0])
def test_answers_carry_the_date_of_almas_own_clock(alma: Alma, offset: float) -> None:
    clock = alma.simulator.clock
    clock.freeze(datetime(2026, 9, 14, 12, 0, 0, tzinfo=UTC))
    clock.advance(offset)
    expected = clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT")
    try:
        dates = alma.http.get("/conf/test").headers.get_list("date")
    finally:
        clock.run()
    assert dates == [expected]


def test_a_running_clock_is_ahead_by_its_offset() -> None:
    ahead = Clock(3600).now() - Clock().now()
    assert 3599 < ahead.total_seconds() < 3601
