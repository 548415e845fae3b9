"""What the command refuses, and the offline patron list that it serves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.serving import Served, served

if TYPE_CHECKING:
    from tests.cli.conftest import User


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
