"""Which calls a rule for faults strikes."""

from __future__ import annotations

from typing import Any

import pytest

from almareplay.simulator.faults import Fault, Faults


def struck(faults: Faults, *calls: tuple[str, str, str]) -> list[bool]:
    return [
        faults.pick(operation, method, path, reused=True) is not None
        for operation, method, path in calls
    ]


LOAN = ("loan", "POST", "/users/x/loans")
USER = ("user", "GET", "/users/x")


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("any", [True, True]),
        ("any_get", [False, True]),
        ("any_post", [True, False]),
        ("loan", [True, False]),
        ("POST /users/.*", [True, False]),
        ("* /users/[^/]+", [False, True]),
    ],
)
def test_rules_match_calls(match: str, expected: list[bool]) -> None:
    faults = Faults()
    faults.set([Fault("silence", match)])
    assert struck(faults, LOAN, USER) == expected


def test_rules_strike_the_nth_call_or_some_times() -> None:
    faults = Faults()
    faults.set([Fault("silence", "loan", nth=2)])
    assert struck(faults, LOAN, USER, LOAN, LOAN) == [False, False, True, False]
    faults.set([Fault("silence", "loan", times=2)])
    assert struck(faults, LOAN, LOAN, LOAN) == [True, True, False]
    assert [(rule["seen"], rule["struck"]) for rule in faults.plain()] == [(3, 2)]


def test_the_dice_fall_the_same_for_one_seed() -> None:
    def throws(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.set([Fault("silence", probability=0.5)])
        return struck(faults, *[LOAN] * 64)

    assert throws(1) == throws(1) != throws(2)
    assert 10 < sum(throws(1)) < 54


def test_time_starts_and_ends_an_outage() -> None:
    now = 0.0
    faults = Faults(monotonic=lambda: now)
    faults.set([Fault("outage", wait=5, times=1, seconds=3)])
    assert struck(faults, LOAN) == [False]
    now = 5.0
    assert faults.outage() is None
    assert struck(faults, LOAN) == [True]
    now = 7.9
    assert faults.outage() is not None
    now = 8.0
    assert faults.outage() is None
    assert struck(faults, LOAN) == [False]


@pytest.mark.parametrize(
    ("name", "effect"), [("cut_before", "before"), ("slow", "none"), ("remaining_header", "after")]
)
def test_effects_that_cannot_be_are_refused(name: Any, effect: Any) -> None:
    with pytest.raises(ValueError, match="cannot have the effect"):
        Fault(name, effect=effect)


@pytest.mark.parametrize("match", ["lone", "", "any_delete", "POST ("])
def test_rules_that_match_nothing_are_refused(match: str) -> None:
    with pytest.raises(ValueError, match=r"no operation|no regular expression"):
        Fault("silence", match)
