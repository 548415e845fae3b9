"""Workers whose institutions share the calls of a day: what they leave, and the day after."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from almareplay.queue.consortium.pools import BLOCK
from almareplay.queue.store import Queue
from almareplay.queue.tables.pool_schema import pool_blocks
from almareplay.simulator.limits import DayCount
from tests.chaos.processes import Script
from tests.consortium.conftest import FERN, MOSS, Opens
from tests.consortium.workplace import Consortium, until

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]

OAK = "01OAK_INST"
DAY = timedelta(days=1)
# A worker of the next day.
TOMORROW = Script(
    "from datetime import UTC, datetime, timedelta\n"
    "from almareplay.alma.limits.rate_limiter import SystemClock\n"
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


def replayed(consortium: Consortium) -> set[str]:
    """The institutions to whose items something has happened."""
    return {code for code in consortium.almas if consortium.effects(code)}


def test_workers_stop_at_the_reserve_and_go_on_the_next_day(opens: Opens) -> None:
    day = DayCount()
    consortium = opens(FERN, MOSS, OAK, pace=8, daily_limit=1000, day_count=day)
    consortium.share("consortium", reserve=700)
    rows = {code: consortium.loads(code, 40) for code in (FERN, MOSS, OAK)}
    assert consortium.does("submit", "--all", "--yes").code == 0
    # The second has room for what the first leaves behind.
    first = consortium.starts("worker", "--drain", "--concurrency", "2")
    until(lambda: len(replayed(consortium)) == 2)
    had = replayed(consortium)
    second = consortium.starts("worker", "--drain", "--concurrency", "3")
    until(lambda: len(replayed(consortium)) == 3)
    (last,) = replayed(consortium) - had
    first.send(signal.SIGKILL)
    first.ends()
    left_behind = blocks_taken(consortium)
    left_behind.pop(last, None)
    assert set(left_behind) == had
    stopped = second.ends()
    assert stopped.code == 75, stopped.said
    assert "The calls of the pool consortium are used up for today, but for the 700" in stopped.err
    assert blocks_taken(consortium) == {}, "what the killed worker had came back with its runs"
    assert 300 - BLOCK < day.calls <= 300 + sum(left_behind.values())

    for alma in consortium.almas.values():
        alma.clock.advance(DAY.total_seconds())
    assert consortium.does("submit", "--all", "--yes").code == 0
    next_day = consortium.does("worker", "--drain", program=TOMORROW)
    assert next_day.code == 0, next_day.said
    assert day.calls <= 300
    for code, items in rows.items():
        assert sorted(consortium.effects(code)) == items
