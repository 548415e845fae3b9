from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from almareplay.alma.errors import DailyLimit, Effect
from almareplay.alma.limits.alma_clock import AlmaClock
from almareplay.alma.limits.daily_quota import DailyQuota, DayUsedUp


def calls_left(clock: Any, reserve: int = 100, *, wait: bool = False) -> DailyQuota:
    return DailyQuota(reserve, clock, AlmaClock(clock), wait=wait)


def test_knows_nothing_until_alma_says_it(clock: Any) -> None:
    left = calls_left(clock)
    left.leaving()
    left.learn(None)
    assert left.known is None
    clock.run(left.passed())
    left.learn(" 1200 ")
    assert left.known == 1200


@pytest.mark.parametrize("header", [None, "", "many", "-1", "1.5", "٣", "9" * 30])
def test_counts_on_its_own_where_the_header_says_nothing(clock: Any, header: str | None) -> None:
    left = calls_left(clock)
    left.learn("1200")
    left.leaving()
    left.learn(header)
    assert left.known == 1199


def test_an_answer_that_was_overtaken_does_not_raise_the_count(clock: Any) -> None:
    left = calls_left(clock)
    left.learn("1200")
    left.learn("1203")
    assert left.known == 1200
    left.learn("900")
    assert left.known == 900


def test_stops_at_the_reserve_and_says_so(clock: Any) -> None:
    left = calls_left(clock)
    left.learn("101")
    clock.run(left.passed())
    left.leaving()
    with pytest.raises(DailyLimit, match=r"100 calls .* left .* 100 are reserved") as caught:
        clock.run(left.passed())
    assert caught.value.effect is Effect.NOT_SENT
    assert caught.value.code == ""


def test_stops_when_alma_says_so_and_says_that(clock: Any) -> None:
    left = calls_left(clock)
    left.used_up()
    with pytest.raises(DailyLimit, match="used up") as caught:
        clock.run(left.passed())
    assert caught.value.code == "DAILY_THRESHOLD"
    assert left.known == 0


@pytest.mark.parametrize("reason", ["reserve", "used up"])
def test_waits_until_just_after_midnight_on_almas_clock(clock: Any, reason: str) -> None:
    async def run() -> datetime:
        alma_clock = AlmaClock(clock)
        alma_clock.learn("Mon, 02 Mar 2026 20:30:00 GMT")  # ours says noon
        left = DailyQuota(100, clock, alma_clock, wait=True)
        if reason == "reserve":
            left.learn("100")
        else:
            left.used_up()
        await asyncio.gather(left.passed(), left.passed())
        assert left.known is None
        return alma_clock.now()

    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    woken = clock.run(run())
    assert midnight < woken <= midnight + timedelta(minutes=1)


def test_a_count_just_after_midnight_is_yesterdays(clock: Any) -> None:
    clock.start = datetime(2026, 3, 2, 0, 0, 10, tzinfo=UTC)
    left = calls_left(clock)
    left.learn("5")
    assert left.spent
    clock.jump(30)
    assert not left.spent
    assert left.known is None


def test_notices_midnight_while_the_machine_slept(clock: Any) -> None:
    left = calls_left(clock, wait=True)

    async def run() -> float:
        left.used_up()
        begun = asyncio.get_running_loop().time()
        waiting = asyncio.create_task(left.passed())
        await asyncio.sleep(1)
        clock.jump(24 * 3600)
        await waiting
        return asyncio.get_running_loop().time() - begun

    assert clock.run(run()) <= 61


def test_tells_once_a_day_until_when_it_waits(clock: Any) -> None:
    told: list[DayUsedUp] = []

    async def wait_together() -> None:
        left = DailyQuota(10, clock, AlmaClock(clock), wait=True, on_event=told.append)
        left.learn("10")
        await asyncio.gather(left.passed(), left.passed(), left.passed())

    clock.run(wait_together())
    assert [event.until.isoformat() for event in told] == ["2026-03-03T00:00:30+00:00"]
