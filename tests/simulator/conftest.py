"""A simulator that a module's tests share, and the means to talk to it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from almareplay.simulator.record import Effect
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Desk, Item, Library, Patron, World

KEY = "test-key"
DESK = {"library": {"value": "MAIN"}, "circ_desk": {"value": "FRONT"}}


def calder() -> World:
    """A world with two libraries and nothing to lend yet."""
    return World(
        libraries=[
            Library(
                "MAIN",
                "Main Library",
                desks=[
                    Desk("FRONT", "Front desk"),
                    Desk("OUT_ONLY", check_in=False),
                    Desk("IN_ONLY", check_out=False),
                    Desk("OWN_ONLY", lends_for=["MAIN"]),
                    Desk("NO_SHELF", reshelve=False),
                ],
            ),
            Library("ANNEX", "Annex Library", desks=[Desk("FRONT", "Annex desk")]),
        ]
    )


@dataclass
class Alma:
    """A simulator with a client, and short words for what tests do with it."""

    simulator: Simulator
    http: httpx.Client
    numbers: Iterator[int]

    def item(self, **fields: Any) -> Item:
        """A new item, of the main library unless told otherwise."""
        n = next(self.numbers)
        item = Item(**{"barcode": f"3188-{n}", "library": "MAIN", "title": f"Title {n}"} | fields)
        self.simulator.world.add_item(item)
        return item

    def patron(self, **fields: Any) -> Patron:
        """A new patron with a barcode and an e-mail address."""
        n = next(self.numbers)
        identifiers = {"BARCODE": f"2188{n}", "EMAIL": f"Reader.{n}@calder.example"}
        patron = Patron(**{"primary_id": f"reader{n}", "identifiers": identifiers} | fields)
        self.simulator.world.add_patron(patron)
        return patron

    def lend(self, patron: Patron | str, item: Item, body: dict[str, Any] = DESK) -> httpx.Response:
        """Lend by barcode."""
        user = patron if isinstance(patron, str) else patron.primary_id
        return self.http.post(
            f"/users/{user}/loans", params={"item_barcode": item.barcode}, json=body
        )

    def scan_in(self, item: Item, **params: Any) -> httpx.Response:
        """Scan in at the front desk of the main library unless told otherwise."""
        asked = {"op": "scan", "library": "MAIN", "circ_desk": "FRONT"} | params
        return self.http.post(self.path(item), params=asked)

    def path(self, item: Item) -> str:
        """The item's path."""
        return f"/bibs/{item.mms_id}/holdings/{item.holding_id}/items/{item.pid}"

    def effects(self, item: Item) -> list[Effect]:
        """What the record holds about the item."""
        barcode = item.barcode
        return [
            effect for effect in self.simulator.record.effects if effect.item_barcode == barcode
        ]

    def types(self, item: Item) -> list[str]:
        """The types of what the record holds about the item."""
        return [effect.type for effect in self.effects(item)]

    def control(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """Call the control surface."""
        return self.http.request(method, f"{self.simulator.url}/simulator{path}", **kwargs)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(calder(), key=KEY, per_second=0) as running:
        yield running


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def alma(simulator: Simulator, numbers: Iterator[int]) -> Iterator[Alma]:
    headers = {"Authorization": f"apikey {KEY}", "Accept": "application/json"}
    with httpx.Client(base_url=f"{simulator.url}/almaws/v1", headers=headers) as http:
        yield Alma(simulator, http, numbers)
    simulator.faults.set([])


@pytest.fixture
def refusal() -> Callable[[httpx.Response], tuple[int, str]]:
    """Reads the status and Alma's code off an error."""

    def read(response: httpx.Response) -> tuple[int, str]:
        body = response.json()
        assert body["errorsExist"] is True
        assert body["result"] is None
        (error,) = body["errorList"]["error"]
        assert error["errorMessage"]
        return response.status_code, error["errorCode"]

    return read


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], bool]:
    """Waits for what another thread is about to do."""

    def wait(come_true: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + 30
        while not come_true() and time.monotonic() < deadline:
            time.sleep(0.005)
        return come_true()

    return wait
