"""Without the pairing code nothing is read or written, and no other page can ask."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from sqlalchemy import select

from almareplay.capture import requests
from almareplay.capture import server as capture_server
from almareplay.queue.tables.capture_schema import stations
from tests.capture.conftest import CODE, Desk, Server

ROUTES = [
    ("GET", "/api/session"),
    ("GET", "/api/patrons"),
    ("POST", "/api/events"),
    ("GET", "/api/overview"),
    ("POST", "/api/close"),
]
WITH_CODE = [("POST", "/api/pair"), ("POST", "/api/overview")]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", f"Basic {CODE}", f"Bearer {CODE}"])
def test_without_a_token_nothing_is_read_or_written(
    server: Server, method: str, path: str, token: str
) -> None:
    answer = server.client.request(
        method, path, json={"code": CODE, "events": []}, headers={"Authorization": token}
    )
    assert answer.status_code == 401
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize(("method", "path"), WITH_CODE)
def test_without_the_code_nobody_gets_a_token(fresh: Server, method: str, path: str) -> None:
    body = {"station": str(uuid4()), "name": "Front desk"}
    for code in ({}, {"code": ""}, {"code": None}, {"code": "1234-567"}, {"code": "12345678 9"}):
        answer = fresh.client.request(method, path, json={**body, **code})
        assert answer.status_code in (400, 403)
        assert "token" not in answer.text


def test_every_route_is_tested_for_that(server: Server) -> None:
    app = server.capture.app("http", [])._app  # type: ignore[attr-defined]
    routes = {(method, route.path) for route in app.routes for method in route.methods}
    api = {each for each in routes if each[1].startswith("/api/") and each[0] != "HEAD"}
    assert api == {*ROUTES, *WITH_CODE, ("GET", "/api/time")}


def test_the_code_is_typed_with_or_without_its_hyphen(server: Server) -> None:
    for code in "12345678", " 1234 5678 ", "1234-5678":
        server.pair(str(uuid4()), code=code)


def test_who_guesses_waits_longer_and_longer(fresh: Server) -> None:
    def guess(code: str) -> tuple[int, str | None]:
        answer = fresh.client.post("/api/overview", json={"code": code})
        return answer.status_code, answer.headers.get("retry-after")

    assert [guess("0") for _ in range(3)] == [(403, None)] * 3
    assert guess(CODE) == (429, "1")
    for pause in 2, 4, 8:
        fresh.seconds[0] += pause / 2
        assert guess("0") == (403, None)
        assert guess("0") == (429, str(pause))
    for _ in range(20):
        fresh.seconds[0] += 300
        assert guess("0") == (403, None)
    assert guess(CODE) == (429, "300")
    fresh.seconds[0] += 300
    assert guess(CODE) == (200, None)
    assert guess("0") == (403, None)
    assert guess("0") == (403, None)


def test_tokens_are_random_and_stored_as_hashes_only(fresh: Server) -> None:
    desks = [fresh.pair(f"Desk {number}") for number in range(3)]
    assert len({desk.token for desk in desks}) == 3
    assert all(len(desk.token) >= 43 for desk in desks)
    with fresh.queue.reading() as connection:
        hashes = connection.scalars(select(stations.c.token_hash)).all()
    assert not {desk.token for desk in desks} & {*hashes}
    for file in Path(fresh.queue.place).parent.iterdir():
        assert not any(desk.token.encode() in file.read_bytes() for desk in desks)


def test_a_station_that_is_paired_again_has_one_token(server: Server) -> None:
    name, station = str(uuid4()), str(uuid4())
    first, second = (server.pair(name, station=station) for _ in range(2))
    assert first.send().status_code == 401
    assert second.send().status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
    ],
)
def test_no_other_page_can_ask(server: Server, desk: Desk, headers: dict[str, str]) -> None:
    scan = desk.scan()
    for path, body in ("/api/events", {"events": [scan]}), ("/api/close", {"code": CODE}):
        answer = server.client.post(path, json=body, headers={**desk.headers, **headers})
        assert answer.status_code == 403
    assert scan["id"] not in {event["id"] for event in server.stored()}


def test_our_own_page_can(server: Server, desk: Desk) -> None:
    headers = {**desk.headers, "Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    answer = server.client.post("/api/events", json={"events": []}, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PUT", "DELETE"])
def test_every_answer_forbids_what_the_page_does_not_need(server: Server, method: str) -> None:
    for path in "/", "/api/time", "/api/events", "/nothing", "/../queue.db", "/%2e%2e/queue.db":
        answer = server.client.request(method, path, headers={"Origin": server.url})
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_form_can_send_is_refused(server: Server, desk: Desk, kind: str) -> None:
    headers = {**desk.headers, "Content-Type": kind}
    answer = server.client.post("/api/events", content=b'{"events": []}', headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 900_000, b"\xff", b"[]", b'{"events": 1}'])
def test_nonsense_is_refused_in_a_sentence(server: Server, desk: Desk, body: bytes) -> None:
    headers = {**desk.headers, "Content-Type": "application/json"}
    answer = server.client.post("/api/events", content=body, headers=headers)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


@pytest.mark.parametrize("declared", [True, False])
def test_a_huge_body_is_refused(server: Server, desk: Desk, declared: bool) -> None:
    headers = {**desk.headers, "Content-Type": "application/json"}
    chunks = [b" " * 100_000] * 11
    content = b"".join(chunks) if declared else iter(chunks)
    answer = server.client.post("/api/events", content=content, headers=headers)
    assert answer.status_code == 413


def test_more_events_than_a_request_may_have_are_refused(desk: Desk) -> None:
    assert desk.send(*[{}] * 201).status_code == 400


HOSTILE = ["<script>alert(1)</script>", "'; DROP TABLE runs; --", "=cmd|' /C calc'!A0", "%s%n"]


def test_markup_is_only_text(fresh: Server) -> None:
    desk = fresh.pair(HOSTILE[0])
    scans = [desk.scan(value, value, clerk=value[:20]) for value in HOSTILE]
    assert desk.send(*scans).json()["stored"] == [scan["id"] for scan in scans]
    assert [event["item_barcode"] for event in fresh.stored()] == HOSTILE


@pytest.mark.parametrize("value", ["x" * 10_000, "a\x00b", "a\x1b[2Jb", "a\u2028b", "\ud800", "  "])
def test_what_cannot_be_printed_is_refused(fresh: Server, value: str) -> None:
    desk = fresh.pair()
    refused = desk.send(desk.scan(value), desk.scan()).json()
    assert (len(refused["refused"]), len(refused["stored"])) == (1, 1)
    assert value.strip() == "" or value not in str(refused)
    body = json.dumps({"code": CODE, "station": str(uuid4()), "name": value})
    headers = {"Content-Type": "application/json"}
    assert fresh.client.post("/api/pair", content=body, headers=headers).status_code == 400


def connected(server: Server) -> socket.socket:
    parts = urlsplit(server.url)
    assert parts.hostname and parts.port
    return socket.create_connection((parts.hostname, parts.port), timeout=10)


def test_who_sends_half_a_head_is_cut_off(fresh: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_server, "HEADER_SECONDS", 0.1)
    for before in b"", b"GET /api/time HTTP/1.1\r\nHost: x\r\n\r\n":
        with connected(fresh) as slow:
            slow.sendall(before)
            assert not before or slow.recv(10_000).startswith(b"HTTP/1.1 403 ")
            slow.sendall(b"GET /ap")
            while slow.recv(10_000):
                pass


def test_who_sends_half_a_body_is_cut_off_and_keeps_nobody_out(
    fresh: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "BODY_SECONDS", 0.3)
    desk = fresh.pair()
    head = (
        f"POST /api/events HTTP/1.1\r\nHost: {urlsplit(fresh.url).netloc}\r\n"
        f"Authorization: Bearer {desk.token}\r\nContent-Type: application/json\r\n"
        "Content-Length: 1000\r\n\r\n{"
    )
    slow = [connected(fresh) for _ in range(50)]
    for each in slow:
        each.sendall(head.encode())
    began = time.monotonic()
    assert desk.send(desk.scan()).status_code == 200
    assert time.monotonic() - began < 5
    for each in slow:
        assert each.recv(10_000).startswith(b"HTTP/1.1 408 ")
        each.close()
