"""An hour without Alma in the middle of a run, passed on a clock of its own.

The engine, the queue's file, the HTTP client and the stand-in Alma are the real ones; only time and
the socket between the last two are not.
"""

from __future__ import annotations

import asyncio
import selectors
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import respx
from respx.handlers import ASGIHandler

from almareplay.alma.client import Alma, open_wire
from almareplay.outcomes import Outcome
from almareplay.queue import reading
from almareplay.queue.loading import CaptureFile, load_file
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

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

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


def test_after_an_hour_without_alma_every_row_is_applied(tmp_path: Path) -> None:
    rows = _rows()
    world = World(
        patrons=[Patron(f"patron{number}") for number in range(17)],
        items=[Item(barcode, "MAIN") for barcode in sorted({row.item_barcode for row in rows})],
    )
    simulator = Simulator(world, key=KEY, per_second=0, daily_limit=0)
    clock = _Clock()
    line = _CutLine(ASGIHandler(_OnNoSocket(simulator)), clock, after=ROWS)

    async def night(queue: Queue) -> float:
        stopping = asyncio.Event()
        run = queue.run("main")
        async with open_wire(
            URL, KEY, per_second=15, reserve=0, clock=clock, stopping=stopping
        ) as wire:
            how = Replaying(Policy(), 10.0, clock, stopping, lambda _row, _outcome: None)
            await replay(queue, run, Alma(wire), how)
        return clock.monotonic()

    with Queue.open(f"sqlite:///{tmp_path / 'q.db'}", create=True) as queue:
        run = queue.start_run("main")
        load_file(queue, run, CaptureFile("desk.dat", "0" * 64, ".dat"), rows)
        with respx.mock(assert_all_called=False) as router:
            router.route().mock(side_effect=line)
            with asyncio.Runner(loop_factory=_Loop) as runner:
                ended = runner.run(night(queue))
        outcomes = reading.outcomes(queue, run)
    assert outcomes == {Outcome.LOANED: ROWS // 2, Outcome.RETURNED: ROWS // 2}
    assert ended > HOUR
    # What was on its way when the line was cut, then one probe at a time: at most one a minute as
    # soon as the pauses have grown to that.
    later = [at for at in line.refused_at if at > 64]
    assert all(after - before > 59.9 for before, after in pairwise(later))
    assert 55 <= len(later) <= 60
