"""Calls that institutions share: whatever happens, they use no more of them than there are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from almareplay.alma.alma_clock import AlmaClock
from almareplay.alma.daily_quota import DailyQuota
from almareplay.alma.errors import DailyLimit
from almareplay.queue import pools, postgresql, sqlite
from almareplay.queue.hold import Hold, release_hold, take_hold
from almareplay.queue.pool_schema import pool_blocks
from almareplay.queue.pools import BLOCK, CallsMade, Pool, Taker, give_back, take_calls
from almareplay.queue.store import Queue
from tests.queue.at_once import at_once

if TYPE_CHECKING:
    from tests.queue.conftest import Station

POOL = Pool("consortium", reserve=1000)
TODAY = date(2026, 9, 14)


def take(station: Station, taker: str, used: int = 0, left: int | None = None) -> int:
    return take_calls(station.queue, POOL, Taker(taker), CallsMade(TODAY, used, left))


def test_the_first_block_is_small_until_somebody_was_told(station: Station) -> None:
    first = take(station, "a")
    assert 0 < first < BLOCK
    assert take(station, "a", first, 5000) == BLOCK


def test_what_others_have_taken_is_not_there(station: Station) -> None:
    assert take(station, "a", 0, 1000 + 240) == 60
    assert take(station, "b", 0, 1000 + 240) == 45
    give_back(station.queue, POOL, Taker("a"), CallsMade(TODAY, 20, 1000 + 220))
    assert take(station, "c") == (220 - 45) // 4


def test_at_the_reserve_all_stop(station: Station) -> None:
    assert take(station, "a", 0, 1001) == 1
    assert take(station, "b") == 0
    assert take(station, "a", 1, 1000) == 0
    assert take(station, "b", 0, 20_000) == 0, "an old answer says nothing new"


def test_blocks_whose_answers_were_lost_are_used(station: Station) -> None:
    take(station, "a", 0, 1100)
    assert take(station, "a", 90) == 10 // 4
    assert take(station, "a", 10) == 0


def test_a_new_day_has_all_calls_again(station: Station) -> None:
    assert take(station, "a", 0, 1000) == 0
    tomorrow = CallsMade(TODAY + timedelta(days=1))
    assert take_calls(station.queue, POOL, Taker("b"), tomorrow) > 0
    assert take(station, "a", 100, 3) > 0, "whose clock is slow says nothing of the new day"
    told = CallsMade(tomorrow.day, left=5000)
    assert take_calls(station.queue, POOL, Taker("b"), told) == BLOCK


def test_the_block_of_a_taker_that_died_comes_back(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 9, 14, 12, tzinfo=UTC)
    for database in (sqlite, postgresql):
        monkeypatch.setattr(database, "now", lambda _: now)
    took = take(station, "dead", 0, 1000 + 120)
    assert take(station, "b", 0, 1000 + took) == 0
    now += timedelta(hours=1)
    assert take(station, "b", 0, 1000 + took) > 0


@pytest.mark.parametrize("elsewhere", [False, True], ids=["its run", "another run"])
def test_the_block_of_a_worker_comes_back_with_its_run(station: Station, elsewhere: bool) -> None:
    """Others go without its calls until the one who goes on was told of them by Alma."""
    dead = take_hold(station.queue, station.run)
    takes = partial(take_calls, station.queue, POOL)
    took = takes(Taker("dead", dead), CallsMade(TODAY, left=1000 + 120))
    release_hold(station.queue, dead)
    run = station.queue.start_run("another") if elsewhere else station.run
    heir = Taker("heir", take_hold(station.queue, run))
    assert takes(heir, CallsMade(TODAY)) == (120 - took) // 4
    assert take(station, "b", 0, 1000 + took) == 0, "what is left is the dead worker's"
    left = took if elsewhere else 0
    assert takes(heir, CallsMade(TODAY, left=1000 + took)) == (took - left) // 4


def test_who_has_lost_a_run_brings_no_block_back(station: Station) -> None:
    """It was stopped, and wakes when another has its run."""
    lost = take_hold(station.queue, station.run)
    release_hold(station.queue, lost)
    heir = Taker("heir", take_hold(station.queue, station.run))
    took = take_calls(station.queue, POOL, heir, CallsMade(TODAY, left=1000 + 120))
    woken = CallsMade(TODAY, left=1000 + took)
    assert take_calls(station.queue, POOL, Taker("woken", lost), woken) == 0


def test_pools_are_apart(station: Station) -> None:
    take(station, "a", 0, 1000)
    assert (
        take_calls(station.queue, Pool("other", 0), Taker("b"), CallsMade(TODAY, left=400)) == 100
    )


def test_takers_at_once_take_no_more_than_there_is(station: Station, queues: list[Queue]) -> None:
    def takes(which: int) -> int:
        return sum(
            take_calls(queues[which], POOL, Taker(f"{which} {number}"), CallsMade(TODAY, left=1060))
            for number in range(8)
        )

    came = at_once(takes)
    assert 50 < sum(each for each in came if isinstance(each, int)) <= 60
    with station.queue.reading() as connection:
        taken = connection.scalar(select(func.sum(pool_blocks.c.calls)))
    assert taken == sum(each for each in came if isinstance(each, int)), came


class Clock:
    """The time of day, which passes when it is told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 9, 14, 8, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


@dataclass
class Share:
    """A share of the pool, without a thread."""

    queue: Queue
    taker: Taker
    name: str = POOL.name

    async def take(self, day: date, used: int, left: int | None) -> int:
        return take_calls(self.queue, POOL, self.taker, CallsMade(day, used, left))

    async def give_back(self, day: date, used: int, left: int | None) -> None:
        give_back(self.queue, POOL, self.taker, CallsMade(day, used, left))


@dataclass
class Night:
    """Workers, each with a run of its own, that call one Alma, which has so many calls ``left`` for
    all of them today. ``owing`` are those that may have made calls of which the queue knows nothing
    today: their answers were late or lost, or they were silent for longer than their block lasts.
    """

    queue: Queue
    clock: Clock
    full: int
    left: int = 0
    workers: list[DailyQuota] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    # Answers that are on their way: to which worker, and what they say.
    answers: list[tuple[DailyQuota, int]] = field(default_factory=list)
    owing: set[DailyQuota] = field(default_factory=set)

    def __post_init__(self) -> None:
        runs = [self.queue.start_run(f"of worker {who}") for who in range(3)]
        self.holds = [take_hold(self.queue, run) for run in runs]
        self.workers = [self.worker(who) for who in range(3)]
        self.begins()

    def begins(self) -> None:
        """All calls of a day are there, and nobody was told how many that are."""
        self.left, self.owing = self.full, set()
        for who in range(3):
            self.calls(who, 1, "at once")

    def worker(self, who: int) -> DailyQuota:
        share = Share(self.queue, Taker(uuid4().hex, self.holds[who]))
        clock = AlmaClock(self.clock)
        return DailyQuota(POOL.reserve, self.clock, clock, wait=False, pool=share)

    def calls(self, who: int, number: int, answers: str) -> bool:
        """So many calls of a worker, whose answers come at once, later, or for the last one; False
        where it may not make them all."""
        worker = self.workers[who]
        for rest in reversed(range(number)):
            try:
                if worker.spent:
                    asyncio.run(worker.passed())
            except DailyLimit:
                return False
            worker.leaving()
            self.left -= 1
            if answers == "at once" or worker.known is None:
                worker.learn(str(max(0, self.left)))
                continue
            self.owing.add(worker)
            if answers == "later":
                self.answers.append((worker, self.left))
            elif not rest:
                worker.learn(str(max(0, self.left)))
        return True

    def all_call(self, number: int, answers: str) -> None:
        """Each worker so often, in turn, for as long as it may."""
        may = [*range(len(self.workers))]
        for _ in range(number):
            may = [who for who in may if self.calls(who, 1, answers)]

    def come(self, last_first: bool) -> None:
        """What was on its way arrives."""
        answers, self.answers = self.answers, []
        for worker, left in reversed(answers) if last_first else answers:
            worker.learn(str(max(0, left)))

    def dies(self, who: int) -> None:
        """A worker is killed, and another takes its run over."""
        self.answers = [each for each in self.answers if each[0] is not self.workers[who]]
        run = self.holds[who].run
        release_hold(self.queue, self.holds[who])
        self.holds[who] = take_hold(self.queue, run)
        self.workers[who] = self.worker(who)

    def ends(self, who: int) -> None:
        """A worker ends well, and another begins."""
        asyncio.run(self.workers[who].close())
        self.owing.discard(self.workers[who])  # it has told of all that it has used
        self.dies(who)

    def passes(self, minutes: int) -> None:
        self.come(last_first=False)
        before = self.clock.time.date()
        self.clock.time += timedelta(minutes=minutes)
        if self.clock.time.date() != before:
            self.begins()
        elif minutes > 15:
            self.owing.update(self.workers)

    @property
    def may_have_left(self) -> int:
        """How few calls Alma may have left."""
        return POOL.reserve - 10 * len(self.owing)


WHO = st.integers(0, 2)
Step = tuple[Callable[..., None], object]
CALLS = st.tuples(
    st.just(Night.calls),
    WHO,
    st.sampled_from([40, 15, 1]),
    st.sampled_from(["later", "at once", "last"]),
)
HAPPENS = st.one_of(
    st.tuples(st.just(Night.come), st.booleans()),
    st.tuples(st.just(Night.dies), WHO),
    st.tuples(st.just(Night.ends), WHO),
    st.tuples(st.just(Night.passes), st.sampled_from([1, 20, 24 * 60])),
)
ALL_CALL = st.tuples(
    st.just(Night.all_call), st.sampled_from([40, 10]), st.sampled_from(["later", "at once"])
)


def call(who: int, number: int) -> tuple[object, ...]:
    return (Night.calls, who, number, "at once")


# One has just taken calls when another takes all that it can; then the first goes on.
HALF_WAY = {"before": [call(0, 5)], "together": call(1, 40)}


@settings(max_examples=10)
@example(**HALF_WAY, after=[call(0, 4), call(2, 4)])
@example(**HALF_WAY, after=[call(0, 4), (Night.dies, 0), call(0, 40), call(2, 4)])
@given(
    before=st.lists(st.one_of(CALLS, HAPPENS), max_size=4),
    together=ALL_CALL,
    after=st.lists(st.one_of(CALLS, HAPPENS, ALL_CALL), max_size=4),
)
def test_nobody_takes_from_the_reserve_but_a_block_of_which_nobody_was_told(
    open_station: Callable[[Path], AbstractContextManager[Station]],
    tmp_path_factory: pytest.TempPathFactory,
    before: list[Step],
    together: Step,
    after: list[Step],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        for database in (sqlite, postgresql):
            patch.setattr(database, "now", lambda _: clock.time)
        # In small blocks the same happens with fewer calls.
        patch.setattr(pools, "BLOCK", 10)
        patch.setattr(pools, "_FIRST_BLOCK", 5)
        with open_station(tmp_path_factory.mktemp("pool")) as station:
            # There is enough for the first block of each, when nobody knows how many there are.
            night = Night(station.queue, clock, full=POOL.reserve + 40)
            for step, *how in [*before, together, *after]:
                step(night, *how)
                assert night.left >= night.may_have_left
