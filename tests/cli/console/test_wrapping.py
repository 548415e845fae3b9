"""Lines on a terminal end between words, and never within what is to be copied."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.cli.console.wrapping import wrapped

if TYPE_CHECKING:
    from tests.cli.conftest import User

NEXT = "Next: almareplay replay --run night --settings other.env --queue sqlite:///night.db"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("one two", ["one two"]),
        ("The reports that you wrote are yours", ["The reports that you", "wrote are yours"]),
        ("  one of several, in a list", ["  one of several, in a", "  list"]),
        ("first\nsecond of the two lines", ["first", "second of the two", "lines"]),
        (
            "path: /a/folder/that/is/longer/than/the/line",
            ["path:", "/a/folder/that/is/longer/than/the/line"],
        ),
        (
            "Take it out with 'almareplay unload FILE'.",
            ["Take it out with", "'almareplay unload FILE'."],
        ),
        (
            "out: 'almareplay unload F --run 'a b'', then go",
            ["out:", "'almareplay unload F --run 'a b'',", "then go"],
        ),
        (NEXT, ["Next:", NEXT.removeprefix("Next: ")]),
        (
            "others can read it: chmod 600 settings.env (or move it)",
            [
                "others can read it:",
                "chmod 600 settings.env",
                "(or move it)",
            ],
        ),
    ],
)
def test_a_line_ends_between_words(text: str, lines: list[str]) -> None:
    assert wrapped(text, 22).split("\n") == lines


@given(st.text("a b'-:", max_size=60), st.integers(1, 40))
def test_nothing_is_lost_but_blanks_at_the_ends_of_lines(text: str, width: int) -> None:
    assert "".join(wrapped(text, width).split()) == "".join(text.split())


def test_no_word_is_broken_on_a_terminal(user: User) -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "almareplay", "status", "--queue", "sqlite:///nowhere/q.db"]
    environment = {**user.environment(), "COLUMNS": "40", "TERM": "xterm"}
    try:
        subprocess.run(
            command, env=environment, cwd=user.folder, stdin=follower, stderr=follower, check=False
        )
        said = os.read(leader, 10_000).decode()
    finally:
        os.close(leader)
        os.close(follower)
    lines = said.splitlines()
    assert lines[-2:] == ["Load a capture first:", "almareplay load FILE"]
    assert [line for line in lines if len(line) > 40 and " " in line] == []
