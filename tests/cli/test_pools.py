"""Institutions that share their calls of a day, replayed from one queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from almareplay.queue.store import Queue
from almareplay.queue.tables.pool_schema import pool_blocks, pools
from tests.cli.test_institutions import FERN, MOSS, Consortium, almas, capture, consortium

if TYPE_CHECKING:
    from almareplay.simulator.server import Simulator

__all__ = ["almas", "consortium"]


def share(consortium: Consortium, daily: int, reserve: int) -> None:
    """Let both institutions have so many calls a day together."""
    count = next(iter(consortium.almas.values())).limits._day_count
    for alma in consortium.almas.values():
        alma.limits.daily = daily
        alma.limits._day_count = count
    path = consortium.writes({'api_key_file = "': 'pool = "both"\napi_key_file = "'})
    path.write_text(f"[pools.both]\nreserve = {reserve}\n{path.read_text('utf-8')}", "utf-8")


def calls(alma: Simulator) -> int:
    return len(alma.record.requests)


def test_one_institution_stops_at_the_reserve_to_which_another_has_brought_their_pool(
    consortium: Consortium,
) -> None:
    fern, moss = consortium.almas.values()
    share(consortium, daily=1000, reserve=100)
    for code, item in ((FERN, "book"), (MOSS, "map")):
        consortium.types(code, "load", capture(consortium.user, item, f"{item}.dat"))
    done = consortium.types(FERN, "replay", "--yes")
    assert done.code == 0, done.err
    left = 1000 - calls(fern)
    share(consortium, daily=1000, reserve=left - 2)
    stopped = consortium.types(MOSS, "replay", "--yes")
    assert stopped.code == 75, stopped.err
    assert f"The calls of the pool both are used up for today, but for the {left - 2}" in (
        stopped.err
    )
    assert 0 < calls(moss) <= 20
    assert consortium.effects(MOSS) == []
    path = consortium.user.folder / "almareplay.db"
    with Queue.open(f"sqlite:///{path}") as queue, queue.reading() as connection:
        assert connection.execute(select(pool_blocks)).all() == [], "all is given back"
        assert connection.scalar(select(pools.c.calls_left)) == left - calls(moss)
