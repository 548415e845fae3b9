"""Loans of a weekend, as captured and as they are at a desk that Alma serves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

from almareplay.simulator import rules
from almareplay.simulator.world import Item, Policy, World
from tests.chaos.captures import Capture
from tests.chaos.outage import Outage
from tests.chaos.weekend import ALMA_IS_BACK, captured, in_queue, lent, week_world, world_of

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


def loans(policies: list[Policy], times: list[str]) -> Capture:
    """A loan of an item of each policy at each time, by six patrons."""
    world, rows = week_world(policies=POLICIES), []
    for number, (policy, at) in enumerate(product(policies, times)):
        item, patron = f"i{number}", f"weekender-{number % 6}"
        world.add_item(Item(item, "MAIN", policy=policy.code))
        rows.append((at, "L", item, patron))
    return captured(world, *sorted(rows))


def add_renewals(capture: Capture) -> Capture:
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


def due_if_posted(before: World, moments: dict[str, datetime]) -> dict[str, datetime]:
    """When each item would be due, had Alma lent or renewed it at its moment."""
    due = {}
    for barcode, at in moments.items():
        item = before.item(barcode)
        assert item is not None
        loan = before.active_loan(item)
        given = rules.due_date(before, item, at.astimezone(UTC))
        due[barcode] = max(given, loan.due_date) if loan else given
    return due


def due_online(capture: Capture) -> dict[str, datetime]:
    """When each item would be due, had Alma been there when its row was captured."""
    return due_if_posted(capture.world, {row.item_barcode: row.at for row in capture.files[0].rows})


def are_due_as_captured(outage: Outage, online: dict[str, datetime]) -> World:
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


def once_each(outage: Outage, loans: int, renewals: int = 0) -> None:
    effects = [effect["type"] for effect in outage.alma.look("effects")]
    assert (effects.count("loan"), effects.count("renew")) == (loans, renewals)
    assert in_queue(outage.work, "SELECT count(*) FROM follow_ups WHERE done_at IS NULL") == [(0,)]
