"""What each endpoint answers when all is well."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from almareplay.simulator.gateway import Permissions
from almareplay.simulator.world import Block, Desk, Fee, Library, Loan, Patron, Request

if TYPE_CHECKING:
    from tests.simulator.conftest import Alma

DESK = {"library": {"value": "MAIN"}, "circ_desk": {"value": "FRONT"}}


def test_a_barcode_leads_to_the_item_by_a_path_only(alma: Alma) -> None:
    item = alma.item()
    found = alma.http.get("/items", params={"item_barcode": item.barcode.lower()})
    assert found.status_code == 302
    assert found.headers["location"] == f"/almaws/v1{alma.path(item)}"
    assert found.content == b""
    shown = httpx.get(alma.simulator.url + found.headers["location"], headers=alma.http.headers)
    assert shown.json()["item_data"]["barcode"] == item.barcode


def test_an_item_shows_where_it_is(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    before = alma.http.get(alma.path(item)).json()
    assert before["item_data"]["base_status"]["value"] == "1"
    assert before["item_data"]["process_type"] == {"value": "", "desc": None}
    assert before["bib_data"]["mms_id"] == item.mms_id
    assert before["holding_data"]["holding_id"] == item.holding_id
    alma.lend(patron, item)
    after = alma.http.get(alma.path(item)).json()["item_data"]
    assert after["base_status"]["value"] == "0"
    assert after["process_type"]["value"] == "LOAN"
    assert after["due_date"].endswith("Z")


def test_a_loan_begins_at_the_moment_of_the_call(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    called = alma.simulator.clock.now()
    loan = alma.lend(patron.identifiers["EMAIL"].upper(), item).json()
    assert loan["user_id"] == patron.primary_id
    assert loan["loan_status"] == "ACTIVE"
    assert loan["process_status"] == "NORMAL"
    assert loan["library"] == {"value": "MAIN", "desc": "Main Library"}
    assert loan["circ_desk"]["value"] == "FRONT"
    assert (loan["mms_id"], loan["item_id"]) == (item.mms_id, item.pid)
    assert len(loan["loan_date"]) == len("2018-07-13T17:31:39.800Z")
    lent = datetime.fromisoformat(loan["loan_date"])
    assert abs(lent - called) < timedelta(seconds=5)
    due = datetime.fromisoformat(loan["due_date"])
    assert (due.date() - lent.date()).days == 28
    assert due.hour == 22
    (effect,) = alma.effects(item)
    assert (effect.type, effect.by, effect.patron_id) == ("loan", "api", patron.primary_id)
    assert (effect.library, effect.circ_desk) == ("MAIN", "FRONT")
    assert alma.simulator.record.requests[effect.request - 1].operation == "loan"


def test_a_policy_in_hours_is_due_to_the_minute(alma: Alma) -> None:
    loan = alma.lend(alma.patron(), alma.item(policy="EQUIPMENT")).json()
    length = datetime.fromisoformat(loan["due_date"]) - datetime.fromisoformat(loan["loan_date"])
    assert timedelta(hours=4) - length < timedelta(seconds=1)


def test_items_are_lent_by_item_id_too(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    url = f"/users/{patron.primary_id}/loans"
    assert alma.http.post(url, params={"item_pid": item.pid}, json=DESK).status_code == 200
    assert alma.types(item) == ["loan"]


def test_a_patron_with_a_slash_is_lent_to_from_the_side_of_the_item(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron(primary_id="law/4711")
    url = f"{alma.path(item)}/loans"
    lent = alma.http.post(url, params={"user_id": patron.primary_id}, json=DESK)
    assert lent.json()["user_id"] == "law/4711"


def test_loans_of_an_item_are_active_ones_unless_asked(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    url = f"{alma.path(item)}/loans"
    assert alma.http.get(url).json() == {"total_record_count": 0}
    loan_id = alma.lend(patron, item).json()["loan_id"]
    active = alma.http.get(url).json()
    assert active["total_record_count"] == 1
    assert active["item_loan"][0]["loan_id"] == loan_id
    alma.scan_in(item)
    assert alma.http.get(url).json() == {"total_record_count": 0}
    (complete,) = alma.http.get(url, params={"loan_status": "Complete"}).json()["item_loan"]
    assert complete["loan_id"] == loan_id
    assert complete["return_date"].endswith("Z")
    assert complete["returned_by"]["value"]


def test_loans_of_a_user_come_in_pages_and_in_order(alma: Alma) -> None:
    patron = alma.patron()
    items = [alma.item() for _ in range(12)]
    for item in items:
        alma.lend(patron, item)
    url = f"/users/{patron.primary_id}/loans"
    first = alma.http.get(url).json()
    assert (len(first["item_loan"]), first["total_record_count"]) == (10, 12)
    rest = alma.http.get(url, params={"limit": 100, "offset": 10}).json()
    assert [loan["item_barcode"] for loan in rest["item_loan"]] == [i.barcode for i in items[10:]]
    order: dict[str, str | int] = {"order_by": "loan_date", "direction": "DESC", "limit": 1}
    (last,) = alma.http.get(url, params=order).json()["item_loan"]
    assert last["item_barcode"] == items[-1].barcode


def test_completed_loans_vanish_where_they_are_anonymized(alma: Alma) -> None:
    item = alma.item()
    alma.lend(alma.patron(), item)
    alma.simulator.world.anonymize_on_return = True
    try:
        alma.scan_in(item)
    finally:
        alma.simulator.world.anonymize_on_return = False
    url = f"{alma.path(item)}/loans"
    found = alma.http.get(url, params={"loan_status": "Complete"}).json()
    assert found == {"total_record_count": 0}
    assert alma.types(item) == ["loan", "return"]


def test_a_renewal_keeps_the_loan_date(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    lent = datetime.now(UTC) - timedelta(days=10)
    loan = Loan(patron.primary_id, item.barcode, lent, lent + timedelta(days=28))
    alma.simulator.world.add_loan(loan)
    url = f"/users/{patron.primary_id}/loans/{loan.loan_id}"
    before = alma.http.get(url).json()
    after = alma.http.post(url, params={"op": "renew"}).json()
    assert after["loan_date"] == before["loan_date"]
    assert after["due_date"] > before["due_date"]
    assert after["process_status"] == "RENEW"
    assert after["last_renew_date"] > before["loan_date"]
    assert alma.types(item) == ["renew"]


@pytest.mark.parametrize("due", ["2031-05-06Z", "2031-05-06T22:00:00Z", "2031-05-06T22:00:00.000Z"])
def test_a_due_date_is_moved(alma: Alma, due: str) -> None:
    item, patron = alma.item(), alma.patron()
    loan = alma.lend(patron, item).json()
    url = f"/users/{patron.primary_id}/loans/{loan['loan_id']}"
    moved = alma.http.put(url, json={**loan, "loan_status": "Active", "due_date": due})
    assert moved.json()["due_date"] == "2031-05-06T22:00:00Z"
    assert alma.http.get(url).json()["due_date"] == "2031-05-06T22:00:00Z"
    assert alma.types(item) == ["loan", "due_date"]


def test_a_user_is_found_by_any_identifier(alma: Alma) -> None:
    patron = alma.patron(blocks=[Block("Loan", "Overdue", "Ask", "Calder")])
    for identifier in (patron.primary_id.upper(), *patron.identifiers.values()):
        user = alma.http.get(f"/users/{identifier}", params={"expand": "loans,fees"}).json()
        assert user["primary_id"] == patron.primary_id
    assert user["status"]["value"] == "ACTIVE"
    assert user["expiry_date"] == "2099-12-31Z"
    assert {one["id_type"]["value"] for one in user["user_identifier"]} == {"BARCODE", "EMAIL"}
    assert user["user_block"][0]["block_type"]["value"] == "Loan"
    assert (user["loans"]["value"], user["fees"]["value"]) == (0, 0)
    assert user["requests"] is None
    typed = {"user_id_type": "BARCODE", "view": "brief", "expand": "none"}
    brief = alma.http.get(f"/users/{patron.identifiers['BARCODE']}", params=typed).json()
    assert "user_block" not in brief
    assert brief["loans"] is None


def test_an_inactive_identifier_is_shown_and_finds_nobody(alma: Alma) -> None:
    patron = alma.patron(inactive_identifiers={"OLD_CARD": "2188-old"})
    user = alma.http.get(f"/users/{patron.primary_id}").json()
    shown = {each["value"]: each["status"] for each in user["user_identifier"]}
    assert shown["2188-old"] == "INACTIVE"
    assert set(shown.values()) == {"ACTIVE", "INACTIVE"}
    assert alma.http.get("/users/2188-old").status_code == 400


def test_configuration_says_which_alma_this_is(alma: Alma) -> None:
    general = alma.http.get("/conf/general").json()
    assert general["institution"]["value"] == "01CALDER_INST"
    assert general["environment_type"] == "sandbox"
    assert "time_zone" not in general
    libraries = alma.http.get("/conf/libraries").json()["library"]
    assert [library["code"] for library in libraries] == ["MAIN", "ANNEX"]
    assert alma.http.get("/conf/libraries/ANNEX").json()["name"] == "Annex Library"
    desks = alma.http.get("/conf/libraries/MAIN/circ-desks").json()["circ_desk"]
    assert [desk["code"] for desk in desks[:2]] == ["FRONT", "OUT_ONLY"]
    assert set(desks[1]) == {"code", "name", "link"}


def test_what_a_desk_does_stands_at_its_locations(alma: Alma) -> None:
    alma.item()
    desk = alma.http.get("/conf/libraries/MAIN/circ-desks/OUT_ONLY").json()
    (location,) = desk["location"]
    assert location["location_code"] == "STACKS"
    assert (location["check_in"], location["check_out"]) == (False, True)
    assert "check_in" not in desk
    (stacks,) = alma.http.get("/conf/libraries/MAIN/locations").json()["location"]
    does = {each["circ_desk_code"]: each["check_in"] for each in stacks["circ_desk"]}
    assert (does["FRONT"], does["OUT_ONLY"]) == (True, False)


def test_desks_come_in_pages_of_ten(alma: Alma) -> None:
    desks = [Desk(f"DESK{number}") for number in range(14)]
    alma.simulator.world.libraries.append(Library("MANY", "Many desks", desks))
    url = "/conf/libraries/MANY/circ-desks"
    first = alma.http.get(url).json()
    assert (len(first["circ_desk"]), first["total_record_count"]) == (10, 14)
    rest = alma.http.get(url, params={"limit": 100, "offset": 10}).json()["circ_desk"]
    assert [desk["code"] for desk in rest] == ["DESK10", "DESK11", "DESK12", "DESK13"]


@pytest.mark.parametrize("path", ["/users/operation/test", "/bibs/test", "/conf/test"])
def test_each_area_can_be_tested_for_reading_and_writing(alma: Alma, path: str) -> None:
    alma.simulator.keys["reader"] = Permissions("read", "read", "read")
    reader = {"Authorization": "apikey reader"}
    before = len(alma.simulator.record.effects)
    assert alma.http.get(path).text == "<test>GET - OK - institutionCode: 01CALDER_INST</test>"
    assert alma.http.post(path).status_code == 200
    assert alma.http.get(path, headers=reader).status_code == 200
    assert alma.http.post(path, headers=reader).status_code == 400
    assert len(alma.simulator.record.effects) == before


def test_the_user_named_test_is_no_test(alma: Alma) -> None:
    assert "401861" in alma.http.get("/users/test").text
    alma.simulator.world.add_patron(Patron("test"))
    assert alma.http.get("/users/test").json()["primary_id"] == "test"


def test_one_loan_and_one_fee_are_shown(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    loan = alma.lend(patron, item).json()
    assert alma.http.get(f"{alma.path(item)}/loans/{loan['loan_id']}").json() == loan
    fee = Fee(patron.primary_id, "OTHER", 2.5, 2.5, datetime.now(UTC), "MAIN")
    alma.simulator.world.add_fee(fee)
    shown = alma.http.get(f"/users/{patron.primary_id}/fees/{fee.fee_id}").json()
    assert (shown["id"], shown["balance"]) == (fee.fee_id, 2.5)


def test_whether_a_loan_could_be_renewed_is_told_where_asked(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    alma.lend(patron, item)
    url = f"/users/{patron.primary_id}/loans"

    def renewable(**params: str) -> object:
        (loan,) = alma.http.get(url, params=params).json()["item_loan"]
        return loan["renewable"]

    assert (renewable(), renewable(expand="renewable")) == (None, True)
    alma.simulator.world.requests.append(Request(alma.patron().primary_id, item.barcode, "MAIN"))
    assert renewable(expand="renewable") is False


def test_without_accept_the_answer_is_xml(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    xml = {"Accept": "*/*", "Content-Type": "application/xml"}
    body = "<item_loan><circ_desk>FRONT</circ_desk><library>MAIN</library></item_loan>"
    lent = alma.http.post(
        f"/users/{patron.primary_id}/loans",
        params={"item_barcode": item.barcode},
        content=body,
        headers=xml,
    )
    assert lent.headers["content-type"].startswith("application/xml")
    loan = ET.fromstring(lent.content)
    assert (loan.tag, loan.findtext("user_id")) == ("item_loan", patron.primary_id)
    library = loan.find("library")
    assert library is not None
    assert (library.text, library.get("desc")) == ("MAIN", "Main Library")
    url = f"{alma.path(item)}/loans"
    loans = ET.fromstring(alma.http.get(url, headers=xml).content)
    assert (loans.tag, loans.get("total_record_count")) == ("item_loans", "1")
    assert loans.findtext("item_loan/item_barcode") == item.barcode
