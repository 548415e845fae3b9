"""``python -m tests.benchmarks.virtual_pace``: how much of the pace a replay uses, without waiting.

The engine, the queue and the stand-in are the real ones; the time is one of the loop's own, which
passes where all wait. So it tells what waits for what, not what the machine can do.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from almareplay.queue.loading import CaptureFile, load_file
from almareplay.queue.store import Queue
from almareplay.replay.policy import Guard, Policy
from almareplay.simulator.server import Simulator
from almareplay.transactions import Transaction
from tests.chaos.captures import Capture
from tests.chaos.stories import make_capture
from tests.replay.virtual import KEY, VirtualClock, line_to, replay_virtually

PACES = (5, 15, 25, 50, 100)
LATENCIES = (0.05, 0.3, 1.0)


def main() -> None:
    """Replay a capture at each pace and latency and say what it came to."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.virtual_pace", description=__doc__
    )
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pace", type=float, action="append", help="calls a second; repeatable")
    parser.add_argument("--latency", type=float, action="append", help="seconds; repeatable")
    parser.add_argument("--guard", choices=[each.value for each in Guard], default="active")
    given = parser.parse_args()
    for latency in given.latency or LATENCIES:
        for pace in given.pace or PACES:
            # A new one each time: what a replay does to its Alma stays done.
            capture = make_capture(given.seed, given.rows, patrons=given.rows // 4)
            sent = _replayed(capture, pace, latency, Policy(guard=Guard(given.guard)))
            print(f"{pace:g} a second, {1000 * latency:.0f} ms: {_said(sent, pace)}", flush=True)


def _replayed(capture: Capture, pace: float, latency: float, policy: Policy) -> list[float]:
    """When the calls left, in seconds."""
    dice = random.Random(capture.seed)
    clock = VirtualClock()
    simulator = Simulator(capture.world, key=KEY, per_second=0, daily_limit=0)
    line, sent = line_to(simulator), []

    async def slow(request: httpx.Request) -> httpx.Response:
        sent.append(clock.monotonic())
        half = latency * dice.uniform(1 / 3, 2 / 3)
        await asyncio.sleep(half)
        answer = await line(request)
        await asyncio.sleep(half)
        return answer

    with (
        tempfile.TemporaryDirectory(prefix="almareplay-pace-") as folder,
        Queue.open(f"sqlite:///{Path(folder) / 'queue.db'}", create=True) as queue,
    ):
        run = queue.start_run("main")
        for number, file in enumerate(capture.files):
            known = CaptureFile(file.name, f"{number:064d}", ".dat")
            load_file(queue, run, known, _rows(capture, number))
        replay_virtually(queue, run, clock, slow, policy=policy, per_second=pace)
    return sent


def _rows(capture: Capture, number: int) -> Iterator[Transaction]:
    file = capture.files[number]
    for line, row in enumerate(file.rows, 1):
        yield Transaction(
            row.kind, row.at, False, row.item_barcode, row.patron_id,
            file.library, file.circ_desk, file.name, line,
        )  # fmt: skip


def _said(sent: Sequence[float], pace: float) -> str:
    whole = sent[-1] - sent[0]
    # Work runs out when the calls that are left wait for others: the last second at 80 %.
    full = [at for at in sent if sum(at <= one < at + 1 for one in _next(sent, at)) >= 0.8 * pace]
    busy = (full[-1] if full else sent[-1]) - sent[0]
    during = sum(at - sent[0] < busy for at in sent)
    most = max(sum(one < at + 1 for one in _next(sent, at)) for at in sent)
    return (
        f"{len(sent)} calls in {whole:.1f} s, {len(sent) / whole / pace:.1%} of the pace over the "
        f"whole run, {during / busy / pace:.1%} in the {busy:.0f} s with work for it; at most "
        f"{most} in a second"
    )


def _next(sent: Sequence[float], at: float) -> Iterator[float]:
    """The calls from a moment on, for a little more than a second."""
    start = _first(sent, at)
    for one in sent[start:]:
        if one > at + 1.5:
            return
        yield one


def _first(sent: Sequence[float], at: float) -> int:
    low, high = 0, len(sent)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if sent[middle] < at else (low, middle)
    return low


if __name__ == "__main__":
    main()
