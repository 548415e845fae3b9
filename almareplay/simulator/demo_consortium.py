"""The consortium of the demo: three invented institutions, and what their desks captured."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from almareplay.simulator.generate import generate_world
from almareplay.simulator.world import World

_OUTAGE = datetime(2026, 9, 14, 9)  # noqa: DTZ001 (a desk's local time)
_NAMES = {
    "01ASHGROVE_INST": "Ashgrove College",
    "01BIRCHMERE_INST": "Birchmere University",
    "01CEDARPOINT_INST": "Cedar Point College",
}


@dataclass(frozen=True, slots=True)
class Member:
    """An institution: its Alma as it was when the outage began, and the lines of the ``.dat`` file
    that its desk wrote meanwhile."""

    world: World
    lines: list[str]


def demo_members(rows: int = 60) -> list[Member]:
    """The institutions of the demo, with so many captured rows each, the same every time."""
    members = []
    for seed, (code, name) in enumerate(_NAMES.items(), 1):
        world = generate_world(seed, items=rows, patrons=rows // 3, libraries=1)
        world.institution, world.institution_name = code, name
        members.append(Member(world, list(_captured(random.Random(seed), world, rows))))
    return members


def _captured(dice: random.Random, world: World, rows: int) -> Iterator[str]:
    """Loans and returns at one desk, some of them by cards that Alma does not know."""
    at = _OUTAGE
    out: list[str] = []
    shelf = [item.barcode for item in world.items]
    cards = [patron.identifiers["BARCODE"] for patron in world.patrons]
    for _ in range(rows):
        at += timedelta(minutes=dice.choice([0, 1, 1, 2, 4]))
        if out and dice.random() < 0.4:
            barcode = out.pop(dice.randrange(len(out)))
            yield f"{at:%Y%m%d%H%M}R{barcode}"
        else:
            barcode = shelf.pop(dice.randrange(len(shelf)))
            out.append(barcode)
            card = dice.choice(cards) if dice.random() < 0.95 else "21889999999990"
            yield f"{at:%Y%m%d%H%M}L{barcode:<80}{card}"
