"""A stand-in with something of everything, and the exchanges with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from almareplay.simulator.exchange import Exchange
from almareplay.simulator.gateway import Gateway
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import (
    Block,
    Desk,
    Fee,
    Item,
    Library,
    Loan,
    Patron,
    Policy,
    Request,
    World,
)

NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def everything() -> World:
    """Each kind of record in each of its states."""
    over = Loan("berta", "B3", NOW - 9 * DAY, NOW + DAY, return_date=NOW - DAY, returned_by="desk")
    return World(
        libraries=[
            Library("MAIN", "Main Library", [Desk("FRONT", "Front desk"), Desk("DROP")]),
            Library("LAW", "Law Library"),
        ],
        policies=[Policy("BOOK", fine_per_day=0.3)],
        patrons=[
            Patron("berta", {"BARCODE": "P-0815"}, inactive_identifiers={"OLD": "P-1"}),
            Patron("law/7"),
            Patron("wanda", blocks=[Block("LOAN", "Overdue items", "Ask", "MAIN")]),
        ],
        items=[
            *(Item(f"B{number}", "MAIN", author="Abara, Ada") for number in range(1, 9)),
            Item("L1", "LAW"),
        ],
        loans=[
            Loan("berta", "B1", NOW - 9 * DAY, NOW - 2.5 * DAY),
            Loan("law/7", "B2", NOW - 9 * DAY, NOW + DAY),
            over,
            Loan("berta", "B7", NOW - 9 * DAY, NOW + DAY),
        ],
        requests=[Request("wanda", "B4", "MAIN"), Request("wanda", "B7", "LAW")],
        fees=[Fee("berta", "OTHER", 12.5, 12.5, NOW - 90 * DAY, "MAIN")],
    )


@pytest.fixture
def there() -> Iterator[Simulator]:
    with Simulator(everything(), per_second=0) as running:
        running.clock.freeze(NOW)
        yield running


@pytest.fixture
def exchanges(monkeypatch: pytest.MonkeyPatch) -> list[Exchange]:
    """What is said to stand-ins and by them, besides being held against what is known of Alma."""
    said: list[Exchange] = []
    held = Gateway.observer
    assert held is not None, "every exchange of every test is held"

    def keep(exchange: Exchange) -> None:
        said.append(exchange)
        held(exchange)

    monkeypatch.setattr(Gateway, "observer", keep)
    return said
