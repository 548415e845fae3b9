"""The calls of a day: kept in reserve, counted, waited for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from almareplay.alma.client import Alma
from almareplay.alma.errors import DailyLimit, Effect
from almareplay.alma.transport import Traffic
from tests.alma.fake_alma import LOAN, OVER, FakeAlma, lend, look


def remaining(left: int, date: str = "") -> httpx.Response:
    headers = {"x-exl-api-REMAINING": str(left)} | ({"Date": date} if date else {})
    return httpx.Response(200, json=LOAN.json(), headers=headers)


def test_stops_at_the_reserve_to_the_call(fake: FakeAlma, run: Any) -> None:
    fake.loans(remaining(105), LOAN)

    async def work(alma: Alma) -> Any:
        await lend(alma)
        results = await asyncio.gather(*(lend(alma) for _ in range(20)), return_exceptions=True)
        assert alma.calls_left == 100
        return results

    results = run(work, reserve=100)
    assert [type(result) for result in results] == [str] * 5 + [DailyLimit] * 15
    assert {error.effect for error in results[5:]} == {Effect.NOT_SENT}
    assert len(fake.calls) == 6


def test_calls_that_never_left_are_not_counted(fake: FakeAlma, run: Any) -> None:
    fake.loans(remaining(105), httpx.ConnectError, LOAN)

    async def work(alma: Alma) -> Any:
        await lend(alma)
        await lend(alma)
        return alma.calls_left

    assert run(work) == 104


def test_the_daily_limit_ends_it_and_no_further_call_is_made(fake: FakeAlma, run: Any) -> None:
    fake.loans(OVER)

    async def work(alma: Alma) -> Any:
        first = await asyncio.gather(lend(alma), return_exceptions=True)
        return first + await asyncio.gather(lend(alma), look(alma), return_exceptions=True)

    errors = run(work)
    assert [type(error) for error in errors] == [DailyLimit] * 3
    assert [error.effect for error in errors] == [Effect.REFUSED] + [Effect.NOT_SENT] * 2
    assert fake.names == ["loan"]


def test_goes_on_after_midnight_at_alma_where_it_is_to_wait(fake: FakeAlma, run: Any) -> None:
    over = httpx.Response(
        429, content=OVER.content, headers={"Date": "Mon, 02 Mar 2026 23:00:00 GMT"}
    )
    fake.loans(over, remaining(5000))

    async def work(alma: Alma) -> Any:
        loan_id = await lend(alma)
        return loan_id, alma.calls_left, alma.alma_now()

    loan_id, left, now = run(work, wait=True, reserve=10)
    assert (loan_id, left) == ("71", 5000)
    assert datetime(2026, 3, 3, tzinfo=UTC) < now < datetime(2026, 3, 3, 0, 2, tzinfo=UTC)


def test_keeps_almas_time(fake: FakeAlma, run: Any) -> None:
    fake.loans(remaining(10, "Mon, 02 Mar 2026 08:00:00 GMT"))

    async def work(alma: Alma) -> Any:
        before = alma.alma_now()
        await lend(alma)
        await asyncio.sleep(5)
        return before, alma.alma_now()

    assert run(work) == (None, datetime(2026, 3, 2, 8, 0, 5, tzinfo=UTC))


def test_tells_of_the_traffic(fake: FakeAlma, run: Any) -> None:
    fake.loans(remaining(105), LOAN)
    seen: list[Traffic] = []

    async def work(alma: Alma) -> Any:
        await lend(alma)
        return await lend(alma)

    run(work, on_call=seen.append)
    assert seen == [Traffic(10, 105, 1), Traffic(10, 104, 2)]


@pytest.mark.parametrize(
    ("told", "known"),
    [("400000", 400_000), (" 400000 ", 400_000), ("", None), ("many", None), ("-1", None)],
)
def test_tells_how_many_calls_a_day_there_are(
    fake: FakeAlma, run: Any, told: str, known: int | None
) -> None:
    quota = httpx.Response(200, json=LOAN.json(), headers={"x-exl-api-QUOTA": told})
    fake.loans(quota, LOAN)
    seen: list[Traffic] = []

    async def work(alma: Alma) -> Any:
        await lend(alma)
        return await lend(alma)

    run(work, on_call=seen.append)
    # What was told once holds until something else is told.
    assert [traffic.quota for traffic in seen] == [known, known]
