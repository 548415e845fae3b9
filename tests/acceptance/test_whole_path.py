"""Captured files in, loans and returns in Alma, an outcome for every row: once, whatever fails."""

from __future__ import annotations

import csv
import random
import signal
from collections import Counter
from typing import Any

import pytest

from almareplay.outcomes import ReportRow
from tests.chaos.outage import Begin
from tests.chaos.stage import COLD

CAPTURE = (1, 300)
SMALL = (2, 100)
TINY = (2, 40)
LOST_AND_DONE = {"fault": "cut_after", "match": "any_post", "probability": 0.15}
LOST_AND_NOT_DONE = {"fault": "cut_before", "match": "any_post", "probability": 0.15}
LOST_AND_DONE_LATER = {
    "fault": "cut_then_effect",
    "match": "any_post",
    "probability": 0.15,
    "delay": 0.1,
}


def test_three_stations_are_replayed_and_a_second_replay_asks_nothing(begin: Begin) -> None:
    outage = begin(TINY)
    usual, outage.work.program = outage.work.program, COLD
    done = outage.work.replays()
    outage.work.program = usual
    assert done.code == 1, done.said  # some rows need attention
    asked = len(outage.alma.requests())
    again = outage.work.replays()
    assert (again.code, len(outage.alma.requests())) == (1, asked), again.said
    evidence = outage.kept_all_promises()
    assert outage.work.runs("report", "report.csv").code == 0
    with (outage.work.folder / "report.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == len(evidence.report) == 40
    assert list(table[0]) == list(ReportRow._fields)
    assert [row["outcome"] for row in table] == [row["outcome"] for row in evidence.report]
    counted = Counter(row["outcome"] for row in table)
    assert all(f"{number:,}  {outcome} " in done.err for outcome, number in counted.items())


@pytest.mark.slow
def test_an_item_on_loan_to_somebody_else_is_returned_first_where_that_is_asked_for(
    begin: Begin,
) -> None:
    outage = begin(SMALL)
    done = outage.work.replays("--on-loan-elsewhere", "return-first")
    assert done.code in (0, 1), done.said
    evidence = outage.kept_all_promises(return_first=True)
    assert any("returned for the patron" in row["note"] for row in evidence.report)


@pytest.mark.parametrize(
    ("kills", "capture"),
    [(2, SMALL), pytest.param(20, CAPTURE, marks=pytest.mark.slow)],
)
def test_killed_at_many_moments_nothing_happens_twice_or_is_missing(
    begin: Begin, kills: int, capture: tuple[int, int]
) -> None:
    outage = begin(capture)
    dice = random.Random(20)
    killed = 0
    while killed < kills:
        seen = len(outage.alma.requests())
        replay = outage.work.starts_replay()
        # The check asks seven times before the first row.
        outage.alma.waits_for(10 + dice.randint(1, 25), since=seen, while_=replay.runs)
        replay.send(signal.SIGKILL)
        done = outage.work.ends(replay)
        assert done.code == -signal.SIGKILL, f"over after {killed} kills: {done.said}"
        killed += 1
    outage.work.replays()
    outage.kept_all_promises(faults=True)


@pytest.mark.parametrize(
    ("fault", "capture"),
    [
        pytest.param(LOST_AND_DONE, SMALL, id="done", marks=pytest.mark.slow),
        pytest.param(LOST_AND_NOT_DONE, SMALL, id="not done", marks=pytest.mark.slow),
        pytest.param(LOST_AND_DONE_LATER, SMALL, id="done later"),
    ],
)
def test_lost_answers_cost_no_effect_and_make_none_twice(
    begin: Begin, fault: dict[str, Any], capture: tuple[int, int]
) -> None:
    outage = begin(capture)
    outage.alma.has_faults(fault)
    done = outage.work.replays()
    assert done.code == 1, done.said
    evidence = outage.kept_all_promises(faults=True)
    (rule,) = outage.alma.look("faults")
    assert rule["struck"] > 5
    # Whose identifier has a slash cannot be asked for: whether a loan is theirs stays open.
    lost = [row for row in evidence.report if row["outcome"] in ("uncertain", "unavailable")]
    others = [row for row in lost if "/" not in row["patron_id"]]
    assert len(others) <= len(evidence.report) / 100, others
