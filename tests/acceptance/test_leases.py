"""Processes that sleep past their lease, and holds of another host: nothing is posted twice."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from tests.acceptance.midway import CAPTURE, CHECK, half_way, posts
from tests.chaos.outage import Begin, Outage
from tests.chaos.processes import Command, Script


def _says(outage: Outage, query: str, *values: str) -> list[tuple[object, ...]]:
    """Ask or change the queue's file as another process would."""
    with closing(sqlite3.connect(outage.work.queue, timeout=0.2)) as connection, connection:
        return connection.execute(query, values).fetchall()


def _lease_ends(outage: Outage) -> None:
    """As if the holder had been silent for longer than its lease."""
    past = (datetime.now(UTC) - timedelta(seconds=1)).replace(tzinfo=None)
    _says(outage, "UPDATE runs SET lease_until = ?", past.isoformat(" "))


_FALLS_ASLEEP = """
import contextlib, os, signal, threading, time
from dataclasses import replace
from datetime import timedelta
from almareplay.alma.connection.connections import Connections
from almareplay.alma.limits.rate_limiter import SystemClock
from almareplay.cli import main
from almareplay.queue.replaying import hold
from almareplay.queue.store import Queue
from almareplay.replay import looks as looking

# In a container of its own, where the other cannot see that it lives.
here = replace(hold.this_process(), space="a container")
hold.this_process = lambda: here
slept = timedelta()
awake, writing = threading.Lock(), Queue.writing
now, still_held = SystemClock.now, looking.still_held
send = Connections.handle_async_request
moments = iter(range(1_000))

@contextlib.contextmanager
def writes(queue, *runs, **how):
    with awake, writing(queue, *runs, **how) as connection:
        yield connection

def sleeps():
    if next(moments) == 20:
        with awake:  # asleep in a transaction it would lock everybody out
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(0.1)  # until every thread has stopped

def wakes(*_):
    global slept
    slept += timedelta(hours=1)

def looks(*held):
    left = still_held(*held)
    if "{where}" == "while it makes sure of its hold":
        sleeps()
    return left

def leaves(connections, request):
    writes = request.method == "POST" and not request.url.path.endswith("/test")
    if "{where}" == "as a call leaves" and writes:
        sleeps()
    return send(connections, request)

SystemClock.now = lambda clock: now(clock) + slept
looking.still_held, Queue.writing = looks, writes
Connections.handle_async_request = leaves
signal.signal(signal.SIGCONT, wakes)
main()
"""


def _falls_asleep(outage: Outage, where: str) -> Command:
    """A replay that has fallen asleep half-way, for longer than its lease."""
    usual = outage.work.program
    outage.work.program = Script(_FALLS_ASLEEP.format(where=where))
    # So slowly that hardly a call is between its check and its departure.
    replay = outage.work.starts_replay("--requests-per-second", "40")
    outage.work.program = usual
    while psutil.Process(replay.pid).status() != psutil.STATUS_STOPPED:
        assert replay.runs()
        time.sleep(0.01)
    _lease_ends(outage)
    return replay


@pytest.mark.parametrize(
    "where",
    ["while it makes sure of its hold", pytest.param("as a call leaves", marks=pytest.mark.slow)],
)
def test_a_process_that_slept_past_its_lease_posts_nothing_more(begin: Begin, where: str) -> None:
    outage = begin(CAPTURE)
    sleeper = _falls_asleep(outage, where)
    try:
        assert outage.work.replays().code == 1
        posted = len(posts(outage))
    finally:
        sleeper.send(signal.SIGCONT)
        done = outage.work.ends(sleeper)
    assert len(posts(outage)) == posted
    assert done.code == 3, done.said
    assert "was taken over by another process" in done.err
    outage.kept_all_promises(faults=True)


@pytest.mark.slow
def test_two_processes_of_which_one_wakes_up_do_nothing_twice(begin: Begin) -> None:
    outage = begin(CAPTURE)
    sleeper = _falls_asleep(outage, "while it makes sure of its hold")
    seen = len(outage.alma.requests())
    other = outage.work.starts_replay()
    outage.alma.waits_for(CHECK + 20, since=seen, while_=other.runs)
    sleeper.send(signal.SIGCONT)
    assert outage.work.ends(sleeper).code == 3
    assert outage.work.ends(other).code == 1
    outage.kept_all_promises(faults=True)


@pytest.mark.slow
def test_a_process_that_slept_past_its_lease_goes_on_if_nobody_took_the_run(begin: Begin) -> None:
    outage = begin(CAPTURE)
    sleeper = _falls_asleep(outage, "while it makes sure of its hold")
    sleeper.send(signal.SIGCONT)
    done = outage.work.ends(sleeper)
    assert done.code == 1, done.said
    outage.kept_all_promises()


@pytest.mark.slow
def test_the_hold_of_another_host_lasts_until_its_lease_has_run_out(begin: Begin) -> None:
    outage = begin(CAPTURE)
    first = half_way(outage)
    first.send(signal.SIGKILL)
    outage.work.ends(first)
    _says(outage, "UPDATE runs SET holder_host = ?", "reading-room-pc")
    ((since,),) = _says(outage, "SELECT held_since FROM runs")
    asked = len(posts(outage))
    refused = outage.work.replays()
    assert refused.code == 3
    for told in ("reading-room-pc", f"process {first.pid} ", f"since {str(since)[:19]} UTC"):
        assert told in refused.err
    assert len(posts(outage)) == asked
    _lease_ends(outage)
    assert outage.work.replays().code == 1
    outage.kept_all_promises(faults=True)
