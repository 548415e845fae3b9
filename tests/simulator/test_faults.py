"""Each fault does what it says: to the connection, to the answer, and to the world."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import httpx
import pytest

from almareplay.simulator.faults import Fault
from almareplay.simulator.server import Simulator

if TYPE_CHECKING:
    from tests.simulator.conftest import Alma

Refusal = Callable[[httpx.Response], tuple[int, str]]
Eventually = Callable[[Callable[[], bool]], bool]
CUT = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


def test_cut_before_does_nothing(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    alma.simulator.faults.set([Fault("cut_before", "loan", times=1)])
    with pytest.raises(CUT):
        alma.lend(patron, item)
    entry = alma.simulator.record.requests[-1]
    assert (entry.fault, entry.status, entry.operation) == ("cut_before", None, "loan")
    assert alma.types(item) == []
    assert alma.lend(patron, item).status_code == 200


def test_cut_after_does_it_and_says_nothing(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    alma.simulator.faults.set([Fault("cut_after", "loan")])
    with pytest.raises(CUT):
        alma.lend(patron, item)
    assert alma.types(item) == ["loan"]
    found = alma.http.get(f"{alma.path(item)}/loans").json()
    assert found["item_loan"][0]["user_id"] == patron.primary_id


def test_cut_then_effect_does_it_behind_our_back(alma: Alma, eventually: Eventually) -> None:
    item = alma.item()
    alma.simulator.faults.set([Fault("cut_then_effect", "scan_in", delay=0.3)])
    with pytest.raises(CUT):
        alma.scan_in(item, register_in_house_use="false")
    assert alma.types(item) == []
    assert eventually(lambda: alma.types(item) == ["scan"])


@pytest.mark.parametrize(("effect", "types"), [("none", []), ("before", ["loan"])])
def test_silence_never_answers(
    alma: Alma, eventually: Eventually, effect: Literal["none", "before"], types: list[str]
) -> None:
    item, patron = alma.item(), alma.patron()
    alma.simulator.faults.set([Fault("silence", "loan", effect=effect)])
    alma.http.timeout = httpx.Timeout(60, read=0.1)
    with pytest.raises(httpx.ReadTimeout):
        alma.lend(patron, item)
    alma.http.timeout = httpx.Timeout(60)
    assert eventually(lambda: alma.types(item) == types)
    assert alma.http.get("/conf/test").status_code == 200


def test_a_silent_connection_does_not_hold_up_a_stop(alma: Alma) -> None:
    held = Simulator(alma.simulator.world, key="test-key")
    held.start()
    held.faults.set([Fault("silence")])
    with httpx.Client(timeout=httpx.Timeout(60, read=0.1), headers=alma.http.headers) as http:
        with pytest.raises(httpx.ReadTimeout):
            http.get(f"{held.url}/almaws/v1/conf/test")
        began = time.monotonic()
        held.stop()
    assert time.monotonic() - began < 9  # it is waited for ten seconds at most


@pytest.mark.parametrize(
    ("body", "content_type"),
    [("json", "application/json"), ("html", "text/html"), ("text", "text/plain")],
)
@pytest.mark.parametrize(("effect", "types"), [("none", []), ("before", ["loan"])])
def test_http_5xx(
    alma: Alma,
    body: Literal["json", "html", "text"],
    content_type: str,
    effect: Literal["none", "before"],
    types: list[str],
) -> None:
    item, patron = alma.item(), alma.patron()
    rule = Fault("http_5xx", "any_post", status=502, body=body, effect=effect)
    alma.simulator.faults.set([rule])
    answer = alma.lend(patron, item)
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith(content_type)
    assert alma.types(item) == types


def test_an_effect_can_come_after_the_answer(alma: Alma, eventually: Eventually) -> None:
    item, patron = alma.item(), alma.patron()
    rule = Fault("http_5xx", "loan", status=504, body="html", effect="after", delay=0.3)
    alma.simulator.faults.set([rule])
    assert alma.lend(patron, item).status_code == 504
    assert alma.types(item) == []
    assert eventually(lambda: alma.types(item) == ["loan"])
    effect = alma.effects(item)[0]
    assert alma.simulator.record.requests[effect.request - 1].fault == "http_5xx"


@pytest.mark.parametrize("code", ["401652", "402119"])
@pytest.mark.parametrize(("effect", "types"), [("none", []), ("before", ["loan"])])
def test_general_errors(
    alma: Alma,
    refusal: Refusal,
    code: Literal["401652", "402119"],
    effect: Literal["none", "before"],
    types: list[str],
) -> None:
    item, patron = alma.item(), alma.patron()
    alma.simulator.faults.set([Fault("general_error", "loan", code=code, effect=effect)])
    assert refusal(alma.lend(patron, item)) == (400, code)
    assert alma.types(item) == types
    assert alma.simulator.record.requests[-1].error_code == code


def test_trouble_after_a_scan(alma: Alma, refusal: Refusal) -> None:
    item = alma.item()
    alma.lend(alma.patron(), item)
    alma.simulator.faults.set([Fault("trouble_after_scan", "scan_in")])
    assert refusal(alma.scan_in(item)) == (400, "402504")
    assert alma.types(item) == ["loan", "return"]


@pytest.mark.parametrize(("effect", "types"), [("none", []), ("before", ["loan"])])
def test_a_maintenance_page_looks_like_success(
    alma: Alma, effect: Literal["none", "before"], types: list[str]
) -> None:
    item, patron = alma.item(), alma.patron()
    alma.simulator.faults.set([Fault("maintenance_page", "loan", effect=effect)])
    answer = alma.lend(patron, item)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert alma.types(item) == types


@pytest.mark.parametrize(
    ("fault", "code"), [("per_second", "PER_SECOND_THRESHOLD"), ("daily", "DAILY_THRESHOLD")]
)
def test_limits_can_be_pretended(
    alma: Alma, refusal: Refusal, fault: Literal["per_second", "daily"], code: str
) -> None:
    item, patron = alma.item(), alma.patron()
    alma.simulator.faults.set([Fault(fault, "loan")])
    assert refusal(alma.lend(patron, item)) == (429, code)
    assert alma.types(item) == []


def test_calls_left_can_be_missing_or_unreadable(alma: Alma) -> None:
    header = "x-exl-api-remaining"
    assert int(alma.http.get("/conf/test").headers[header]) > 0
    alma.simulator.faults.set([Fault("remaining_header", header="missing", times=1)])
    assert header not in alma.http.get("/conf/test").headers
    alma.simulator.faults.set([Fault("remaining_header", header="garbage", times=1)])
    garbage = alma.http.get("/conf/test").headers[header]
    assert not garbage.isdigit()


@pytest.mark.parametrize("how", ["502", "503", "cut"])
def test_an_outage_strikes_every_call_until_it_ends(
    alma: Alma, how: Literal["502", "503", "cut"]
) -> None:
    item, patron = alma.item(), alma.patron()
    assert alma.http.get("/conf/test").status_code == 200
    alma.simulator.faults.set([Fault("outage", "loan", nth=1, seconds=60, how=how)])
    assert alma.http.get("/conf/test").status_code == 200
    for _ in range(2):
        if how == "cut":
            with pytest.raises(CUT):
                alma.lend(patron, item)
            with pytest.raises(CUT):
                alma.http.get("/conf/test")
        else:
            assert alma.lend(patron, item).status_code == int(how)
            assert alma.http.get("/conf/test").status_code == int(how)
    assert alma.control("GET", "/summary").status_code == 200
    alma.simulator.faults.set([])
    assert alma.types(item) == []
    assert alma.lend(patron, item).status_code == 200


@pytest.mark.parametrize("effect", ["before", "after"])
def test_slow_answers_come_all_the_same(alma: Alma, effect: Literal["before", "after"]) -> None:
    item, patron = alma.item(), alma.patron()
    alma.simulator.faults.set([Fault("slow", "loan", delay=0.35, effect=effect)])
    began = time.monotonic()
    assert alma.lend(patron, item).status_code == 200
    assert time.monotonic() - began >= 0.15
    assert alma.types(item) == ["loan"]


def test_slow_refusals_are_recorded_with_their_code(alma: Alma, refusal: Refusal) -> None:
    alma.simulator.faults.set([Fault("slow", delay=0.01)])
    assert refusal(alma.lend("nobody", alma.item())) == (400, "401861")
    assert alma.simulator.record.requests[-1].error_code == "401861"


def test_a_stale_connection_is_closed_when_it_is_used_again(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    alma.simulator.faults.set([Fault("stale_keepalive")])
    with httpx.Client(headers=alma.http.headers) as fresh:
        base = f"{alma.simulator.url}/almaws/v1"
        url = f"{base}/users/{patron.primary_id}/loans"
        assert fresh.get(f"{base}/conf/test").status_code == 200
        with pytest.raises(CUT):
            fresh.post(url, params={"item_barcode": item.barcode})
        assert fresh.get(f"{base}/conf/test").status_code == 200
    assert alma.types(item) == []


def test_a_stopped_simulator_refuses_connections_and_remembers(alma: Alma) -> None:
    down = Simulator(alma.simulator.world, key="test-key")
    with down:
        url = f"{down.url}/almaws/v1/conf/test"
        assert httpx.get(url, headers=alma.http.headers).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, headers=alma.http.headers)
    with down:
        assert httpx.get(url, headers=alma.http.headers).status_code == 200
    assert len(down.record.requests) == 2
