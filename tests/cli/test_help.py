"""Help: every command shows how it is typed and how it ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import typer.main

from almareplay.cli import app

if TYPE_CHECKING:
    from tests.cli.conftest import User

COMMANDS = sorted(typer.main.get_group(app).commands)
OF_THIS_ISSUE = {"check", "load", "rehearse", "replay", "status", "report", "retry", "simulate"}
QUEUE_CODES = {"replay": {0, 1, 2, 3, 75, 130}, "load": {0, 1, 2}, "check": {0, 2, 3, 75}}


def words(text: str) -> str:
    """Without the line ends of a narrow terminal."""
    return " ".join(text.split())


def test_the_commands_are_there() -> None:
    assert set(COMMANDS) >= OF_THIS_ISSUE | {"demo"}


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_shows_an_example_and_its_exit_codes(user: User, command: str, flag: str) -> None:
    done = user.types(command, flag)
    assert (done.code, done.err) == (0, "")
    assert re.search(rf"^  almareplay {command}\b", done.out, re.MULTILINE)
    _, _, codes = words(done.out).partition("Exit codes: ")
    assert codes
    for code in QUEUE_CODES.get(command, ()):
        assert re.search(rf"\b{code}\b", codes.partition(" Options: ")[0])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_knows_what_all_know(user: User, command: str) -> None:
    shown = user.types(command, "--help").out
    for flag in ("--verbose", "--quiet", "--debug", "--settings FILE"):
        assert flag in shown


def test_without_a_command_the_steps_of_an_outage_are_shown(user: User) -> None:
    for typed in ([], ["--help"]):
        done = user.types(*typed)
        assert "check, load FILE…, rehearse, replay --report report.csv" in words(
            done.out + done.err
        )
