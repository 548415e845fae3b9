"""Nothing that a call leaves behind names a key, a patron or an address."""

from __future__ import annotations

import asyncio
import logging
import traceback
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
import respx

from almareplay.alma.answers.responses import ItemIds, read_loan
from almareplay.alma.call import Answer, Call
from almareplay.alma.client import Alma, open_transport
from almareplay.alma.errors import AlmaError, Stopped

KEY = "l7xx0secret0key"
PATRON = "P-0815"
BARCODE = "B-4711"
ITEM = ItemIds("99", "22", "23")
DUE = datetime(2031, 5, 6, tzinfo=UTC)
SECRETS = (KEY, PATRON, "Berta", "almaws", "alma.example/", BARCODE)
NAMING = f"No user {PATRON} (Berta) at https://alma.example/almaws/v1/users/{PATRON}"

ANSWERS: list[Any] = [
    httpx.Response(
        400, json={"errorList": {"error": [{"errorCode": "1", "errorMessage": NAMING}]}}
    ),
    httpx.Response(400, json={"errorList": {"error": [{"errorCode": NAMING}]}}),
    httpx.Response(401, text=NAMING),
    httpx.Response(500, text=NAMING),
    httpx.Response(302, headers={"Location": f"https://alma.example/almaws/v1/users/{PATRON}"}),
    httpx.Response(200, text=NAMING),
    httpx.Response(200, json={"loan_id": "1", "user_id": PATRON}),
    httpx.Response(200, json={"id": "98", "balance": 1, "comment": NAMING, "fee": [NAMING]}),
    httpx.Response(200, headers={"Date": NAMING, "X-Exl-Api-Remaining": NAMING}, json={}),
    httpx.ConnectError,
    httpx.ReadTimeout,
    httpx.RemoteProtocolError,
    httpx.LocalProtocolError,
]


def everything_about(error: BaseException | None) -> str:
    """All that any logger or traceback could show of an error and what led to it."""
    shown = []
    while error is not None:
        shown += [str(error), repr(error), *traceback.format_exception(error)]
        error = error.__cause__ or error.__context__
    return "\n".join(shown)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize(
    "method", ["loan", "patron", "find_item", "renew", "fees", "waive", "change"]
)
def test_no_log_and_no_error_tells_a_secret(
    alma_mock: respx.MockRouter,
    clock: Any,
    connect: Any,
    caplog: pytest.LogCaptureFixture,
    answer: Any,
    method: str,
) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, httpx.Response):
            return answer
        raise answer(f"{NAMING} apikey {KEY}", request=request)

    alma_mock.get("/bibs/test").respond(200)
    alma_mock.route().mock(side_effect=respond)

    async def ask(alma: Alma) -> Any:
        match method:
            case "loan":
                return await alma.loan(
                    PATRON, BARCODE, "MAIN", "FRONT", item=ITEM, rank=0, confirm=None
                )
            case "patron":
                return await alma.patron(PATRON)
            case "find_item":
                return await alma.find_item(BARCODE)
            case "fees":
                return await alma.fees(PATRON)
            case "waive":
                return await alma.waive(
                    PATRON,
                    "98",
                    amount=Decimal("4.5"),
                    reason="OUTAGE",
                    comment=BARCODE,
                    rank=0,
                    confirm=None,
                )
            case "change":
                loan = read_loan({"loan_id": "71", "user_id": PATRON, "item_barcode": BARCODE})
                assert loan is not None
                return await alma.change_due_date(loan, DUE, rank=0, confirm=None)
        return await alma.renew(PATRON, "71", rank=0, confirm=None)

    async def run() -> AlmaError | None:
        async with connect() as alma:
            try:
                await ask(alma)
            except AlmaError as error:
                return error
            return None

    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)
    shown = everything_about(clock.run(run())) + caplog.text
    shown = "\n".join(line for line in shown.splitlines() if not line.lstrip().startswith("File "))
    for secret in SECRETS:
        assert secret not in shown
    assert any(record.name == "almareplay.alma" for record in caplog.records)


def test_the_real_http_library_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Without a mock in between, on a connection that cannot be made."""

    async def run() -> None:
        stopping = asyncio.Event()
        async with open_transport(
            "http://127.0.0.1:1", KEY, per_second=10, reserve=0, stopping=stopping
        ) as transport:
            asyncio.get_running_loop().call_later(0.2, stopping.set)
            with pytest.raises(Stopped):
                await Alma(transport).patron(PATRON)

    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)
    asyncio.run(run())
    assert {record.name for record in caplog.records} <= {"almareplay.alma", "asyncio"}
    assert "patron: " in caplog.text
    assert PATRON not in caplog.text


def test_a_call_shows_no_address() -> None:
    def read(answer: Answer) -> str | None:
        return answer.location

    call = Call("patron", "GET", f"/users/{PATRON}", read, body={"patron": PATRON})
    assert PATRON not in repr(call)
