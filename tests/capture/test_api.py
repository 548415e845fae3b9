"""What stations send is stored once, and what they are told."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from almareplay.queue.captures.capturing import session_now
from tests.capture.conftest import CODE, NOON, Desk, Server


def test_the_clock_is_told_to_anybody(server: Server) -> None:
    before = time.time_ns() // 1_000_000
    told = server.client.get("/api/time").json()["now_ms"]
    assert before <= told <= time.time_ns() // 1_000_000


def test_a_station_learns_how_to_scan(server: Server, desk: Desk) -> None:
    told = server.client.get("/api/session", headers=desk.headers).json()
    assert told["session"] == {
        "name": "outage",
        "library": "MAIN",
        "circ_desk": "FRONT",
        "timezone": "Europe/Berlin",
        "libraries": ["MAIN", "ANNEX"],
        "options": {"card_pattern": "2188[0-9]+"},
        "closed": False,
        "patrons": None,
        "version": "1.0",
    }
    assert server.client.get("/api/patrons", headers=desk.headers).status_code == 404


def test_what_is_stored_is_in_the_queue_as_it_was_scanned(fresh: Server) -> None:
    desk = fresh.pair()
    scan = desk.scan(
        " aB-7",
        captured_ms=NOON + 999,
        station_time_ms=NOON - 239_001,
        clock_offset_ms=240_000,
        clerk="AB",
        patron_standing="blocked",
        decision="allowed",
        due_date="2026-10-01",
    )
    said = desk.send(scan, clock_offset_ms=240_000, unsent=3, version="1.1").json()
    assert said == {
        "stored": [scan["id"]],
        "duplicates": [],
        "refused": [],
        "closed": False,
        "now_ms": said["now_ms"],
    }
    (stored,) = fresh.stored()
    assert {name: stored[name] for name in scan if name != "captured_ms"} == {
        name: value for name, value in scan.items() if name != "captured_ms"
    }
    assert (stored["captured_at"], stored["captured_offset"]) == (NOON // 1000, 7200)
    (station,) = fresh.client.get("/api/overview", headers=desk.headers).json()["stations"]
    assert station["loans"] == 1
    assert (station["unsent"], station["version"], station["clock_offset_ms"]) == (
        3,
        "1.1",
        240_000,
    )
    assert (station["clerks"], station["last_scan_ms"]) == (["AB"], NOON)


def test_a_computer_whose_clock_is_years_behind_can_scan(desk: Desk) -> None:
    years = 10 * 365 * 86_400_000
    scan = desk.scan(station_time_ms=NOON - years, clock_offset_ms=years, captured_ms=NOON)
    assert desk.send(scan, clock_offset_ms=years).json()["stored"] == [scan["id"]]


def test_what_is_sent_twice_is_stored_once(fresh: Server) -> None:
    desk = fresh.pair()
    scans = [desk.scan(f"item {number}") for number in range(3)]
    assert desk.send(scans[0], scans[1]).json()["stored"] == [scans[0]["id"], scans[1]["id"]]
    assert desk.send(*scans, scans[2]).json()["stored"] == [scan["id"] for scan in scans]
    assert [event["id"] for event in fresh.stored()] == [scan["id"] for scan in scans]


def test_another_scan_under_an_id_that_is_taken_is_refused_and_told_so(fresh: Server) -> None:
    desk, other = fresh.pair(), fresh.pair()
    scan = desk.scan()
    desk.send(scan)
    changed = {**scan, "item_barcode": "31880002"}
    for said in (desk.send(changed).json(), other.send(scan).json()):
        assert said["stored"] == []
        assert said["refused"] == [
            {"id": scan["id"], "why": "Another event with this id is stored."}
        ]
    both = desk.send(first := desk.scan(), {**first, "patron_id": "21880002"}).json()
    assert (both["stored"], both["refused"][0]["id"]) == ([first["id"]], first["id"])
    assert len(fresh.stored()) == 2


def test_what_can_never_be_stored_is_named_and_keeps_nothing_else_back(desk: Desk) -> None:
    good = desk.scan()
    bad = {
        "kind": desk.scan(kind="gift"),
        "item_barcode": desk.scan("x" * 201),
        "patron_id": desk.scan(patron="2188\x00"),
        "clerk": desk.scan(clerk="A" * 21),
        "captured_ms": desk.scan(captured_ms=10**18),
        "sequence": desk.scan(sequence=0),
        "due_date": desk.scan(due_date="tomorrow"),
        "voids": desk.void({"id": "none"}),
        "event": desk.scan(event="gift"),
    }
    said = desk.send(*bad.values(), good, "text", None, {"id": "\ud800"}).json()
    assert said["stored"] == [good["id"]]
    ids = [*(each["id"] for each in bad.values()), "", "", ""]
    assert [each["id"] for each in said["refused"]] == ids
    for field, refused in zip(bad, said["refused"], strict=False):
        assert refused["why"].startswith(f"The field {field} "), refused


@pytest.mark.parametrize(
    ("scans", "duplicates"),
    [
        (["loan", "loan"], [1]),
        (["loan", "return", "loan"], []),
        (["return", "return", "return"], [1, 2]),
    ],
)
def test_the_same_done_twice_to_an_item_is_told(
    desk: Desk, scans: list[str], duplicates: list[int]
) -> None:
    item = str(uuid4())
    sent = [desk.scan(item, kind=kind) for kind in scans]
    said = desk.send(*sent).json()
    assert [each["id"] for each in said["duplicates"]] == [
        sent[index]["id"] for index in duplicates
    ]


def test_it_is_told_which_desk_had_it_and_when(fresh: Server) -> None:
    annex, front = fresh.pair("Annex"), fresh.pair("Front")
    annex.send(annex.scan("AB-1"))
    scan = front.scan("ab-1", captured_ms=NOON + 60_000)
    assert front.send(scan).json()["duplicates"] == [{"id": scan["id"], "of": "Annex, 12:40"}]


@pytest.mark.parametrize("decision", ["void", "refused"])
def test_what_was_taken_back_is_nothing_to_repeat(desk: Desk, decision: str) -> None:
    item = str(uuid4())
    first = desk.scan(item, decision="refused" if decision == "refused" else "")
    desk.send(first, *([desk.void(first, reason="undone")] if decision == "void" else []))
    assert desk.send(desk.scan(item)).json()["duplicates"] == []


def test_the_overview_counts_what_will_be_loaded(fresh: Server) -> None:
    desk, other = fresh.pair("Front"), fresh.pair("annex", library="ANNEX", circ_desk="A")
    scans = [desk.scan("1"), desk.scan("2"), desk.scan("3", kind="return", patron="")]
    desk.send(*scans, desk.void(scans[1]), desk.scan("4", decision="refused"))
    said = fresh.client.get("/api/overview", headers=other.headers).json()
    counted = {
        each["name"]: [each[name] for name in ("loans", "returns", "voided", "refused", "late")]
        for each in said["stations"]
    }
    assert counted == {"annex": [0, 0, 0, 0, 0], "Front": [1, 1, 1, 1, 0]}
    assert [each["library"] for each in said["stations"]] == ["ANNEX", "MAIN"]
    assert said["next"] == ["almareplay load --session outage"]


def test_two_stations_of_one_name_can_be_told_apart(fresh: Server) -> None:
    names = [fresh.pair(name).station["name"] for name in ("Front", "front", "Front")]
    assert names == ["Front", "front 2", "Front 3"]
    again = str(uuid4())
    assert [fresh.pair("Van", station=again).station["name"] for _ in range(2)] == ["Van", "Van"]


def test_a_closed_session_takes_what_was_scanned_and_no_new_station(fresh: Server) -> None:
    desk = fresh.pair()
    desk.send(desk.scan("1"))
    token = fresh.client.post("/api/overview", json={"code": CODE}).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    closed = fresh.client.post("/api/close", json={"code": CODE}, headers=headers).json()
    assert closed["session"]["closed"] is True
    assert session_now(fresh.queue, fresh.capture.session).closed_at is not None
    said = desk.send(late := desk.scan("2")).json()
    assert (said["stored"], said["closed"]) == ([late["id"]], True)
    (station,) = fresh.client.get("/api/overview", headers=headers).json()["stations"]
    assert (station["loans"], station["late"]) == (2, 1)
    refused = fresh.client.post(
        "/api/pair", json={"code": CODE, "station": str(uuid4()), "name": "New"}
    )
    assert refused.status_code == 409
    assert datetime.fromtimestamp(closed["session"]["closed_ms"] / 1000, UTC) <= datetime.now(UTC)


def test_an_overview_is_no_station(fresh: Server) -> None:
    token = fresh.client.post("/api/overview", json={"code": CODE}).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert fresh.client.get("/api/overview", headers=headers).json()["stations"] == []
    for path in "/api/session", "/api/patrons":
        assert fresh.client.get(path, headers=headers).status_code == 401
    assert fresh.client.post("/api/events", json={"events": []}, headers=headers).status_code == 401


def test_when_the_queue_fails_nothing_is_confirmed_and_whoever_is_in_charge_reads_why(
    fresh: Server,
) -> None:
    desk = fresh.pair()
    path = Path(fresh.queue.place)
    moved = path.rename(path.with_suffix(".moved"))
    scan = desk.scan()
    failed = [desk.send(scan) for _ in range(2)]
    assert {each.status_code for each in failed} == {503}
    moved.rename(path)
    assert desk.send(scan).json()["stored"] == [scan["id"]]
    told = [words for words in fresh.told if "stored" in words]
    assert len(told) == 2
    assert "was deleted or replaced" in told[0]
    assert told[1] == "What stations send is stored again."
