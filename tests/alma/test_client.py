from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
import respx

from almareplay.alma.client import Alma, AlmaReader, open_transport
from almareplay.alma.errors import Effect, KeyRefused, Refusal, Unaddressable, Unavailable
from almareplay.alma.institution import CircDesk, Library
from almareplay.alma.responses import ItemIds, ItemLoan, ItemState
from almareplay.outcomes import Outcome

ITEM = ItemIds("99", "22", "23")
ITEM_PATH = "/bibs/99/holdings/22/items/23"
LOAN = {"loan_id": "71", "user_id": "berta", "due_date": "2026-04-10T18:00:00Z"}
NOT_FOUND = {"errorsExist": True, "errorList": {"error": [{"errorCode": "401689"}]}}


@pytest.fixture
def ask(clock: Any, connect: Any) -> Callable[[Callable[[Alma], Awaitable[Any]]], Any]:
    """Puts one question to the Alma of `alma_mock`."""

    def asked(question: Callable[[Alma], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            async with connect() as alma:
                return await question(alma)

        return clock.run(run())

    return asked


def lend(patron_id: str, item: ItemIds | None = None) -> Callable[[Alma], Awaitable[ItemLoan]]:
    return lambda alma: alma.loan(
        patron_id, "B 1", "MAIN", "FRONT", item=item, rank=0, confirm=None
    )


def sent(route: respx.Route) -> httpx.Request:
    request: httpx.Request = route.calls.last.request
    return request


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


def test_sends_the_key_in_its_header_and_asks_for_json(
    alma_mock: respx.MockRouter, ask: Any
) -> None:
    tested = alma_mock.get("/users/operation/test").respond(text="")
    ask(lambda alma: alma.test("users"))
    assert sent(tested).headers["Authorization"] == "apikey l7xx0secret0key"
    assert sent(tested).headers["Accept"] == "application/json"
    assert b"key" not in sent(tested).url.raw_path


def test_an_error_is_no_answer_to_a_test(alma_mock: respx.MockRouter, ask: Any) -> None:
    alma_mock.get("/bibs/test").respond(
        json={"errorsExist": True, "errorList": {"error": {"errorCode": "FORBIDDEN"}}}
    )
    with pytest.raises(KeyRefused):
        ask(lambda alma: alma.test("bibs"))


def test_a_page_of_html_is_no_answer_to_a_test(alma_mock: respx.MockRouter, ask: Any) -> None:
    page = alma_mock.get("/users/operation/test")
    alma_mock.get("/bibs/test").respond(json={})
    for answer in (
        httpx.Response(200, html="<html>Maintenance</html>"),
        httpx.Response(200, text=" <!DOCTYPE html><html>Maintenance</html>"),
        httpx.Response(404, text="Not Found"),
    ):
        page.mock(return_value=answer)
        with pytest.raises(Unavailable):
            ask(lambda alma: alma.test("users"))


def test_writing_is_tested_without_writing_and_again_where_the_answer_is_lost(
    alma_mock: respx.MockRouter, ask: Any
) -> None:
    alma_mock.get("/bibs/test").respond(text="<test>GET - OK</test>")
    written = alma_mock.post("/bibs/test").mock(
        side_effect=[httpx.ReadTimeout, httpx.Response(200, text="<test>POST - OK</test>")]
    )
    ask(lambda alma: alma.test("bibs", writing=True))
    assert written.call_count == 2
    assert sent(written).content == b""


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


def test_lends(alma_mock: respx.MockRouter, ask: Any) -> None:
    route = alma_mock.post("/users/50%25/loans").respond(json=LOAN)
    assert ask(lend("50%")).loan_id == "71"
    assert sent(route).url.raw_path == b"/almaws/v1/users/50%25/loans?item_barcode=B%201"
    assert json.loads(sent(route).content) == {
        "circ_desk": {"value": "FRONT"},
        "library": {"value": "MAIN"},
    }


def test_lends_through_the_item_to_a_patron_id_with_a_slash(
    alma_mock: respx.MockRouter, ask: Any
) -> None:
    route = alma_mock.post(f"{ITEM_PATH}/loans").respond(json=LOAN)
    assert ask(lend("a/b", ITEM)).loan_id == "71"
    assert sent(route).url.raw_path.endswith(b"/items/23/loans?user_id=a%2Fb")


@pytest.mark.parametrize("patron_id", ["a/b", "..", "."])
def test_cannot_lend_to_such_a_patron_id_without_the_item(
    alma_mock: respx.MockRouter, ask: Any, patron_id: str
) -> None:
    with pytest.raises(Unaddressable):
        ask(lend(patron_id))
    assert not alma_mock.calls


def test_asks_for_an_identifier_of_one_kind(alma_mock: respx.MockRouter, ask: Any) -> None:
    patron = alma_mock.get("/users/7").respond(json={"primary_id": "berta"})
    ask(lambda alma: alma.patron("7", user_id_type="BARCODE"))
    assert sent(patron).url.query == b"view=brief&user_id_type=BARCODE"


@pytest.mark.parametrize(
    ("patron_id", "path", "asked", "linked"),
    [
        ("7", "/users/7/loans", "item_barcode=B1", "&generate_linked_user=true"),
        # Through the item no account can be linked.
        ("a/7", f"{ITEM_PATH}/loans", "user_id=a%2F7", ""),
    ],
)
def test_lends_to_a_patron_of_the_network(
    alma_mock: respx.MockRouter, ask: Any, patron_id: str, path: str, asked: str, linked: str
) -> None:
    lent = alma_mock.post(path).respond(json=LOAN)
    ask(
        lambda alma: alma.loan(
            patron_id,
            "B1",
            "MAIN",
            "FRONT",
            item=ITEM,
            rank=0,
            confirm=None,
            user_id_type="BARCODE",
            generate_linked_user=True,
        )
    )
    assert sent(lent).url.query == f"{asked}&user_id_type=BARCODE{linked}".encode()


@pytest.mark.parametrize("on_shelf", [False, True])
def test_says_whether_the_first_scan_puts_on_the_hold_shelf(
    alma_mock: respx.MockRouter, ask: Any, on_shelf: bool
) -> None:
    route = alma_mock.post(ITEM_PATH).respond(json={"item_data": {"process_type": "HOLDSHELF"}})
    scan = ask(
        lambda alma: alma.scan_in(
            ITEM, "MAIN", "FRONT", rank=0, confirm=None, place_on_hold_shelf=on_shelf
        )
    )
    assert scan.requested_by_somebody
    assert (sent(route).url.params.get("place_on_hold_shelf") == "true") is on_shelf


def test_scans_in_without_an_in_house_use(alma_mock: respx.MockRouter, ask: Any) -> None:
    route = alma_mock.post(ITEM_PATH).respond(
        json={"item_data": {"process_type": {"value": ""}, "base_status": {"value": "1"}}}
    )
    scan = ask(lambda alma: alma.scan_in(ITEM, "MAIN", "FRONT", rank=0, confirm=None))
    assert scan.destination == "reshelve"
    assert sent(route).content == b""
    assert dict(sent(route).url.params) == {
        "op": "scan",
        "library": "MAIN",
        "circ_desk": "FRONT",
        "register_in_house_use": "false",
    }


def test_renews(alma_mock: respx.MockRouter, ask: Any) -> None:
    route = alma_mock.post("/users/berta/loans/71").respond(json=LOAN)
    assert ask(lambda alma: alma.renew("berta", "71", rank=0, confirm=None)).loan_id == "71"
    assert sent(route).url.query == b"op=renew"


def test_a_changed_loan_goes_back_as_it_came_but_for_its_due_date(
    alma_mock: respx.MockRouter, ask: Any
) -> None:
    came = '{"loan_id": "71", "user_id": "berta", "loan_status": "ACTIVE", "title": "\\ud800é", '
    came += '"due_date": "2026-04-10T18:00:00Z", "loan_fine": NaN, "item_policy": {"x": [null]}}'
    alma_mock.get("/users/berta/loans/71").respond(content=came.encode())
    route = alma_mock.put("/users/berta/loans/71").respond(json=LOAN)
    due = datetime(2026, 4, 8, 20, 0, 0, 1, tzinfo=timezone(timedelta(hours=2)))

    async def change(alma: Alma) -> ItemLoan:
        loan = await alma.loan_of("berta", "71")
        return await alma.change_due_date(loan, due, rank=0, confirm=None)

    ask(change)
    went = came.replace("ACTIVE", "Active").replace("2026-04-10T18:00:00Z", "2026-04-08T18:00:01Z")
    assert str(json.loads(sent(route).content)) == str(json.loads(went))
    assert sent(route).headers["Content-Type"] == "application/json"
    assert sent(route).url.query == b""


@pytest.mark.parametrize("body", [{}, {"user_id": "berta"}, [], "<html>", ""])
def test_a_loan_answered_without_a_loan_has_an_unknown_effect(
    alma_mock: respx.MockRouter, ask: Any, body: Any
) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    route = alma_mock.post("/users/berta/loans").respond(content=content)
    with pytest.raises(Unavailable) as caught:
        ask(lend("berta"))
    assert caught.value.effect is Effect.UNKNOWN
    assert route.call_count == 1


def test_a_reader_has_no_way_to_write() -> None:
    own = {name for name in dir(Alma) if not name.startswith("_")}
    reading = {name for name in dir(AlmaReader) if not name.startswith("_")}
    assert own - reading == {"loan", "scan_in", "renew", "change_due_date", "waive"}


@pytest.mark.parametrize("key", ["", "a b\n", "schlüssel", " key", "key\n"])
def test_a_key_that_cannot_be_one_is_refused_unsent(clock: Any, key: str) -> None:
    async def run() -> None:
        async with open_transport("https://alma.example", key, per_second=1, reserve=0):
            raise AssertionError("no transport for such a key")

    with pytest.raises(KeyRefused) as caught:
        clock.run(run())
    assert caught.value.effect is Effect.NOT_SENT
