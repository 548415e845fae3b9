"""What a call costs of the processor, ours and a bare one, in real time.

Loans, unguarded (one call a row) and guarded (find, look, loan), each an intent on disk, a call,
and an outcome on disk. Beside the engine a script makes the same promises with httpx and sqlite3
alone, in the same run, in turn. The Alma is one that answers at once and knows nothing. Last, how
many calls a second leave where 600 may, with answers that take 300 ms.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from almareplay.alma.client import Alma, open_transport
from almareplay.alma.limits.rate_limiter import SystemClock
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.store import Queue, Run
from almareplay.replay.engine import Replaying, replay
from almareplay.replay.policy import Guard, Policy
from almareplay.transactions import AlmaInstance, Kind, Transaction
from tests.benchmarks.measuring import (
    Figure,
    Spent,
    in_turn,
    measured,
    median,
    quick_alma,
    times_the_processor,
)

ROWS, QUICK = 3000, 300

KEY = "l7xxTheKeyOfCalder0815"
_ROUNDS = 3
# Where the bare client is at its best: its pool looks at every idle connection at each call.
_AT_ONCE = 10
_UNLIMITED = 2000.0
_FAST = 600.0


def figures(rows: int) -> Iterator[Figure]:
    """The cost of a call, ours beside a bare client's, and the calls a second of one process."""
    with quick_alma() as url:
        yield from _costs(url, rows, Guard.OFF)
        yield from _costs(url, rows // 3, Guard.ACTIVE)
    with quick_alma(0.3) as url:
        spent = ours(url, 2 * rows, _FAST, Guard.OFF)
    case = f"unguarded, {_FAST:g} a second allowed, 300 ms"
    # Not all of the pace is for us to use, and the first and the last answer take their 300 ms.
    yield Figure(case, "calls a second", 2 * rows / spent.seconds, at_least=0.95 * _FAST)


def _costs(url: str, rows: int, guard: Guard) -> Iterator[Figure]:
    calls = rows if guard is Guard.OFF else 3 * rows
    found = in_turn(
        _ROUNDS,
        {
            "bare": partial(bare, url, rows, guard),
            "ours": partial(ours, url, rows, _UNLIMITED, guard),
        },
    )
    name = "unguarded" if guard is Guard.OFF else "guarded"
    for who, case in (("ours", name), ("bare", f"bare client, as {name}")):
        spent = median(found[who])
        bar = 1.5 if who == "ours" else None
        yield Figure(case, "processor a call", 1000 * spent.processor / calls, "ms", at_most=bar)
        yield Figure(case, "calls a second", calls / spent.seconds)
    ratio = times_the_processor(found["ours"], found["bare"])
    yield Figure(name, "times the bare client's processor", ratio, at_most=1.3)


def ours(url: str, rows: int, pace: float, guard: Guard) -> Spent:
    """The engine, with its queue."""
    with new_queue(rows) as (queue, run):

        async def post() -> None:
            await replay_at(url, KEY, queue, run, pace, guard)

        return measured(lambda: asyncio.run(post()))


async def replay_at(url: str, key: str, queue: Queue, run: Run, pace: float, guard: Guard) -> None:
    """Post a run with the engine, without the command around it."""
    async with open_transport(url, key, per_second=pace, reserve=0) as transport:
        replaying = Replaying(
            instance=AlmaInstance("01CALDER_INST", "Calder", "sandbox", "127.0.0.1"),
            policy=Policy(guard=guard),
            settle_seconds=75,
            zone=ZoneInfo("UTC"),
            clock=SystemClock(),
            stopping=asyncio.Event(),
            on_settled=lambda *_: None,
        )
        await replay(queue, run, Alma(transport), replaying)


@contextmanager
def new_queue(rows: int) -> Iterator[tuple[Queue, Run]]:
    """A queue with loans of as many items, on disk until it is left."""
    with (
        tempfile.TemporaryDirectory(prefix="almareplay-engine-") as folder,
        Queue.open(f"sqlite:///{folder}/queue.db", create=True) as queue,
    ):
        run = queue.start_run("main")
        load_file(queue, run, CaptureFile("desk.csv", "0" * 64, "invented"), _rows(rows))
        yield queue, run


def _rows(rows: int) -> Iterator[Transaction]:
    at = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
    for n in range(rows):
        yield Transaction(
            Kind.LOAN, at, True, f"31880{n:07d}", f"21880{n % 5000:07d}",
            "MAIN", "DEFAULT_CIRC_DESK", "desk.csv", n + 1,
        )  # fmt: skip


def bare(url: str, rows: int, guard: Guard) -> Spent:
    """httpx and sqlite3 alone."""
    with tempfile.TemporaryDirectory(prefix="almareplay-bare-") as folder:
        connection = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE calls (row INTEGER PRIMARY KEY, fate TEXT, loan_id TEXT)")

        async def post() -> None:
            numbers = iter(range(rows))
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=_AT_ONCE)
            async with httpx.AsyncClient(
                base_url=f"{url}/almaws/v1",
                headers={"Authorization": f"apikey {KEY}"},
                limits=limits,
            ) as client:
                workers = (_worker(client, connection, numbers, guard) for _ in range(_AT_ONCE))
                await asyncio.gather(*workers)

        try:
            return measured(lambda: asyncio.run(post()))
        finally:
            connection.close()


async def _worker(
    client: httpx.AsyncClient, connection: sqlite3.Connection, numbers: Iterator[int], guard: Guard
) -> None:
    body = {"circ_desk": {"value": "DEFAULT_CIRC_DESK"}, "library": {"value": "MAIN"}}
    for n in numbers:
        item = {"item_barcode": f"31880{n:07d}"}
        if guard is not Guard.OFF:
            found = await client.get("/items", params=item)
            active = await client.get(
                f"{found.headers['Location'].removeprefix('/almaws/v1')}/loans",
                params={"loan_status": "Active"},
            )
            assert active.raise_for_status().json()["total_record_count"] == 0
        connection.execute("INSERT INTO calls (row) VALUES (?)", (n,))
        answer = await client.post(f"/users/21880{n % 5000:07d}/loans", params=item, json=body)
        loan = answer.raise_for_status().json()["loan_id"]
        connection.execute("UPDATE calls SET fate='done', loan_id=? WHERE row=?", (loan, n))
