"""One process a run: who holds it, until when, and what becomes of a hold that is lost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from almareplay.outcomes import Outcome, Result
from almareplay.queue.databases import postgresql, sqlite
from almareplay.queue.errors import HoldLost, QueueError, RunHeld
from almareplay.queue.replaying.attempts import Fate, Write, attempts_of, store_fate, store_intent
from almareplay.queue.replaying.hold import (
    REPLAY_LEASE,
    WORKER_LEASE,
    Hold,
    Lease,
    holder_of,
    release_hold,
    renew_hold,
    still_held,
    take_hold,
)
from almareplay.queue.replaying.journal import store_result
from almareplay.queue.tables.schema import runs

if TYPE_CHECKING:
    from tests.queue.conftest import Station


def change(station: Station, **values: object) -> None:
    """Write into the run's hold what another process, or time, would have written."""
    with station.queue.writing() as connection:
        connection.execute(update(runs).where(runs.c.id == station.run.id).values(**values))


def age(station: Station, seconds: float) -> None:
    """Let the hold be so much older."""
    left = REPLAY_LEASE.seconds - seconds
    change(station, lease_until=datetime.now(UTC) + timedelta(seconds=left))


def taken_over(station: Station) -> None:
    """A process in a container takes the run, whose holder it cannot see and was silent."""
    change(station, holder_space="outside")
    age(station, REPLAY_LEASE.seconds + 1)
    take_hold(station.queue, station.run)


@pytest.fixture
def lost(station: Station) -> Hold:
    """A hold that another process has taken over, on a run with one row."""
    station.load("12:00 L i1 p1")
    hold = take_hold(station.queue, station.run)
    taken_over(station)
    return hold


def test_a_run_is_held_by_one(station: Station) -> None:
    hold = take_hold(station.queue, station.run)
    with pytest.raises(RunHeld) as refused:
        take_hold(station.queue, station.run)
    assert (refused.value.pid, refused.value.host) == (os.getpid(), socket.gethostname())
    assert str(os.getpid()) in str(refused.value)
    take_hold(station.queue, station.queue.start_run("night"))
    release_hold(station.queue, hold)
    assert holder_of(station.queue, station.run) is None
    take_hold(station.queue, station.run)


def test_another_process_is_refused_while_this_one_lives(station: Station) -> None:
    take_hold(station.queue, station.run)
    program = (
        "import sys; from almareplay.queue.store import Queue; "
        "from almareplay.queue.replaying.hold import take_hold; "
        "queue = Queue.open(sys.argv[1]); take_hold(queue, queue.run('main'))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, station.address],
        capture_output=True,
        text=True,
        check=False,
    )
    assert other.returncode == 1
    assert f"is being replayed by process {os.getpid()}" in other.stderr


def test_the_hold_of_a_process_that_died_is_free_at_once(station: Station) -> None:
    take_hold(station.queue, station.run)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    change(station, holder_pid=process.pid)
    assert holder_of(station.queue, station.run) is None
    take_hold(station.queue, station.run)


def test_a_process_that_lives_keeps_its_hold_however_long_it_slept(station: Station) -> None:
    """A laptop was closed for a night, or a clock was set: nobody else may post meanwhile."""
    take_hold(station.queue, station.run)
    age(station, 24 * 3600)
    with pytest.raises(RunHeld) as refused:
        take_hold(station.queue, station.run)
    assert "If it is gone" not in str(refused.value)


def test_a_process_id_that_is_used_again_holds_nothing(station: Station) -> None:
    take_hold(station.queue, station.run)
    change(station, holder_started="12")
    assert holder_of(station.queue, station.run) is None
    take_hold(station.queue, station.run)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"holder_host": "elsewhere", "holder_pid": 1},
        # A container with the same host name: its process 1 is another one than ours.
        {"holder_space": "boot pid:[1] time:[1]", "holder_pid": 1},
        # The process cannot be seen from here, though one of this number lives.
        {"holder_space": "boot pid:[1] time:[1]"},
    ],
)
def test_a_hold_from_elsewhere_lasts_until_its_lease_ends(
    station: Station, elsewhere: dict[str, object]
) -> None:
    take_hold(station.queue, station.run)
    change(station, **elsewhere)
    age(station, REPLAY_LEASE.seconds - 1)
    with pytest.raises(RunHeld, match=r"If it is gone, the run is free at \d\d:\d\d:\d\d UTC"):
        take_hold(station.queue, station.run)
    age(station, REPLAY_LEASE.seconds + 1)
    assert holder_of(station.queue, station.run) is None
    take_hold(station.queue, station.run)


def silent_worker(station: Station, seconds: float) -> Hold:
    """The hold of a worker, this process, that has been silent for so long."""
    hold = take_hold(station.queue, station.run, lease=WORKER_LEASE)
    left = WORKER_LEASE.seconds - seconds
    change(station, lease_until=datetime.now(UTC) + timedelta(seconds=left))
    return hold


def test_a_worker_that_lives_and_is_silent_loses_its_run(station: Station) -> None:
    """It is stopped, or swapped out: a machine beside it, or the same, can go on."""
    silent_worker(station, WORKER_LEASE.seconds - 2)
    with pytest.raises(RunHeld, match=r"the run is free at \d\d:\d\d:\d\d UTC"):
        take_hold(station.queue, station.run)
    change(station, lease_until=datetime.now(UTC) - timedelta(seconds=1))
    assert holder_of(station.queue, station.run) is None
    take_hold(station.queue, station.run)


def test_the_run_of_a_worker_that_died_here_is_free_at_once(station: Station) -> None:
    silent_worker(station, 0)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    change(station, holder_pid=process.pid)
    take_hold(station.queue, station.run)


def test_a_replay_after_a_worker_is_held_while_it_lives(station: Station) -> None:
    release_hold(station.queue, silent_worker(station, 0))
    take_hold(station.queue, station.run)
    age(station, 24 * 3600)
    with pytest.raises(RunHeld):
        take_hold(station.queue, station.run, lease=WORKER_LEASE)


@pytest.mark.parametrize("lease", [REPLAY_LEASE, WORKER_LEASE])
def test_what_is_left_of_a_lease_is_known(station: Station, lease: Lease) -> None:
    hold = take_hold(station.queue, station.run, lease=lease)
    assert lease.seconds - 5 < still_held(station.queue, hold) <= lease.seconds
    change(station, lease_until=datetime.now(UTC) - timedelta(seconds=100))
    assert -105 < still_held(station.queue, hold) <= -100
    renew_hold(station.queue, hold)
    assert lease.seconds - 5 < still_held(station.queue, hold) <= lease.seconds


def test_a_hold_is_renewed_in_time(station: Station) -> None:
    for lease in (REPLAY_LEASE, WORKER_LEASE):
        assert lease.renew_seconds * 3 < lease.seconds
        assert lease.longest_call >= lease.seconds / 2
    hold = take_hold(station.queue, station.run)
    change(station, holder_host="elsewhere")
    age(station, REPLAY_LEASE.seconds + 1)
    renew_hold(station.queue, hold)
    assert holder_of(station.queue, station.run) is not None


def test_a_lost_hold_neither_renews_nor_posts(station: Station, lost: Hold) -> None:
    for attempt in (
        lambda: renew_hold(station.queue, lost),
        lambda: still_held(station.queue, lost),
        lambda: store_intent(station.queue, lost, 1, Write.LOAN, None),
        lambda: store_result(station.queue, lost, 1, Result(Outcome.LOANED)),
    ):
        with pytest.raises(HoldLost, match="taken over"):
            attempt()
    assert attempts_of(station.queue, station.run, 1) == []
    assert station.outcomes() == {1: Outcome.PENDING}


def test_a_lost_hold_frees_nothing_of_the_new_holder(station: Station, lost: Hold) -> None:
    release_hold(station.queue, lost)
    assert holder_of(station.queue, station.run) is not None


def test_a_result_without_the_hold_leaves_the_call_to_be_found_out(station: Station) -> None:
    station.load("12:00 L i1 p1", "12:00 L i2 p1")
    hold = take_hold(station.queue, station.run)
    first, second = (store_intent(station.queue, hold, row, Write.LOAN, None) for row in (1, 2))
    taken_over(station)
    with pytest.raises(HoldLost):
        store_result(station.queue, hold, 1, Result(Outcome.LOANED), intent=first)
    store_fate(station.queue, station.run, second, Fate.NOT_SENT)
    assert attempts_of(station.queue, station.run, 1) == [(first, None)]
    assert attempts_of(station.queue, station.run, 2) == [(second, Fate.NOT_SENT)]
    assert set(station.outcomes().values()) == {Outcome.PENDING}


def test_a_hold_is_refused_in_words_of_the_queue(station: Station) -> None:
    take_hold(station.queue, station.run)
    with pytest.raises(QueueError, match="Wait for it, or stop it there with Ctrl-C"):
        take_hold(station.queue, station.run)


def test_a_lease_is_judged_by_the_clock_of_the_queue(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server has one clock; those of the machines that share it may differ by minutes."""
    slow = datetime.now(UTC) - timedelta(minutes=5)
    for database in (sqlite, postgresql):
        monkeypatch.setattr(database, "now", lambda _: slow)
    hold = take_hold(station.queue, station.run)
    change(station, holder_host="elsewhere")
    with pytest.raises(RunHeld):
        take_hold(station.queue, station.run)
    slow += timedelta(seconds=REPLAY_LEASE.seconds + 1)
    assert holder_of(station.queue, station.run) is None
    renew_hold(station.queue, hold)
    held = holder_of(station.queue, station.run)
    assert held is not None
    assert (held.since, held.until) == (
        slow - timedelta(seconds=REPLAY_LEASE.seconds + 1),
        slow + timedelta(seconds=REPLAY_LEASE.seconds),
    )
