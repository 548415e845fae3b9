"""What the reports of a replay say is true: of which Alma, in whose times, foreseen or done."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from almareplay.simulator.world import Item
from tests.chaos.outage import Begin, Outage
from tests.chaos.weekend import begin_on_monday, captured, lent, week_world
from tests.reports.reading import sheet

if TYPE_CHECKING:
    from pathlib import Path

Rows = dict[str, dict[str, str]]


def _begun(begin: Begin) -> Outage:
    """Loans before the clocks went back, due after it: of a free item, to a patron whom Alma does
    not know, of an item that somebody else has; and a late return."""
    world = week_world(Item("free", "MAIN"), Item("strange", "MAIN"))
    lent(world, "taken", "reader-9", "10-13 12:00", "11-20 22:00")
    lent(world, "late", "reader-8", "10-13 12:00", "10-20 22:00")
    rows = [
        ("10-30 10:00", "L", "free", "reader-1"),
        ("10-30 10:05", "L", "strange", "stranger-7"),
        ("10-30 10:10", "L", "taken", "reader-1"),
        ("10-30 10:15", "R", "late", ""),
    ]
    capture = captured(world, *rows)
    world.patrons[:] = [each for each in world.patrons if each.primary_id != "stranger-7"]
    return begin_on_monday(begin, capture)


def _by_item(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["item_barcode"]: row for row in csv.DictReader(file)}


def _written(outage: Outage, *words: str) -> None:
    done = outage.work.runs("report", *words)
    assert done.code == 0, done.said


@pytest.mark.slow
def test_a_report_names_its_alma_and_tells_the_times_of_the_library(begin: Begin) -> None:
    outage = _begun(begin)
    folder = outage.work.folder
    _written(outage, "before.html", "before.csv")
    assert "Nothing was sent to Alma yet." in (folder / "before.html").read_text("utf-8")
    assert {row["environment"] for row in _by_item(folder / "before.csv").values()} == {""}

    assert outage.work.replays().code == 1
    _written(outage, "after.html", "after.csv", "after.xlsx", "--fines", "fines.csv")
    rows = _by_item(folder / "after.csv")
    assert {(row["institution"], row["environment"]) for row in rows.values()} == {
        (outage.capture.world.institution, "sandbox")
    }
    page = (folder / "after.html").read_text("utf-8")
    assert re.search("<title>(.*?)</title>", page)[1].startswith("SANDBOX: ")  # type: ignore[index]
    assert "America/Los_Angeles" in page
    first = sheet(folder / "after.xlsx", "Summary")[0]
    assert first[0] == "SANDBOX"
    assert "It was not rehearsed there." in first[1]
    assert rows["free"]["captured_at"] == "2025-10-30T10:00:00-07:00"
    assert re.fullmatch(r"2025-1[12]-\d\dT[\d:]+-08:00", rows["free"]["due_date"])
    assert rows["free"]["completed_at"].endswith(("-07:00", "-08:00"))
    number = rows["late"]["row"]
    story: dict[str, Any] = json.loads(outage.work.runs("history", "--row", number, "--json").out)
    assert story["captured_at"] == rows["late"]["captured_at"] == "2025-10-30T10:15:00-07:00"
    (call,) = (event for event in story["events"] if event["event"] == "called")
    assert call["due_date"] == "2025-10-20T22:00:00-07:00"
    shown = outage.work.runs("history", "--row", number).out
    assert "Times are those of America/Los_Angeles." in shown
    assert "due 2025-10-20 22:00" in shown
    (fine,) = csv.DictReader((folder / "fines.csv").read_text("utf-8").splitlines())
    assert (fine["made_by"], fine["wrong"], fine["environment"]) == ("return", "part", "sandbox")
    assert fine["due_date"] == "2025-10-20T22:00:00-07:00"


@pytest.mark.slow
def test_a_prediction_asks_for_what_can_be_settled_before(begin: Begin) -> None:
    outage = _begun(begin)
    done = outage.work.runs("rehearse", "--report", "foreseen.csv", "--report", "foreseen.html")
    assert done.code == 1, done.said
    folder = outage.work.folder
    rows = _by_item(folder / "foreseen.csv")
    assert rows["strange"]["advice"].startswith("Before the replay: find out who has the item")
    assert rows["taken"]["advice"].startswith("Before the replay: ")
    assert rows["free"]["advice"] == "Nothing to do: the replay would make this loan."
    assert {row["environment"] for row in rows.values()} == {"sandbox"}
    assert {row["completed_at"] for row in rows.values()} == {""}
    page = (folder / "foreseen.html").read_text("utf-8")
    assert "it posted nothing" in page


def test_staff_are_named_no_flag_and_no_command(begin: Begin) -> None:
    outage = _begun(begin)
    assert outage.work.replays("--report", "staff.csv").code == 1
    for row in _by_item(outage.work.folder / "staff.csv").values():
        words = f"{row['advice']} {row['note']} {row['alma_message']}"
        assert not re.search(r"--\w|almareplay \w+ --", words), words
