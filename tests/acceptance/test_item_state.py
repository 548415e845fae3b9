"""What the state of an item says of rows that come too late."""

from __future__ import annotations

import signal
from datetime import date

import pytest

from almareplay.simulator.world import Item, World
from tests.chaos.outage import Begin, Outage
from tests.chaos.weekend import (
    asked_for,
    begin_on_monday,
    captured,
    in_queue,
    lent,
    week_world,
    world_of,
)

REOPENED = ("--reopened-at", "2025-11-03 07:30")
SATURDAY, MONDAY = date(2025, 11, 1), date(2025, 11, 3)
FRIDAY = date(2025, 10, 31)


def _item(world: World, barcode: str, process_type: str, changed: date) -> None:
    world.add_item(Item(barcode, "MAIN", process_type=process_type, modification_date=changed))


def _report(outage: Outage) -> dict[str, list[tuple[str, str]]]:
    told: dict[str, list[tuple[str, str]]] = {}
    for row in outage.work.evidence(outage.alma).report:
        told.setdefault(row["item_barcode"], []).append((row["outcome"], row["note"]))
    return told


def _outcomes(outage: Outage) -> dict[str, list[str]]:
    return {item: [outcome for outcome, _ in rows] for item, rows in _report(outage).items()}


def test_the_full_guard_sees_where_an_item_has_gone_since(begin: Begin) -> None:
    world, rows = week_world(), []
    for place in ("HOLDSHELF", "TRANSIT", "MISSING", ""):
        for day, changed in (("later", SATURDAY), ("same day", FRIDAY)):
            for kind in "LR":
                barcode = f"{place or 'PLACE'} {day} {kind}"
                _item(world, barcode, place, changed)
                rows.append(("10-31 12:00", kind, barcode, "ida" if kind == "L" else ""))
    for status in ("LOST", "CLAIMED_RETURN"):
        lent(world, f"{status} R", "ida", "10-01 12:00", "11-20 22:00", status)
        rows.append(("10-31 12:00", "R", f"{status} R", ""))
    lent(world, "LOST L", "ida", "10-01 12:00", "11-20 22:00", "LOST")
    rows.append(("10-31 12:00", "L", "LOST L", "ida"))
    outage = begin_on_monday(begin, captured(world, *rows))
    done = outage.work.replays("--guard", "full")
    assert done.code == 1, done.said
    told = _report(outage)
    for place, words in (("HOLDSHELF", "on the hold shelf"), ("TRANSIT", "in transit")):
        ((outcome, note),) = told[f"{place} later L"]
        assert outcome == "uncertain" and words in note and "look at the item's history" in note
        ((outcome, note),) = told[f"{place} later R"]
        assert outcome == "superseded" and words in note
        assert told[f"{place} same day L"] == [("loaned", "")]
        assert told[f"{place} same day R"] == [("not_on_loan", "")]
    for day in ("later", "same day"):
        assert told[f"MISSING {day} L"] == [("loaned", "Alma had the item as missing")]
        assert told[f"MISSING {day} R"] == [("not_on_loan", "Alma had the item as missing")]
        assert told[f"PLACE {day} L"] == [("loaned", "")]
        assert told[f"PLACE {day} R"] == [("not_on_loan", "")]
    assert told["LOST R"] == [("returned", "Alma had the item as lost")]
    assert told["LOST L"] == [("refused", "Alma had the item as lost")]
    assert told["CLAIMED_RETURN R"] == [("returned", "Alma had the item as claimed returned")]
    # Find, active loans, completed loans, state: nothing is asked twice.
    assert asked_for(outage, "item") == asked_for(outage, "find_item") == len(rows)
    assert asked_for(outage, "item_loans") == 2 * len(rows)


def _reopened(begin: Begin) -> Outage:
    world = week_world()
    _item(world, "changed", "", MONDAY)
    _item(world, "changed, returned", "", MONDAY)
    _item(world, "unchanged", "", SATURDAY)
    _item(world, "lent", "", MONDAY)
    lent(world, "lent", "ida", "10-13 12:00", "11-20 22:00")
    rows = [
        ("11-01 12:00", "L", "changed", "ida"),
        ("11-01 13:00", "R", "changed", ""),
        ("11-01 14:00", "L", "changed", "ida"),
        ("11-01 12:00", "R", "changed, returned", ""),
        ("11-01 13:00", "L", "changed, returned", "ida"),
        ("11-01 12:00", "L", "unchanged", "ida"),
        ("11-01 13:00", "R", "unchanged", ""),
        ("11-01 14:00", "L", "unchanged", "bert"),
        ("11-01 12:00", "L", "lent", "ida"),
        ("11-01 13:00", "R", "lent", ""),
        ("11-01 14:00", "L", "lent", "bert"),
    ]
    return begin_on_monday(begin, captured(world, *rows))


REOPENED_OUTCOMES = {
    "changed": ["uncertain", "held_back", "held_back"],
    "changed, returned": ["not_on_loan", "loaned"],
    "unchanged": ["loaned", "returned", "loaned"],
    "lent": ["renewed", "returned", "loaned"],
}


def test_loans_of_items_changed_since_the_reopening_go_to_staff(begin: Begin) -> None:
    outage = _reopened(begin)
    done = outage.work.replays(*REOPENED)
    assert done.code == 1, done.said
    assert _outcomes(outage) == REOPENED_OUTCOMES
    told = _report(outage)["changed"]
    assert "changed since the desks reopened" in told[0][1]
    assert "is unresolved" in told[1][1]
    touched = {effect["item_barcode"] for effect in outage.alma.look("effects")}
    assert "changed" not in touched
    # The state is read once an item, and not where the run has touched it.
    assert asked_for(outage, "item") == 4


@pytest.mark.slow
@pytest.mark.parametrize("calls", [14, 18, 21, 24])
def test_a_restart_does_not_take_the_runs_own_effects_for_changes(begin: Begin, calls: int) -> None:
    outage = _reopened(begin)
    outage.alma.has_faults({"fault": "slow", "match": "any_post", "delay": 0.1})
    replay = outage.work.starts_replay(*REOPENED)
    outage.alma.waits_for(calls, since=0, while_=replay.runs)
    replay.send(signal.SIGKILL)
    assert outage.work.ends(replay).code == -signal.SIGKILL
    outage.alma.has_faults()
    done = outage.work.replays(*REOPENED)
    assert done.code == 1, done.said
    outcomes = _outcomes(outage)
    assert outcomes == REOPENED_OUTCOMES
    effects = [effect["type"] for effect in outage.alma.look("effects")]
    assert [effects.count(each) for each in ("loan", "renew", "return")] == [4, 1, 2]


def test_lost_answers_do_not_make_own_effects_changes(begin: Begin) -> None:
    outage = _reopened(begin)
    outage.alma.has_faults({"fault": "cut_after", "match": "any_post", "probability": 0.6})
    done = outage.work.replays(*REOPENED)
    assert done.code == 1, done.said
    outcomes = _outcomes(outage)
    assert outcomes["changed"] == REOPENED_OUTCOMES["changed"]
    assert outcomes["unchanged"] == REOPENED_OUTCOMES["unchanged"]
    assert outcomes["lent"] == REOPENED_OUTCOMES["lent"]
    assert outcomes["changed, returned"][1] == "loaned"


@pytest.mark.slow
def test_staff_who_have_looked_let_the_row_through_without_the_flag(begin: Begin) -> None:
    outage = _reopened(begin)
    assert outage.work.replays(*REOPENED).code == 1
    assert outage.work.runs("retry").code == 0
    assert outage.work.replays(*REOPENED).code == 1
    assert _outcomes(outage) == REOPENED_OUTCOMES
    assert outage.work.runs("retry").code == 0
    assert outage.work.replays().code == 0
    assert _outcomes(outage)["changed"] == ["loaned", "returned", "loaned"]
    lent_to = {each.item_barcode: each.patron_id for each in world_of(outage).loans
               if each.return_date is None}  # fmt: skip
    assert lent_to["changed"] == "ida"
    assert in_queue(outage.work, "SELECT count(*) FROM attempts WHERE fate IS NULL") == [(0,)]
