"""The command: what it prints, what it refuses, and that what it has confirmed is kept."""

from __future__ import annotations

import json
import re
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from almareplay.outcomes import Outcome
from tests.cli.serving import Served, scan, served, serving, stored

if TYPE_CHECKING:
    from tests.cli.conftest import User


def test_a_server_that_is_killed_has_kept_what_it_confirmed(user: User) -> None:
    scans = [scan() for _ in range(30)]
    confirmed: list[str] = []
    with serving(user, "--session", "outage") as first:
        headers = first.headers()
        with first.client as client:
            for each in scans[:10]:
                answer = client.post("/api/events", json={"events": [each]}, headers=headers)
                confirmed += answer.json()["stored"]
            dying = threading.Timer(0.05, first.process.kill)
            dying.start()
            with pytest.raises(httpx.TransportError):
                for each in scans[10:]:
                    answer = client.post("/api/events", json={"events": [each]}, headers=headers)
                    confirmed += answer.json()["stored"]
                while True:
                    client.get("/api/time")
    assert set(confirmed) <= set(stored(user))
    with serving(user, "--session", "outage") as again:
        with again.client as client:
            # The station goes on with its token and sends all that it does not know of.
            answer = client.post("/api/events", json={"events": scans}, headers=headers)
        assert answer.json()["stored"] == [each["id"] for each in scans]
        code, said = again.ends()
    assert code == 0
    assert "Session 'outage' has 30 loans and 0 returns of 1 station." in said
    assert "  almareplay load --session outage\n" in said
    assert stored(user) == [each["id"] for each in scans]


def test_desks_go_on_scanning_while_another_run_is_replayed(user: User) -> None:
    assert user.types("load", str(user.captures(30))).code == 0
    answers: list[httpx.Response] = []
    with serving(user) as server:
        headers = server.headers()
        is_replayed = threading.Event()

        def scan_on() -> None:
            with server.client as client:
                while not is_replayed.is_set():
                    body = {"events": [scan()]}
                    answers.append(client.post("/api/events", json=body, headers=headers))

        desk = threading.Thread(target=scan_on)
        desk.start()
        try:
            done = user.types("replay", "--yes")
        finally:
            is_replayed.set()
            desk.join()
    assert done.code == 0
    assert user.outcomes() == [Outcome.LOANED] * 30
    assert {answer.status_code for answer in answers} == {200}
    assert stored(user) == [id for answer in answers for id in answer.json()["stored"]]


def test_no_log_and_no_line_has_what_was_scanned_or_a_token(user: User) -> None:
    with serving(user, "--log", "log.jsonl", "--debug", "--verbose") as server:
        headers = server.headers()
        with server.client as client:
            client.post("/api/events", json={"events": [scan(), {"id": "x"}]}, headers=headers)
            client.post("/api/overview", json={"code": "secret-code"})
            client.get("/api/overview", headers={"Authorization": "Bearer secret-token"})
        code, said = server.ends()
    assert code == 0
    log = (user.folder / "log.jsonl").read_text("utf-8")
    assert [json.loads(line)["event"] for line in log.splitlines()] == [
        "started",
        "paired",
        "wrong_code",
        "ended",
    ]
    assert server.code not in log
    for words in said, log:
        assert "secret" not in words
        assert headers["Authorization"].split()[1] not in words


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


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--host", "192.0.2.1"], "The address 192.0.2.1 is none of this machine."),
        (["--host", "no host"], "The address no host is not known here."),
        (["--card-pattern", "["], "--card-pattern is no regular expression"),
        (["--patrons", "none.json"], "none.json cannot be read"),
        (["--certificate", "a.crt"], "--certificate and --key go together."),
        (["--certificate", "a", "--key", "b", "--insecure"], "without a certificate"),
        (["--certificate", "a.crt", "--key", "a.key"], "a.crt cannot be read"),
        (["--session", " "], "The name of a session is text"),
        (["--timezone", "Mars"], "--timezone is not a time zone"),
    ],
)
def test_what_cannot_be_is_refused_in_words(user: User, flags: list[str], words: str) -> None:
    done = user.types("capture", "--port", "0", *flags)
    assert done.code == 2
    assert words in done.err


def test_a_port_that_is_taken_is_named(user: User) -> None:
    port = user.alma.url.rsplit(":", 1)[1]
    done = user.types("capture", "--port", port)
    assert (done.code, f"Port {port} is taken." in done.err) == (2, True)


def test_the_offline_patron_list_is_served_as_it_is(user: User) -> None:
    made = {
        "made_at": "2026-09-01T08:00:00+00:00",
        "salt": "0123456789abcdef",
        "rounds": 1000,
        "entries": {"0" * 32: "blocked"},
    }
    text = json.dumps(made, indent=3)
    user.writes("patrons.json", text)

    def look(server: Served) -> None:
        headers = server.headers()
        with server.client as client:
            assert client.get("/api/patrons", headers=headers).text == f"{text}\n"
            session = client.get("/api/session", headers=headers).json()["session"]
        assert session["patrons"] == {"made_at": made["made_at"], "salt": made["salt"], "count": 1}

    served(user, "--patrons", "patrons.json", meanwhile=look)


@pytest.mark.parametrize(
    "change",
    [
        {"made_at": "today"},
        {"salt": ""},
        {"rounds": 0},
        {"rounds": True},
        {"entries": []},
        {"entries": {"21880001": "ok"}},
        {"entries": {"0" * 32: "Ada"}},
    ],
)
def test_a_list_with_anything_else_in_it_is_refused(user: User, change: dict[str, Any]) -> None:
    made = {"made_at": "2026-09-01", "salt": "0" * 16, "rounds": 1, "entries": {}} | change
    user.writes("patrons.json", json.dumps(made))
    done = user.types("capture", "--port", "0", "--patrons", "patrons.json")
    assert (done.code, "no offline patron list" in done.err) == (2, True)
    assert "Ada" not in done.err
    assert "21880001" not in done.err
