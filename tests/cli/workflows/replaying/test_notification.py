"""``--notify``: a summary for a chat at every end, and no end that depends on it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from almareplay.simulator.faults import Fault

if TYPE_CHECKING:
    from tests.cli.conftest import AtTerminal, User


@dataclass
class Chat:
    """The webhook of a chat: ``/secret`` takes what is posted, ``/broken`` answers 500, ``/hung``
    answers when ``released``."""

    url: str = ""
    posted: list[dict[str, Any]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


@pytest.fixture(scope="module")
def server() -> Iterator[Chat]:
    chat = Chat()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            chat.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            path = self.path.partition("?")[0]
            if path == "/hung":
                chat.released.wait()
            self.send_response(500 if path == "/broken" else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as listening:
        chat.url = f"http://127.0.0.1:{listening.server_port}"
        threading.Thread(target=listening.serve_forever).start()
        yield chat
        chat.released.set()
        listening.shutdown()


@pytest.fixture
def chat(server: Chat) -> Chat:
    server.posted.clear()
    return server


def test_a_finished_replay_is_told_without_personal_data(loaded: User, chat: Chat) -> None:
    words = ("replay", "--yes", "--notify", f"{chat.url}/secret", "--log", "log")
    done = loaded.types(*words)
    assert done.code == 0
    assert chat.posted == [
        {
            "text": "almareplay replay of run 'main' finished: 1 row, 1 applied.",
            "run": "main",
            "command": "replay",
            "ended": "finished",
            "exit_code": 0,
            "rows": 1,
            "dispositions": {"applied": 1},
            "outcomes": {"loaned": 1},
        }
    ]
    assert "secret" not in done.err + (loaded.folder / "log").read_text("utf-8")


@pytest.mark.slow
def test_every_end_is_told(loaded: User, chat: Chat, at_terminal: AtTerminal) -> None:
    hook = ("--notify", chat.url)
    assert loaded.types("rehearse", *hook).code == 0
    loaded.alma.faults.set([Fault("outage")])
    try:
        assert loaded.types("replay", "--yes", "--give-up-after", "0", *hook).code == 75
    finally:
        loaded.alma.faults.set([])
    assert loaded.types("replay", "--yes", *hook, API_KEY="wrong-key").code == 3
    assert loaded.types("replay", "no.dat", "--yes", *hook).code == 2
    at_terminal()
    assert loaded.types("replay", *hook).code == 130
    ends = [(each["command"], each["ended"], each["exit_code"]) for each in chat.posted]
    assert ends == [
        ("rehearse", "finished", 0),
        ("replay", "stopped", 75),
        ("replay", "refused", 3),
        ("replay", "refused", 2),
        ("replay", "interrupted", 130),
    ]
    assert chat.posted[0]["outcomes"] == {"loaned": 1}
    assert chat.posted[0]["text"].endswith("finished: 1 row, 1 applied as predicted.")
    assert chat.posted[2]["outcomes"] == {"pending": 1}
    assert "no.dat" not in json.dumps(chat.posted)


@pytest.mark.parametrize(
    ("path", "problem"), [("/broken", "HTTP 500"), ("/hung", "no answer in 0.2 seconds")]
)
def test_a_chat_that_fails_fails_nothing(
    loaded: User, chat: Chat, monkeypatch: pytest.MonkeyPatch, path: str, problem: str
) -> None:
    monkeypatch.setattr("almareplay.cli.workflows.replaying.notification._SECONDS", 0.2)
    done = loaded.types("replay", "--yes", "--quiet", "--notify", f"{chat.url}{path}?token=T")
    assert (done.code, loaded.effects(), len(chat.posted)) == (0, ["loan"], 1)
    (said,) = done.problems()
    assert said.startswith("The notification to 127.0.0.1 was not sent: ")
    assert (problem in said, "token" in said, path in said) == (True, False, False)


def test_a_chat_that_is_not_there_fails_nothing(loaded: User) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/secret"
        done = loaded.types("replay", "--yes", "--quiet", "--notify", url)
    assert (done.code, len(done.problems()), "secret" in done.err) == (0, 1, False)


@pytest.mark.parametrize("url", ["chat.example/secret", "ftp://chat/secret", "https://"])
def test_an_address_that_is_none_is_refused_at_once(loaded: User, url: str) -> None:
    done = loaded.types("replay", "--yes", "--notify", url)
    assert (done.code, loaded.effects(), "secret" in done.err) == (2, [], False)
    assert "begins with https://" in " ".join(done.err.split())
