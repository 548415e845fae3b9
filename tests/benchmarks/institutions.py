"""Twelve institutions in one process, each at 25 calls a second of its own, in real time.

A queue, a run and a way to Alma each, in one event loop; unguarded loans, which cost the most of
the processor for a call. Answers take 300 ms. The share is that of the whole run, from the first
call to the last, as the stand-in saw them arrive.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import httpx

from almareplay.queue.store import Queue, Run
from almareplay.replay.policy import Guard
from tests.benchmarks.engine import KEY, new_queue, replay_at
from tests.benchmarks.measuring import Figure, measured, most_in_a_second, quick_alma

ROWS, QUICK = 750, 100
"""Of each institution."""

INSTITUTIONS = 12
PER_SECOND = 25


def figures(rows: int) -> Iterator[Figure]:
    """The least share of the pace of all institutions, their sum, and the cost of a call."""
    with quick_alma(0.3) as url, contextlib.ExitStack() as stack:
        runs = [stack.enter_context(new_queue(rows)) for _ in range(INSTITUTIONS)]
        spent = measured(lambda: asyncio.run(_all(url, runs)))
        arrived = httpx.get(f"{url}/arrivals").json()
    assert all(len(calls) == rows for calls in arrived.values()), "every row is one call"
    shares = [100 * (rows - 1) / (at[-1] - at[0]) / PER_SECOND for at in arrived.values()]
    case = f"{len(arrived)} institutions, {PER_SECOND} a second each"
    yield Figure(case, "least share of its pace", min(shares), "%", at_least=95)
    yield Figure(case, "mean share of the pace", sum(shares) / len(shares), "%")
    most = max(most_in_a_second(calls) for calls in arrived.values())
    yield Figure(case, "most calls of one in a second", most, at_most=PER_SECOND)
    yield Figure(case, "calls a second", INSTITUTIONS * rows / spent.seconds)
    processor = 1000 * spent.processor / INSTITUTIONS / rows
    yield Figure(case, "processor a call", processor, "ms", at_most=1.5)


async def _all(url: str, runs: list[tuple[Queue, Run]]) -> None:
    async with asyncio.TaskGroup() as together:
        for number, (queue, run) in enumerate(runs):
            key = f"{KEY}{number:02d}"
            together.create_task(replay_at(url, key, queue, run, PER_SECOND, Guard.OFF))
