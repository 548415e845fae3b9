"""Answers that are lost, runs that are killed or stopped: every due date is set in the end."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest

from tests.acceptance.weekend_loans import (
    AS_CAPTURED,
    POLICIES,
    TIMES,
    add_renewals,
    are_due_as_captured,
    due_online,
    loans,
    once_each,
)
from tests.chaos.outage import Begin
from tests.chaos.weekend import asked_for, begin_on_monday, in_queue


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "cut_after", "match": "change_due_date", "times": 4},
        pytest.param(
            {"fault": "cut_before", "match": "change_due_date", "times": 4}, marks=pytest.mark.slow
        ),
        {"fault": "http_5xx", "match": "change_due_date", "times": 3, "effect": "before"},
        {"fault": "cut_after", "match": "loan", "probability": 0.3},
        pytest.param(
            {"fault": "cut_after", "match": "renew", "probability": 0.5}, marks=pytest.mark.slow
        ),
    ],
    ids=lambda fault: f"{fault['match']} {fault['fault']}",
)
def test_lost_answers_change_nothing(begin: Begin, fault: dict[str, Any]) -> None:
    capture = add_renewals(loans(POLICIES[3:6], TIMES[:5]))
    online = due_online(capture)
    outage = begin_on_monday(begin, capture)
    outage.alma.has_faults(fault)
    done = outage.work.replays(*AS_CAPTURED)
    (rule,) = outage.alma.look("faults")
    assert rule["struck"] > 1
    assert done.code == 0, done.said
    are_due_as_captured(outage, online)
    once_each(outage, 15, renewals=9)


@pytest.mark.parametrize("kills", [3, pytest.param(6, marks=pytest.mark.slow)])
def test_killed_at_any_moment_every_due_date_is_set_in_the_end(begin: Begin, kills: int) -> None:
    capture = add_renewals(loans(POLICIES[3:6], TIMES[:8]))
    online = due_online(capture)
    outage = begin_on_monday(begin, capture)
    outage.alma.has_faults({"fault": "slow", "match": "change_due_date", "delay": 0.1})
    left = 0
    for kill in range(kills):
        seen = len(outage.alma.requests())
        replay = outage.work.starts_replay(*AS_CAPTURED)
        outage.alma.waits_for(17 + 3 * kill, since=seen, while_=replay.runs)
        replay.send(signal.SIGKILL)
        assert outage.work.ends(replay).code == -signal.SIGKILL
        ((open_ones,),) = in_queue(
            outage.work, "SELECT count(*) FROM follow_ups WHERE done_at IS NULL"
        )
        assert isinstance(open_ones, int)
        left += open_ones
    assert left > 0, "no kill between a loan and its due date"
    outage.alma.has_faults()
    done = outage.work.replays(*AS_CAPTURED)
    assert done.code == 0, done.said
    are_due_as_captured(outage, online)
    once_each(outage, 24, renewals=9)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_stopped_between_loan_and_due_date_the_next_start_has_only_that_to_do(
    begin: Begin, number: signal.Signals
) -> None:
    capture = loans(POLICIES[5:6], TIMES[:1])
    online = due_online(capture)
    outage = begin_on_monday(begin, capture)
    fault = {"fault": "http_5xx", "match": "change_due_date"}
    outage.alma.has_faults(fault)
    replay = outage.work.starts_replay(*AS_CAPTURED)
    while replay.runs() and not asked_for(outage, "change_due_date"):
        time.sleep(0.01)
    replay.send(number)
    assert outage.work.ends(replay).code == (-number if number is signal.SIGKILL else 130)
    said = outage.work.runs("status")
    assert "1 due date or fine still to be set right" in said.out, said.said
    assert "Next: almareplay replay" in said.out
    outage.alma.has_faults()
    done = outage.work.replays(*AS_CAPTURED)
    assert done.code == 0, done.said
    are_due_as_captured(outage, online)
    once_each(outage, 1)
    asked = len(outage.alma.requests())
    again = outage.work.replays(*AS_CAPTURED)
    assert (again.code, len(outage.alma.requests())) == (0, asked)


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "outage", "match": "change_due_date", "times": 1, "seconds": 600},
        pytest.param(
            {"fault": "daily", "match": "change_due_date", "times": 1}, marks=pytest.mark.slow
        ),
    ],
    ids=lambda fault: str(fault["fault"]),
)
def test_alma_that_goes_away_before_the_due_date_is_set(
    begin: Begin, fault: dict[str, Any]
) -> None:
    capture = loans(POLICIES[5:6], TIMES[:8])
    outage = begin_on_monday(begin, capture)
    outage.alma.has_faults(fault)
    done = outage.work.replays(*AS_CAPTURED, "--give-up-after", "0.5s")
    assert done.code == 75, done.said
    assert "Start the same command again" in done.err
    outage.alma.has_faults()
    assert outage.work.replays(*AS_CAPTURED).code == 0
    are_due_as_captured(outage, due_online(capture))
    once_each(outage, 8)
