"""Loans of hours, days and weeks over a weekend: due when they would be, had Alma been there."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from almareplay.simulator import rules
from almareplay.simulator.world import Item, Patron, Policy, World
from tests.chaos.captures import Capture
from tests.chaos.outage import Begin, Outage
from tests.chaos.weekend import (
    ALMA_IS_BACK,
    asked_for,
    begin_on_monday,
    captured,
    in_queue,
    lent,
    local,
    week_world,
    world_of,
)

AS_CAPTURED = ("--due-dates", "as-captured")
MINUTE = timedelta(minutes=1)
POLICIES = [
    Policy("H4", hours=4),
    Policy("H36", hours=36),
    Policy("TODAY", days=0),
    Policy("D1", days=1),
    Policy("D3", days=3),
    Policy("W2", days=14),
    Policy("W4", days=28),
]
TIMES = [
    "10-30 09:08",
    "10-30 21:59",
    "10-30 23:58",
    "10-31 00:02",
    "10-31 16:20",
    "10-31 22:30",
    "11-01 12:00",
    "11-02 00:30",
    "11-02 01:30",  # twice: the clocks went back
    "11-02 20:45",
    "11-02 23:59",
    "11-03 00:01",
    "11-03 05:30",
    "11-03 07:00",
    "11-03 09:07",
]


def _loans(policies: list[Policy], times: list[str]) -> Capture:
    """A loan of an item of each policy at each time, by six patrons."""
    world, rows = week_world(policies=POLICIES), []
    for number, (policy, at) in enumerate(product(policies, times)):
        item, patron = f"i{number}", f"weekender-{number % 6}"
        world.add_item(Item(item, "MAIN", policy=policy.code))
        rows.append((at, "L", item, patron))
    return captured(world, *sorted(rows))


def _add_renewals(capture: Capture) -> Capture:
    """Loans that Alma has already, renewed on Saturday: one of the renewals moves no due date."""
    world = capture.world
    rows = [
        (f"{r.at:%m-%d %H:%M}", "L", r.item_barcode, r.patron_id) for r in capture.files[0].rows
    ]
    for policy, due in product(("D3", "W2", "W4"), ("11-03 22:00", "11-14 22:00", "12-20 22:00")):
        item = f"renewed-{policy}-{due[:5]}"
        world.add_item(Item(item, "MAIN", policy=policy))
        lent(world, item, "renewer", "10-13 12:00", due)
        rows.append(("11-01 15:00", "L", item, "renewer"))
    return captured(world, *rows)


def _given(before: World, moments: dict[str, datetime]) -> dict[str, datetime]:
    """When each item would be due, had Alma lent or renewed it at its moment."""
    due = {}
    for barcode, at in moments.items():
        item = before.item(barcode)
        assert item is not None
        loan = before.active_loan(item)
        given = rules.due_date(before, item, at.astimezone(UTC))
        due[barcode] = max(given, loan.due_date) if loan else given
    return due


def _online(capture: Capture) -> dict[str, datetime]:
    """When each item would be due, had Alma been there when its row was captured."""
    return _given(capture.world, {row.item_barcode: row.at for row in capture.files[0].rows})


def _are_due_as_captured(outage: Outage, online: dict[str, datetime]) -> World:
    """Hold every loan in Alma against what it would be, or now where that is over; answers Alma."""
    after = world_of(outage)
    report = {row["item_barcode"]: row for row in outage.work.evidence(outage.alma).report}
    for barcode, expected in online.items():
        item = after.item(barcode)
        assert item is not None
        (loan,) = after.loans_of_item(item)
        if expected > ALMA_IS_BACK:
            assert loan.due_date == expected, barcode
        else:
            assert loan.due_date.second == 0, barcode
            assert ALMA_IS_BACK < loan.due_date <= ALMA_IS_BACK + 2 * MINUTE, barcode
        assert datetime.fromisoformat(report[barcode]["due_date"]) == loan.due_date, barcode
    return after


def _once_each(outage: Outage, loans: int, renewals: int = 0) -> None:
    effects = [effect["type"] for effect in outage.alma.look("effects")]
    assert (effects.count("loan"), effects.count("renew")) == (loans, renewals)
    assert in_queue(outage.work, "SELECT count(*) FROM follow_ups WHERE done_at IS NULL") == [(0,)]


@pytest.mark.slow
def test_every_loan_of_a_weekend_is_due_as_if_alma_had_been_there(begin: Begin) -> None:
    capture = _add_renewals(_loans(POLICIES, TIMES))
    online = _online(capture)
    alma_gives = _given(capture.world, dict.fromkeys(online, ALMA_IS_BACK))
    outage = begin_on_monday(begin, capture)
    done = outage.work.replays(*AS_CAPTURED)
    assert done.code == 0, done.said
    _are_due_as_captured(outage, online)
    _once_each(outage, len(POLICIES) * len(TIMES), renewals=9)
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
    capture = _loans(POLICIES[3:], TIMES[:2])
    outage = begin_on_monday(begin, capture)
    assert outage.work.replays().code == 0
    after = world_of(outage)
    for item in after.items:
        (loan,) = after.loans_of_item(item)
        assert loan.due_date == rules.due_date(after, item, ALMA_IS_BACK)
    assert asked_for(outage, "change_due_date") == 0
    assert {row["note"] for row in outage.work.evidence(outage.alma).report} == {""}


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
    capture = _add_renewals(_loans(POLICIES[3:6], TIMES[:8]))
    online = _online(capture)
    outage = begin_on_monday(begin, capture)
    outage.alma.has_faults(fault)
    done = outage.work.replays(*AS_CAPTURED)
    (rule,) = outage.alma.look("faults")
    assert rule["struck"] > 1
    assert done.code == 0, done.said
    _are_due_as_captured(outage, online)
    _once_each(outage, 24, renewals=9)


def test_killed_at_any_moment_every_due_date_is_set_in_the_end(begin: Begin) -> None:
    capture = _add_renewals(_loans(POLICIES[3:6], TIMES[:8]))
    online = _online(capture)
    outage = begin_on_monday(begin, capture)
    outage.alma.has_faults({"fault": "slow", "match": "change_due_date", "delay": 0.1})
    left = 0
    for kill in range(6):
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
    _are_due_as_captured(outage, online)
    _once_each(outage, 24, renewals=9)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_stopped_between_loan_and_due_date_the_next_start_has_only_that_to_do(
    begin: Begin, number: signal.Signals
) -> None:
    capture = _loans(POLICIES[5:6], TIMES[:1])
    online = _online(capture)
    outage = begin_on_monday(begin, capture)
    fault = {"fault": "http_5xx", "match": "change_due_date"}
    outage.alma.has_faults(fault)
    replay = outage.work.starts_replay(*AS_CAPTURED)
    while replay.runs() and not asked_for(outage, "change_due_date"):
        pass
    replay.send(number)
    assert outage.work.ends(replay).code == (-number if number is signal.SIGKILL else 130)
    said = outage.work.runs("status")
    assert "1 due date or fine still to be set right" in said.out, said.said
    assert "Next: almareplay replay" in said.out
    outage.alma.has_faults()
    done = outage.work.replays(*AS_CAPTURED)
    assert done.code == 0, done.said
    _are_due_as_captured(outage, online)
    _once_each(outage, 1)
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
    capture = _loans(POLICIES[5:6], TIMES[:8])
    outage = begin_on_monday(begin, capture)
    outage.alma.has_faults(fault)
    done = outage.work.replays(*AS_CAPTURED, "--give-up-after", "0.5s")
    assert done.code == 75, done.said
    assert "Start the same command again" in done.err
    outage.alma.has_faults()
    assert outage.work.replays(*AS_CAPTURED).code == 0
    _are_due_as_captured(outage, _online(capture))
    _once_each(outage, 8)


def test_without_a_look_a_loan_takes_two_calls(begin: Begin) -> None:
    capture = _loans(POLICIES[5:6], TIMES[:4])
    outage = begin_on_monday(begin, capture)
    assert outage.work.replays(*AS_CAPTURED, "--guard", "off").code == 0
    _are_due_as_captured(outage, _online(capture))
    asked = [call["operation"] for call in outage.alma.requests()]
    assert sorted(asked[-8:]) == ["change_due_date"] * 4 + ["loan"] * 4


def test_what_alma_refuses_or_somebody_else_has_changed_is_told(begin: Begin) -> None:
    capture = _loans(POLICIES[5:6], TIMES[:3])
    outage = begin_on_monday(begin, capture)
    outage.alma.has_faults({"fault": "http_5xx", "match": "change_due_date"})
    replay = outage.work.starts_replay(*AS_CAPTURED)
    while replay.runs() and asked_for(outage, "change_due_date") < 3:
        pass
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
    online = _online(capture)
    outage = begin_on_monday(begin, capture)
    assert outage.work.replays(*AS_CAPTURED).code == 0
    _are_due_as_captured(outage, online)


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
