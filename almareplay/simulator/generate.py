"""Makes up worlds of any size, the same one for the same seed."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from almareplay.simulator.rules import due_date
from almareplay.simulator.world import Block, Desk, Item, Library, Loan, Patron, Request, World

LAST_LOAN = datetime(2026, 9, 1, tzinfo=UTC)
"""Every loan of a generated world was made in the four weeks before this moment."""

_LIBRARIES = [
    ("MAIN", "Main Library"),
    ("ANNEX", "Annex Library"),
    ("MEDIA", "Media Centre"),
    ("LAW", "Law Library"),
    ("SCI", "Science Library"),
]
_FIRST = ["Ada", "Bruno", "Chidi", "Dalia", "Emre", "Freya", "Goran", "Hana", "Ines", "Jonas"]
_LAST = ["Abara", "Bergen", "Castell", "Dunmore", "Eklund", "Farrow", "Grimaldi", "Hollis"]
_SUBJECTS = ["Lichens", "Bridges", "Comets", "Harbours", "Looms", "Glaciers", "Maps", "Tides"]
_TREATMENTS = ["A History of", "Introduction to", "The Care of", "Notes on", "Atlas of"]


def generate_world(
    seed: int = 1, items: int = 1000, patrons: int = 200, libraries: int = 2
) -> World:
    """A world with as many items, patrons and libraries.

    About one item in ten is on loan, one in ten is a second copy, and a few patrons and items are
    of the kind that Alma refuses: blocked, expired, inactive, at their limit; not loanable,
    requested by somebody.
    """
    dice = random.Random(seed)
    world = World(
        timezone="America/Los_Angeles", libraries=[_library(place) for place in range(libraries)]
    )
    for place in range(patrons):
        world.add_patron(_patron(dice, place))
    for place in range(items):
        world.add_item(_item(dice, place, world))
    if world.patrons:
        for item in world.items:
            _circulate(dice, world, item)
    return world


def _library(place: int) -> Library:
    known = place < len(_LIBRARIES)
    code, name = _LIBRARIES[place] if known else (f"LIB{place}", f"Library {place}")
    desks = [Desk("DEFAULT_CIRC_DESK", f"{name} desk"), Desk("SELF_CHECK", f"{name} self-check")]
    return Library(code, name, desks)


def _patron(dice: random.Random, place: int) -> Patron:
    first, last = dice.choice(_FIRST), dice.choice(_LAST)
    patron = Patron(
        primary_id=f"{first[0]}{last}{place}".lower(),
        identifiers={
            "BARCODE": f"2188{place:010d}",
            "EMAIL": f"{first}.{last}.{place}@calder.example".lower(),
        },
        first_name=first,
        last_name=last,
        user_group=dice.choice(["STUDENT", "STAFF", "FACULTY"]),
    )
    trouble = dice.random()
    if trouble < 0.02:
        patron.blocks.append(Block("Loan", "Overdue items", "See the desk", "Calder University"))
    elif trouble < 0.04:
        patron.expiry_date = date(2020, 6, 30)
    elif trouble < 0.05:
        patron.status = "INACTIVE"
    elif trouble < 0.06:
        patron.patron_role = False
    elif trouble < 0.08:
        patron.loan_limit = 3
    return patron


def _item(dice: random.Random, place: int, world: World) -> Item:
    item = Item(
        barcode=f"3188{place:010d}",
        library=dice.choice(world.libraries).code,
        title=f"{dice.choice(_TREATMENTS)} {dice.choice(_SUBJECTS)}, {place}",
        author=f"{dice.choice(_LAST)}, {dice.choice(_FIRST)}",
        call_number=f"QH{dice.randrange(100, 999)} .{dice.choice('ABCDE')}{place}",
        policy=dice.choices(["BOOK", "EQUIPMENT", "REFERENCE"], [92, 5, 3])[0],
    )
    if world.items and dice.random() < 0.1:
        copied = world.items[-1]
        item.mms_id, item.title, item.author = copied.mms_id, copied.title, copied.author
    return item


def _circulate(dice: random.Random, world: World, item: Item) -> None:
    fate, patron = dice.random(), dice.choice(world.patrons)
    if fate < 0.1 and item.policy != "REFERENCE":
        lent = LAST_LOAN - timedelta(seconds=dice.randrange(60, 28 * 86400))
        world.add_loan(Loan(patron.primary_id, item.barcode, lent, due_date(world, item, lent)))
    elif fate > 0.98:
        pickup = dice.choice(world.libraries).code
        world.requests.append(Request(patron.primary_id, item.barcode, pickup, world.new_id("33")))
