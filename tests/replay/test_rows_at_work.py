"""Rows begin in replay order, so many at a time."""

from __future__ import annotations

import asyncio

from almareplay.replay.rows_at_work import RowsAtWork


def test_of_the_rows_that_wait_the_lowest_place_begins_first() -> None:
    begun: list[int] = []

    async def work(gate: RowsAtWork, place: int) -> None:
        async with gate.row(place):
            begun.append(place)
            await asyncio.sleep(0)

    async def run() -> None:
        gate = RowsAtWork(0.5)
        await asyncio.gather(*(work(gate, place) for place in (9, 8, 7, 6, 5, 1, 4, 2, 3)))
        await asyncio.gather(*(work(gate, place) for place in range(10, 14)))

    asyncio.run(run())
    assert begun == [9, 8, 7, 6, 1, 2, 3, 4, 5, 10, 11, 12, 13]


def test_a_row_that_fails_lets_the_next_begin() -> None:
    async def fail(gate: RowsAtWork) -> None:
        async with gate.row(1):
            await asyncio.sleep(0)
            raise ValueError

    async def run() -> list[object]:
        gate = RowsAtWork(1)
        return list(await asyncio.gather(*(fail(gate) for _ in range(9)), return_exceptions=True))

    assert [type(each) for each in asyncio.run(run())] == [ValueError] * 9
