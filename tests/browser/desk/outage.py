"""A capture session that is served, and desks that scan into it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select

from almareplay.capture.app import Capture
from almareplay.capture.patrons import read_patrons
from almareplay.capture.server import CaptureServer
from almareplay.queue.captures.capturing import start_session
from almareplay.queue.store import Queue
from almareplay.queue.tables.capture_schema import events, stations

if TYPE_CHECKING:
    from playwright.sync_api import Page

OPTIONS = {
    "card_pattern": "",
    "item_pattern": "",
    "card_check": "none",
    "scanner_prefix": "",
    "scanner_suffix": "",
    "min_length": 3,
    "max_length": 40,
    "patron_timeout_seconds": 120,
}


def _checked(digits: str) -> str:
    """Digits with their check digit behind them."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 - place % 2)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"


def item(number: int) -> str:
    """The barcode of an item."""
    return _checked(f"3488{number:09d}")


def card(number: int) -> str:
    """The number of a patron's card."""
    return _checked(f"2188{number:09d}")


CARD = card(50001)
LIBRARY_HOST = "desk.library.example"
"""A name for this machine that is none of a machine's own, which browsers trust without TLS."""


class Outage:
    """A session served on one port of this machine, in this process; it can be stopped and started
    again. ``options`` change those of the page, ``patrons`` is an offline list."""

    def __init__(
        self, folder: Path, patrons: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        self.queue = Queue.open(f"sqlite:///{folder / 'queue.db'}", create=True)
        self.session, _ = start_session(
            self.queue,
            "June outage",
            library="MAIN",
            circ_desk="FRONT",
            timezone="Europe/Berlin",
            options=OPTIONS | options,
            now=datetime.now(UTC),
        )
        file = None
        if patrons is not None:
            file = folder / "patrons.json"
            file.write_text(json.dumps(patrons), "utf-8")
        self.capture = Capture(
            self.queue,
            self.session,
            "1.0",
            libraries=["MAIN"],
            patrons=None if file is None else read_patrons(file),
            next_steps=["almareplay load --session 'June outage'", "almareplay rehearse"],
        )
        self.port = 0
        self.start()

    def start(self) -> None:
        listening = socket.create_server(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        hosts = [f"{name}:{self.port}" for name in ("127.0.0.1", LIBRARY_HOST)]
        self._server = CaptureServer(self.capture.app("http", hosts), [listening])
        self._listening = listening
        self._server.start()

    def stop(self) -> None:
        """Stop: what was asked is answered, then nothing can be reached."""
        self._server.stop()
        self._listening.close()

    def close(self) -> None:
        self.stop()
        self.queue.close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def events(self, station: str = "Front desk") -> list[Row[Any]]:
        """What is stored of a station, in its order."""
        query = (
            select(events)
            .join(stations, stations.c.id == events.c.station_id)
            .where(stations.c.name == station)
            .order_by(events.c.sequence)
        )
        with self.queue.reading() as connection:
            return [*connection.execute(query)]

    def items(self, station: str = "Front desk") -> list[str]:
        return [each.item_barcode for each in self.events(station)]


Opened = Callable[..., "Page"]


def paired(page: Page, outage: Outage, name: str = "Front desk") -> Page:
    """Pair a page that asks for the code."""
    page.fill("[name=code]", outage.capture.code)
    page.fill("[name=name]", name)
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-page=desk]")
    return page


def scan(page: Page, *codes: str, end: str = "Enter") -> None:
    """Type codes faster than any scanner does."""
    for code in codes:
        page.keyboard.type(code)
        page.keyboard.press(end)


def said(page: Page, level: str, words: str = "") -> str:
    """Wait until the desk is told so, with these words in it; what it was told."""
    result = page.locator(f"#result[data-level={level}]", has_text=words)
    result.wait_for()
    return result.inner_text().replace("\n", " ")


def all_sent(page: Page) -> None:
    """Wait until the server has confirmed everything that was said to be saved.

    A scan that is just typed is not stored yet: wait with `said` first.
    """
    page.wait_for_selector("#sending[data-state=done]")
