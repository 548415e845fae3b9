"""An Alma behind the HTTP library, whose answers each test lists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import httpx
import respx

from almareplay.alma.answers.responses import ItemIds
from almareplay.alma.client import Alma

ITEM = ItemIds("99", "22", "23")
DUE = datetime(2031, 5, 6, tzinfo=UTC)
LOAN = httpx.Response(200, json={"loan_id": "71", "user_id": "berta"})
NO_LOANS = httpx.Response(200, json={"total_record_count": 0})
INSTITUTION = httpx.Response(200, json={"institution": {"value": "01"}})
SLOW = httpx.Response(429, json={"errorList": {"error": [{"errorCode": "PER_SECOND_THRESHOLD"}]}})
OVER = httpx.Response(429, json={"errorList": {"error": [{"errorCode": "DAILY_THRESHOLD"}]}})
REFUSED = httpx.Response(400, json={"errorList": {"error": [{"errorCode": "401861"}]}})
GENERAL = httpx.Response(400, json={"errorList": {"error": [{"errorCode": "401652"}]}})
DOWN = httpx.Response(503, html="<html>down</html>")

_NO_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

Answers = Iterable[httpx.Response | type[Exception]]


async def lend(alma: Alma, confirm: Callable[[], Awaitable[None]] | None = None) -> str:
    loan = await alma.loan("berta", "B1", "MAIN", "FRONT", item=ITEM, rank=0, confirm=confirm)
    return loan.loan_id


async def look(alma: Alma, rank: int = 0) -> int:
    return len(await alma.active_loans(ITEM, rank=rank))


async def first_byte_leaves(request: httpx.Request) -> None:
    """Tells of the first byte of a request, as the HTTP library does where it is not mocked."""
    await request.extensions["trace"]("http11.send_request_headers.started", {})


class FakeAlma:
    """Answers loans and looks from lists, the last answer over and over, and keeps the times."""

    def __init__(self, router: respx.MockRouter, clock: Any) -> None:
        self._clock = clock
        self._router = router
        self.calls: list[tuple[float, str]] = []
        self.takes = 0.05
        self.answer("loan", "POST", "/users/berta/loans", LOAN)
        self.answer("look", "GET", "/bibs/99/holdings/22/items/23/loans", NO_LOANS)
        self.answer("institution", "GET", "/conf/general", INSTITUTION)
        self.answer("test", "GET", "/bibs/test", httpx.Response(200))

    def answer(self, name: str, method: str, path: str, *answers: Any) -> None:
        rest = list(answers)

        async def respond(request: httpx.Request) -> httpx.Response:
            answer = rest.pop(0) if len(rest) > 1 else rest[0]
            if answer not in _NO_CONNECTION:
                await first_byte_leaves(request)
            self.calls.append((self._clock.monotonic() - 1000.0, name))
            await asyncio.sleep(self.takes)
            if isinstance(answer, httpx.Response):
                return answer
            raise answer("GET /almaws/v1/users/berta apikey l7xx", request=request)

        self._router.route(method=method, path=path).mock(side_effect=respond)

    def loans(self, *answers: Any) -> None:
        self.answer("loan", "POST", "/users/berta/loans", *answers)

    def looks(self, *answers: Any) -> None:
        self.answer("look", "GET", "/bibs/99/holdings/22/items/23/loans", *answers)

    @property
    def names(self) -> list[str]:
        return [name for _, name in self.calls]
