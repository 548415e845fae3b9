from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.alma.errors import Unavailable
from almareplay.alma.limits.retrying import RetryBudget, retried

ANSWERED, REPEATED = True, False


@given(st.lists(st.booleans(), max_size=300))
def test_repeats_at_once_are_never_more_than_ten_and_half_of_the_answers(
    events: list[bool],
) -> None:
    budget = RetryBudget()
    answers = repeats = 0
    for event in events:
        if event is ANSWERED:
            budget.earn()
            answers += 1
        else:
            repeats += budget.spend()
        assert repeats <= 10 + answers / 2


def test_a_budget_that_was_spent_grows_with_the_answers_to_what_it_was() -> None:
    budget = RetryBudget()
    assert [budget.spend() for _ in range(11)] == [True] * 10 + [False]
    budget.earn()
    assert not budget.spend()
    budget.earn()
    assert budget.spend()
    for _ in range(100):
        budget.earn()
    assert [budget.spend() for _ in range(11)] == [True] * 10 + [False]


def pauses_of(budget: RetryBudget, failures: int) -> list[float]:
    """What a call waits before each repeat that fails so many times."""
    slept: list[float] = []
    left = iter(range(failures - 1))

    async def call() -> str:
        if next(left, None) is not None:
            raise Unavailable("down")
        return "answered"

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    answer = retried(
        call,
        Unavailable("down"),
        budget=budget,
        may_repeat=lambda error: isinstance(error, Unavailable),
        sleep=sleep,
    )
    assert asyncio.run(answer) == "answered"
    return slept


def test_a_call_is_repeated_at_once_at_first_and_then_after_growing_pauses() -> None:
    assert pauses_of(RetryBudget(), 7) == [0, 0, 0, 1, 2, 4, 8]


def test_without_a_budget_every_repeat_waits() -> None:
    budget = RetryBudget()
    while budget.spend():
        pass
    assert pauses_of(budget, 7) == [1, 1, 1, 1, 2, 4, 8]


def test_the_eighth_failure_comes_through() -> None:
    with pytest.raises(Unavailable, match="down"):
        pauses_of(RetryBudget(), 8)


def test_what_may_not_be_repeated_comes_through_at_once() -> None:
    async def call() -> Any:
        raise AssertionError("nobody tries again")

    async def sleep(_: float) -> None:
        raise AssertionError("nobody waits")

    with pytest.raises(Unavailable, match="down"):
        asyncio.run(
            retried(
                call,
                Unavailable("down"),
                budget=RetryBudget(),
                may_repeat=lambda _: False,
                sleep=sleep,
            )
        )
