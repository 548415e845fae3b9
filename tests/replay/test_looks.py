"""The look at the hold right before a call leaves: fresh, and with enough of the lease left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from almareplay.queue.databases import postgresql, sqlite
from almareplay.queue.errors import HoldLost
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.replaying.attempts import Write, attempts_of, seconds_since, store_intent
from almareplay.queue.replaying.hold import (
    REPLAY_LEASE,
    WORKER_LEASE,
    Hold,
    Lease,
    still_held,
    take_hold,
)
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.schema import runs
from almareplay.replay.journal import Journal
from almareplay.transactions import Kind, Transaction

LEASES = pytest.mark.parametrize("lease", [REPLAY_LEASE, WORKER_LEASE])


class Clock:
    """The real time, which may ``jump``."""

    def __init__(self) -> None:
        self.passed, self.set = 0.0, 0.0
        """Seconds that have passed beside the real ones, and by which the time of day was set."""
        self.asked = 0

    def monotonic(self) -> float:
        self.asked += 1
        return asyncio.get_running_loop().time() + self.passed

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.passed + self.set)

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


@pytest.fixture
def run(new_queue: str) -> Iterator[tuple[Queue, Run]]:
    with Queue.open(new_queue, create=True) as queue:
        yield queue, queue.start_run("main")


def left(queue: Queue, run: Run, seconds: float) -> None:
    """Let so much of the lease be left."""
    with queue.writing(run) as connection:
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        connection.execute(update(runs).values(lease_until=until))


def looks(queue: Queue, hold: Hold, clock: Clock) -> None:
    async def look() -> None:
        with Journal(queue, hold, clock) as journal:
            await journal.confirm_hold()

    asyncio.run(look())


@LEASES
@pytest.mark.parametrize("seconds", [-3600.0, 0.5])
def test_too_short_a_lease_is_renewed_before_a_call_leaves(
    run: tuple[Queue, Run], lease: Lease, seconds: float
) -> None:
    """Whoever was stopped and goes on must not have the run taken while its call is under way."""
    hold = take_hold(*run, lease=lease)
    left(*run, seconds)
    looks(run[0], hold, Clock())
    assert still_held(run[0], hold) > lease.left_for_a_call


@LEASES
def test_a_lease_that_is_long_enough_is_left_alone(run: tuple[Queue, Run], lease: Lease) -> None:
    hold = take_hold(*run, lease=lease)
    left(*run, lease.left_for_a_call + 2)
    looks(run[0], hold, Clock())
    assert still_held(run[0], hold) < lease.left_for_a_call + 2


def test_what_another_has_taken_is_not_renewed(run: tuple[Queue, Run]) -> None:
    hold = take_hold(*run, lease=WORKER_LEASE)
    left(*run, -1)
    other = take_hold(*run, lease=WORKER_LEASE)
    with pytest.raises(HoldLost):
        looks(run[0], hold, Clock())
    assert still_held(run[0], other) > 0


def passes(clock: Clock) -> None:
    clock.passed += 6


def is_set_back(clock: Clock) -> None:
    clock.set -= 3600


def sleeps(clock: Clock) -> None:
    """The machine does, whose one clock stands still then."""
    clock.set += 6


@pytest.mark.parametrize("happens", [passes, is_set_back, sleeps])
def test_a_look_that_took_too_long_is_repeated(
    run: tuple[Queue, Run], monkeypatch: pytest.MonkeyPatch, happens: Callable[[Clock], None]
) -> None:
    """Between the look and its answer the process was stopped, and the run was taken meanwhile."""
    clock = Clock()
    hold = take_hold(*run, lease=WORKER_LEASE)

    def late(queue: Queue, hold: Hold) -> float:
        seconds = still_held(queue, hold)
        happens(clock)
        left(*run, -1)
        take_hold(*run, lease=WORKER_LEASE)
        return seconds

    monkeypatch.setattr("almareplay.replay.looks.still_held", late)
    with pytest.raises(HoldLost):
        looks(run[0], hold, clock)


def test_how_old_an_intent_is_is_told_by_the_clock_of_the_queue(
    run: tuple[Queue, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two machines that share a server, one may be ten minutes slow: the pause before a second
    look at an item must not be over for it at once, nor last ten minutes more."""
    row = Transaction(
        Kind.RETURN, datetime(2026, 9, 14, 12, tzinfo=UTC), False, "i1", "", "MAIN", "FRONT", "f", 1
    )
    load_file(*run, CaptureFile("desk.dat", "0" * 64, ".dat"), [row])
    time = datetime(2031, 1, 1, tzinfo=UTC)
    for database in (sqlite, postgresql):
        monkeypatch.setattr(database, "now", lambda _: time)
    hold = take_hold(*run)
    intent = store_intent(run[0], hold, 1, Write.SCAN_IN, None)
    time += timedelta(seconds=40)
    ((stored, _),) = attempts_of(*run, 1)
    assert stored == intent
    assert seconds_since(run[0], stored) == 40
