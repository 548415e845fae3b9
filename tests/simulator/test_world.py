"""Worlds: made up by a seed, written to a file, and refused when they cannot be."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from almareplay.simulator.generate import LAST_LOAN, generate_world
from almareplay.simulator.world import Item, Library, Loan, Patron, Request, World

NOW = datetime(2026, 9, 1, 8, 30, 15, 123000, tzinfo=UTC)


def test_one_seed_makes_one_world() -> None:
    assert generate_world(7, 300, 60).dump() == generate_world(7, 300, 60).dump()
    assert generate_world(7, 300, 60).dump() != generate_world(8, 300, 60).dump()


@pytest.mark.parametrize(("items", "patrons", "libraries"), [(0, 0, 1), (5, 1, 1), (400, 90, 7)])
def test_a_world_has_the_size_that_was_asked_for(items: int, patrons: int, libraries: int) -> None:
    world = generate_world(3, items, patrons, libraries)
    assert (len(world.items), len(world.patrons)) == (items, patrons)
    assert len(world.libraries) == libraries
    assert all(loan.loan_date < LAST_LOAN for loan in world.loans)


def test_a_made_up_world_holds_every_kind_of_trouble() -> None:
    world = generate_world(1, 2000, 500)
    assert any(patron.blocks for patron in world.patrons)
    assert any(patron.expiry_date < NOW.date() for patron in world.patrons)
    assert any(patron.status == "INACTIVE" for patron in world.patrons)
    assert any(not patron.patron_role for patron in world.patrons)
    assert any(patron.loan_limit is not None for patron in world.patrons)
    assert {item.policy for item in world.items} == {"BOOK", "EQUIPMENT", "REFERENCE"}
    assert len({item.mms_id for item in world.items}) < len(world.items)
    assert 100 < len(world.loans) < 300
    assert world.requests


def test_a_world_survives_its_file(tmp_path: Path) -> None:
    world = generate_world(2, 200, 40)
    path = tmp_path / "world.json"
    world.to_json(path)
    again = World.from_json(path)
    assert again == world
    assert again.dump() == world.dump()
    lent = world.loans[0]
    item = again.item(lent.item_barcode)
    assert item is not None
    assert again.active_loan(item) == lent
    assert again.new_id("99") == world.new_id("99")


def test_a_world_written_by_hand_needs_few_words() -> None:
    world = World(
        institution="47CALDER_INST",
        libraries=[Library("MAIN", "Main Library")],
        patrons=[Patron("lnovak", {"BARCODE": "2188"})],
        items=[Item("3188", "MAIN"), Item("3189", "MAIN")],
        loans=[Loan("2188", "3188", NOW, NOW)],
        requests=[Request("2188", "3189", "MAIN")],
    )
    loan = world.loans[0]
    assert (loan.patron_id, loan.library, loan.circ_desk) == ("lnovak", "MAIN", "DEFAULT_CIRC_DESK")
    assert world.items[0].process_type == "LOAN"
    assert world.requests[0].patron_id == "lnovak"
    ids = [loan.loan_id, world.items[0].pid, world.items[0].mms_id, world.requests[0].request_id]
    assert len(set(ids)) == 4
    assert all(one.isdigit() for one in ids)


@pytest.mark.parametrize(
    ("contents", "complaint"),
    [
        ({"items": [Item("1", "NOWHERE")]}, "no library NOWHERE"),
        ({"items": [Item("1", "MAIN", policy="NONE")]}, "no policy NONE"),
        ({"items": [Item("a1", "MAIN"), Item("A1", "MAIN")]}, "two items"),
        ({"patrons": [Patron("a"), Patron("b", {"BARCODE": "A"})]}, "two patrons"),
        ({"loans": [Loan("p", "1", NOW, NOW)]}, "no item 1"),
        ({"requests": [Request("p", "1", "MAIN")]}, "no patron p"),
        (
            {
                "items": [Item("1", "MAIN")],
                "patrons": [Patron("p")],
                "loans": [Loan("p", "1", NOW, NOW), Loan("p", "1", NOW, NOW)],
            },
            "two active loans",
        ),
    ],
)
def test_a_world_that_cannot_be_is_refused(
    contents: dict[str, list[object]], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        World(**contents)  # type: ignore[arg-type]  # each case sets other fields
