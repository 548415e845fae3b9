"""Calls of a pool: a block is taken before the first, and what is left of it is given back."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest

from almareplay.alma.client import Alma
from almareplay.alma.errors import DailyLimit
from tests.alma.fake_alma import NO_LOANS, FakeAlma, look


class Pool:
    """Gives these blocks, then none; keeps what it was told."""

    name = "consortium"

    def __init__(self, *blocks: int) -> None:
        self.blocks = list(blocks)
        self.told: list[tuple[date, int, int | None]] = []
        self.given_back: list[tuple[date, int, int | None]] = []

    async def take(self, *made: Any) -> int:
        self.told.append(made)
        await asyncio.sleep(0.01)
        return self.blocks.pop(0) if self.blocks else 0

    async def give_back(self, *made: Any) -> None:
        self.given_back.append(made)


TODAY = date(2026, 3, 2)


def left(number: int) -> httpx.Response:
    headers = {"X-Exl-Api-Remaining": str(number)}
    return httpx.Response(200, json={"total_record_count": 0}, headers=headers)


def test_no_call_leaves_without_a_block(fake: FakeAlma, run: Any) -> None:
    pool = Pool(3, 2)

    async def work(alma: Alma) -> list[Any]:
        return await asyncio.gather(*(look(alma, n) for n in range(7)), return_exceptions=True)

    came = run(work, pool=pool)
    assert [type(each) for each in came] == [int] * 5 + [DailyLimit] * 2
    assert fake.names == ["look"] * 5
    assert pool.told[:3] == [(TODAY, 0, None), (TODAY, 3, None), (TODAY, 2, None)]
    assert "the pool consortium are used up for today, but for the 0" in str(came[-1])


def test_what_is_not_used_is_given_back_with_what_alma_said(fake: FakeAlma, run: Any) -> None:
    pool = Pool(10)
    fake.looks(left(900), left(800), NO_LOANS)

    async def work(alma: Alma) -> None:
        for _ in range(3):
            await look(alma)

    assert run(work, pool=pool, reserve=100) is None
    assert pool.given_back == [(TODAY, 3, 799)]


def test_at_the_reserve_no_block_is_asked_for(fake: FakeAlma, run: Any) -> None:
    pool = Pool(10, 10)
    fake.looks(left(100))

    async def work(alma: Alma) -> None:
        await look(alma)
        await look(alma)

    assert isinstance(run(work, pool=pool, reserve=100), DailyLimit)
    assert (pool.told, pool.given_back) == ([(TODAY, 0, None)], [(TODAY, 1, 100)])


@pytest.mark.usefixtures("fake")
def test_a_new_day_begins_with_a_new_block(run: Any, clock: Any) -> None:
    pool = Pool(10, 10)

    async def work(alma: Alma) -> None:
        await look(alma)
        clock.jump(24 * 3600)
        await look(alma)

    run(work, pool=pool)
    tomorrow = date(2026, 3, 3)
    assert pool.told == [(TODAY, 0, None), (tomorrow, 0, None)]
    assert pool.given_back == [(tomorrow, 1, None)]


@pytest.mark.usefixtures("fake")
def test_with_wait_a_pool_that_is_used_up_is_slept_through(run: Any, clock: Any) -> None:
    pool = Pool(1)

    async def work(alma: Alma) -> int:
        await look(alma)
        waiting = asyncio.create_task(look(alma))
        await clock.sleep(3600)
        assert not waiting.done()
        pool.blocks.append(1)  # others have given theirs back
        return await waiting

    assert run(work, pool=pool, wait=True) == 0


def test_an_error_of_the_queue_comes_through(fake: FakeAlma, run: Any) -> None:
    class Broken(Pool):
        async def take(self, *made: Any) -> int:
            raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        run(look, pool=Broken())
    assert fake.names == []
