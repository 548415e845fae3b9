"""What a night of recovery may bring: lids that close, disks that fail, clocks that are wrong."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import pytest

from almareplay.simulator.world import Desk, Item, Library, Patron, World
from almareplay.transactions import Kind
from tests.chaos.captures import Capture, CapturedFile, CapturedRow, written_capture
from tests.chaos.checker import READ_BACK, Json
from tests.chaos.outage import Begin, Outage
from tests.chaos.processes import Command, Script

CAPTURE = (2, 40)
CHECK = 10
"""Calls that a replay makes before its first row."""
LOST_AND_DONE = {"fault": "cut_after", "match": "any_post", "probability": 0.15}
IDA, BERT = "ida.morgenrot", "bert.abendrot"


def _half_way(outage: Outage, *flags: str, saying: str = "--debug") -> Command:
    """A replay that has posted some rows and has others before it."""
    replay = outage.work.starts_replay(*flags, saying=saying)
    outage.alma.waits_for(CHECK + 60, since=0, while_=replay.runs)
    assert replay.runs()
    return replay


def _posts(outage: Outage) -> list[Json]:
    """The calls that have left to write something."""
    calls = outage.alma.requests()
    return [call for call in calls if call["method"] == "POST" and call["operation"] != "test"]


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
import httpx
from almareplay.alma.rate_limiter import SystemClock
from almareplay.cli import main
from almareplay.queue import hold
from almareplay.queue.store import Queue
from almareplay.replay import journal

# In a container of its own, where the other cannot see that it lives.
here = replace(hold.this_process(), space="a container")
hold.this_process = lambda: here
hold.LEASE_SECONDS = 0
slept = timedelta()
awake, writing = threading.Lock(), Queue.writing
now, still_held, send = SystemClock.now, journal.still_held, httpx.AsyncClient.send
moments = iter(range(1_000))

@contextlib.contextmanager
def writes(queue):
    with awake, writing(queue) as connection:
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
    still_held(*held)
    if "{where}" == "while it makes sure of its hold":
        sleeps()

def leaves(client, request, **kwargs):
    writes = request.method == "POST" and not request.url.path.endswith("/test")
    if "{where}" == "as a call leaves" and writes:
        sleeps()
    return send(client, request, **kwargs)

SystemClock.now = lambda clock: now(clock) + slept
journal.still_held, httpx.AsyncClient.send, Queue.writing = looks, leaves, writes
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
        posted = len(_posts(outage))
    finally:
        sleeper.send(signal.SIGCONT)
        done = outage.work.ends(sleeper)
    assert len(_posts(outage)) == posted
    assert done.code == 3, done.said
    assert "was taken over by another process" in done.err
    outage.kept_all_promises(faults=True)


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


def test_a_process_that_slept_past_its_lease_goes_on_if_nobody_took_the_run(begin: Begin) -> None:
    outage = begin(CAPTURE)
    sleeper = _falls_asleep(outage, "while it makes sure of its hold")
    sleeper.send(signal.SIGCONT)
    done = outage.work.ends(sleeper)
    assert done.code == 1, done.said
    outage.kept_all_promises()


def test_the_hold_of_another_host_lasts_until_its_lease_has_run_out(begin: Begin) -> None:
    outage = begin(CAPTURE)
    first = _half_way(outage)
    first.send(signal.SIGKILL)
    outage.work.ends(first)
    _says(outage, "UPDATE runs SET holder_host = ?", "reading-room-pc")
    ((since,),) = _says(outage, "SELECT held_since FROM runs")
    asked = len(_posts(outage))
    refused = outage.work.replays()
    assert refused.code == 3
    for told in ("reading-room-pc", f"process {first.pid} ", f"since {str(since)[:19]} UTC"):
        assert told in refused.err
    assert len(_posts(outage)) == asked
    _lease_ends(outage)
    assert outage.work.replays().code == 1
    outage.kept_all_promises(faults=True)


_READ_ONLY = """
import itertools
from sqlalchemy import Engine, event
from almareplay.cli import main

begun = itertools.count()

@event.listens_for(Engine, "begin")
def becomes_read_only(connection):
    if next(begun) == {after}:
        connection.exec_driver_sql("PRAGMA query_only=ON")

main()
"""


@pytest.mark.parametrize("after", [4, pytest.param(150, marks=pytest.mark.slow)])
def test_a_queue_that_cannot_be_written_stops_the_run(begin: Begin, after: int) -> None:
    outage = begin(CAPTURE)
    usual = outage.work.program
    outage.work.program = Script(_READ_ONLY.format(after=after))
    done = outage.work.replays()
    assert done.code == 75, done.said
    assert done.err.count("cannot be written") == 1
    assert len(_posts(outage)) <= sum(outage.work.fates().values())
    outage.work.program = usual
    assert outage.work.replays().code == 1
    outage.kept_all_promises(faults=True)


def test_a_queue_that_another_program_writes_to_for_a_while_is_waited_for(begin: Begin) -> None:
    outage = begin(CAPTURE)
    replay = _half_way(outage)
    with closing(sqlite3.connect(outage.work.queue, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(0.9)  # what was on its way arrives
        posted = len(_posts(outage))
        time.sleep(0.4)
        assert len(_posts(outage)) == posted
        connection.execute("ROLLBACK")
    done = outage.work.ends(replay)
    assert done.code == 1, done.said
    outage.kept_all_promises()


def _away(queue: Path) -> Path:
    return queue.rename(queue.with_name("elsewhere.db"))


def _replaced(queue: Path) -> Path:
    away = _away(queue)
    shutil.copyfile(away, queue)
    return away


@pytest.mark.parametrize("happens", [_away, pytest.param(_replaced, marks=pytest.mark.slow)])
def test_a_queue_that_is_gone_stops_the_run(begin: Begin, happens: Callable[[Path], Path]) -> None:
    outage = begin(CAPTURE)
    replay = _half_way(outage)
    away = happens(outage.work.queue)
    done = outage.work.ends(replay)
    assert done.code == 75, done.said
    assert done.err.count("was deleted or replaced while it was in use") == 1
    assert happens is _replaced or not outage.work.queue.exists()
    away.replace(outage.work.queue)
    assert len(_posts(outage)) <= sum(outage.work.fates().values())
    assert outage.work.replays().code == 1
    outage.kept_all_promises(faults=True)


_AT_A_TERMINAL = """
import os, signal, sys

os.setsid()
terminal = os.open(sys.argv.pop(1), os.O_RDWR)
for stream in range(3):
    os.dup2(terminal, stream)
if sys.argv.pop(1) == "nohup":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
from almareplay.cli import main
main()
"""


@pytest.mark.parametrize(
    ("started_with", "code"), [("nothing", 130), pytest.param("nohup", 1, marks=pytest.mark.slow)]
)
def test_a_terminal_that_is_closed(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, started_with: str, code: int
) -> None:
    monkeypatch.setenv("TERM", "xterm")  # on a dumb one there is no bar
    outage = begin(CAPTURE)
    ours, terminal = pty.openpty()
    usual = outage.work.program
    at = os.ttyname(terminal)
    outage.work.program = [sys.executable, "-c", _AT_A_TERMINAL, at, started_with]
    replay = _half_way(outage, "--requests-per-second", "30", saying="--verbose")
    os.close(terminal)
    said = b""
    while b"Replaying" not in said:
        said += os.read(ours, 10_000)
    os.close(ours)
    assert outage.work.ends(replay).code == code
    assert outage.work.fates()["lost"] == 0
    outage.work.program = usual
    assert outage.work.replays().code == 1
    outage.kept_all_promises()


@pytest.mark.parametrize("clock_offset", [3660, pytest.param(-3540, marks=pytest.mark.slow)])
def test_clocks_that_differ_by_an_hour_make_no_effect_twice(
    begin: Begin, clock_offset: int
) -> None:
    outage = begin(CAPTURE, clock_offset=clock_offset)
    outage.alma.has_faults(LOST_AND_DONE)
    done = outage.work.replays()
    assert done.code == 1, done.said
    evidence = outage.kept_all_promises(faults=True)
    assert any(READ_BACK in row["note"] for row in evidence.report)


def test_an_hour_that_the_clocks_ran_through_twice_is_replayed_in_order(begin: Begin) -> None:
    zone = ZoneInfo("America/Los_Angeles")
    night = datetime(2025, 11, 2, 1, 30, tzinfo=zone)
    rows = (
        CapturedRow(Kind.LOAN, night.replace(hour=0), "i1", IDA),
        CapturedRow(Kind.RETURN, night, "i1", ""),
        CapturedRow(Kind.LOAN, night.replace(fold=1), "i1", BERT),
        CapturedRow(Kind.RETURN, night.replace(hour=2), "i1", ""),
    )
    file = CapturedFile("night.dat", "MAIN", "DEFAULT_CIRC_DESK", 0, rows)
    world = World(patrons=[Patron(IDA), Patron(BERT)], items=[Item("i1", "MAIN")])
    outage = begin(Capture(0, zone.key, (file,), world))
    assert outage.work.replays().code == 0
    report = outage.kept_all_promises().report
    assert [row["outcome"] for row in report] == ["loaned", "returned", "loaned", "returned"]
    assert [row["captured_at"][-6:] for row in report] == ["-07:00", "-07:00", "-07:00", "-08:00"]
    assert ["twice" in row["note"] for row in report] == [False, True, True, False]


def test_an_alma_that_stays_away_is_given_up_and_the_rows_stay_pending(begin: Begin) -> None:
    outage = begin(CAPTURE)
    outage.alma.has_faults({"fault": "outage", "nth": 60, "seconds": 600, "how": "cut"})
    done = outage.work.replays("--give-up-after", "1s")
    assert done.code == 75, done.said
    assert "has not answered for" in done.err
    assert "Start the same command again" in done.err
    outcomes = {row["outcome"] for row in outage.work.evidence(outage.alma).report}
    assert "pending" in outcomes
    assert not outcomes & {"unavailable", "uncertain"}
    outage.alma.has_faults()
    assert outage.work.replays().code == 1
    outage.kept_all_promises(faults=True)


def test_the_calls_of_the_next_day_are_waited_for(begin: Begin) -> None:
    outage = begin(CAPTURE)
    replay = _half_way(outage, "--wait")
    now = datetime.now(UTC)
    # A count that is half a minute old on Alma's clock has surely begun anew.
    new_day = (now + timedelta(days=1)).replace(hour=0, minute=0, second=30, microsecond=0)
    outage.alma.moves_its_clock((new_day - now).total_seconds() - 1)
    outage.alma.has_faults({"fault": "daily", "times": 1})
    done = outage.work.ends(replay)
    assert done.code == 1, done.said
    evidence = outage.kept_all_promises()
    struck = next(call["n"] for call in evidence.requests if call["fault"] == "daily")
    times = [call["arrived"] for call in evidence.requests]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert max(pauses[struck - 1 :]) > 0.5
    assert outage.alma.look("summary")["by_error_code"]["DAILY_THRESHOLD"] == 1


def test_a_loan_at_another_desk_during_a_lost_answer_is_not_ours(begin: Begin) -> None:
    desks = [Desk("DEFAULT_CIRC_DESK"), Desk("UPSTAIRS")]
    world = World(
        libraries=[Library("MAIN", "Main Library", desks)],
        patrons=[Patron(IDA)],
        items=[Item("i1", "MAIN")],
    )
    capture = written_capture(world, [(Kind.LOAN, "i1", IDA)])
    outage = begin(capture, settings={"SETTLE_SECONDS": "0.6"})
    outage.alma.has_faults({"fault": "cut_before", "match": "loan", "times": 1})
    replay = outage.work.starts_replay()
    while replay.runs() and not _posts(outage):
        time.sleep(0.01)
    place = {"library": "MAIN", "circ_desk": "UPSTAIRS"}
    assert outage.alma.desk(action="loan", item_barcode="i1", patron_id=IDA, **place)
    assert outage.work.ends(replay).code == 0
    (row,) = outage.kept_all_promises(faults=True, live=True).report
    assert row["outcome"] == "already_loaned"
    assert READ_BACK not in row["note"]
