from __future__ import annotations

import asyncio
from itertools import cycle, pairwise
from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almareplay.alma.limits.rate_limiter import RateLimiter, SystemClock
from tests.examples import examples


def most_in_a_second(times: list[float]) -> int:
    return max(
        (sum(1 for t in times[i:] if t <= start + 1.0) for i, start in enumerate(times)), default=0
    )


async def leave(pace: RateLimiter, clock: Any, times: list[float], rank: int = 0) -> None:
    await pace.turn(rank)
    times.append(clock.monotonic())


@settings(max_examples=examples(60), deadline=None)
@given(
    per_second=st.sampled_from([0.5, 1, 2, 2.5, 7, 15, 25, 40]),
    bursts=st.lists(st.tuples(st.floats(0, 5), st.integers(1, 60)), min_size=1, max_size=5),
    overshoots=st.lists(st.floats(0, 0.05), min_size=1, max_size=7),
)
def test_no_second_holds_more_calls_than_the_pace(
    new_clock: Any, per_second: float, bursts: list[tuple[float, int]], overshoots: list[float]
) -> None:
    clock = new_clock()
    clock.overshoots = cycle(overshoots)
    arrivals = [after for after, calls in bursts for _ in range(calls)]
    times: list[float] = []

    async def run() -> None:
        pace = RateLimiter(per_second, clock)

        async def arrive(after: float) -> None:
            await asyncio.sleep(after)
            await leave(pace, clock, times)

        await asyncio.gather(*(arrive(after) for after in arrivals))

    clock.run(run())
    assert len(times) == len(arrivals)
    assert most_in_a_second(times) <= ceil(per_second)


@pytest.mark.parametrize("per_second", [1, 15, 25, 50])
@pytest.mark.parametrize("overshoots", [[0.0], [0.0015], [0.002], [0.001, 0.018, 0.0]])
def test_uses_the_pace_although_sleeps_last_too_long(
    clock: Any, per_second: int, overshoots: list[float]
) -> None:
    clock.overshoots = cycle(overshoots)
    times: list[float] = []

    async def run() -> None:
        pace = RateLimiter(per_second, clock)
        await asyncio.gather(*(leave(pace, clock, times) for _ in range(per_second * 20)))

    clock.run(run())
    used = (len(times) - 1) / (times[-1] - times[0])
    assert 0.96 * per_second <= used <= per_second


def test_leaves_evenly_and_catches_nothing_up_after_a_stall(clock: Any) -> None:
    times: list[float] = []

    async def run() -> None:
        pace = RateLimiter(10, clock)
        await leave(pace, clock, times)
        await asyncio.sleep(30)
        await asyncio.gather(*(leave(pace, clock, times) for _ in range(12)))

    clock.run(run())
    gaps = [later - earlier for earlier, later in pairwise(times[1:])]
    assert min(gaps) >= 0.1
    assert max(gaps) <= 0.11


@settings(max_examples=examples(60), deadline=None)
@given(
    per_second=st.sampled_from([1, 3, 15, 25]),
    delays=st.lists(st.floats(0, 2), min_size=1, max_size=20),
    calls=st.integers(1, 90),
)
def test_counts_a_call_when_it_leaves_and_not_when_it_had_its_turn(
    new_clock: Any, per_second: int, delays: list[float], calls: int
) -> None:
    clock = new_clock()
    times: list[float] = []

    async def run() -> None:
        pace = RateLimiter(per_second, clock)

        async def call(connects_in: float) -> None:
            with await pace.turn(0) as departure:
                departure.hold()
                await asyncio.sleep(connects_in)
                departure.leave()
                times.append(clock.monotonic())

        rest = cycle(delays)
        await asyncio.gather(*(call(next(rest)) for _ in range(calls)))

    clock.run(run())
    assert len(times) == calls
    assert most_in_a_second(sorted(times)) <= per_second


def test_a_call_that_is_held_and_never_leaves_gives_its_place_back(clock: Any) -> None:
    async def run() -> float:
        pace = RateLimiter(1, clock)
        for _ in range(3):
            with await pace.turn(0) as departure:
                departure.hold()
        return float(clock.monotonic())

    assert clock.run(run()) < 1003


def test_survives_a_clock_that_jumps_an_hour(clock: Any) -> None:
    times: list[float] = []

    async def run() -> None:
        pace = RateLimiter(10, clock)
        calls = [asyncio.create_task(leave(pace, clock, times)) for _ in range(30)]
        await asyncio.sleep(0.55)
        clock.jump(3600)
        await asyncio.gather(*calls)

    clock.run(run())
    assert len(times) == 30
    assert most_in_a_second(times) <= 10
    assert times[-1] - times[0] < 3610


def test_serves_the_lowest_rank_first_and_within_a_rank_the_first_to_come(clock: Any) -> None:
    served: list[str] = []

    async def run() -> None:
        pace = RateLimiter(10, clock)

        async def call(rank: int, name: str) -> None:
            await pace.turn(rank)
            served.append(name)

        calls = [call(7, "first"), call(7, "7a"), call(3, "3a"), call(7, "7b"), call(3, "3b")]
        tasks = [asyncio.create_task(one) for one in calls]
        await asyncio.sleep(0.15)
        tasks.append(asyncio.create_task(call(1, "late")))
        await asyncio.gather(*tasks)

    clock.run(run())
    assert served == ["first", "3a", "late", "3b", "7a", "7b"]


def test_a_waiter_that_is_cancelled_loses_no_turn(clock: Any) -> None:
    times: list[float] = []

    async def run() -> None:
        pace = RateLimiter(1, clock)
        calls = [asyncio.create_task(leave(pace, clock, times)) for _ in range(5)]
        await asyncio.sleep(0.5)
        calls[1].cancel()
        calls[3].cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    clock.run(run())
    assert [round(t - times[0], 1) for t in times] == [0.0, 1.0, 2.1]


def test_limits_the_calls_in_flight(clock: Any) -> None:
    flying = 0
    most = 0

    async def run() -> None:
        pace = RateLimiter(20, clock, in_flight=3)

        async def call() -> None:
            nonlocal flying, most
            with await pace.turn(0):
                flying += 1
                most = max(most, flying)
                await asyncio.sleep(2)
                flying -= 1

        await asyncio.gather(*(call() for _ in range(10)))

    clock.run(run())
    assert (most, flying) == (3, 0)


@pytest.mark.parametrize(("per_second", "in_flight"), [(1, 8), (15, 60), (0.5, 8)])
def test_lets_enough_calls_fly_for_the_pace(clock: Any, per_second: float, in_flight: int) -> None:
    assert RateLimiter(per_second, clock).in_flight == in_flight


def test_slows_down_once_a_burst_and_recovers_step_by_step(clock: Any) -> None:
    async def run() -> list[float]:
        pace = RateLimiter(20, clock)
        left = clock.monotonic()
        seen = []
        for _ in range(3):
            pace.slow_down(left)
        seen.append(pace.current)
        await pace.turn(0)
        seen.append(clock.monotonic() - left)
        await asyncio.sleep(1.01)
        seen.append(pace.current)
        pace.slow_down(clock.monotonic())
        seen.append(pace.current)
        await asyncio.sleep(60)
        seen.append(pace.current)
        return seen

    first, held, later, again, at_last = clock.run(run())
    assert (first, later, again, at_last) == (10, 12, 6, 20)
    assert held == pytest.approx(1.0)


@pytest.mark.parametrize(("per_second", "slowest"), [(15, 1), (0.5, 0.5)])
def test_never_slows_down_to_nothing(clock: Any, per_second: float, slowest: float) -> None:
    async def run() -> float:
        pace = RateLimiter(per_second, clock)
        for _ in range(10):
            await asyncio.sleep(0.01)
            pace.slow_down(clock.monotonic())
        return pace.current

    assert clock.run(run()) == slowest


@pytest.mark.parametrize("per_second", [0, -1, float("inf"), float("nan")])
def test_refuses_what_is_no_pace(clock: Any, per_second: float) -> None:
    with pytest.raises(ValueError, match="calls a second"):
        RateLimiter(per_second, clock)


def test_the_real_clock_passes() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    asyncio.run(clock.sleep(0.002))
    assert clock.monotonic() > before
    assert clock.now().utcoffset() is not None
