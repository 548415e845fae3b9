"""Answers that are lost, runs that are killed or taken over: each wrong fine is waived once."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest

from tests.acceptance.late_returns import (
    PART,
    RETURN_FIRST,
    WAIVE,
    WHOLE,
    as_posted,
    is_all_done,
    left_by_the_run,
    lent_to_others,
    notes_of,
    returns,
    was_returned_first,
)
from tests.chaos.outage import Begin
from tests.chaos.weekend import asked_for, begin_on_monday


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "cut_after", "match": "waive", "times": 2},
        pytest.param({"fault": "cut_before", "match": "waive", "times": 2}, marks=pytest.mark.slow),
        pytest.param(
            {"fault": "cut_then_effect", "match": "waive", "times": 2, "delay": 0.02},
            marks=pytest.mark.slow,
        ),
        {"fault": "http_5xx", "match": "waive", "times": 1, "effect": "before", "body": "html"},
        {"fault": "cut_after", "match": "scan_in", "probability": 0.5},
        pytest.param(
            {"fault": "cut_before", "match": "scan_in", "probability": 0.5}, marks=pytest.mark.slow
        ),
        pytest.param(
            {"fault": "cut_then_effect", "match": "scan_in", "times": 2, "delay": 0.05},
            marks=pytest.mark.slow,
        ),
        {"fault": "cut_before", "match": "fees", "times": 1},
    ],
    ids=lambda fault: f"{fault['match']} {fault['fault']}",
)
def test_lost_answers_neither_leave_nor_double_a_waiver(
    begin: Begin, fault: dict[str, Any]
) -> None:
    settle = "0.2" if fault["fault"] == "cut_then_effect" else "0"
    outage = begin_on_monday(begin, returns(WHOLE | PART), SETTLE_SECONDS=settle)
    outage.alma.has_faults(fault)
    done = outage.work.replays(*WAIVE)
    assert outage.alma.look("faults")[0]["struck"] > 0
    assert done.code == 0, done.said
    assert left_by_the_run(outage) == {name: as_posted(name) for name in PART}
    effects = [effect["type"] for effect in outage.alma.look("effects")]
    assert (effects.count("fee"), effects.count("waive")) == (len(WHOLE | PART), len(WHOLE))
    notes = notes_of(outage)
    assert {name for name in notes if " waived: " in notes[name]} == WHOLE, notes
    is_all_done(outage)


@pytest.mark.parametrize("operation", ["fees", "waive"])
@pytest.mark.parametrize("effect", ["before", pytest.param("none", marks=pytest.mark.slow)])
def test_killed_before_or_in_a_waiver_the_next_start_has_only_that_to_do(
    begin: Begin, operation: str, effect: str
) -> None:
    outage = begin_on_monday(begin, returns({"due in the outage"}))
    outage.alma.has_faults({"fault": "silence", "match": operation, "effect": effect})
    replay = outage.work.starts_replay(*WAIVE)
    while replay.runs() and not asked_for(outage, operation):
        time.sleep(0.01)
    replay.send(signal.SIGKILL)
    assert outage.work.ends(replay).code == -signal.SIGKILL
    state = outage.work.runs("status", "--json")
    assert '"follow_ups": 1' in state.out
    outage.alma.has_faults()
    done = outage.work.replays(*WAIVE)
    assert done.code == 0, done.said
    assert left_by_the_run(outage) == {}
    effects = [effect["type"] for effect in outage.alma.look("effects")]
    assert effects == ["return", "fee", "waive"]
    assert "waived" in notes_of(outage)["due in the outage"]
    is_all_done(outage)


@pytest.mark.slow
def test_a_fine_that_alma_fails_to_waive_leaves_the_run_to_be_started_again(begin: Begin) -> None:
    outage = begin_on_monday(begin, returns(WHOLE))
    path = f"POST /users/reader-{len('due on the same day')}/fees/.*"
    outage.alma.has_faults({"fault": "general_error", "match": path, "times": 3})
    done = outage.work.replays(*WAIVE)
    assert done.code == 75, done.said
    assert "due date or fine could not be set right yet" in done.err.replace(
        "dates or fines", "date or fine"
    )
    again = outage.work.replays(*WAIVE)
    assert again.code == 0, again.said
    assert left_by_the_run(outage) == {}
    is_all_done(outage)


@pytest.mark.slow
def test_who_has_lost_the_run_while_it_asked_for_fees_waives_nothing(begin: Begin) -> None:
    outage = begin_on_monday(begin, returns(WHOLE))
    outage.alma.has_faults({"fault": "slow", "match": "fees", "delay": 0.5})
    sleeper = outage.work.starts_replay(*WAIVE)
    while sleeper.runs() and not asked_for(outage, "fees"):
        time.sleep(0.01)
    outage.work.puts_to_sleep(sleeper)
    with closing(sqlite3.connect(outage.work.queue)) as connection, connection:
        connection.execute(
            "UPDATE runs SET holder_space = 'a container', lease_until = '2025-01-01 00:00:00'"
        )
    outage.alma.has_faults()
    assert outage.work.replays(*WAIVE).code == 0
    sleeper.send(signal.SIGCONT)
    assert outage.work.ends(sleeper).code == 3
    assert left_by_the_run(outage) == {}
    assert asked_for(outage, "waive") == len(WHOLE)
    assert [note.count("waived") for note in notes_of(outage).values()] == [1] * len(WHOLE)
    is_all_done(outage)


def test_killed_between_the_scan_and_the_loan_both_are_told_in_the_end(begin: Begin) -> None:
    outage = begin_on_monday(begin, lent_to_others())
    outage.alma.has_faults({"fault": "silence", "match": "loan"})
    replay = outage.work.starts_replay(*RETURN_FIRST)
    while replay.runs() and not asked_for(outage, "loan"):
        time.sleep(0.01)
    replay.send(signal.SIGKILL)
    outage.work.ends(replay)
    outage.alma.has_faults()
    done = outage.work.replays(*RETURN_FIRST)
    assert done.code == 0, done.said
    was_returned_first(outage)
