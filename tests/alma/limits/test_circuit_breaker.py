from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from almareplay.alma.errors import (
    AlmaError,
    AlmaGone,
    DailyLimit,
    Effect,
    KeyRefused,
    PerSecondLimit,
    Refusal,
    Unavailable,
    Unreachable,
)
from almareplay.alma.limits.circuit_breaker import (
    Back,
    BreakerEvent,
    CircuitBreaker,
    Gone,
    StillGone,
)


class Probes:
    """Probes that meet ``answers`` one after the other, the last one over and over."""

    def __init__(self, clock: Any, *answers: AlmaError | None, takes: float = 0.0) -> None:
        self._clock = clock
        self._answers = answers
        self._takes = takes
        self.left: list[float] = []
        self.under_way = 0

    async def __call__(self) -> None:
        assert self.under_way == 0, "one probe at a time"
        self.left.append(self._clock.monotonic() - 1000.0)
        self.under_way += 1
        await self._clock.sleep(self._takes)
        self.under_way -= 1
        answer = self._answers[min(len(self.left), len(self._answers)) - 1]
        if answer is not None:
            raise answer


def down() -> Unavailable:
    return Unavailable("down")


def test_lets_calls_pass_while_nothing_has_failed(clock: Any) -> None:
    probes = Probes(clock, None)
    outage = CircuitBreaker(probes, clock)
    clock.run(outage.passed())
    assert probes.left == []
    assert not outage.shut


@pytest.mark.parametrize(
    ("failure", "enough"), [(down(), 8), (Unreachable("https://alma.example", "refused"), 4)]
)
def test_while_calls_are_answered_only_failures_in_a_row_shut_the_gate(
    clock: Any, failure: Unavailable, enough: int
) -> None:
    outage = CircuitBreaker(Probes(clock, None), clock)
    for _ in range(3):
        clock.jump(0.1)
        outage.answered(clock.monotonic())
        for _ in range(enough - 1):
            clock.jump(0.1)
            outage.failed(failure, clock.monotonic())
        assert not outage.shut
    clock.jump(0.1)
    outage.failed(failure, clock.monotonic())
    assert outage.shut


@pytest.mark.parametrize(("seconds", "shut"), [(4.9, False), (5.1, True)])
def test_a_single_failure_shuts_the_gate_where_nothing_was_answered_lately(
    clock: Any, seconds: float, shut: bool
) -> None:
    outage = CircuitBreaker(Probes(clock, None), clock)
    outage.answered(clock.monotonic())
    clock.jump(seconds)
    outage.failed(down(), clock.monotonic())
    assert outage.shut is shut


def test_what_left_before_a_call_that_was_answered_says_nothing_of_now(clock: Any) -> None:
    """Time-outs that come in one after the other, long after Alma is back."""
    outage = CircuitBreaker(Probes(clock, None), clock)
    left_at = clock.monotonic()
    clock.jump(60)
    outage.answered(clock.monotonic())
    clock.jump(10)
    for _ in range(20):
        outage.failed(down(), left_at)
    assert not outage.shut


def test_answers_to_calls_that_left_before_alma_went_do_not_keep_the_gate_open(clock: Any) -> None:
    outage = CircuitBreaker(Probes(clock, None), clock)
    left_before = clock.monotonic()
    outage.answered(left_before)
    clock.jump(1)
    for _ in range(7):
        outage.failed(down(), clock.monotonic())
        outage.answered(left_before)
    assert not outage.shut
    outage.failed(down(), clock.monotonic())
    assert outage.shut


def test_since_when_alma_is_away_is_the_first_failure_in_the_row(clock: Any) -> None:
    told: list[BreakerEvent] = []
    outage = CircuitBreaker(Probes(clock, down(), None), clock, on_event=told.append)
    outage.answered(clock.monotonic())
    clock.jump(3)
    outage.failed(down(), clock.monotonic())
    clock.jump(3)
    outage.failed(down(), clock.monotonic())
    clock.run(outage.passed())
    gone, _, back = told
    assert gone == Gone(clock.start + timedelta(seconds=3), "no answer")
    assert isinstance(back, Back)
    assert back.lasted == pytest.approx(timedelta(seconds=4), abs=timedelta(seconds=0.01))


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Refusal("no"),
        PerSecondLimit("slow"),
        DailyLimit("over", effect=Effect.REFUSED),
    ],
)
def test_a_probe_that_is_answered_opens_the_gate_without_a_word(
    clock: Any, answer: AlmaError | None
) -> None:
    probes = Probes(clock, answer)
    told: list[BreakerEvent] = []
    outage = CircuitBreaker(probes, clock, on_event=told.append)

    async def run() -> None:
        outage.failed(down(), clock.monotonic())
        await asyncio.gather(*(outage.passed() for _ in range(20)))

    clock.run(run())
    assert probes.left == [0.0]
    assert (outage.shut, outage.proven, told) == (False, 0, [])


def test_probes_at_once_then_after_growing_pauses_and_tells(clock: Any) -> None:
    probes = Probes(clock, *[down()] * 9, None)
    told: list[BreakerEvent] = []
    outage = CircuitBreaker(probes, clock, on_event=told.append)

    async def run() -> None:
        outage.failed(down(), clock.monotonic())
        await asyncio.gather(*(outage.passed() for _ in range(5)))

    clock.run(run())
    assert probes.left == pytest.approx([0, 1, 3, 7, 15, 31, 63, 123, 183, 243])
    since = clock.start
    assert told[0] == Gone(since, "no answer")
    pauses = [event.next_probe_in for event in told if isinstance(event, StillGone)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert isinstance(told[-1], Back)
    assert told[-1].since == since
    assert told[-1].lasted == pytest.approx(timedelta(seconds=243), abs=timedelta(seconds=0.01))
    assert (outage.shut, outage.proven) == (False, 1)


def test_gives_up_for_all_that_wait_after_a_last_probe(clock: Any) -> None:
    probes = Probes(clock, down())
    outage = CircuitBreaker(probes, clock, give_up_after=10)

    async def run() -> list[BaseException | None]:
        outage.failed(down(), clock.monotonic())
        waiting = await asyncio.gather(*(outage.passed() for _ in range(3)), return_exceptions=True)
        late = await asyncio.gather(outage.passed(), return_exceptions=True)
        return [*waiting, *late]

    errors = clock.run(run())
    assert [type(error) for error in errors] == [AlmaGone] * 4
    assert {error.effect for error in errors} == {Effect.NOT_SENT}
    assert len({id(error) for error in errors}) == 4
    assert "10 seconds" in str(errors[0])
    assert probes.left == pytest.approx([0, 1, 3, 7, 10])


def test_a_machine_that_slept_asks_once_more_before_it_gives_up(clock: Any) -> None:
    probes = Probes(clock, down(), None)
    outage = CircuitBreaker(probes, clock, give_up_after=900)

    async def run() -> None:
        outage.failed(down(), clock.monotonic())
        waiting = asyncio.create_task(outage.passed())
        await asyncio.sleep(0.5)
        clock.jump(3600)
        await waiting

    clock.run(run())
    assert not outage.shut
    assert len(probes.left) == 2


def test_a_waiter_that_is_cancelled_hands_the_probing_on(clock: Any) -> None:
    probes = Probes(clock, down(), down(), None, takes=0.2)
    outage = CircuitBreaker(probes, clock)

    async def run() -> None:
        outage.failed(down(), clock.monotonic())
        waiting = [asyncio.create_task(outage.passed()) for _ in range(3)]
        await asyncio.sleep(0.5)
        waiting[0].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    clock.run(run())
    assert not outage.shut
    assert probes.left == pytest.approx([0.0, 1.2, 3.4])


@pytest.mark.parametrize(
    "end", [lambda: KeyRefused("key"), lambda: DailyLimit("reserve", effect=Effect.NOT_SENT)]
)
def test_what_every_call_would_meet_ends_the_wait_of_all(
    clock: Any, end: Callable[[], AlmaError]
) -> None:
    outage = CircuitBreaker(Probes(clock, down(), end()), clock)

    async def run() -> list[BaseException | None]:
        outage.failed(down(), clock.monotonic())
        return await asyncio.gather(*(outage.passed() for _ in range(3)), return_exceptions=True)

    assert {type(error) for error in clock.run(run())} == {type(end())}


def test_an_outage_after_an_outage_is_a_new_one(clock: Any) -> None:
    probes = Probes(clock, down(), None, down(), None)
    told: list[BreakerEvent] = []
    outage = CircuitBreaker(probes, clock, on_event=told.append)

    async def run() -> None:
        for _ in range(2):
            outage.failed(down(), clock.monotonic())
            await outage.passed()
            await asyncio.sleep(100)

    clock.run(run())
    assert outage.proven == 2
    assert [type(event) for event in told] == [Gone, StillGone, Back] * 2
    assert told[3] == Gone(clock.start + timedelta(seconds=101), "no answer")


@pytest.mark.parametrize(
    ("seconds", "words"), [(20, "20 seconds"), (60, "a minute"), (900, "15 minutes")]
)
def test_says_how_long_it_waited(clock: Any, seconds: float, words: str) -> None:
    outage = CircuitBreaker(Probes(clock, down()), clock, give_up_after=seconds)
    outage.failed(down(), clock.monotonic())
    with pytest.raises(AlmaGone, match=rf"for {words} \(no answer\): "):
        clock.run(outage.passed())


def test_tells_when_it_gives_up_and_what_was_seen_last(clock: Any) -> None:
    told: list[BreakerEvent] = []
    probes = Probes(clock, Unavailable("down", status=503), Unreachable("https://a", "refused"))
    outage = CircuitBreaker(probes, clock, give_up_after=2, on_event=told.append)
    outage.failed(Unavailable("down", status=500, code="401652"), clock.monotonic())
    with pytest.raises(AlmaGone, match=r"for 2 seconds \(refused\)"):
        clock.run(outage.passed())
    at = clock.start + timedelta(seconds=2)
    assert told == [
        Gone(clock.start, "HTTP 503", at),
        StillGone(clock.start, 1.0, at),
        StillGone(clock.start, 1.0, at),
    ]
