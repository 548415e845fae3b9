"""Stopped by a user, by a limit or by another process: the run goes on where it was."""

from __future__ import annotations

import json
import signal
import socket
import time

import pytest

from tests.chaos.outage import Begin

CAPTURE = (2, 40)
CHECK = 10
"""Calls that a replay makes before its first row: key, environment, three libraries' desks."""
PATIENT = {"TIMEOUT_SECONDS": "600"}
"""Who is silent is waited for longer than any test takes to end."""


@pytest.mark.parametrize(
    "stop", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_a_stop_finishes_the_calls_in_flight_and_stores_them(
    begin: Begin, stop: signal.Signals
) -> None:
    outage = begin(CAPTURE, latency=0.05)
    replay = outage.work.starts_replay()
    outage.alma.waits_for(CHECK + 40, since=0, while_=replay.runs)
    replay.send(stop)
    done = outage.work.ends(replay)
    assert done.code == 130
    assert "Start the same command again" in done.err
    assert outage.work.fates()["lost"] == 0
    state = json.loads(outage.work.runs("status", "--json").out)
    assert 0 < state["outcomes"]["pending"] < 100
    assert outage.work.replays().code == 1
    outage.kept_all_promises()


def test_a_second_stop_leaves_at_once(begin: Begin) -> None:
    outage = begin(CAPTURE, settings=PATIENT)
    outage.alma.has_faults({"fault": "silence", "match": "any_post"})
    replay = outage.work.starts_replay()
    outage.alma.waits_for(CHECK + 40, since=0, while_=replay.runs)
    replay.send(signal.SIGINT)
    while "Stopping" not in replay.said_so_far() and replay.runs():
        time.sleep(0.01)
    replay.send(signal.SIGINT)
    assert outage.work.ends(replay, timeout=30).code == 130
    assert outage.work.fates()["lost"] > 0
    outage.alma.has_faults()
    assert outage.work.replays().code == 1
    outage.kept_all_promises(faults=True)


@pytest.mark.parametrize(
    "stop", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_a_stop_during_the_check_is_a_stop_too(begin: Begin, stop: signal.Signals) -> None:
    outage = begin(CAPTURE, settings=PATIENT)
    outage.alma.has_faults({"fault": "silence", "match": "general"})
    replay = outage.work.starts_replay()
    outage.alma.waits_for(3, since=0, while_=replay.runs)
    replay.send(stop)
    assert outage.work.ends(replay, timeout=30).code == 130
    assert outage.alma.look("effects") == []


@pytest.mark.slow
def test_the_reserve_is_left_to_others_and_the_run_goes_on_the_next_day(begin: Begin) -> None:
    outage = begin(CAPTURE, settings={"DAILY_RESERVE": "100"}, daily_limit=150)
    codes: list[int] = []
    while not codes or codes[-1] == 75:
        done = outage.work.replays()
        codes.append(done.code)
        assert outage.alma.look("summary")["calls_left"] >= 100
        if done.code == 75:
            assert "midnight GMT" in done.err
            outage.alma.moves_its_clock(86_400)
    assert codes[-1] == 1
    assert len(codes) > 1
    assert outage.alma.look("summary")["answered_429"] == 0
    outage.kept_all_promises()


def test_the_daily_limit_stops_the_run_at_once(begin: Begin) -> None:
    outage = begin(CAPTURE)
    outage.alma.has_faults({"fault": "daily", "nth": 60})
    done = outage.work.replays()
    assert done.code == 75, done.said
    assert "for today are used up" in done.err
    asked = outage.alma.look("summary")["by_error_code"]["DAILY_THRESHOLD"]
    assert asked == 1
    assert outage.work.replays().code == 1
    outage.kept_all_promises()


@pytest.mark.slow
def test_a_second_process_is_told_who_replays_the_run(begin: Begin) -> None:
    outage = begin(CAPTURE)
    first = outage.work.starts_replay("--requests-per-second", "20")
    outage.alma.waits_for(CHECK + 10, since=0, while_=first.runs)
    second = outage.work.replays()
    assert first.runs()
    assert second.code == 3
    for told in (socket.gethostname(), f"process {first.pid} ", "since 20"):
        assert told in second.err
    first.send(signal.SIGKILL)
    outage.work.ends(first)
    # The hold of a dead process is free at once.
    assert outage.work.replays().code == 1
    outage.kept_all_promises(faults=True)
