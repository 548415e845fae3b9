"""How much of the pace a replay uses, at every pace and latency, on a clock of its own.

The engine, the queue and the stand-in are the real ones; the time is one of the loop's own, which
passes where all wait. So it tells what waits for what, not what the machine can do. Mixed rows with
the guard, and loans without it of which none waits for another; answers take a third more or less
than their latency.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

import httpx

from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.store import Queue
from almareplay.replay.policy import Guard, Policy
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Patron, World
from almareplay.transactions import Kind, Transaction
from tests.benchmarks.measuring import Figure, most_in_a_second
from tests.chaos.captures import Capture, written_capture
from tests.chaos.stories import make_capture
from tests.replay.virtual import KEY, VirtualClock, line_to, replay_virtually

ROWS, QUICK = 2000, 100

PACES = (5, 15, 25, 50, 100)
LATENCIES = (0.05, 0.3, 1.0)
_SEED = 1


def figures(rows: int) -> Iterator[Figure]:
    """The shares of the pace, and the most calls in a second.

    95 % over the whole run is asked of the 2,000 mixed rows at 25 a second and 300 ms. Of loans
    there are always some to post until the last one.
    """
    for latency in LATENCIES:
        for pace in PACES:
            # A new one each time: what a replay does to its Alma stays done.
            mixed = make_capture(_SEED, rows, patrons=max(12, rows // 4))
            asked = rows >= 2000 and (pace, latency) == (25, 0.3)
            sent = _replayed(mixed, pace, latency, Guard.ACTIVE)
            case = f"guarded, {pace} a second, {1000 * latency:.0f} ms"
            yield from _whole(case, sent, pace, 95 if asked else None)
            yield Figure(case, "while there is work", _busy(sent, pace), "%", at_least=97)
    for pace in PACES:
        sent = _replayed(_loans(rows), pace, 0.3, Guard.OFF)
        yield from _whole(f"unguarded loans, {pace} a second, 300 ms", sent, pace, 97)


def _whole(case: str, sent: list[float], pace: int, bar: float | None) -> Iterator[Figure]:
    share = 100 * (len(sent) - 1) / (sent[-1] - sent[0]) / pace
    yield Figure(case, "over the whole run", share, "%", at_least=bar)
    yield Figure(case, "most calls in a second", most_in_a_second(sent), at_most=pace)


def _loans(rows: int) -> Capture:
    """Loans of which none waits for another."""
    world = World()
    for n in range(rows):
        world.add_item(Item(f"31880{n:07d}", "MAIN"))
        world.add_patron(Patron(f"zora.kestrel{n:05d}"))
    loans = zip(world.items, world.patrons, strict=True)
    said = [(Kind.LOAN, item.barcode, patron.primary_id) for item, patron in loans]
    return written_capture(world, said)


def _replayed(capture: Capture, pace: float, latency: float, guard: Guard) -> list[float]:
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
        replay_virtually(queue, run, clock, slow, policy=Policy(guard=guard), per_second=pace)
    return sent


def _rows(capture: Capture, number: int) -> Iterator[Transaction]:
    file = capture.files[number]
    for line, row in enumerate(file.rows, 1):
        yield Transaction(
            row.kind, row.at, False, row.item_barcode, row.patron_id,
            file.library, file.circ_desk, file.name, line,
        )  # fmt: skip


def _busy(sent: list[float], pace: float) -> float:
    """The share of the pace, in per cent, as long as there is work for it.

    Work runs out when the calls that are left wait for others: after the last second that has four
    fifths of the pace.
    """
    full = [at for first, at in enumerate(sent) if bisect_left(sent, at + 1) - first >= 0.8 * pace]
    busy = (full[-1] if full else sent[-1]) - sent[0]
    return 100 * (bisect_left(sent, sent[0] + busy)) / busy / pace
