"""Calls that institutions share: whatever happens, they use no more of them than there are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from almareplay.queue.consortium.pools import BLOCK, CallsMade, Pool, Taker, give_back, take_calls
from almareplay.queue.databases import postgresql, sqlite
from almareplay.queue.replaying.hold import release_hold, take_hold
from almareplay.queue.store import Queue
from almareplay.queue.tables.pool_schema import pool_blocks
from tests.queue.at_once import at_once

if TYPE_CHECKING:
    from tests.queue.conftest import Station

POOL = Pool("consortium", reserve=1000)
TODAY = date(2026, 9, 14)


def take(station: Station, taker: str, used: int = 0, left: int | None = None) -> int:
    return take_calls(station.queue, POOL, Taker(taker), CallsMade(TODAY, used, left))


def test_the_first_block_is_small_until_somebody_was_told(station: Station) -> None:
    first = take(station, "a")
    assert 0 < first < BLOCK
    assert take(station, "a", first, 5000) == BLOCK


def test_what_others_have_taken_is_not_there(station: Station) -> None:
    assert take(station, "a", 0, 1000 + 240) == 60
    assert take(station, "b", 0, 1000 + 240) == 45
    give_back(station.queue, POOL, Taker("a"), CallsMade(TODAY, 20, 1000 + 220))
    assert take(station, "c") == (220 - 45) // 4


def test_at_the_reserve_all_stop(station: Station) -> None:
    assert take(station, "a", 0, 1001) == 1
    assert take(station, "b") == 0
    assert take(station, "a", 1, 1000) == 0
    assert take(station, "b", 0, 20_000) == 0, "an old answer says nothing new"


def test_blocks_whose_answers_were_lost_are_used(station: Station) -> None:
    take(station, "a", 0, 1100)
    assert take(station, "a", 90) == 10 // 4
    assert take(station, "a", 10) == 0


def test_a_new_day_has_all_calls_again(station: Station) -> None:
    assert take(station, "a", 0, 1000) == 0
    tomorrow = CallsMade(TODAY + timedelta(days=1))
    assert take_calls(station.queue, POOL, Taker("b"), tomorrow) > 0
    assert take(station, "a", 100, 3) > 0, "whose clock is slow says nothing of the new day"
    told = CallsMade(tomorrow.day, left=5000)
    assert take_calls(station.queue, POOL, Taker("b"), told) == BLOCK


def test_the_block_of_a_taker_that_died_comes_back(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 9, 14, 12, tzinfo=UTC)
    for database in (sqlite, postgresql):
        monkeypatch.setattr(database, "now", lambda _: now)
    took = take(station, "dead", 0, 1000 + 120)
    assert take(station, "b", 0, 1000 + took) == 0
    now += timedelta(hours=1)
    assert take(station, "b", 0, 1000 + took) > 0


@pytest.mark.parametrize("elsewhere", [False, True], ids=["its run", "another run"])
def test_the_block_of_a_worker_comes_back_with_its_run(station: Station, elsewhere: bool) -> None:
    """Others go without its calls until the one who goes on was told of them by Alma."""
    dead = take_hold(station.queue, station.run)
    takes = partial(take_calls, station.queue, POOL)
    took = takes(Taker("dead", dead), CallsMade(TODAY, left=1000 + 120))
    release_hold(station.queue, dead)
    run = station.queue.start_run("another") if elsewhere else station.run
    heir = Taker("heir", take_hold(station.queue, run))
    assert takes(heir, CallsMade(TODAY)) == (120 - took) // 4
    assert take(station, "b", 0, 1000 + took) == 0, "what is left is the dead worker's"
    left = took if elsewhere else 0
    assert takes(heir, CallsMade(TODAY, left=1000 + took)) == (took - left) // 4


def test_who_has_lost_a_run_brings_no_block_back(station: Station) -> None:
    """It was stopped, and wakes when another has its run."""
    lost = take_hold(station.queue, station.run)
    release_hold(station.queue, lost)
    heir = Taker("heir", take_hold(station.queue, station.run))
    took = take_calls(station.queue, POOL, heir, CallsMade(TODAY, left=1000 + 120))
    woken = CallsMade(TODAY, left=1000 + took)
    assert take_calls(station.queue, POOL, Taker("woken", lost), woken) == 0


def test_pools_are_apart(station: Station) -> None:
    take(station, "a", 0, 1000)
    assert (
        take_calls(station.queue, Pool("other", 0), Taker("b"), CallsMade(TODAY, left=400)) == 100
    )


def test_takers_at_once_take_no_more_than_there_is(station: Station, queues: list[Queue]) -> None:
    def takes(which: int) -> int:
        return sum(
            take_calls(queues[which], POOL, Taker(f"{which} {number}"), CallsMade(TODAY, left=1060))
            for number in range(8)
        )

    came = at_once(takes)
    assert 50 < sum(each for each in came if isinstance(each, int)) <= 60
    with station.queue.reading() as connection:
        taken = connection.scalar(select(func.sum(pool_blocks.c.calls)))
    assert taken == sum(each for each in came if isinstance(each, int)), came
