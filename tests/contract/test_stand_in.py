"""Every answer of the stand-in is one of Alma's, and it makes all that is known."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from almareplay.simulator.api import ENDPOINTS
from almareplay.simulator.exchange import Exchange
from almareplay.simulator.server import Simulator
from tests.contract.checker import CALLS, broken_by
from tests.contract.conftest import DAY, NOW

DESK = {"library": {"value": "MAIN"}, "circ_desk": {"value": "FRONT"}}


def test_the_stand_in_has_every_known_call_and_no_other() -> None:
    has = {(each.method, re.sub(r"{\w+}", "[^/]+", each.path)) for each in ENDPOINTS}
    assert has == {(call.method, call.path.pattern) for call in CALLS}


def ask_everything(there: Simulator, accept: str) -> None:
    """Each endpoint once at least, with an answer that is no error."""
    headers = {"Authorization": "apikey simulator-key", "Accept": accept}
    world = there.world
    loan, fee = world.loans[0], world.fees[0]

    def path(barcode: str) -> str:
        item = world.item(barcode)
        assert item is not None
        return f"/bibs/{item.mms_id}/holdings/{item.holding_id}/items/{item.pid}"

    with httpx.Client(base_url=f"{there.url}/almaws/v1", headers=headers, verify=False) as http:
        for area in ("/users/operation", "/bibs", "/conf"):
            http.get(f"{area}/test")
            http.post(f"{area}/test")
        for at in ("general", "libraries", "libraries/MAIN", "libraries/MAIN/locations"):
            http.get(f"/conf/{at}")
        http.get("/conf/libraries/MAIN/circ-desks", params={"limit": 1, "offset": 1})
        http.get("/conf/libraries/MAIN/circ-desks/DROP")
        http.get("/items", params={"item_barcode": "B1"})
        for barcode in ("B1", "B5", "L1"):
            http.get(path(barcode), params={"expand": "due_date"})
        for status in ("Active", "Complete"):
            for barcode in ("B1", "B3"):
                http.get(f"{path(barcode)}/loans", params={"loan_status": status})
            http.get("/users/berta/loans", params={"loan_status": status, "expand": "renewable"})
        http.get(f"{path('B1')}/loans/{loan.loan_id}")
        http.get(f"/users/berta/loans/{loan.loan_id}")
        for user in ("berta", "wanda"):
            http.get(f"/users/{user}", params={"expand": "loans,requests,fees"})
            http.get(f"/users/{user}", params={"view": "brief"})
            http.get(f"/users/{user}/fees")
        http.get(f"/users/berta/fees/{fee.fee_id}")
        http.post("/users/berta/loans", params={"item_barcode": "B5"}, json=DESK)
        http.post(f"{path('B6')}/loans", params={"user_id": "law/7"}, json=DESK)
        http.post(f"/users/berta/loans/{loan.loan_id}", params={"op": "renew"})
        http.post(f"{path('B1')}/loans/{loan.loan_id}", params={"op": "renew"})
        due = {"due_date": f"{NOW + 9 * DAY:%Y-%m-%dT%H:%M:%SZ}"}
        http.put(f"/users/berta/loans/{loan.loan_id}", json=due)
        http.put(f"{path('B1')}/loans/{loan.loan_id}", json=due)
        scan = {"op": "scan", "library": "MAIN", "circ_desk": "FRONT"}
        for barcode in ("B1", "B4", "B7", "B8", "L1"):
            http.post(path(barcode), params=scan | {"place_on_hold_shelf": "true"})
        work = {"op": "scan", "library": "MAIN", "department": "ACQ_DEPT"}
        http.post(path("B8"), params=work)
        for status in ("ACTIVE", "CLOSED"):
            http.get("/users/berta/fees", params={"status": status})
        waive = {"op": "waive", "amount": "2.5", "reason": "OTHER", "comment": "row 7"}
        http.post(f"/users/berta/fees/{fee.fee_id}", params=waive)
        world.refuses_renewals_by_status = True
        kept = world.loans[3]
        http.post(f"/users/berta/loans/{kept.loan_id}", params={"op": "renew"})


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
def test_every_answer_is_as_alma_has_it(
    there: Simulator, exchanges: list[Exchange], accept: str
) -> None:
    ask_everything(there, accept)
    assert {exchange.status for exchange in exchanges} == {200, 302}
    ways = {(e.method, re.sub(r"/\d{8,}", "/N", e.path)) for e in exchanges}
    assert len(ways) >= len(CALLS)


def answer(there: Simulator, exchanges: list[Exchange], path: str) -> tuple[Exchange, Any]:
    key = {"Authorization": "apikey simulator-key", "Accept": "application/json"}
    httpx.get(f"{there.url}/almaws/v1{path}", headers=key, verify=False)
    return exchanges[-1], json.loads(exchanges[-1].answer)


@pytest.mark.parametrize(
    ("path", "change", "why"),
    [
        ("/conf/general", {"time_zone": "UTC"}, "general.time_zone is no known field"),
        ("/conf/general", {"environment_type": "test"}, "environment_type is none of"),
        ("/conf/general", {"alma_url": None}, "alma_url is null"),
        ("/conf/general", {"institution": "01"}, "institution is no object"),
        ("/users/berta", {"primary_id": ...}, "user.primary_id is missing"),
        ("/users/berta", {"status": {"value": "GONE"}}, "user.status is none of"),
        ("/users/berta", {"expiry_date": "soon"}, "expiry_date is no day"),
        ("/users/berta/loans", {"item_loan": {}}, "item_loan is no list"),
        ("/users/berta/loans", {"total_record_count": "1"}, "total_record_count is no whole"),
        ("/users/berta/fees", {"total_sum": "1"}, "total_sum is no number"),
    ],
)
def test_a_wrong_answer_would_fail_its_test(
    there: Simulator, exchanges: list[Exchange], path: str, change: dict[str, Any], why: str
) -> None:
    exchange, body = answer(there, exchanges, path)
    body |= change
    body = {name: value for name, value in body.items() if value is not ...}
    broken = broken_by(replace(exchange, answer=json.dumps(body).encode()))
    assert [each for each in broken if why in each], broken


@pytest.mark.parametrize("flag", ["check_in", "check_out", "reshelve", "circ_desk_code"])
def test_a_flag_in_the_list_of_desks_would_fail_its_test(
    there: Simulator, exchanges: list[Exchange], flag: str
) -> None:
    exchange, body = answer(there, exchanges, "/conf/libraries/MAIN/circ-desks")
    body["circ_desk"][0][flag] = True
    broken = broken_by(replace(exchange, answer=json.dumps(body).encode()))
    assert broken == [
        "answer to GET /almaws/v1/conf/libraries/MAIN/circ-desks: "
        f"desks.circ_desk[0].{flag} is no known field"
    ]


@pytest.mark.parametrize(
    ("path", "change", "why"),
    [
        ("/users/nobody", {"status": 404}, "comes with 400, not 404"),
        ("/users/nobody", {"answer": (b"401861", b"401689")}, "401689 is none of this call's"),
        ("/users/nobody", {"answer": (b"errorsExist", b"errors")}, "errorsExist is missing"),
        ("/users/nobody", {"answer": (b"trackingId", b"ticket")}, "ticket is no known field"),
        ("/nowhere", {"answer": (b"NOT_FOUND", b"UNAUTHORIZED")}, "UNAUTHORIZED comes as xml"),
        ("/nowhere", {"status": 200}, "no such call, and yet an answer"),
        ("/items?item_barcode=B1", {"status": 302}, "it leads to '/elsewhere'"),
    ],
)
def test_a_wrong_error_would_fail_its_test(
    there: Simulator, exchanges: list[Exchange], path: str, change: dict[str, Any], why: str
) -> None:
    key = {"Authorization": "apikey simulator-key", "Accept": "application/json"}
    httpx.get(f"{there.url}/almaws/v1{path}", headers=key, verify=False)
    exchange = exchanges[-1]
    if "answer" in change:
        change = {"answer": exchange.answer.replace(*change["answer"])}
    if exchange.status == 302:
        change = {"answer_headers": dict(exchange.answer_headers) | {"location": "/elsewhere"}}
    broken = broken_by(replace(exchange, **change))
    assert [each for each in broken if why in each], broken
