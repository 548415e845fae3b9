"""The control surface: what it shows and how it steps in."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx

from almareplay.simulator.faults import Fault

if TYPE_CHECKING:
    from tests.simulator.conftest import Alma


def test_requests_and_effects_are_told_in_order(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    seen = len(alma.control("GET", "/requests").json()["requests"])
    done = len(alma.control("GET", "/effects").json()["effects"])
    alma.lend(patron, item)
    alma.lend(patron, item)
    first, second = alma.control("GET", "/requests", params={"since": seen}).json()["requests"]
    assert (first["n"], first["status"], first["error_code"]) == (seen + 1, 200, "")
    assert (second["n"], second["status"], second["error_code"]) == (seen + 2, 400, "400042")
    assert first["path"] == f"/almaws/v1/users/{patron.primary_id}/loans"
    assert first["query"] == f"item_barcode={item.barcode}"
    assert first["key"] == hashlib.sha256(b"test-key").hexdigest()[:8]
    assert 0 < first["arrived"] <= first["ended"] <= second["arrived"]
    (effect,) = alma.control("GET", "/effects", params={"since": done}).json()["effects"]
    assert effect == {
        "n": done + 1,
        "time": effect["time"],
        "type": "loan",
        "item_barcode": item.barcode,
        "patron_id": patron.primary_id,
        "loan_id": effect["loan_id"],
        "library": "MAIN",
        "circ_desk": "FRONT",
        "fee_id": "",
        "by": "api",
        "request": seen + 1,
    }
    assert alma.control("GET", "/requests", params={"since": "x"}).status_code == 400


def test_a_live_desk_lends_and_takes_back(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    at_desk = {"item_barcode": item.barcode, "library": "MAIN", "circ_desk": "FRONT"}
    loan = {
        **at_desk,
        "action": "loan",
        "patron_id": patron.identifiers["BARCODE"],
        "at": "2026-09-14T09:20:00-07:00",
    }
    lent = alma.control("POST", "/desk", json=loan)
    assert lent.json()["loan_date"] == "2026-09-14T16:20:00.000Z"
    (shown,) = alma.http.get(f"{alma.path(item)}/loans").json()["item_loan"]
    assert shown["loan_date"] == "2026-09-14T16:20:00.000Z"
    assert shown["loan_id"] == lent.json()["loan_id"]
    again = alma.control("POST", "/desk", json=loan)
    assert (again.status_code, again.json()["error"]) == (409, "400042")
    back = alma.control("POST", "/desk", json={**at_desk, "action": "return"})
    assert "Item's destination is" in back.json()["additional_info"]
    types = [effect.type for effect in alma.effects(item) if effect.type != "fee"]
    assert types == ["loan", "return"]
    assert {(effect.by, effect.request) for effect in alma.effects(item)} == {("desk", 0)}


def test_a_desk_is_told_what_it_did_wrong(alma: Alma) -> None:
    good = {"action": "loan", "item_barcode": "1", "library": "MAIN"}
    for bad in ({**good, "action": "sell"}, {**good, "paper": 1}, {**good, "at": "2026-09-14"}):
        assert alma.control("POST", "/desk", json=bad).status_code == 400


def test_faults_are_switched_while_it_runs(alma: Alma) -> None:
    rules = [{"fault": "http_5xx", "match": "any_get", "status": 503, "times": 1}]
    put = alma.control("PUT", "/faults", json=rules)
    assert put.json()[0]["probability"] == 1.0
    assert alma.http.get("/conf/test").status_code == 503
    assert alma.http.get("/conf/test").status_code == 200
    (shown,) = alma.control("GET", "/faults").json()
    assert (shown["fault"], shown["seen"], shown["struck"]) == ("http_5xx", 2, 1)
    assert alma.control("PUT", "/faults", json=[{"fault": "fire"}]).status_code == 400
    assert alma.control("PUT", "/faults", json=[{"fault": "slow", "dealy": 1}]).status_code == 400
    assert alma.control("PUT", "/faults", json=[{"fault": "slow", "match": "lone"}]).is_error
    assert alma.control("PUT", "/faults", json=[]).json() == []
    assert alma.control("GET", "/faults").json() == []


def test_the_clock_is_moved(alma: Alma) -> None:
    clock = alma.control("GET", "/clock").json()
    assert clock["offset"] == 0
    ahead = alma.control("POST", "/clock", json={"advance": 3600}).json()
    assert ahead["now"] > clock["now"]
    assert ahead["offset"] == 3600
    assert alma.control("POST", "/clock", json={"offset": 0}).json()["offset"] == 0
    assert alma.control("POST", "/clock", json={"offest": 0}).status_code == 400


def test_the_world_is_shown_as_it_would_be_saved(alma: Alma) -> None:
    item = alma.item()
    world = alma.control("GET", "/world").json()
    assert item.barcode in {one["barcode"] for one in world["items"]}
    assert "test-key" not in str(world)


def test_the_summary_counts(alma: Alma) -> None:
    before = alma.control("GET", "/summary").json()
    alma.simulator.faults.set([Fault("per_second", "loan", times=1)])
    item, patron = alma.item(), alma.patron()
    alma.lend(patron, item)
    alma.lend(patron, item)
    after = alma.control("GET", "/summary").json()
    assert after["requests"] == before["requests"] + 2
    assert after["answered_429"] == before["answered_429"] + 1
    assert after["effects"]["loan"] == before["effects"].get("loan", 0) + 1
    assert after["by_error_code"]["PER_SECOND_THRESHOLD"] >= 1
    assert after["by_fault"]["per_second"] >= 1
    assert after["most_in_one_second"] >= 2
    assert after["calls_left"] == before["calls_left"] - 2


def test_answers_take_their_time_side_by_side(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    alma.simulator.latency = 0.2
    try:
        asked = len(alma.simulator.record.requests)
        with ThreadPoolExecutor(8) as pool:
            url = f"{alma.simulator.url}/almaws/v1/conf/test"
            calls = [pool.submit(httpx.get, url, headers=alma.http.headers) for _ in range(7)]
            lent = pool.submit(alma.lend, patron, item)
            assert [call.result().status_code for call in [*calls, lent]] == [200] * 8
        arrived, ended = zip(
            *((each.arrived, each.ended or 0.0) for each in alma.simulator.record.requests[asked:]),
            strict=True,
        )
        assert sorted(arrived)[1] < min(ended)
    finally:
        alma.simulator.latency = 0.0
    (effect,) = alma.effects(item)
    entry = alma.simulator.record.requests[effect.request - 1]
    assert entry.ended is not None
    assert entry.ended - entry.arrived >= 0.2
