"""An hour without Alma, or asleep, in the middle of a run, passed on a clock of its own.

The engine, the queue's file, the HTTP client and the stand-in Alma are the real ones; only time and
the socket between the last two are not.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import respx
from respx.handlers import ASGIHandler
from sqlalchemy import update

from almareplay.alma.client import Alma, open_wire
from almareplay.outcomes import Outcome
from almareplay.queue import reading
from almareplay.queue.hold import holder_of
from almareplay.queue.loading import CaptureFile, load_file
from almareplay.queue.schema import runs
from almareplay.queue.store import Queue
from almareplay.replay.decide import Policy
from almareplay.replay.engine import Replaying, replay
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Patron, World
from almareplay.transactions import Kind, Transaction

URL = "http://127.0.0.1:1"
KEY = "simulator-key"
ROWS = 120
HOUR = 3600.0


class _Selector(selectors.DefaultSelector):
    """Gives the queue's thread a moment of real time, then lets time pass where all wait."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready: list[Any] = super().select(None if timeout is None else min(timeout, 0.005))
        if not ready and timeout is not None:
            self.passed += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.selector = _Selector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.passed


class _Clock:
    begin = datetime(2026, 9, 15, 6, 0, tzinfo=UTC)
    slept = 0.0

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() + self.slept

    def now(self) -> datetime:
        return self.begin + timedelta(seconds=self.monotonic())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _CutLine:
    """Lets calls through to Alma, except for an hour after the first ``after`` of them."""

    def __init__(self, alma: ASGIHandler, clock: _Clock, after: int) -> None:
        self._alma, self._clock, self._calls_until_cut = alma, clock, after
        self.cut_at: float | None = None
        self.refused_at: list[float] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        now = self._clock.monotonic()
        self._calls_until_cut -= 1
        if self._calls_until_cut == 0:
            self.cut_at = now
        if self.cut_at is not None and now < self.cut_at + HOUR:
            self.refused_at.append(now - self.cut_at)
            raise httpx.ConnectError("refused", request=request)
        return await self._alma(request)


class _OnNoSocket:
    """The simulator's application, where its server would tell it of the connection."""

    def __init__(self, simulator: Simulator) -> None:
        self._app = simulator._app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(
            {**scope, "state": {"connection": SimpleNamespace(served=0)}}, receive, send
        )


def _rows() -> list[Transaction]:
    zone = ZoneInfo("America/Los_Angeles")
    start = datetime(2026, 9, 14, 9, 0, tzinfo=zone)
    return [
        Transaction(
            Kind.LOAN if number % 2 == 0 else Kind.RETURN,
            start + timedelta(minutes=number),
            False,
            f"3388{number // 2:06}",
            f"patron{number % 17}" if number % 2 == 0 else "",
            "MAIN",
            "DEFAULT_CIRC_DESK",
            "desk.dat",
            number + 1,
        )
        for number in range(ROWS)
    ]


class _Lid:
    """Lets calls through to Alma. When the ``after``-th has left, the machine sleeps an hour."""

    def __init__(self, alma: ASGIHandler, clock: _Clock, queue: Queue, after: int) -> None:
        self._alma, self._clock, self._queue, self._after = alma, clock, queue, after
        self.called_at: list[float] = []
        self.held: list[bool] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.called_at.append(self._clock.monotonic())
        if len(self.called_at) == self._after:
            self._clock.slept = HOUR
            with self._queue.writing() as connection:
                past = datetime.now(UTC) - timedelta(hours=1)
                connection.execute(update(runs).values(holder_host="elsewhere", lease_until=past))
        self.held.append(holder_of(self._queue, self._queue.run("main")) is not None)
        return await self._alma(request)


def _replayed(queue: Queue, clock: _Clock, line: _CutLine | _Lid) -> float:
    """Replay the rows to their end, and answer how many seconds that took."""
    run = queue.start_run("main")
    load_file(queue, run, CaptureFile("desk.dat", "0" * 64, ".dat"), _rows())

    async def night() -> float:
        stopping = asyncio.Event()
        async with open_wire(
            URL, KEY, per_second=15, reserve=0, clock=clock, stopping=stopping
        ) as wire:
            how = Replaying(Policy(), 10.0, UTC, clock, stopping, lambda _row, _outcome: None)
            await replay(queue, run, Alma(wire), how)
        return clock.monotonic()

    with respx.mock(assert_all_called=False) as router:
        router.route().mock(side_effect=line)
        with asyncio.Runner(loop_factory=_Loop) as runner:
            ended = runner.run(night())
    outcomes = reading.outcomes(queue, run)
    assert outcomes == {Outcome.LOANED: ROWS // 2, Outcome.RETURNED: ROWS // 2}
    return ended


def _alma() -> ASGIHandler:
    items = sorted({row.item_barcode for row in _rows()})
    world = World(
        patrons=[Patron(f"patron{number}") for number in range(17)],
        items=[Item(barcode, "MAIN") for barcode in items],
    )
    return ASGIHandler(_OnNoSocket(Simulator(world, key=KEY, per_second=0, daily_limit=0)))


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with Queue.open(f"sqlite:///{tmp_path / 'q.db'}", create=True) as queue:
        yield queue


def test_after_an_hour_without_alma_every_row_is_applied(queue: Queue) -> None:
    clock = _Clock()
    line = _CutLine(_alma(), clock, after=ROWS)
    assert _replayed(queue, clock, line) > HOUR
    # What was on its way when the line was cut, then one probe at a time: at most one a minute as
    # soon as the pauses have grown to that.
    later = [at for at in line.refused_at if at > 64]
    assert all(after - before > 59.9 for before, after in pairwise(later))
    assert 55 <= len(later) <= 60


def test_an_hour_asleep_changes_neither_the_pace_nor_the_hold(queue: Queue) -> None:
    clock = _Clock()
    lid = _Lid(_alma(), clock, queue, after=ROWS)
    assert HOUR < _replayed(queue, clock, lid) < HOUR + ROWS
    times = lid.called_at
    assert all(later - earlier > 1 for earlier, later in zip(times, times[15:], strict=False))
    # Its lease has run out meanwhile; nobody took the run, and the next renewal has it again.
    assert not lid.held[ROWS - 1]
    assert lid.held[-1]
