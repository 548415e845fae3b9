"""Every call that the client can make is one of Alma's."""

from __future__ import annotations

import asyncio
import inspect
from decimal import Decimal
from typing import Any

import httpx
import pytest

from almareplay.alma.client import Alma, open_transport
from almareplay.alma.errors import AlmaError
from almareplay.simulator.exchange import Exchange
from almareplay.simulator.server import Simulator
from tests.contract.checker import CALLS, find_call
from tests.contract.conftest import DAY, NOW
from tests.contract.watch import BROKEN

# What almareplay has no business with.
NOT_MADE = {
    ("GET", "/bibs/[^/]+/holdings/[^/]+/items/[^/]+/loans/[^/]+"),
    ("GET", "/users/[^/]+/fees/[^/]+"),
    ("GET", "/conf/libraries/[^/]+"),
    ("GET", "/conf/libraries/[^/]+/circ-desks/[^/]+"),
    ("GET", "/conf/libraries/[^/]+/locations"),
    ("POST", "/conf/test"),
}

TO_WRITE: dict[str, Any] = {"rank": 0, "confirm": None}
NETWORK: dict[str, Any] = {"user_id_type": "BARCODE", "generate_linked_user": True}
WHY: dict[str, Any] = {"reason": "OUTAGE", "comment": "run main, row 7"}


async def make_every_call(alma: Alma) -> None:
    """Each method, with each of its parameters, at the stand-in of the fixture."""
    for area in ("users", "bibs", "conf"):
        await alma.test(area)
    for area in ("users", "bibs"):
        await alma.test(area, writing=True)
    await alma.institution()
    await alma.libraries()
    await alma.circ_desks("MAIN")
    items = {barcode: await alma.find_item(barcode) for barcode in ("B1", "B2", "B3", "B5", "L1")}
    await alma.item(items["B1"])
    await alma.completed_loans(items["B3"])
    await alma.patron("berta")
    await alma.patron("P-0815", user_id_type="BARCODE", account=True)
    [*_, late] = sorted(await alma.loans_of_patron("berta"), key=lambda loan: loan.item_barcode)
    await alma.loan_of("berta", late.loan_id)
    await alma.loan("berta", "B5", "MAIN", "FRONT", item=None, **TO_WRITE)
    await alma.loan("P-0815", "B6", "MAIN", "FRONT", item=None, **TO_WRITE, **NETWORK)
    await alma.loan("law/7", "B8", "MAIN", "FRONT", item=await alma.find_item("B8"), **TO_WRITE)
    for barcode in ("B1", "B2"):
        [loan] = await alma.active_loans(items[barcode])
        renewed = await alma.renew(loan.user_id, loan.loan_id, item=items[barcode], **TO_WRITE)
        await alma.change_due_date(renewed, NOW + 30 * DAY, item=items[barcode], **TO_WRITE)
    await alma.scan_in(items["B5"], "MAIN", "FRONT", **TO_WRITE)
    await alma.scan_in(items["L1"], "MAIN", "FRONT", place_on_hold_shelf=True, **TO_WRITE)
    for fee in await alma.fees("berta"):
        await alma.waive("berta", fee.fee_id, amount=fee.balance, **WHY, **TO_WRITE)


def asked(there: Simulator, work: Any) -> None:
    async def run() -> None:
        async with open_transport(
            there.url, "simulator-key", per_second=1000, reserve=0
        ) as transport:
            await work(Alma(transport))

    asyncio.run(run())


def test_every_method_makes_a_call_that_alma_knows(
    there: Simulator, exchanges: list[Exchange]
) -> None:
    """That each is as Alma takes it is held in every test, and in this one too."""
    asked(there, make_every_call)
    made = [find_call(exchange.method, exchange.path) for exchange in exchanges]
    assert None not in made
    assert {(call.method, call.path.pattern) for call in CALLS if call not in made} == NOT_MADE
    assert {exchange.status for exchange in exchanges} == {200, 302}
    used = inspect.getsource(make_every_call)
    methods = inspect.getmembers(Alma, inspect.iscoroutinefunction)
    public = {name for name, _ in methods if not name.startswith("_")}
    assert {name for name in public if f".{name}(" not in used} == set()


@pytest.mark.parametrize(
    ("method", "target", "why"),
    [
        ("GET", "/users/test", "never sent"),
        ("GET", "/users/berta%2F7", "never sent"),
        ("GET", "/bibs/1/holding/2/items/3", "no such call"),
        ("DELETE", "/users/berta", "no such call"),
        ("GET", "/users/berta?view=short", "view cannot be 'short'"),
        ("GET", "/users/berta?expand=loans,holds", "expand cannot be"),
        ("GET", "/users/berta?apikey=k", "apikey is none of this call"),
        ("GET", "/users/berta/loans", "limit is missing"),
        ("GET", "/users/berta/loans?limit=101", "limit cannot be '101'"),
        ("GET", "/users/berta/loans?limit=100&limit=10", "sent twice"),
        ("GET", "/users/berta/loans/71?user_id_type=BARCODE", "user_id_type is none"),
        ("GET", "/users/berta/fees?limit=100", "limit is none of this call"),
        ("GET", "/items", "item_barcode is missing"),
        ("GET", "/items?item_barcode=", "item_barcode cannot be ''"),
        ("POST", "/users/berta/fees/9?op=waive&amount=ALL&reason=X", "amount cannot be 'ALL'"),
        ("POST", "/users/berta/fees/9?op=waive&amount=1", "reason is missing"),
        ("POST", "/users/berta/loans/71", "op is missing"),
        ("POST", "/bibs/1/holdings/2/items/3?op=scan&library=M&circ_desk=F", "register_in_house"),
        ("POST", "/bibs/1/holdings/2/items/3?op=scan&circ_desk=F", "library is missing"),
        (
            "POST",
            "/bibs/1/holdings/2/items/3?op=scan&library=M&register_in_house_use=false",
            "exactly one of circ_desk, department",
        ),
        ("POST", "/bibs/1/holdings/2/items/3/loans/7?op=renew&user_id_type=X", "user_id_type is"),
    ],
)
def test_a_wrong_request_would_fail_its_test(
    there: Simulator, method: str, target: str, why: str
) -> None:
    with httpx.Client(headers={"User-Agent": "almareplay"}, verify=False) as http:
        http.request(method, f"{there.url}/almaws/v1{target}")
    broken = [each for each in BROKEN if why in each]
    BROKEN.clear()
    assert broken


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no JSON"),
        (b"[]", "no object"),
        (b'{"library": {"value": "MAIN"}}', "circ_desk is missing"),
        (b'{"library": "MAIN", "circ_desk": {"value": "FRONT"}}', "library is no object"),
        (
            b'{"library": {"value": "M"}, "circ_desk": {"value": "F"}, "loan_date": "2026-09-14"}',
            "loan_date is no known field",
        ),
    ],
)
def test_a_wrong_body_would_fail_its_test(there: Simulator, body: bytes, why: str) -> None:
    with httpx.Client(headers={"User-Agent": "almareplay"}, verify=False) as http:
        url = f"{there.url}/almaws/v1/users/berta/loans?item_barcode=B5"
        http.post(url, content=body)
    broken = [each for each in BROKEN if why in each]
    BROKEN.clear()
    assert broken


@pytest.mark.parametrize("header", ["Authorization", "Accept"])
def test_a_missing_header_would_fail_its_test(there: Simulator, header: str) -> None:
    headers = {
        "User-Agent": "almareplay",
        "Authorization": "apikey simulator-key",
        "Accept": "application/json",
    }
    with httpx.Client(headers=headers | {header: "none"}, verify=False) as http:
        http.get(f"{there.url}/almaws/v1/conf/general")
    broken = [each for each in BROKEN if header.lower() in each]
    BROKEN.clear()
    assert broken


def test_a_wrong_request_to_an_invented_answer_would_fail_its_test() -> None:
    """Also where no stand-in is asked."""

    async def run() -> None:
        nowhere = open_transport(
            "http://127.0.0.1:1", "k", per_second=9, reserve=0, give_up_after=0
        )
        async with nowhere as transport:
            with pytest.raises(AlmaError):
                await Alma(transport).waive("b", "9", amount=Decimal(-1), **WHY, **TO_WRITE)

    asyncio.run(run())
    broken = [each for each in BROKEN if "amount cannot be '-1'" in each]
    BROKEN.clear()
    assert broken
