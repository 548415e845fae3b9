"""An item that Alma has on an earlier loan to somebody else: staff are told to whom."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from almareplay.simulator.world import Item
from tests.chaos.outage import Begin
from tests.chaos.weekend import begin_on_monday, captured, lent, week_world


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_the_report_and_the_prediction_say_to_whom_since_when_and_until_when(begin: Begin) -> None:
    world = week_world(Item("i2", "MAIN"))
    lent(world, "i1", "vorher", "10-13 12:00", "11-10 22:00")
    capture = captured(
        world,
        ("10-31 12:00", "L", "i1", "nachher"),
        ("10-31 12:01", "L", "i2", "vorher"),
        ("10-31 13:00", "L", "i2", "nachher"),
    )
    outage = begin_on_monday(begin, capture)
    work = outage.work
    said = "on loan to vorher since 13 Oct 2025 12:00, due 10 Nov 2025 22:00"
    assert work.runs("rehearse", "--report", "before.csv").code == 1
    before = _rows(work.folder / "before.csv")
    assert (before[0]["outcome"], before[0]["note"]) == ("on_loan_to_other", said)
    # The run's own loan of a moment ago counts from its captured time.
    assert before[2]["note"].startswith("on loan to vorher since 31 Oct 2025 12:01")
    assert work.replays("--report", "after.csv").code == 1
    after = _rows(work.folder / "after.csv")
    assert (after[0]["outcome"], after[0]["note"]) == ("on_loan_to_other", said)
    assert after[2]["note"].startswith("on loan to vorher since 31 Oct 2025 12:01, due 1 Dec 2025")
    assert work.runs("report", "--anonymous", "shared.csv").code == 0
    shared = _rows(work.folder / "shared.csv")
    assert shared[0]["note"].startswith("on loan to patron 2 since 13 Oct 2025 12:00, due ")
    assert "vorher" not in (work.folder / "shared.csv").read_text("utf-8")
