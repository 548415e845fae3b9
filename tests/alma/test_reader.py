"""What is read of items, loans, patrons and the configuration, page by page."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from almareplay.alma.answers.institution import CircDesk, Library
from almareplay.alma.answers.responses import ItemState
from almareplay.alma.client import Alma, AlmaReader
from almareplay.alma.errors import Refusal
from almareplay.outcomes import Outcome
from tests.alma.calls import ITEM, ITEM_PATH, LOAN, lend, sent

NOT_FOUND = {"errorsExist": True, "errorList": {"error": [{"errorCode": "401689"}]}}


def test_finds_an_item_in_one_call(alma_mock: respx.MockRouter, ask: Any) -> None:
    found = alma_mock.get("/items").respond(
        302, headers={"Location": f"https://alma.example/almaws/v1{ITEM_PATH}"}
    )
    assert ask(lambda alma: alma.find_item("B 1/+")) == ITEM
    assert sent(found).url.raw_path == b"/almaws/v1/items?item_barcode=B%201%2F%2B"
    assert len(alma_mock.calls) == 1


def test_understands_the_item_itself_too(alma_mock: respx.MockRouter, ask: Any) -> None:
    body = {
        "bib_data": {"mms_id": "99"},
        "holding_data": {"holding_id": "22"},
        "item_data": {"pid": "23", "base_status": {"value": "1"}},
    }
    alma_mock.get("/items").respond(json=body)
    assert ask(lambda alma: alma.find_item("B1")) == ITEM
    alma_mock.get(ITEM_PATH).respond(json=body)
    assert ask(lambda alma: alma.item(ITEM)) == ItemState("1", "", "", False, "", "", "", None)


def test_an_unknown_item_is_a_refusal(alma_mock: respx.MockRouter, ask: Any) -> None:
    alma_mock.get("/items").respond(400, json=NOT_FOUND)
    with pytest.raises(Refusal) as caught:
        ask(lambda alma: alma.find_item("B1"))
    assert caught.value.outcome is Outcome.ITEM_NOT_FOUND


def test_reads_active_loans(alma_mock: respx.MockRouter, ask: Any) -> None:
    loans = alma_mock.get(f"{ITEM_PATH}/loans", params={"loan_status": "Active"})
    loans.respond(json={"item_loan": [LOAN], "total_record_count": 1})
    assert [loan.user_id for loan in ask(lambda alma: alma.active_loans(ITEM))] == ["berta"]
    loans.respond(json={"total_record_count": 0})
    assert ask(lambda alma: alma.active_loans(ITEM)) == []


def test_reads_what_a_patron_has_on_loan(alma_mock: respx.MockRouter, ask: Any) -> None:
    loans = alma_mock.get("/users/berta/loans", params={"loan_status": "Active"})
    loans.respond(json={"item_loan": [LOAN], "total_record_count": 1})
    assert len(ask(lambda alma: alma.loans_of_patron("berta"))) == 1


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_error_in_an_answer_that_says_success_is_not_taken_for_no_loans(
    alma_mock: respx.MockRouter, ask: Any, wrapped: bool
) -> None:
    body = NOT_FOUND | {"total_record_count": 0}
    alma_mock.get(f"{ITEM_PATH}/loans").respond(
        json={"web_service_result": body, "total_record_count": 0} if wrapped else body
    )
    with pytest.raises(Refusal):
        ask(lambda alma: alma.active_loans(ITEM))


def test_reads_all_pages_of_completed_loans(alma_mock: respx.MockRouter, ask: Any) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        ids = range(offset, min(offset + 100, 230))
        return httpx.Response(
            200,
            json={"item_loan": [{"loan_id": str(i)} for i in ids], "total_record_count": 230},
        )

    loans = alma_mock.get(f"{ITEM_PATH}/loans", params={"loan_status": "Complete"})
    loans.mock(side_effect=page)
    found = ask(lambda alma: alma.completed_loans(ITEM))
    assert [loan.loan_id for loan in found] == [str(i) for i in range(230)]
    assert loans.call_count == 3


@pytest.mark.parametrize("total", [5000, None])
def test_an_alma_that_pages_wrongly_ends_too(
    alma_mock: respx.MockRouter, ask: Any, total: int | None
) -> None:
    page = {"item_loan": [{"loan_id": str(i)} for i in range(100)], "total_record_count": total}
    alma_mock.get(f"{ITEM_PATH}/loans").respond(json=page)
    assert len(ask(lambda alma: alma.completed_loans(ITEM))) == 100


def test_reads_patron_and_configuration(alma_mock: respx.MockRouter, ask: Any) -> None:
    patron = alma_mock.get(path__regex="/users/.*").respond(json={"primary_id": "berta"})
    assert ask(lambda alma: alma.patron("b@ä.org")).primary_id == "berta"
    assert sent(patron).url.raw_path == b"/almaws/v1/users/b%40%C3%A4.org?view=brief"
    ask(lambda alma: alma.patron("berta", account=True))
    assert sent(patron).url.query == b"expand=loans"
    alma_mock.get("/conf/general").respond(
        json={"institution": {"value": "01"}, "environment_type": "PRODUCTION"}
    )
    assert ask(lambda alma: alma.institution()).environment == "production"
    alma_mock.get("/conf/libraries").respond(json={"library": [{"code": "MAIN", "name": "Main"}]})
    assert ask(lambda alma: alma.libraries()) == [Library("MAIN", "Main")]


@pytest.mark.parametrize("longest", [100, 10])
def test_reads_all_pages_of_desks(alma_mock: respx.MockRouter, ask: Any, longest: int) -> None:
    """Also where Alma's pages are shorter than what was asked for."""

    def page(request: httpx.Request) -> httpx.Response:
        offset, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
        codes = range(offset, min(offset + min(limit, longest), 114))
        desks = [{"code": f"D{code}", "name": f"Desk {code}"} for code in codes]
        return httpx.Response(200, json={"circ_desk": desks, "total_record_count": 114})

    alma_mock.get("/conf/libraries/MAIN/circ-desks").mock(side_effect=page)
    desks = ask(lambda alma: alma.circ_desks("MAIN"))
    assert desks == [CircDesk(f"D{code}", f"Desk {code}") for code in range(114)]


def test_the_fees_of_nobody_are_an_unknown_patron(alma_mock: respx.MockRouter, ask: Any) -> None:
    error = {"errorList": {"error": [{"errorCode": "401651"}]}}
    alma_mock.get("/users/berta/fees").respond(400, json=error)
    alma_mock.post("/users/berta/loans").respond(400, json=error)
    with pytest.raises(Refusal) as unknown:
        ask(lambda alma: alma.fees("berta"))
    assert unknown.value.outcome is Outcome.PATRON_NOT_FOUND
    with pytest.raises(Refusal) as not_loanable:
        ask(lend("berta"))
    assert not_loanable.value.outcome is Outcome.ITEM_NOT_LOANABLE


def test_asks_for_an_identifier_of_one_kind(alma_mock: respx.MockRouter, ask: Any) -> None:
    patron = alma_mock.get("/users/7").respond(json={"primary_id": "berta"})
    ask(lambda alma: alma.patron("7", user_id_type="BARCODE"))
    assert sent(patron).url.query == b"view=brief&user_id_type=BARCODE"


def test_a_reader_has_no_way_to_write() -> None:
    own = {name for name in dir(Alma) if not name.startswith("_")}
    reading = {name for name in dir(AlmaReader) if not name.startswith("_")}
    assert own - reading == {"loan", "scan_in", "renew", "change_due_date", "waive"}
