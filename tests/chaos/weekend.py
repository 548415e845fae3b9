"""An outage from a Thursday to the Monday after the clocks went back, and an Alma that is back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from almareplay.simulator.world import Fee, Item, Loan, Patron, World
from almareplay.transactions import Kind
from tests.chaos.captures import Capture, CapturedFile, CapturedRow
from tests.chaos.outage import Begin, Outage
from tests.chaos.stage import Workplace

ZONE = ZoneInfo("America/Los_Angeles")
DESK = "DEFAULT_CIRC_DESK"


def local(text: str) -> datetime:
    """A time at the library, without its year: ``11-01 22:00``."""
    return datetime.fromisoformat(f"2025-{text}").replace(tzinfo=ZONE)


ALMA_IS_BACK = local("11-03 09:07:20")
"""Monday morning."""


def week_world(*items: Item, policies: Iterable[object] = (), **fields: object) -> World:
    """An institution in Los Angeles with these items, and nobody yet."""
    more = {"policies": list(policies)} if policies else {}
    return World(timezone=ZONE.key, items=list(items), **more, **fields)  # type: ignore[arg-type]


def lent(world: World, item: str, patron: str, since: str, due: str, status: str = "") -> Loan:
    """Alma has had the item on loan since before the outage; both are made where they are new."""
    if world.item(item) is None:
        world.add_item(Item(item, "MAIN"))
    if world.patron(patron) is None:
        world.add_patron(Patron(patron))
    began, ends = local(since).astimezone(UTC), local(due).astimezone(UTC)
    loan = Loan(patron, item, began, ends, process_status=status or "NORMAL")
    world.add_loan(loan)
    return loan


def captured(world: World, *rows: tuple[str, str, str, str], library: str = "MAIN") -> Capture:
    """A capture: ``("11-01 22:00", "L", item, patron)`` of each row, patrons made where new."""
    kinds = {"L": Kind.LOAN, "R": Kind.RETURN}
    for _, _, _, patron in rows:
        if patron and world.patron(patron) is None:
            world.add_patron(Patron(patron))
    made = tuple(CapturedRow(kinds[kind], local(at), item, who) for at, kind, item, who in rows)
    return Capture(0, ZONE.key, (CapturedFile("weekend.dat", library, DESK, 0, made),), world)


def begin_on_monday(begin: Begin, capture: Capture, **settings: str) -> Outage:
    """The capture is loaded, and it is Monday morning at Alma."""
    ahead = (ALMA_IS_BACK - datetime.now(UTC)).total_seconds()
    quick = {"SETTLE_SECONDS": "0"} | settings
    return begin(capture, settings=quick, latency=0.0, clock_offset=ahead)


def world_of(outage: Outage) -> World:
    """Alma's world as it is now."""
    path = outage.work.folder / "world-now.json"
    path.write_bytes(outage.alma.raw("world"))
    return World.from_json(path)


def fees_of(world: World) -> dict[str, list[Fee]]:
    """The fees that are still owed, by item."""
    owed: dict[str, list[Fee]] = {}
    for fee in world.fees:
        if fee.balance:
            owed.setdefault(fee.item_barcode, []).append(fee)
    return owed


def asked_for(outage: Outage, operation: str) -> int:
    """How many calls of an operation Alma has seen."""
    return sum(call["operation"] == operation for call in outage.alma.requests())


def in_queue(work: Workplace, query: str) -> list[tuple[object, ...]]:
    """What the queue's file holds."""
    with closing(sqlite3.connect(work.queue)) as connection:
        return connection.execute(query).fetchall()
