"""Where returned items must go: the hold shelf, other libraries, and the list of what to fetch."""

from __future__ import annotations

import re
from typing import Any

import pytest

from almareplay.simulator.world import Item, Library, Patron, Request, World
from tests.chaos.captures import Capture
from tests.chaos.outage import Begin, Outage
from tests.chaos.weekend import begin_on_monday, captured, in_queue, lent, world_of

WAITING = Patron("wartende-7781", {"BARCODE": "29977810001"}, "Hildegund", "Wartestein")
SHELVED = {"call_number": "QK 581 .L4", "title": "Lichens", "location": "STACKS"}


def _returns() -> Capture:
    """Items that come back to MAIN: asked for here, asked for there, of there, and of no interest
    to anybody; one is lent again later in the capture."""
    libraries = [Library("MAIN", "Main Library"), Library("ANNEX", "Annex Library")]
    world = World(timezone="America/Los_Angeles", libraries=libraries, patrons=[WAITING])
    for barcode, library in (
        ("for here", "MAIN"),
        ("for there", "MAIN"),
        ("of there, for here", "ANNEX"),
        ("of there", "ANNEX"),
        ("for nobody", "MAIN"),
        ("not on loan, for here", "MAIN"),
    ):
        world.add_item(Item(barcode, library, **SHELVED))  # type: ignore[arg-type]
        if "for here" in barcode or "for there" in barcode:
            pickup = "MAIN" if "for here" in barcode else "ANNEX"
            world.requests.append(Request(WAITING.primary_id, barcode, pickup, world.new_id("33")))
        if "not on loan" not in barcode:
            lent(world, barcode, "reader", "10-13 12:00", "11-20 22:00")
    rows = [("10-31 12:00", "R", item.barcode, "") for item in world.items]
    return captured(world, *rows)


def _items(outage: Outage) -> dict[str, tuple[str, str]]:
    return {i.barcode: (i.process_type, i.destination) for i in world_of(outage).items}


@pytest.mark.parametrize("on_shelf", [True, False], ids=["on the shelf", "in processing"])
@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answers lost"])
def test_the_book_someone_waits_for_is_where_it_should_be(
    begin: Begin, on_shelf: bool, lost: bool
) -> None:
    outage = begin_on_monday(begin, _returns())
    if lost:
        outage.alma.has_faults({"fault": "cut_after", "match": "scan_in", "times": 5})
    done = outage.work.replays(*(["--place-on-hold-shelf"] if on_shelf else []))
    assert done.code == 0, done.said
    place = ("HOLDSHELF" if on_shelf else "REQUESTED", "")
    assert _items(outage) == {
        "for here": place,
        "of there, for here": place,
        "not on loan, for here": place,
        "for there": ("TRANSIT", "ANNEX"),
        "of there": ("TRANSIT", "ANNEX"),
        "for nobody": ("", ""),
    }
    effects = outage.alma.look("effects")
    if not lost:
        assert len(effects) == 6  # one scan for each
        report = {row["item_barcode"]: row for row in outage.work.evidence(outage.alma).report}
        assert {item: row["destination"] for item, row in report.items()} == {
            "for here": "hold shelf",
            "of there, for here": "hold shelf",
            "not on loan, for here": "hold shelf",
            "for there": "transit: Annex Library",
            "of there": "transit: Annex Library",
            "for nobody": "reshelve",
        }
    pulls = in_queue(
        outage.work,
        "SELECT item_barcode, pulls.library, location, call_number, title FROM pulls "
        "JOIN transactions USING (run_id, row)",
    )
    here = [("MAIN", "for here"), ("MAIN", "for there"), ("ANNEX", "of there, for here"),
            ("MAIN", "not on loan, for here")]  # fmt: skip
    assert sorted(pulls) == sorted(
        (item, library, "STACKS", "QK 581 .L4", "Lichens") for library, item in here
    )


def test_who_waits_is_written_nowhere(begin: Begin) -> None:
    outage = begin_on_monday(begin, _returns())
    outage.alma.has_faults({"fault": "cut_after", "match": "scan_in", "nth": 2})
    assert outage.work.replays("--place-on-hold-shelf").code == 0
    secrets = [WAITING.primary_id, *WAITING.identifiers.values(), "Hildegund", "Wartestein"]
    told = re.compile("|".join(secrets).encode(), re.IGNORECASE)
    files = {path.name: path for path in outage.work.folder.rglob("*") if path.is_file()}
    assert {"almareplay.db", "report.jsonl"} < set(files)
    assert any(name.endswith(".err") for name in files)
    assert [name for name, path in files.items() if told.search(path.read_bytes())] == []


def test_a_loan_of_what_somebody_else_waits_for_is_refused_once_it_is_on_the_shelf(
    begin: Begin,
) -> None:
    world = World(timezone="America/Los_Angeles", items=[Item("i1", "MAIN")], patrons=[WAITING])
    world.requests.append(Request(WAITING.primary_id, "i1", "MAIN", world.new_id("33")))
    lent(world, "i1", "leserin", "10-13 12:00", "11-20 22:00")
    capture = captured(world, ("10-31 12:00", "R", "i1", ""), ("10-31 13:00", "L", "i1", "eilig"))
    outcomes: list[Any] = []
    outage = begin_on_monday(begin, capture)
    assert outage.work.replays("--place-on-hold-shelf").code == 1
    outcomes = [row["outcome"] for row in outage.work.evidence(outage.alma).report]
    assert outcomes == ["returned", "item_not_loanable"]
