"""The reserve of a pool, whatever becomes of its workers, their answers and the day."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from almareplay.alma.errors import DailyLimit
from almareplay.alma.limits.alma_clock import AlmaClock
from almareplay.alma.limits.daily_quota import DailyQuota
from almareplay.queue.consortium import pools
from almareplay.queue.consortium.pools import CallsMade, Pool, Taker, give_back, take_calls
from almareplay.queue.databases import postgresql, sqlite
from almareplay.queue.replaying.hold import Hold, release_hold, take_hold
from almareplay.queue.store import Queue

if TYPE_CHECKING:
    from tests.queue.conftest import Station

POOL = Pool("consortium", reserve=1000)


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
@example(
    before=[(Night.ends, 2), call(0, 40)],
    together=(Night.all_call, 40, "later"),
    after=[(Night.ends, 1), call(0, 1), call(2, 1)],
)
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
                left = night.left
                step(night, *how)
                # What was taken while somebody owed an answer stays taken when that has come.
                assert night.left >= min(left, night.may_have_left)
