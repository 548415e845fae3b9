"""What the client sends to write, and what it takes for an answer."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
import respx

from almareplay.alma.answers.responses import ItemLoan
from almareplay.alma.client import Alma, open_transport
from almareplay.alma.errors import Effect, KeyRefused, Unaddressable, Unavailable
from tests.alma.calls import ITEM, ITEM_PATH, LOAN, lend, sent


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


@pytest.mark.parametrize("key", ["", "a b\n", "schlüssel", " key", "key\n"])
def test_a_key_that_cannot_be_one_is_refused_unsent(clock: Any, key: str) -> None:
    async def run() -> None:
        async with open_transport("https://alma.example", key, per_second=1, reserve=0):
            raise AssertionError("no transport for such a key")

    with pytest.raises(KeyRefused) as caught:
        clock.run(run())
    assert caught.value.effect is Effect.NOT_SENT
