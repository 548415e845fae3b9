"""A desk of the demo that speaks to the capture server as the page does, without a browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any
from uuid import uuid4

import httpx

_BEGAN_SECONDS_AGO = 300
_SECONDS_A_SCAN = 5
_STATE_OF_THE_PAGE = {"clock_offset_ms": 0, "unsent": 0}


class HttpDesks:
    """Desks that scan by turns. Their time is made up, so that nobody waits: it begins a few
    minutes ago, and a scan takes some seconds of it."""

    def __enter__(self) -> HttpDesks:
        self._now_ms = time.time_ns() // 1_000_000 - 1000 * _BEGAN_SECONDS_AGO
        self._opened: list[HttpDesk] = []
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in self._opened:
            each.close()

    def open(self, url: str, code: str, name: str, library: str) -> HttpDesk:
        """Pair a desk with the session that is served at an address."""
        desk = HttpDesk(url, self._next_ms)
        self._opened.append(desk)
        desk.pair(code, name, library)
        return desk

    def _next_ms(self) -> int:
        self._now_ms += 1000 * _SECONDS_A_SCAN
        return self._now_ms


class HttpDesk:
    """One desk: what it cannot send it keeps, as the page does."""

    def __init__(self, url: str, next_ms: Callable[[], int]) -> None:
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=30)
        self._next_ms = next_ms
        self._sequence = 0
        self._last = ""
        self._kept: list[dict[str, Any]] = []

    def pair(self, code: str, name: str, library: str) -> None:
        """Get a token for the pairing code."""
        body = {"code": code, "station": str(uuid4()), "name": name, "library": library}
        paired = self._client.post("/api/pair", json=body).raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {paired.json()['token']}"

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def lend(self, card: str, *items: str) -> None:
        """Scan a card, then items."""
        for item in items:
            self._record(event="scan", kind="loan", patron_id=card, item_barcode=item)

    def take_back(self, *items: str) -> None:
        """Scan returned items."""
        for item in items:
            self._record(event="scan", kind="return", item_barcode=item)

    def undo(self) -> None:
        """Take the last scan back."""
        self._record(event="void", voids=self._last, reason="undone")

    def wait_until_sent(self) -> None:
        """Send what was kept."""
        body = {**_STATE_OF_THE_PAGE, "events": self._kept}
        answer = self._client.post("/api/events", json=body).raise_for_status().json()
        confirmed = set(answer["stored"])
        self._kept = [each for each in self._kept if each["id"] not in confirmed]
        if self._kept:
            raise RuntimeError(f"the server did not take {len(self._kept)} events")

    def _record(self, **values: str) -> None:
        self._sequence += 1
        now, self._last = self._next_ms(), str(uuid4())
        about = {"id": self._last, "sequence": self._sequence, "clerk": ""}
        times = {"station_time_ms": now, "clock_offset_ms": 0, "captured_ms": now}
        self._kept.append({**about, **times, **values})
        try:
            self.wait_until_sent()
        except httpx.TransportError:
            return  # The server is away.
