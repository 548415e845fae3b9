"""What keeps calls from leaving: an outage, a stop, the pace."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from almareplay.alma.client import Alma
from almareplay.alma.errors import (
    AlmaGone,
    Effect,
    KeyRefused,
    PerSecondLimit,
    Stopped,
    Unavailable,
)
from almareplay.alma.limits.circuit_breaker import Back, BreakerEvent, Gone, StillGone
from almareplay.alma.transport import Traffic
from tests.alma.fake_alma import DOWN, INSTITUTION, LOAN, NO_LOANS, OVER, SLOW, FakeAlma, lend, look


def test_an_outage_stops_all_calls_and_uses_none_up(fake: FakeAlma, run: Any) -> None:
    fake.answer("institution", "GET", "/conf/general", INSTITUTION, *[DOWN] * 7, INSTITUTION)
    # Eight shut the gate, and three are under way then.
    fake.looks(*[httpx.ReadTimeout] * 11, NO_LOANS)
    fake.takes = 2.0
    events: list[BreakerEvent] = []

    async def work(alma: Alma) -> Any:
        await alma.institution()
        return await asyncio.gather(*(look(alma, rank) for rank in range(30)))

    assert run(work, on_event=events.append, in_flight=4) == [0] * 30
    assert [type(event) for event in events] == [Gone] + [StillGone] * 7 + [Back]
    assert {name for time, name in fake.calls if 6.3 < time < 60} == {"institution"}
    assert fake.names.count("institution") == 9
    assert fake.names.count("look") == 41


def test_an_outage_does_not_count_as_a_try(fake: FakeAlma, run: Any) -> None:
    """A read that fails at the end of each of eight outages, more often than it may on its own."""
    fake.looks(*[DOWN] * 8, NO_LOANS)
    fake.answer("test", "GET", "/bibs/test", *[DOWN, httpx.Response(200)] * 8)
    assert run(look) == 0
    assert fake.names.count("look") == 9


def test_what_waits_for_its_turn_when_alma_goes_stays(fake: FakeAlma, run: Any) -> None:
    fake.loans(httpx.ReadError, LOAN)
    fake.answer("test", "GET", "/bibs/test", DOWN, DOWN, httpx.Response(200))

    async def work(alma: Alma) -> Any:
        return await asyncio.gather(*(lend(alma) for _ in range(20)), return_exceptions=True)

    results = run(work, per_second=1)
    assert [type(result) for result in results] == [Unavailable] + [str] * 19
    assert fake.names[:5] == ["loan", "test", "test", "test", "loan"]


def test_every_call_that_waits_gets_to_know_that_alma_stays_away(fake: FakeAlma, run: Any) -> None:
    fake.loans(httpx.ConnectError)
    fake.answer("test", "GET", "/bibs/test", httpx.ConnectError)

    async def work(alma: Alma) -> Any:
        return await asyncio.gather(*(lend(alma) for _ in range(10)), return_exceptions=True)

    errors = run(work, give_up_after=900)
    assert {type(error) for error in errors} == {AlmaGone}
    assert {error.effect for error in errors} == {Effect.NOT_SENT}
    assert fake.names.count("loan") <= 2
    assert 900 <= fake.calls[-1][0] < 905


def test_a_key_refused_on_a_probe_ends_the_wait_of_all(fake: FakeAlma, run: Any) -> None:
    fake.looks(DOWN)
    fake.answer("test", "GET", "/bibs/test", DOWN, httpx.Response(401))

    async def work(alma: Alma) -> Any:
        return await asyncio.gather(*(look(alma) for _ in range(5)), return_exceptions=True)

    assert {type(error) for error in run(work)} == {KeyRefused}


async def at_the_gate(alma: Alma, fake: FakeAlma) -> None:
    fake.looks(DOWN)
    fake.answer("test", "GET", "/bibs/test", DOWN)
    await look(alma)


async def at_the_pace(alma: Alma, fake: FakeAlma) -> None:
    fake.looks(SLOW)
    await look(alma)


async def until_midnight(alma: Alma, fake: FakeAlma) -> None:
    fake.looks(OVER)
    await look(alma)


async def between_tries(alma: Alma, fake: FakeAlma) -> None:
    fake.looks(DOWN)
    await look(alma)


@pytest.mark.parametrize("waiting", [at_the_gate, at_the_pace, until_midnight, between_tries])
@pytest.mark.parametrize("after", [0.0, 0.6, 2.5])
def test_a_stop_ends_every_wait_at_once(
    fake: FakeAlma, clock: Any, connect: Any, waiting: Any, after: float
) -> None:
    async def work() -> float:
        stopping = asyncio.Event()
        async with connect(stopping=stopping, wait=True, per_second=1.0) as alma:
            waits = [asyncio.create_task(waiting(alma, fake)) for _ in range(5)]
            await asyncio.sleep(after)
            stopping.set()
            told = clock.monotonic()
            errors = await asyncio.gather(*waits, return_exceptions=True)
            assert {type(error) for error in errors} == {Stopped}
            calls = len(fake.calls)
            with pytest.raises(Stopped):
                await lend(alma)
            assert len(fake.calls) == calls
            stopped: float = clock.monotonic() - told
            return stopped

    assert clock.run(work()) <= fake.takes


def test_a_stop_lets_calls_in_flight_finish(fake: FakeAlma, clock: Any, connect: Any) -> None:
    fake.takes = 3.0

    async def work() -> Any:
        stopping = asyncio.Event()
        async with connect(stopping=stopping) as alma:
            calls = [asyncio.create_task(lend(alma)) for _ in range(10)]
            await asyncio.sleep(0.25)
            stopping.set()
            return await asyncio.gather(*calls, return_exceptions=True)

    results = clock.run(work())
    assert results[:3] == ["71"] * 3
    assert {type(error) for error in results[3:]} == {Stopped}
    assert len(fake.calls) == 3


def test_a_stop_during_the_confirmation_keeps_the_call_back(
    fake: FakeAlma, clock: Any, connect: Any
) -> None:
    async def work() -> None:
        stopping = asyncio.Event()

        async def confirm() -> None:
            stopping.set()

        async with connect(stopping=stopping) as alma:
            with pytest.raises(Stopped):
                await lend(alma, confirm)

    clock.run(work())
    assert fake.names == []


def test_an_answer_that_never_ends_is_given_up(fake: FakeAlma, run: Any, clock: Any) -> None:
    fake.takes = 100_000
    fake.loans(LOAN)
    error = run(lend, timeout_seconds=20)
    assert type(error) is Unavailable
    assert error.effect is Effect.UNKNOWN
    assert clock.monotonic() - 1000 <= 31


def test_calls_leave_by_rank_and_within_the_pace(fake: FakeAlma, run: Any) -> None:
    async def work(alma: Alma) -> Any:
        await asyncio.gather(*(look(alma, rank) for rank in (9, 5, 7) * 20))

    run(work, per_second=15)
    times = [time for time, _ in fake.calls]
    assert all(late - early > 1.0 for early, late in zip(times, times[15:], strict=False))
    assert 59 / (times[-1] - times[0]) >= 0.96 * 15


def test_a_limit_met_by_a_burst_slows_the_pace_once(fake: FakeAlma, run: Any) -> None:
    fake.takes = 0.5
    fake.looks(*[SLOW] * 4, NO_LOANS)
    seen: list[Traffic] = []

    async def work(alma: Alma) -> Any:
        return await asyncio.gather(*(look(alma) for _ in range(4)))

    assert run(work, on_call=seen.append) == [0] * 4
    assert min(traffic.pace for traffic in seen) == 5
    assert PerSecondLimit.usual_effect is Effect.REFUSED
