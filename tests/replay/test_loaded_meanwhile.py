"""Captures that are loaded while their run is replayed, and say again what a row under way says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from almareplay.outcomes import Outcome
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.reading.report_rows import report_rows
from almareplay.queue.store import Queue
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Loan, Patron, World
from almareplay.transactions import Kind, Transaction
from tests.replay.virtual import KEY, Line, VirtualClock, line_to, replay_virtually

NOON = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
PLACE = ("MAIN", "DEFAULT_CIRC_DESK")


def returned(seconds: int, *, has_seconds: bool, file: str) -> Transaction:
    at = NOON + timedelta(seconds=seconds)
    return Transaction(Kind.RETURN, at, has_seconds, "item1", "", *PLACE, file, 1)


@pytest.fixture
def queue(new_queue: str) -> Iterator[Queue]:
    with Queue.open(new_queue, create=True) as queue:
        yield queue


class _LoadsMeanwhile:
    """Lets calls through to Alma; before the first arrives, somebody loads one capture more."""

    def __init__(self, alma: Line, queue: Queue, row: Transaction) -> None:
        self._alma, self._queue, self._row = alma, queue, row
        self._has_loaded = False

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if not self._has_loaded:
            self._has_loaded = True
            run = self._queue.run("main")
            load_file(self._queue, run, CaptureFile("late", "1" * 64, ".dat"), [self._row])
        return await self._alma(request)


@pytest.mark.parametrize(
    ("seconds", "has_seconds"),
    [(40, True), (-30, True), (-60, False)],
    ids=["in its minute, to the second", "half a minute before", "a minute before"],
)
def test_what_a_row_under_way_says_is_done_once(
    queue: Queue, seconds: int, has_seconds: bool
) -> None:
    first = returned(0, has_seconds=False, file="desk.dat")
    run = queue.start_run("main")
    load_file(queue, run, CaptureFile("desk.dat", "0" * 64, ".dat"), [first])
    loan = Loan("ida", "item1", NOON - timedelta(days=9), NOON + timedelta(days=9))
    world = World(patrons=[Patron("ida")], items=[Item("item1", "MAIN")], loans=[loan])
    simulator = Simulator(world, key=KEY, per_second=0, daily_limit=0)
    late = returned(seconds, has_seconds=has_seconds, file="late.dat")
    replay_virtually(queue, run, VirtualClock(), _LoadsMeanwhile(line_to(simulator), queue, late))
    # Whatever was left is taken up by the next start.
    replay_virtually(queue, run, VirtualClock(), line_to(simulator))
    posted = [each.type for each in simulator.record.effects if each.type in ("return", "scan")]
    assert posted == ["return"]
    outcomes = sorted(row.outcome for row in report_rows(queue, run))
    assert outcomes == [Outcome.DUPLICATE, Outcome.RETURNED]
