"""``almareplay`` alone: what to do first, whatever is here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import User


def test_first_come_the_settings(user: User) -> None:
    done = user.types(API_KEY=None, BASE_URL=None, TIMEZONE=None)
    assert (done.code, done.err) == (0, "")
    for line in ("_API_KEY=... ", "_REGION=na ", "_TIMEZONE=America/Los_Angeles ", "chmod 600"):
        assert line in done.out
    assert "Then: almareplay check" in done.out
    assert "almareplay demo" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    user.writes("settings.env", "ALMAREPLAY_REGION=eu", "ALMAREPLAY_TIMEZONE=Europe/Berlin")
    done = user.types(API_KEY=None, BASE_URL=None, TIMEZONE=None)
    assert re.findall(r"ALMAREPLAY_\w+", done.out) == ["ALMAREPLAY_API_KEY"]


def test_then_the_captures(user: User) -> None:
    done = user.types()
    assert (done.code, "Nothing is loaded here yet." in done.out) == (0, True)
    assert "almareplay load --preview FILE" in done.out
    assert [*user.folder.iterdir()] == []


def test_then_each_run_with_its_next_step(loaded: User) -> None:
    wrong = loaded.writes("wrong.dat", f"202609140900L{'no-such-item':<80}p1")
    loaded.types("load", str(wrong), "--run", "late")
    loaded.types("replay", "--yes", "--run", "late")
    loaded.types("load", str(loaded.captures(1, "third.dat")), "--run", "done")
    loaded.types("replay", "--yes", "--run", "done")
    told = loaded.types().out.splitlines()
    start = told.index("Run 'main': 1 row:")
    assert told[start + 1 : start + 3] == [
        "  1  pending              pending",
        "Next: almareplay rehearse  what each row would come to; posts nothing",
    ]
    start = told.index("Run 'late': 1 row:")
    assert told[start + 1] == "  1  item_not_found       attention"
    assert "--run late" in told[start + 2]
    assert "Run 'done': 1 row, nothing left to do" in told


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("settings.env", "ALMAREPLAY_APIKEY=1\n", "Did you mean ALMAREPLAY_API_KEY?"),
        ("settings.env", "\udcff", "cannot be read"),
        ("almareplay.db", "something else", "almareplay.db"),
    ],
)
def test_what_is_wrong_is_said_and_ends_nothing(
    user: User, name: str, text: str, said: str
) -> None:
    (user.folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    done = user.types()
    assert (done.code, done.err, said in done.out) == (0, "", True)
    assert "almareplay --help" in done.out
