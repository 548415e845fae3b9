"""Renewals: those that Alma answers without doing them, and the fines that overdue ones make."""

from __future__ import annotations

from typing import Any

import pytest

from almareplay.simulator.world import Item, Policy
from tests.acceptance.late_returns import WAIVE
from tests.chaos.captures import Capture
from tests.chaos.outage import Begin, Outage
from tests.chaos.weekend import (
    asked_for,
    begin_on_monday,
    captured,
    fees_of,
    in_queue,
    lent,
    week_world,
    world_of,
)

LOST = [
    {"fault": "cut_after", "match": "renew", "times": 2},
    {"fault": "cut_before", "match": "renew", "times": 2},
]
BORROWERS = {
    # Item: when its loan was due, and when it was lent again at the desk.
    "not due": ("11-10 22:00", "11-01 12:00"),
    "due in the outage": ("11-01 22:00", "10-31 12:00"),
    "days late": ("10-20 22:00", "11-01 09:00"),
}


def _lent_again(**world_fields: Any) -> Capture:
    policies = [Policy("BOOK", fine_per_day=0.25), Policy("ONCE", max_renewals=0)]
    world, rows = week_world(policies=policies, **world_fields), []
    for name, (due, again) in BORROWERS.items():
        world.add_item(Item(name, "MAIN"))
        lent(world, name, f"reader-{len(name)}", "10-13 12:00", due)
        rows.append((again, "L", name, f"reader-{len(name)}"))
    return captured(world, *sorted(rows))


def _rows(outage: Outage) -> dict[str, dict[str, str]]:
    return {row["item_barcode"]: row for row in outage.work.evidence(outage.alma).report}


@pytest.mark.parametrize("faults", [[], *([fault] for fault in LOST)], ids=["no fault", *"ab"])
def test_an_overdue_renewal_is_fined_and_the_fine_is_seen_to(
    begin: Begin, faults: list[dict[str, Any]]
) -> None:
    outage = begin_on_monday(begin, _lent_again())
    outage.alma.has_faults(*faults)
    done = outage.work.replays(*WAIVE)
    assert done.code == 0, done.said
    rows = _rows(outage)
    assert {row["outcome"] for row in rows.values()} == {"renewed"}
    assert set(fees_of(world_of(outage))) == {"days late"}
    effects = [effect["type"] for effect in outage.alma.look("effects")]
    assert [effects.count(each) for each in ("renew", "fee", "waive")] == [3, 2, 1]
    assert (
        " waived: renewed 2025-10-31 12:00, due 2025-11-01 22:00"
        in (rows["due in the outage"]["note"])
    )
    assert "renewed 2025-11-01 09:00, due 2025-10-20 22:00" in rows["days late"]["note"]
    assert "fine" not in rows["not due"]["note"]
    (waiver,) = [waiver for fee in world_of(outage).fees for waiver in fee.waivers]
    assert "renewed on time, 2025-10-31 12:00" in waiver.comment
    assert in_queue(outage.work, "SELECT count(*) FROM follow_ups WHERE done_at IS NULL") == [(0,)]


@pytest.mark.parametrize("by_status", [True, False])
@pytest.mark.parametrize("faults", [[], *([fault] for fault in LOST)], ids=["no fault", *"ab"])
def test_a_renewal_that_did_not_happen_is_refused(
    begin: Begin, faults: list[dict[str, Any]], by_status: bool
) -> None:
    world = week_world(policies=[Policy("ONCE", max_renewals=0)])
    world.refuses_renewals_by_status = by_status
    world.add_item(Item("once", "MAIN", policy="ONCE"))
    lent(world, "once", "reader", "10-13 12:00", "11-10 22:00")
    outage = begin_on_monday(begin, captured(world, ("10-31 12:00", "L", "once", "reader")))
    outage.alma.has_faults(*faults)
    done = outage.work.replays()
    assert done.code == 1, done.said
    row = _rows(outage)["once"]
    assert (row["outcome"], row["alma_code"]) == ("refused", "401822")
    assert outage.alma.look("effects") == []
    assert asked_for(outage, "renew") == 1 + 2 * len(faults)
