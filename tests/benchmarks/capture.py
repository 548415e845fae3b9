"""How long a desk waits for the answer that its scan is stored, with fifty desks at once.

A server in a process of its own, with its queue on disk; each desk sends two scans a second, one a
request, over a connection that it keeps. What all desks together take of this machine is measured
as well: they share it with the server.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx

from almareplay.queue.captures.capturing import start_session
from almareplay.queue.captures.overview import overview
from almareplay.queue.store import Queue
from tests.benchmarks.measuring import Figure

ROWS, QUICK = 3000, 100
"""Scans in all."""

_STATIONS = 50
_PACE = 2.0  # scans a second of each
_BAR = 50.0  # milliseconds


def figures(rows: int) -> Iterator[Figure]:
    """The median and the 95th percentile of the answers; and what was stored, which must be all."""
    with tempfile.TemporaryDirectory(prefix="almareplay-capture-") as folder:
        with _server(Path(folder)) as (url, code):
            waited = asyncio.run(_scan(url, code, rows // _STATIONS))
        case = f"{_STATIONS} desks, {_PACE:g} scans a second each"
        waited.sort()
        yield Figure(case, "an answer, median", 1000 * statistics.median(waited), "ms")
        ninety_five = 1000 * waited[int(len(waited) * 0.95)]
        yield Figure(case, "an answer, 95 of 100", ninety_five, "ms", at_most=_BAR)
        lost = len(waited) - _stored(Path(folder))
        yield Figure(case, "confirmed and not stored", lost, at_most=0)


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, str]]:
    """The address and the pairing code of a server."""
    settings = {"LIBRARY": "MAIN", "CIRC_DESK": "FRONT", "TIMEZONE": "Europe/Berlin"}
    plain = {name: v for name, v in os.environ.items() if not name.startswith("ALMAREPLAY_")}
    environment = plain | {f"ALMAREPLAY_{name}": value for name, value in settings.items()}
    words = [sys.executable, "-m", "almareplay", "capture", "--port", "0", "--quiet"]
    words += ["--session", _SESSION]
    with subprocess.Popen(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = ""
        for line in process.stdout:
            url = url or (line.strip() if "://" in line else "")
            if "Pairing code" in line:
                break
        try:
            yield url, line.split()[-1]
        finally:
            process.terminate()


async def _scan(url: str, code: str, scans: int) -> list[float]:
    """How many seconds each answer took."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(
        base_url=url, trust_env=False, limits=limits, timeout=30
    ) as client:
        tokens = [await _pair(client, code, f"Desk {number}") for number in range(_STATIONS)]
        desks = (_desk(client, token, number, scans) for number, token in enumerate(tokens))
        return [seconds for waited in await asyncio.gather(*desks) for seconds in waited]


async def _pair(client: httpx.AsyncClient, code: str, name: str) -> str:
    body = {"code": code, "station": str(uuid4()), "name": name}
    answer = await client.post("/api/pair", json=body)
    token: str = answer.raise_for_status().json()["token"]
    return token


async def _desk(client: httpx.AsyncClient, token: str, desk: int, scans: int) -> list[float]:
    """One desk, which begins at a time of its own and is as regular as people are."""
    chance = random.Random(desk)
    waited = []
    due = time.perf_counter() + chance.random() / _PACE
    for number in range(1, scans + 1):
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        due += chance.uniform(0.5, 1.5) / _PACE
        body = {"events": [_event(desk, number)], "clock_offset_ms": 0, "unsent": 0}
        began = time.perf_counter()
        answer = await client.post(
            "/api/events", json=body, headers={"Authorization": f"Bearer {token}"}
        )
        waited.append(time.perf_counter() - began)
        assert len(answer.raise_for_status().json()["stored"]) == 1
    return waited


def _event(desk: int, number: int) -> dict[str, object]:
    now = time.time_ns() // 1_000_000
    return {
        "id": str(uuid4()),
        "sequence": number,
        "event": "scan",
        "kind": "loan" if number % 2 else "return",
        "item_barcode": f"3188{desk:04}{number:06}",
        "patron_id": f"2188{desk:04}000001",
        "station_time_ms": now,
        "clock_offset_ms": 0,
        "captured_ms": now,
        "clerk": "AB",
    }


_SESSION = "benchmark"


def _stored(folder: Path) -> int:
    with Queue.open(f"sqlite:///{folder / 'almareplay.db'}") as queue:
        session, _ = start_session(
            queue,
            _SESSION,
            library="MAIN",
            circ_desk="FRONT",
            timezone="Europe/Berlin",
            options={},
            now=datetime.now(UTC),
        )
        return sum(each.loans + each.returns for each in overview(queue, session))
