"""Loans of hours, days and weeks over a weekend: due when they would be, had Alma been there."""

from __future__ import annotations

import signal
import time

import pytest

from almareplay.simulator import rules
from almareplay.simulator.world import Item, Patron
from tests.acceptance.weekend_loans import (
    AS_CAPTURED,
    POLICIES,
    TIMES,
    add_renewals,
    are_due_as_captured,
    due_if_posted,
    due_online,
    loans,
    once_each,
)
from tests.chaos.outage import Begin
from tests.chaos.weekend import (
    ALMA_IS_BACK,
    asked_for,
    begin_on_monday,
    captured,
    local,
    week_world,
    world_of,
)


@pytest.mark.slow
def test_every_loan_of_a_weekend_is_due_as_if_alma_had_been_there(begin: Begin) -> None:
    capture = add_renewals(loans(POLICIES, TIMES))
    online = due_online(capture)
    alma_gives = due_if_posted(capture.world, dict.fromkeys(online, ALMA_IS_BACK))
    outage = begin_on_monday(begin, capture)
    done = outage.work.replays(*AS_CAPTURED)
    assert done.code == 0, done.said
    are_due_as_captured(outage, online)
    once_each(outage, len(POLICIES) * len(TIMES), renewals=9)
    # One call more for each whose date is not right already, which is by the hour where they are.
    hours = {i.barcode for i in capture.world.items if i.policy.startswith("H")}
    moved = {item for item, due in online.items() if item in hours or due != alma_gives[item]}
    for row in outage.work.evidence(outage.alma).report:
        item = row["item_barcode"]
        assert ("Alma's due date 2025-" in row["note"]) == (item in moved), row
        if item in moved - hours and not item.startswith("renewed"):
            was = alma_gives[item].astimezone(local("11-03 00:00").tzinfo)
            assert f"{was:%Y-%m-%d %H:%M}" in row["note"]
    assert asked_for(outage, "change_due_date") == len(moved)


def test_by_default_due_dates_are_almas(begin: Begin) -> None:
    capture = loans(POLICIES[3:], TIMES[:2])
    outage = begin_on_monday(begin, capture)
    assert outage.work.replays().code == 0
    after = world_of(outage)
    for item in after.items:
        (loan,) = after.loans_of_item(item)
        assert loan.due_date == rules.due_date(after, item, ALMA_IS_BACK)
    assert asked_for(outage, "change_due_date") == 0
    assert {row["note"] for row in outage.work.evidence(outage.alma).report} == {""}


def test_without_a_look_a_loan_takes_two_calls(begin: Begin) -> None:
    capture = loans(POLICIES[5:6], TIMES[:4])
    outage = begin_on_monday(begin, capture)
    assert outage.work.replays(*AS_CAPTURED, "--guard", "off").code == 0
    are_due_as_captured(outage, due_online(capture))
    asked = [call["operation"] for call in outage.alma.requests()]
    assert sorted(asked[-8:]) == ["change_due_date"] * 4 + ["loan"] * 4


def test_what_alma_refuses_or_somebody_else_has_changed_is_told(begin: Begin) -> None:
    capture = loans(POLICIES[5:6], TIMES[:3])
    outage = begin_on_monday(begin, capture)
    outage.alma.has_faults({"fault": "http_5xx", "match": "change_due_date"})
    replay = outage.work.starts_replay(*AS_CAPTURED)
    while replay.runs() and asked_for(outage, "change_due_date") < 3:
        time.sleep(0.01)
    replay.send(signal.SIGKILL)
    outage.work.ends(replay)
    place = {"library": "MAIN", "circ_desk": "DEFAULT_CIRC_DESK"}
    assert outage.alma.desk(action="return", item_barcode="i0", **place)
    outage.alma.has_faults()
    done = outage.work.replays(*AS_CAPTURED)
    assert done.code == 0, done.said
    notes = {r["item_barcode"]: r["note"] for r in outage.work.evidence(outage.alma).report}
    assert "ended before its due date could be set" in notes["i0"]
    assert notes["i1"].startswith("Alma's due date 2025-11-17 22:00 was set back")


def test_a_patron_whose_primary_id_has_a_slash_gets_the_due_date_too(begin: Begin) -> None:
    world = week_world(Item("i1", "MAIN", policy="W2"), policies=POLICIES)
    world.add_patron(Patron("dept/7", {"BARCODE": "770000077"}))
    capture = captured(world, ("10-30 12:00", "L", "i1", "770000077"))
    online = due_online(capture)
    outage = begin_on_monday(begin, capture)
    assert outage.work.replays(*AS_CAPTURED).code == 0
    are_due_as_captured(outage, online)


def test_a_loan_that_is_renewed_and_returned_in_the_same_outage(begin: Begin) -> None:
    world = week_world(Item("i1", "MAIN", policy="W2"), Item("i2", "MAIN", policy="D1"),
                       policies=POLICIES)  # fmt: skip
    capture = captured(
        world,
        ("10-30 12:00", "L", "i1", "ida"),
        ("10-30 12:00", "L", "i2", "ida"),
        ("10-31 12:00", "R", "i2", ""),
        ("11-01 12:00", "L", "i1", "ida"),
        ("11-02 23:50", "L", "i2", "bert"),
    )
    outage = begin_on_monday(begin, capture)
    assert outage.work.replays(*AS_CAPTURED).code == 0
    after = world_of(outage)
    due = {loan.item_barcode: loan.due_date for loan in after.loans if loan.return_date is None}
    assert due == {"i1": local("11-15 22:00"), "i2": local("11-03 22:00")}
    assert after.fees == []
