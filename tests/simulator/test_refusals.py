"""Every refusal of Alma's that a world can bring about, with nothing changed by it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from almareplay.simulator.gateway import Permissions
from almareplay.simulator.world import Block, Loan, Request

if TYPE_CHECKING:
    from tests.simulator.conftest import Alma

Refusal = Callable[[httpx.Response], tuple[int, str]]
DESK = {"library": {"value": "MAIN"}, "circ_desk": {"value": "FRONT"}}


def at(desk: str, library: str = "MAIN") -> dict[str, dict[str, str]]:
    return {"library": {"value": library}, "circ_desk": {"value": desk}}


def test_unknown_patrons(alma: Alma, refusal: Refusal) -> None:
    item, patron = alma.item(), alma.patron()
    assert refusal(alma.lend("nobody", item)) == (400, "401861")
    assert refusal(alma.http.get("/users/nobody")) == (400, "401861")
    assert refusal(alma.http.get("/users/nobody/loans")) == (400, "401861")
    typed = {"user_id_type": "BARCODE"}
    found = alma.http.get(f"/users/{patron.primary_id}", params=typed)
    assert refusal(found) == (400, "401890")
    assert "BARCODE" in found.json()["errorList"]["error"][0]["errorMessage"]
    sideways = alma.http.post(f"{alma.path(item)}/loans", params={"user_id": "no/one"}, json=DESK)
    assert refusal(sideways) == (400, "401861")


def test_unknown_items(alma: Alma, refusal: Refusal) -> None:
    item, patron = alma.item(), alma.patron()
    unknown = alma.http.get("/items", params={"item_barcode": "404"})
    assert refusal(unknown) == (400, "401689")
    message = unknown.json()["errorList"]["error"][0]["errorMessage"]
    assert message == "No items found for barcode 404."
    assert refusal(alma.http.get("/items", params={"item_barcode": "4<4"})) == (400, "401690")
    url = f"/users/{patron.primary_id}/loans"
    assert refusal(alma.http.post(url, json=DESK)) == (400, "401672")
    assert refusal(alma.http.post(url, params={"item_pid": "1"}, json=DESK)) == (400, "401689")
    gone = alma.http.post(url, params={"item_barcode": "404"}, json=DESK)
    assert refusal(gone) == (400, "401689")
    no_bib = alma.path(item).replace(item.mms_id, "990")
    assert refusal(alma.http.get(no_bib)) == (400, "402203")
    no_item = alma.path(item).replace(item.pid, "230")
    assert refusal(alma.http.get(no_item)) == (400, "401683")
    assert refusal(alma.http.get(f"{no_item}/loans")) == (400, "401683")


def test_a_loan_needs_library_and_desk(alma: Alma, refusal: Refusal) -> None:
    item, patron = alma.item(), alma.patron()
    missing = alma.lend(patron, item, {"circ_desk": {"value": "FRONT"}})
    assert refusal(missing) == (400, "401664")
    message = missing.json()["errorList"]["error"][0]["errorMessage"]
    assert message == "Mandatory field is missing: library"
    assert refusal(alma.lend(patron, item, {"library": {"value": "MAIN"}})) == (400, "401664")
    assert refusal(alma.lend(patron, item, at("BACK"))) == (400, "40166410")
    assert refusal(alma.lend(patron, item, at("FRONT", "NOWHERE"))) == (400, "40166410")
    assert refusal(alma.lend(patron, item, at("IN_ONLY"))) == (400, "401153")
    assert refusal(alma.lend(patron, alma.item(library="ANNEX"), at("OWN_ONLY"))) == (400, "401153")
    wrong = {**DESK, "request_id": {"value": "1"}}
    assert refusal(alma.lend(patron, item, wrong)) == (400, "40166411")
    assert alma.effects(item) == []


def test_items_on_loan(alma: Alma, refusal: Refusal) -> None:
    item, patron = alma.item(), alma.patron()
    alma.lend(patron, item)
    assert refusal(alma.lend(patron, item)) == (400, "400042")
    assert refusal(alma.lend(alma.patron(), item)) == (400, "401158")
    copy = alma.item(mms_id=item.mms_id)
    assert refusal(alma.lend(patron, copy)) == (400, "401198")
    assert alma.lend(alma.patron(), copy).status_code == 200
    assert alma.types(item) == ["loan"]


def test_items_not_loanable(alma: Alma, refusal: Refusal) -> None:
    patron = alma.patron()
    assert refusal(alma.lend(patron, alma.item(policy="REFERENCE"))) == (400, "401651")
    held, waiting = alma.item(process_type="HOLDSHELF"), alma.patron()
    alma.simulator.world.requests.append(Request(waiting.primary_id, held.barcode, "MAIN"))
    assert refusal(alma.lend(patron, held)) == (400, "401164")


def test_patrons_who_may_not_borrow(alma: Alma, refusal: Refusal) -> None:
    item = alma.item()
    assert refusal(alma.lend(alma.patron(status="INACTIVE"), item)) == (400, "401151")
    assert refusal(alma.lend(alma.patron(patron_role=False), item)) == (400, "401151")
    expired = alma.patron(expiry_date=date(2020, 1, 1))
    assert refusal(alma.lend(expired, item)) == (400, "401168")
    blocked = alma.patron(blocks=[Block("Loan", "Overdue items", "See desk", "Calder")])
    refused = alma.lend(blocked, item)
    assert refusal(refused) == (400, "401163")
    message = refused.json()["errorList"]["error"][0]["errorMessage"]
    assert message == "Loan  -   Overdue items. See desk Scope: Calder"
    assert alma.effects(item) == []


def test_a_return_lifts_the_limit(alma: Alma, refusal: Refusal) -> None:
    first, second, patron = alma.item(), alma.item(), alma.patron(loan_limit=1)
    alma.lend(patron, first)
    assert refusal(alma.lend(patron, second)) == (400, "401161")
    alma.scan_in(first)
    assert alma.lend(patron, second).status_code == 200


def test_scan_ins_that_fail(alma: Alma, refusal: Refusal) -> None:
    item = alma.item()
    assert refusal(alma.scan_in(item, circ_desk="BACK")) == (400, "40166410")
    assert refusal(alma.scan_in(item, circ_desk="OUT_ONLY")) == (400, "402502")
    assert refusal(alma.scan_in(item, library="")) == (400, "401664")
    assert refusal(alma.scan_in(item, op="look")) == (400, "40166411")
    assert refusal(alma.scan_in(item, confirm="perhaps")) == (400, "40166411")
    assert refusal(alma.scan_in(item, request_id="1")) == (400, "40166411")
    attic = alma.scan_in(item, circ_desk="", department="ATTIC")
    assert refusal(attic) == (400, "40166410")
    assert refusal(alma.scan_in(item, department="ACQ_DEPT")) == (400, "40166415")
    assert refusal(alma.scan_in(item, circ_desk="")) == (400, "40166415")
    elsewhere = alma.path(item).replace(item.holding_id, "220")
    asked = {"op": "scan", "library": "MAIN", "circ_desk": "FRONT"}
    assert refusal(alma.http.post(elsewhere, params=asked)) == (400, "401683")
    assert alma.http.get(elsewhere).json()["holding_data"]["holding_id"] == item.holding_id
    assert alma.effects(item) == []


def test_loans_that_cannot_be_renewed(alma: Alma, refusal: Refusal) -> None:
    item, patron = alma.item(), alma.patron()
    renew = {"op": "renew"}
    url = f"/users/{patron.primary_id}/loans"
    assert refusal(alma.http.post(f"{url}/73", params=renew)) == (400, "401823")
    assert refusal(alma.http.get(f"{url}/73")) == (400, "401823")
    loan = alma.lend(patron, item).json()["loan_id"]
    assert refusal(alma.http.post(f"{url}/{loan}", params={"op": "x"})) == (400, "40166411")
    for _ in range(5):
        assert alma.http.post(f"{url}/{loan}", params=renew).status_code == 200
    assert refusal(alma.http.post(f"{url}/{loan}", params=renew)) == (400, "401822")
    alma.scan_in(item)
    assert refusal(alma.http.post(f"{url}/{loan}", params=renew)) == (400, "401822")


@pytest.mark.parametrize("why", ["requested", "blocked", "expired"])
def test_a_renewal_is_refused_with_its_reason(alma: Alma, refusal: Refusal, why: str) -> None:
    item, patron, other = alma.item(), alma.patron(), alma.patron()
    loan = alma.lend(patron, item).json()["loan_id"]
    if why == "requested":
        alma.simulator.world.requests.append(Request(other.primary_id, item.barcode, "MAIN"))
    elif why == "blocked":
        patron.blocks.append(Block("Loan", "Overdue items"))
    else:
        patron.expiry_date = date(2020, 1, 1)
    url = f"/users/{patron.primary_id}/loans/{loan}"
    refused = alma.http.post(url, params={"op": "renew"})
    assert refusal(refused) == (400, "401822")
    assert why in refused.json()["errorList"]["error"][0]["errorMessage"]


def test_due_dates_that_cannot_be(alma: Alma, refusal: Refusal) -> None:
    item, patron = alma.item(), alma.patron()
    loan = alma.lend(patron, item).json()
    url = f"/users/{patron.primary_id}/loans/{loan['loan_id']}"
    good = {"due_date": "2031-01-01Z", "loan_status": "Active"}
    assert refusal(alma.http.put(url, json={**good, "due_date": None})) == (400, "401824")
    assert refusal(alma.http.put(url, json={**good, "due_date": "2001-01-01Z"})) == (400, "401681")
    assert refusal(alma.http.put(url, json={**good, "due_date": "2031-31-31Z"})) == (
        400,
        "40166411",
    )
    assert refusal(alma.http.put(url, json={**good, "loan_status": "ACTIVE"})) == (400, "40166404")
    alma.scan_in(item)
    assert refusal(alma.http.put(url, json=good)) == (400, "401823")


def test_fees_that_cannot_be_waived(alma: Alma, refusal: Refusal) -> None:
    item, patron = alma.item(), alma.patron()
    now = datetime.now(UTC)
    late = Loan(patron.primary_id, item.barcode, now - timedelta(days=9), now - timedelta(days=1.5))
    alma.simulator.world.add_loan(late)
    alma.scan_in(item)
    url = f"/users/{patron.primary_id}/fees"
    (fee,) = alma.http.get(url).json()["fee"]
    for params, code in [
        ({"op": "pay"}, "401666"),
        ({"op": "waive"}, "401666"),
        ({"op": "waive", "reason": "MOOD"}, "401666"),
        ({"op": "waive", "reason": "OTHER", "amount": "9"}, "401666"),
        ({"op": "waive", "reason": "OTHER", "amount": "some"}, "401666"),
        ({"op": "waive", "reason": "OTHER", "amount": "ALL"}, "401666"),
    ]:
        assert refusal(alma.http.post(f"{url}/{fee['id']}", params=params)) == (400, code)
    gone = alma.http.post(f"{url}/98", params={"op": "waive", "reason": "OTHER"})
    assert refusal(gone) == (400, "401665")
    assert refusal(alma.http.get(url, params={"status": "OPEN"})) == (400, "401666")
    # Here, and only here, this code says that there is no such user.
    assert refusal(alma.http.get("/users/nobody/fees")) == (400, "401651")
    assert alma.types(item) == ["return", "fee"]


@pytest.mark.parametrize(
    "params",
    [{"limit": 101}, {"limit": "x"}, {"offset": -1}, {"order_by": "x"}, {"loan_status": "x"}],
)
def test_pages_that_cannot_be(alma: Alma, refusal: Refusal, params: dict[str, str]) -> None:
    loans = alma.http.get(f"/users/{alma.patron().primary_id}/loans", params=params)
    assert refusal(loans) == (400, "40166411")


def test_libraries_that_are_not(alma: Alma, refusal: Refusal) -> None:
    for path in ("NOWHERE", "NOWHERE/circ-desks", "NOWHERE/locations", "MAIN/circ-desks/NOWHERE"):
        assert refusal(alma.http.get(f"/conf/libraries/{path}")) == (400, "402119")


@pytest.mark.parametrize("body", ["{", "[]"])
def test_bodies_that_are_no_loan(alma: Alma, refusal: Refusal, body: str) -> None:
    item = alma.item()
    url = f"/users/{alma.patron().primary_id}/loans"
    sent = alma.http.post(url, params={"item_barcode": item.barcode}, content=body)
    assert refusal(sent) == (400, "401664")


def test_the_gateway_knows_its_keys(alma: Alma, refusal: Refusal) -> None:
    patron, item = alma.patron(), alma.item()
    url = f"/users/{patron.primary_id}"
    for authorization in ("apikey wrong", "", "Bearer test-key"):
        refused = alma.http.get(url, headers={"Authorization": authorization})
        assert refusal(refused) == (403, "INVALID_REQUEST")
    malformed = alma.http.get(url, headers={"Authorization": "apikey test key"})
    assert (malformed.status_code, malformed.text) == (400, "Invalid API Key")
    alma.simulator.keys["at-home"] = Permissions("read", "read", "read", only_elsewhere=True)
    from_here = alma.http.get(url, headers={"Authorization": "apikey at-home"})
    assert refusal(from_here) == (403, "FORBIDDEN")
    in_query = {"apikey": "test-key", "view": "brief"}
    assert alma.http.get(url, params=in_query, headers={"Authorization": ""}).status_code == 200
    entry = alma.simulator.record.requests[-1]
    assert "test-key" not in repr(alma.simulator.record.requests)
    assert (entry.query, len(entry.key)) == ("view=brief", 8)
    alma.simulator.keys["reader"] = Permissions(users="read", bibs="read/write")
    reader = {"Authorization": "apikey reader"}
    assert alma.http.get(url, headers=reader).status_code == 200
    lent = alma.http.post(f"{url}/loans", params={"item_barcode": item.barcode}, headers=reader)
    for unauthorized in (lent, alma.http.get("/conf/general", headers=reader)):
        assert unauthorized.status_code == 400
        # As XML without a tracking id, although JSON was asked for.
        assert unauthorized.headers["content-type"].startswith("application/xml")
        assert "<errorCode>UNAUTHORIZED<" in unauthorized.text
        assert "trackingId" not in unauthorized.text
    sideways = f"{alma.path(item)}/loans"
    lent = alma.http.post(
        sideways, params={"user_id": patron.primary_id}, json=DESK, headers=reader
    )
    assert lent.status_code == 200


@pytest.mark.parametrize("path", ["/users/a%2Fb", "/users/a%2fb/loans", "/nowhere/%2F"])
def test_an_encoded_slash_never_reaches_alma(alma: Alma, path: str) -> None:
    refused = alma.http.get(path, headers={"Authorization": "apikey wrong"})
    assert refused.status_code == 400
    assert refused.headers["content-type"].startswith("text/html")
    assert "HTTP Status 400" in refused.text


def test_unknown_addresses(alma: Alma, refusal: Refusal) -> None:
    assert refusal(alma.http.get("/nowhere")) == (404, "NOT_FOUND")
    assert refusal(alma.http.delete(f"/users/{alma.patron().primary_id}")) == (404, "NOT_FOUND")


def test_errors_come_as_xml_unless_json_is_asked_for(alma: Alma) -> None:
    refused = alma.http.get("/items?item_barcode=404", headers={"Accept": "*/*"})
    space = "{http://com/exlibris/urm/general/xmlbeans}"
    result = ET.fromstring(refused.content)
    assert result.tag == f"{space}web_service_result"
    (error,) = result.findall(f"{space}errorList/{space}error")
    assert error.findtext(f"{space}errorCode") == "401689"
    tracking_id = error.findtext(f"{space}trackingId") or ""
    assert re.fullmatch(r"E01-\d{10}-[A-Z0-9]{5}-AWAE\d{10}", tracking_id)
