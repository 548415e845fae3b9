"""What the server has confirmed is kept, and nothing that was scanned is told to others."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from almareplay.outcomes import Outcome
from tests.cli.serving import Served, scan, served, serving, stored

if TYPE_CHECKING:
    from tests.cli.conftest import User


def test_a_server_that_is_killed_has_kept_what_it_confirmed(user: User) -> None:
    scans = [scan() for _ in range(30)]
    ids = [each["id"] for each in scans]
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
    assert len(confirmed) >= 10
    assert set(confirmed) <= set(stored(user))

    def send_all(server: Served) -> None:
        """The station goes on with its token and sends all that it does not know of."""
        with server.client as client:
            answer = client.post("/api/events", json={"events": scans}, headers=headers)
        assert answer.json()["stored"] == ids

    said = served(user, "--session", "outage", meanwhile=send_all)
    assert "Session 'outage' has 30 loans and 0 returns of 1 station." in said
    assert "  almareplay load --session outage\n" in said
    assert stored(user) == ids


@pytest.mark.slow
def test_ctrl_c_ends_the_server_and_says_what_is_next(user: User) -> None:
    with serving(user, "--session", "outage") as server:
        headers, sent = server.headers(), scan()
        with server.client as client:
            client.post("/api/events", json={"events": [sent]}, headers=headers)
        code, said = server.ends()
    assert code == 0
    assert "Session 'outage' has 1 loan and 0 returns of 1 station." in said
    assert "  almareplay load --session outage\n" in said
    assert stored(user) == [sent["id"]]


@pytest.mark.slow
def test_desks_go_on_scanning_while_another_run_is_replayed(user: User) -> None:
    assert user.types("load", str(user.captures(30))).code == 0
    answers: list[httpx.Response] = []

    def replay_meanwhile(server: Served) -> None:
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
            codes.append(user.types("replay", "--yes").code)
        finally:
            is_replayed.set()
            desk.join()

    codes: list[int] = []
    served(user, meanwhile=replay_meanwhile)
    assert codes == [0]
    assert user.outcomes() == [Outcome.LOANED] * 30
    assert {answer.status_code for answer in answers} == {200}
    assert stored(user) == [id for answer in answers for id in answer.json()["stored"]]


def test_no_log_and_no_line_has_what_was_scanned_or_a_token(user: User) -> None:
    secrets: list[str] = []

    def scan_and_fail(server: Served) -> None:
        headers = server.headers()
        secrets.extend([server.code, headers["Authorization"].split()[1]])
        with server.client as client:
            client.post("/api/events", json={"events": [scan(), {"id": "x"}]}, headers=headers)
            client.post("/api/overview", json={"code": "secret-code"})
            client.get("/api/overview", headers={"Authorization": "Bearer secret-token"})

    flags = ("--log", "log.jsonl", "--debug", "--verbose")
    said = served(user, *flags, meanwhile=scan_and_fail)
    log = (user.folder / "log.jsonl").read_text("utf-8")
    assert [json.loads(line)["event"] for line in log.splitlines()] == [
        "started",
        "paired",
        "wrong_code",
        "ended",
    ]
    assert "Paired: Front desk." in said
    for words in said, log:
        assert not any(secret in words for secret in ["secret", *secrets])
