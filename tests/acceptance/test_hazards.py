"""What a night of recovery may bring: disks that fail, terminals that close, wrong clocks."""

from __future__ import annotations

import os
import pty
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from almareplay.simulator.world import Desk, Item, Library, Patron, World
from almareplay.transactions import Kind
from tests.acceptance.midway import CAPTURE, half_way, posts
from tests.chaos.captures import Capture, CapturedFile, CapturedRow, written_capture
from tests.chaos.checker import READ_BACK
from tests.chaos.outage import Begin
from tests.chaos.processes import Script

LOST_AND_DONE = {"fault": "cut_after", "match": "any_post", "probability": 0.15}
IDA, BERT = "ida.morgenrot", "bert.abendrot"
_READ_ONLY = """
import itertools
from sqlalchemy import Engine, event
from almareplay.cli import main

begun = itertools.count()

@event.listens_for(Engine, "begin")
def becomes_read_only(connection):
    if next(begun) >= {after}:
        connection.exec_driver_sql("PRAGMA query_only=ON")

main()
"""


@pytest.mark.parametrize("after", [4, pytest.param(30, marks=pytest.mark.slow)])
def test_a_queue_that_cannot_be_written_stops_the_run(begin: Begin, after: int) -> None:
    outage = begin(CAPTURE)
    usual = outage.work.program
    outage.work.program = Script(_READ_ONLY.format(after=after))
    done = outage.work.replays()
    assert done.code == 75, done.said
    assert done.err.count("cannot be written") == 1
    assert len(posts(outage)) <= sum(outage.work.fates().values())
    outage.work.program = usual
    assert outage.work.replays().code == 1
    outage.kept_all_promises(faults=True)


@pytest.mark.slow
def test_a_queue_that_another_program_writes_to_for_a_while_is_waited_for(begin: Begin) -> None:
    outage = begin(CAPTURE)
    replay = half_way(outage)
    with closing(sqlite3.connect(outage.work.queue, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(0.9)  # what was on its way arrives
        posted = len(posts(outage))
        time.sleep(0.4)
        assert len(posts(outage)) == posted
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
    replay = half_way(outage)
    away = happens(outage.work.queue)
    done = outage.work.ends(replay)
    assert done.code == 75, done.said
    assert done.err.count("was deleted or replaced while it was in use") == 1
    assert happens is _replaced or not outage.work.queue.exists()
    away.replace(outage.work.queue)
    assert len(posts(outage)) <= sum(outage.work.fates().values())
    assert outage.work.replays().code == 1
    outage.kept_all_promises(faults=True)


_AT_A_TERMINAL = """
import os, signal, sys

os.setsid()
terminal = os.open(sys.argv.pop(1), os.O_RDWR)
for stream in range(3):
    os.dup2(terminal, stream)
# Whoever runs the tests may have been started with nohup as well.
started_with = sys.argv.pop(1)
signal.signal(signal.SIGHUP, signal.SIG_IGN if started_with == "nohup" else signal.SIG_DFL)
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
    report = ("--report", "report.csv")
    replay = half_way(outage, "--requests-per-second", "30", *report, saying="--verbose")
    os.close(terminal)
    said = b""
    while b"Replaying" not in said:
        said += os.read(ours, 10_000)
    os.close(ours)
    assert outage.work.ends(replay).code == code
    assert outage.work.fates()["lost"] == 0
    # What goes on without its terminal does all that it was to do.
    told = (outage.work.folder / "report.csv").read_text("utf-8")
    assert ("pending" in told) is (started_with == "nothing")
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_calls_of_the_next_day_are_waited_for(begin: Begin) -> None:
    outage = begin(CAPTURE)
    replay = half_way(outage, "--wait")
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
    while replay.runs() and not posts(outage):
        time.sleep(0.01)
    place = {"library": "MAIN", "circ_desk": "UPSTAIRS"}
    assert outage.alma.desk(action="loan", item_barcode="i1", patron_id=IDA, **place)
    assert outage.work.ends(replay).code == 0
    (row,) = outage.kept_all_promises(faults=True, live=True).report
    assert row["outcome"] == "already_loaned"
    assert READ_BACK not in row["note"]
