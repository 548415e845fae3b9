"""The server on a socket with a queue on disk, and stations that talk to it as browsers do."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from almareplay.capture.access import Guesses
from almareplay.capture.addresses import host_of, listen
from almareplay.capture.app import Capture
from almareplay.capture.server import CaptureServer
from almareplay.queue.captures.capturing import start_session
from almareplay.queue.store import Queue
from almareplay.queue.tables.capture_schema import events

CODE = "1234-5678"
NOON = 1_788_000_000_000


@dataclass
class Desk:
    """A station that is paired."""

    client: httpx.Client
    token: str
    station: dict[str, Any]
    sequence: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def scan(
        self, item: str = "31880001", patron: str = "21880001", **fields: Any
    ) -> dict[str, Any]:
        """A loan, or what the fields make of it, as the page sends it."""
        number = next(self.sequence)
        return {
            "id": str(uuid4()),
            "sequence": number,
            "event": "scan",
            "kind": "loan",
            "item_barcode": item,
            "patron_id": patron,
            "station_time_ms": NOON + number * 1000,
            "clock_offset_ms": 0,
            "captured_ms": NOON + number * 1000,
            **fields,
        }

    def void(self, scan: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """What voids a scan."""
        voided = self.scan(event="void", voids=scan["id"], **fields)
        return {name: value for name, value in voided.items() if name not in ("kind", "patron_id")}

    def send(self, *sent: Any, **said: Any) -> httpx.Response:
        """Send events."""
        # As a browser does it: half a sign is written as its number.
        body = json.dumps({"events": sent, **said})
        headers = {**self.headers, "Content-Type": "application/json"}
        return self.client.post("/api/events", content=body, headers=headers)


@dataclass
class Server:
    """A server that runs. ``seconds`` is what the clock of wrong codes says, ``told`` what whoever
    started it has read."""

    url: str
    queue: Queue
    capture: Capture
    client: httpx.Client
    seconds: list[float]
    told: list[str]

    def pair(self, name: str = "Front desk", **fields: Any) -> Desk:
        """Pair a new station."""
        body = {"code": CODE, "station": str(uuid4()), "name": name, **fields}
        answer = self.client.post("/api/pair", json=body)
        assert answer.status_code == 200, answer.text
        return Desk(self.client, answer.json()["token"], answer.json()["station"])

    def stored(self) -> list[dict[str, Any]]:
        """The events in the queue, in each station's order."""
        query = select(events).order_by(events.c.station_id, events.c.sequence)
        with self.queue.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """A server with a queue in this folder."""
    seconds, told = [0.0], list[str]()
    with Queue.open(f"sqlite:///{folder / 'queue.db'}", create=True) as queue:
        session, _ = start_session(
            queue,
            "outage",
            library="MAIN",
            circ_desk="FRONT",
            timezone="Europe/Berlin",
            options={"card_pattern": "2188[0-9]+"},
            now=datetime.now(UTC),
        )
        capture = Capture(
            queue,
            session,
            "1.0",
            code=CODE,
            libraries=["MAIN", "ANNEX"],
            next_steps=["almareplay load --session outage"],
            tell=told.append,
            warn=told.append,
            guesses=Guesses(clock=lambda: seconds[0]),
        )
        listening = listen("127.0.0.1", 0)
        host = host_of("127.0.0.1", listening.port, "http")
        server = CaptureServer(capture.app("http", [host]), listening.sockets)
        client = httpx.Client(base_url=f"http://{host}", trust_env=False, timeout=60)
        with server, client:
            yield Server(f"http://{host}", queue, capture, client, seconds, told)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("capture")) as running:
        yield running


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own."""
    with served(tmp_path) as running:
        yield running


@pytest.fixture
def desk(server: Server) -> Desk:
    return server.pair(f"Desk {time.time_ns()}")
