"""``python -m tests.benchmarks.engine``: what a call costs of the processor, ours and a bare one.

Loans without a look, each an intent on disk, a call, and an outcome on disk. Beside the engine a
script makes the same promises with httpx and sqlite3 alone, in the same run, in turn. The Alma is
one that answers at once and knows nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import httpx

from almareplay.alma.client import Alma, open_transport
from almareplay.alma.rate_limiter import SystemClock
from almareplay.queue.loading import CaptureFile, load_file
from almareplay.queue.store import Queue
from almareplay.replay.engine import Replaying, replay
from almareplay.replay.policy import Guard, Policy
from almareplay.transactions import AlmaInstance, Kind, Transaction

KEY = "l7xxTheKeyOfCalder0815"
_AT_ONCE = 100


class Spent(NamedTuple):
    """What a call took: milliseconds of the processor, and calls a second by the clock."""

    processor: float
    calls_a_second: float


@contextmanager
def quick_alma(latency: float) -> Iterator[str]:
    """The address of an Alma that answers at once, or after ``latency`` seconds."""
    words = [sys.executable, "-m", "tests.benchmarks.quick_alma", str(latency)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def measured(work: Callable[[], None], calls: int) -> Spent:
    """What the work took, a call."""
    began, worked = time.perf_counter(), time.process_time()
    work()
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    return Spent(1000 * processor / calls, calls / seconds)


def ours(url: str, folder: Path, rows: int, pace: float) -> Spent:
    """The engine, with its queue."""
    with Queue.open(f"sqlite:///{folder / 'queue.db'}", create=True) as queue:
        run = queue.start_run("main")
        load_file(queue, run, CaptureFile("desk.csv", "0" * 64, "invented"), _rows(rows))

        async def post() -> None:
            async with open_transport(url, KEY, per_second=pace, reserve=0) as transport:
                replaying = Replaying(
                    instance=AlmaInstance("01CALDER_INST", "Calder", "sandbox", "127.0.0.1"),
                    policy=Policy(guard=Guard.OFF),
                    settle_seconds=75,
                    zone=ZoneInfo("UTC"),
                    clock=SystemClock(),
                    stopping=asyncio.Event(),
                    on_settled=lambda *_: None,
                )
                await replay(queue, run, Alma(transport), replaying)

        return measured(lambda: asyncio.run(post()), rows)


def _rows(rows: int) -> Iterator[Transaction]:
    at = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
    for n in range(rows):
        yield Transaction(
            Kind.LOAN, at, True, f"31880{n:07d}", f"21880{n % 5000:07d}",
            "MAIN", "DEFAULT_CIRC_DESK", "desk.csv", n + 1,
        )  # fmt: skip


def bare(url: str, folder: Path, rows: int) -> Spent:
    """httpx and sqlite3 alone."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE calls (row INTEGER PRIMARY KEY, fate TEXT, loan_id TEXT)")

    async def post() -> None:
        numbers = iter(range(rows))
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=_AT_ONCE)
        async with httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"apikey {KEY}"}, limits=limits
        ) as client:
            await asyncio.gather(*(_worker(client, connection, numbers) for _ in range(_AT_ONCE)))

    try:
        return measured(lambda: asyncio.run(post()), rows)
    finally:
        connection.close()


async def _worker(
    client: httpx.AsyncClient, connection: sqlite3.Connection, numbers: Iterator[int]
) -> None:
    body = {"circ_desk": {"value": "DEFAULT_CIRC_DESK"}, "library": {"value": "MAIN"}}
    for n in numbers:
        connection.execute("INSERT INTO calls (row) VALUES (?)", (n,))
        answer = await client.post(
            f"/almaws/v1/users/21880{n % 5000:07d}/loans",
            params={"item_barcode": f"31880{n:07d}"},
            json=body,
        )
        loan = answer.raise_for_status().json()["loan_id"]
        connection.execute("UPDATE calls SET fate='done', loan_id=? WHERE row=?", (loan, n))


def main() -> None:
    """Measure both in turn, and print medians and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.engine", description=__doc__)
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--pace", type=float, default=1000.0, help="calls a second")
    given = parser.parse_args()
    mine, others = [], []
    with quick_alma(given.latency) as url:
        for _ in range(given.rounds):
            with tempfile.TemporaryDirectory(prefix="almareplay-engine-") as name:
                others.append(bare(url, Path(name), given.rows))
                mine.append(ours(url, Path(name), given.rows, given.pace))
                print(f"  bare {_said(others[-1])}; almareplay {_said(mine[-1])}", flush=True)
    ratio = _median(mine, "processor") / _median(others, "processor")
    print(f"{given.rows:,} loans, {given.rounds} rounds: {ratio:.2f} times the bare client's cost")


def _said(spent: Spent) -> str:
    return f"{spent.processor:.2f} ms a call, {spent.calls_a_second:.0f} calls/s"


def _median(found: list[Spent], name: str) -> float:
    return statistics.median(float(getattr(each, name)) for each in found)


if __name__ == "__main__":
    main()
