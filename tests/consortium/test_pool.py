"""Workers whose institutions share the calls of a day: what they leave, and the day after."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from almareplay.queue.pool_schema import pool_blocks
from almareplay.queue.pools import BLOCK
from almareplay.queue.store import Queue
from almareplay.simulator.limits import DayCount
from tests.chaos.processes import Script
from tests.consortium.conftest import FERN, MOSS, Opens
from tests.consortium.workplace import Consortium, until, worker_of

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]

OAK = "01OAK_INST"
DAY = timedelta(days=1)
# A worker of the next day.
TOMORROW = Script(
    "from datetime import UTC, datetime, timedelta\n"
    "from almareplay.alma.rate_limiter import SystemClock\n"
    "from almareplay.cli import main\n"
    "SystemClock.now = lambda _: datetime.now(UTC) + timedelta(days=1)\n"
    "main()\n"
)


def blocks_taken(consortium: Consortium) -> dict[str, int]:
    """How many calls were taken for the run of each institution and not told of, where any were."""
    with Queue.open(consortium.queue) as queue, queue.reading() as connection:
        codes = {consortium.run_of(queue, code).id: code for code in consortium.almas}
        taken = select(pool_blocks.c.run_id, func.sum(pool_blocks.c.calls))
        found = connection.execute(taken.group_by(pool_blocks.c.run_id)).all()
    return {codes[run_id]: calls for run_id, calls in found}


def test_workers_stop_at_the_reserve_and_go_on_the_next_day(opens: Opens) -> None:
    day = DayCount()
    consortium = opens(FERN, MOSS, OAK, pace=8, daily_limit=1000, day_count=day)
    consortium.share("consortium", reserve=700)
    rows = {code: consortium.loads(code, 40) for code in (FERN, MOSS, OAK)}
    assert consortium.does("submit", "--all", "--yes").code == 0
    # The one has room for what the other leaves behind.
    workers = [consortium.starts("worker", "--drain", "--concurrency", n) for n in ("2", "3")]
    until(lambda: all(consortium.effects(code) for code in rows))
    holders = {code: state["replaying"]["pid"] for code, state in consortium.status().items()}
    killed = worker_of(consortium, FERN, *workers)
    killed.send(signal.SIGKILL)
    killed.ends()
    had = {code for code, pid in holders.items() if pid == killed.pid}
    left_behind = sum(calls for code, calls in blocks_taken(consortium).items() if code in had)
    assert left_behind > 0
    (other,) = [each for each in workers if each is not killed]
    stopped = other.ends()
    assert stopped.code == 75, stopped.said
    assert "The calls of the pool consortium are used up for today, but for the 700" in stopped.err
    assert blocks_taken(consortium) == {}, "what the killed worker had came back with its runs"
    assert 300 - BLOCK < day.calls <= 300 + left_behind

    for alma in consortium.almas.values():
        alma.clock.advance(DAY.total_seconds())
    assert consortium.does("submit", "--all", "--yes").code == 0
    next_day = consortium.does("worker", "--drain", program=TOMORROW)
    assert next_day.code == 0, next_day.said
    assert day.calls <= 300
    for code, items in rows.items():
        assert sorted(consortium.effects(code)) == items
