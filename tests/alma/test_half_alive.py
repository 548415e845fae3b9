"""A share of the calls fails, or all of them at once: when the gate shuts, and when it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from random import Random
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given, settings
from hypothesis import strategies as st

from almareplay.alma.answers.responses import ItemIds
from almareplay.alma.client import Alma, open_transport
from almareplay.alma.errors import Unavailable
from almareplay.alma.limits.circuit_breaker import Back, Gone, StillGone
from almareplay.alma.transport import Event
from tests.alma.conftest import BASE_URL, KEY
from tests.alma.fake_alma import DOWN, GENERAL, NO_LOANS, first_byte_leaves
from tests.examples import examples

BROKEN = (DOWN, GENERAL, httpx.ReadError, httpx.RemoteProtocolError)
"""What a failing call meets that reached something."""

Answer = httpx.Response | type[httpx.RequestError]


@dataclass
class Run:
    """What came of reading many items side by side.

    ``calls`` have the second in which each arrived, the item that it read (None for another call),
    and whether it was answered.
    """

    results: list[Any] = field(default_factory=list)
    calls: list[tuple[float, str | None, bool]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def arrived(self) -> list[float]:
        return [at for at, _, _ in self.calls]

    def tries(self) -> dict[str, list[float]]:
        """When the calls of each item arrived, up to the first that was answered: after that it may
        be read again as a probe."""
        found: dict[str, list[float]] = {}
        done: set[str] = set()
        for at, item, was_answered in self.calls:
            if item is not None and item not in done:
                found.setdefault(item, []).append(at)
                done |= {item} if was_answered else set()
        return found


def read_items(
    clock: Any,
    answer: Callable[[float, str | None], Answer],
    *,
    items: int,
    per_second: float,
    takes: float = 0.3,
    **options: Any,
) -> Run:
    """Reads so many items at an Alma that answers as ``answer(second, item)`` says."""
    run = Run()

    async def respond(request: httpx.Request) -> httpx.Response:
        parts = request.url.path.split("/")
        item = parts[-2] if parts[-1] == "loans" else None
        at = clock.monotonic() - 1000.0
        found = answer(at, item)
        if found is not httpx.ConnectError:
            await first_byte_leaves(request)
        run.calls.append((at, item, found is NO_LOANS))
        await asyncio.sleep(takes)
        if isinstance(found, httpx.Response):
            return found
        raise found("broken", request=request)

    async def read_all() -> None:
        options_of_all = {"per_second": per_second, "reserve": 0, "clock": clock} | options
        async with open_transport(
            BASE_URL, KEY, on_event=run.events.append, **options_of_all
        ) as transport:
            alma = Alma(transport)
            run.results = await asyncio.gather(
                *(
                    alma.active_loans(ItemIds("99", "22", str(item)), rank=item)
                    for item in range(items)
                ),
                return_exceptions=True,
            )
            run.seconds = clock.monotonic() - 1000.0

    with respx.mock(assert_all_called=False) as router:
        router.route().mock(side_effect=respond)
        clock.run(read_all())
    return run


def failing(share: float, seed: int) -> Callable[[float, str | None], Answer]:
    """An Alma of which a share of the calls fails, first of all not the first one."""
    dice = Random(seed)
    begun = False

    def answer(_at: float, _item: str | None) -> Answer:
        nonlocal begun
        fails, begun = begun and dice.random() < share, True
        return dice.choice(BROKEN) if fails else NO_LOANS

    return answer


@pytest.mark.slow
@settings(max_examples=examples(10))
@given(
    share=st.floats(0, 0.8),
    seed=st.integers(0, 10**6),
    per_second=st.sampled_from([1, 7, 15, 25]),
    takes=st.sampled_from([0.02, 0.3, 1.0]),
)
def test_however_many_calls_fail_the_pace_and_the_budget_are_kept_and_every_read_comes_to_an_end(
    new_clock: Any, share: float, seed: int, per_second: int, takes: float
) -> None:
    run = read_items(
        new_clock(), failing(share, seed), items=40, per_second=per_second, takes=takes
    )
    times = run.arrived
    allowed = ceil(per_second)
    assert all(late - early > 1.0 for early, late in zip(times, times[allowed:], strict=False))
    assert {type(result) for result in run.results} <= {list, Unavailable}
    # Nobody is given up before his tries are over, nor kept busy much longer.
    for item, result in enumerate(run.results):
        tries = len(run.tries()[str(item)])
        assert tries >= 8 if isinstance(result, Unavailable) else tries >= 1
    # A repeat that waited a second after the failure was none at once.
    at_once = sum(
        late - early < takes + 0.99
        for tries in run.tries().values()
        for early, late in pairwise(tries)
    )
    answered = sum(was_answered for _, _, was_answered in run.calls)
    # The gate shuts after four failures at least, and its probe repeats a read as well.
    probes = (len(run.calls) - answered) / 4
    assert at_once <= 10 + answered / 2 + probes


@pytest.mark.parametrize(("share", "times_longer"), [(0.05, 1.3), (0.15, 1.5), (0.33, 2.5)])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_while_others_are_answered_failing_reads_cost_hardly_more_than_their_repeats(
    new_clock: Any, share: float, times_longer: float, seed: int
) -> None:
    alone = read_items(new_clock(), failing(0, seed), items=150, per_second=15)
    run = read_items(new_clock(), failing(share, seed), items=150, per_second=15)
    assert run.results == [[]] * 150
    assert run.seconds <= times_longer * alone.seconds


@settings(max_examples=examples(10))
@given(
    how=st.sampled_from([*BROKEN, httpx.ConnectError, httpx.ReadTimeout]),
    per_second=st.sampled_from([1, 5, 15, 25]),
    takes=st.sampled_from([0.02, 0.3, 2.0]),
    lasts=st.floats(120, 900),
)
def test_when_all_fails_the_gate_shuts_once_and_opens_when_a_probe_is_answered(
    new_clock: Any, how: Answer, per_second: int, takes: float, lasts: float
) -> None:
    """Probes as ever: the first at once, the others after 1, 2, 4 … 60 seconds."""
    begins = 10 / per_second

    def answer(at: float, _item: str | None) -> Answer:
        return how if begins <= at < begins + lasts else NO_LOANS

    run = read_items(new_clock(), answer, items=40, per_second=per_second, takes=takes)
    assert run.results == [[]] * 40
    assert [type(event) for event in run.events if not isinstance(event, StillGone)] == [Gone, Back]
    gone = next(event for event in run.events if isinstance(event, Gone))
    away = [at for at in run.arrived if begins <= at < begins + lasts]
    probes = sum(isinstance(event, StillGone) for event in run.events)
    # What it takes to be sure, and what is under way then; nothing but probes comes after that.
    sure = 8 / per_second + 2 * takes + 1
    assert (gone.since - new_clock().start).total_seconds() <= begins + takes + 1 / per_second + 1
    assert len([at for at in away if at > begins + sure]) <= probes
    assert len(away) <= probes + 8 + ceil(per_second * takes) + 1
    assert all(late - early >= 59.9 for early, late in pairwise(away) if early > begins + sure + 65)


def test_many_calls_under_way_when_alma_dies_shut_the_gate_once(new_clock: Any) -> None:
    """All wait for their time-out, and most of them meet it when Alma is back."""
    clock = new_clock()

    def answer(at: float, _item: str | None) -> Answer:
        return NO_LOANS if at < 2 or at >= 6.5 else httpx.ReadTimeout

    run = read_items(clock, answer, items=100, per_second=15, takes=10.0, in_flight=60)
    assert run.results == [[]] * 100
    assert run.events == []
    assert max(len(tries) for tries in run.tries().values()) == 2


def test_one_row_alone_outlasts_an_outage_that_begins_after_its_first_answer(
    new_clock: Any,
) -> None:
    """Nothing else is answered or fails: its own tries shut the gate, and are not all it has."""

    def answer(at: float, _item: str | None) -> Answer:
        return DOWN if 0.2 <= at < 3600 else NO_LOANS

    run = read_items(new_clock(), answer, items=2, per_second=4, takes=0.05)
    assert run.results == [[], []]
    assert len(run.tries()["1"]) <= 9
    # An hour of probes, at most one a minute as soon as the pauses have grown to that.
    assert 60 <= len(run.calls) <= 80


@pytest.mark.slow
def test_half_an_hour_in_which_half_of_the_calls_fail_leaves_hardly_a_read_behind(
    new_clock: Any,
) -> None:
    run = read_items(new_clock(), failing(0.5, 1), items=225, per_second=0.25)
    assert run.seconds > 1800
    # Eight tries in a row fail by chance for one in 256.
    assert sum(isinstance(result, Unavailable) for result in run.results) <= 3
