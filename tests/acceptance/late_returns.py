"""Returns that come late because Alma was down, and what became of their fines."""

from __future__ import annotations

from datetime import UTC

from almareplay.simulator.fines import overdue_fine
from almareplay.simulator.world import Item, Policy
from tests.chaos.captures import Capture
from tests.chaos.outage import Outage
from tests.chaos.weekend import (
    ALMA_IS_BACK,
    captured,
    fees_of,
    in_queue,
    lent,
    local,
    week_world,
    world_of,
)

WAIVE = ("--fines", "waive", "--waive-reason", "OUTAGE")
RETURN_FIRST = ("--on-loan-elsewhere", "return-first", "--due-dates", "as-captured", *WAIVE)
POLICIES = [
    Policy("BOOK", fine_per_day=0.25),
    Policy("LAPTOP", hours=4, fine_per_hour=2.5),
]
RETURNS = {
    # Item: its policy, when it was due, and when it came back.
    "on time": ("BOOK", "11-10 22:00", "11-01 12:00"),
    "due in the outage": ("BOOK", "11-01 22:00", "10-31 12:00"),
    "due in its minute": ("BOOK", "10-31 22:00", "10-31 22:00"),
    "due on the same day": ("BOOK", "11-02 22:00", "11-02 21:59"),
    "laptop, on time": ("LAPTOP", "10-30 14:20", "10-30 13:05"),
    "a minute late": ("BOOK", "10-31 22:00", "10-31 22:01"),
    "days late": ("BOOK", "10-20 22:00", "11-01 09:00"),
    "laptop, late": ("LAPTOP", "10-30 14:20", "10-30 17:00"),
}
WHOLE = {"due in the outage", "due in its minute", "due on the same day", "laptop, on time"}
PART = {"a minute late", "days late", "laptop, late"}


def returns(names: set[str]) -> Capture:
    world, rows = week_world(policies=POLICIES), []
    for name in sorted(names):
        policy, due, returned = RETURNS[name]
        world.add_item(Item(name, "MAIN", policy=policy))
        lent(world, name, f"reader-{len(name)}", "10-13 12:00", due)
        rows.append((returned, "R", name, ""))
    return captured(world, *sorted(rows))


def left_by_the_run(outage: Outage) -> dict[str, float]:
    """What is owed for each item because of the run."""
    effects = outage.alma.look("effects")
    made = {effect["fee_id"] for effect in effects if effect["type"] == "fee"}
    owed = fees_of(world_of(outage))
    return {item: fee.balance for item, fees in owed.items() for fee in fees if fee.fee_id in made}


def as_posted(name: str) -> float:
    policy, due, _ = RETURNS[name]
    terms = next(each for each in POLICIES if each.code == policy)
    return overdue_fine(terms, ALMA_IS_BACK.astimezone(UTC) - local(due))


def notes_of(outage: Outage) -> dict[str, str]:
    return {row["item_barcode"]: row["note"] for row in outage.work.evidence(outage.alma).report}


def is_all_done(outage: Outage) -> None:
    assert in_queue(outage.work, "SELECT count(*) FROM follow_ups WHERE done_at IS NULL") == [(0,)]
    effects = [effect["type"] for effect in outage.alma.look("effects")]
    assert effects.count("return") == len(world_of(outage).loans)


def lent_to_others() -> Capture:
    world = week_world(policies=POLICIES)
    lent(world, "i1", "vorher", "10-13 12:00", "11-01 22:00")
    lent(world, "i2", "vorher", "10-13 12:00", "10-20 22:00")
    loans = [("10-31 12:00", "L", item, "nachher") for item in ("i1", "i2")]
    return captured(world, *loans)


def was_returned_first(outage: Outage) -> None:
    assert left_by_the_run(outage) == {"i2": 3.5}
    notes = notes_of(outage)
    for item, said in (("i1", "waived"), ("i2", "may be too high")):
        for words in ("returned for the patron who had it", said, "set back as captured"):
            assert notes[item].count(words) == 1, notes[item]
    effects = [effect["type"] for effect in outage.alma.look("effects")]
    assert [effects.count(each) for each in ("return", "loan", "waive")] == [2, 2, 1]
    loans = [each for each in world_of(outage).loans if each.return_date is None]
    assert {each.due_date for each in loans} == {local("11-28 22:00")}
