"""The command: the session that it goes on with, and what it prints."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.cli.serving import Served, scan, served

if TYPE_CHECKING:
    from tests.cli.conftest import User


def test_the_session_of_the_same_outage_is_gone_on_with(user: User) -> None:
    assert "Session 'flood' begins." in served(user, "--session", "flood", meanwhile=Served.pairs)
    said = served(user, "--library", "LAW")
    assert "Session 'flood' goes on: it has no scans yet, of 1 station." in said
    assert "The library of the session was MAIN and is now LAW." in said


def test_a_session_without_a_name_has_that_of_today(user: User) -> None:
    before = f"{datetime.now(ZoneInfo('Europe/Berlin')):%Y-%m-%d}"
    said = served(user)
    after = f"{datetime.now(ZoneInfo('Europe/Berlin')):%Y-%m-%d}"
    assert any(f"Session {day!r} begins." in said for day in (before, after))


def test_a_closed_session_is_opened_on_demand_only(user: User) -> None:
    def close(server: Served) -> None:
        with server.client as client:
            body = {"code": server.code}
            assert client.post("/api/close", json=body, headers=server.headers()).is_success

    statuses: list[int] = []

    def pair(server: Served) -> None:
        statuses.append(server.pairs().status_code)

    served(user, "--session", "flood", meanwhile=close)
    assert "Session 'flood' is closed" in served(user, "--session", "flood", meanwhile=pair)
    reopened = served(user, "--session", "flood", "--reopen", meanwhile=pair)
    assert "is closed" not in reopened
    assert statuses == [409, 200]


def test_others_are_served_with_encryption_only(user: User) -> None:
    urls: list[str] = []
    said = served(user, "--host", "0.0.0.0", meanwhile=lambda server: urls.extend(server.urls))
    assert {url.partition("://")[0] for url in urls} == {"https"}
    root = user.folder / "almareplay-certificate" / "root.crt"
    assert f"Root certificate: {root} (valid until " in said
    assert re.search("[(]SHA-256[)]: ([0-9A-F]{2}:){31}[0-9A-F]{2}\n", said)
    urls.clear()
    said = served(
        user,
        *("--host", "0.0.0.0", "--insecure"),
        meanwhile=lambda server: urls.extend(server.urls),
    )
    assert {url.partition("://")[0] for url in urls} == {"http"}
    assert "Nothing is encrypted" in said


def test_a_station_that_has_more_to_send_is_named_at_the_end(user: User) -> None:
    def leave_some(server: Served) -> None:
        with server.client as client:
            body = {"events": [scan()], "unsent": 4}
            assert client.post("/api/events", json=body, headers=server.headers()).is_success

    said = served(user, meanwhile=leave_some)
    assert re.search(r"Front desk had 4 events still to send at \d\d:\d\d: start the server", said)
