"""An hour without Alma, or asleep, in the middle of a run, passed on a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import update

from almareplay.outcomes import Outcome
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.reading import queries
from almareplay.queue.replaying.hold import holder_of
from almareplay.queue.store import Queue
from almareplay.queue.tables.schema import runs
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Patron, World
from almareplay.transactions import Kind, Transaction
from tests.replay.virtual import KEY, Line, VirtualClock, line_to, replay_virtually

ROWS = 120
HOUR = 3600.0


class _CutLine:
    """Lets calls through to Alma, except for an hour after the first ``after`` of them."""

    def __init__(self, alma: Line, clock: VirtualClock, after: int) -> None:
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

    def __init__(self, alma: Line, clock: VirtualClock, queue: Queue, after: int) -> None:
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


def _replayed(queue: Queue, clock: VirtualClock, line: _CutLine | _Lid) -> float:
    """Replay the rows to their end, and answer how many seconds that took."""
    run = queue.start_run("main")
    load_file(queue, run, CaptureFile("desk.dat", "0" * 64, ".dat"), _rows())
    ended = replay_virtually(queue, run, clock, line, settle_seconds=10.0)
    outcomes = queries.outcomes(queue, run)
    assert outcomes == {Outcome.LOANED: ROWS // 2, Outcome.RETURNED: ROWS // 2}
    return ended


def _alma() -> Line:
    items = sorted({row.item_barcode for row in _rows()})
    world = World(
        patrons=[Patron(f"patron{number}") for number in range(17)],
        items=[Item(barcode, "MAIN") for barcode in items],
    )
    return line_to(Simulator(world, key=KEY, per_second=0, daily_limit=0))


@pytest.fixture
def queue(new_queue: str) -> Iterator[Queue]:
    with Queue.open(new_queue, create=True) as queue:
        yield queue


@pytest.mark.slow
def test_after_an_hour_without_alma_every_row_is_applied(queue: Queue) -> None:
    clock = VirtualClock()
    line = _CutLine(_alma(), clock, after=ROWS)
    assert _replayed(queue, clock, line) > HOUR
    # What was on its way when the line was cut, then one probe at a time: at most one a minute as
    # soon as the pauses have grown to that.
    later = [at for at in line.refused_at if at > 64]
    assert all(after - before > 59.9 for before, after in pairwise(later))
    assert 55 <= len(later) <= 60


@pytest.mark.slow
def test_an_hour_asleep_changes_neither_the_pace_nor_the_hold(queue: Queue) -> None:
    clock = VirtualClock()
    lid = _Lid(_alma(), clock, queue, after=ROWS)
    assert HOUR < _replayed(queue, clock, lid) < HOUR + ROWS
    times = lid.called_at
    assert all(later - earlier > 1 for earlier, later in zip(times, times[15:], strict=False))
    # Its lease has run out meanwhile; nobody took the run, and the next renewal has it again.
    assert not lid.held[ROWS - 1]
    assert lid.held[-1]
