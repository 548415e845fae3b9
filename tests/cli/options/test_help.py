"""Help: every command says what it is for, how it is typed, and how it ends."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from almareplay import __version__
from almareplay.cli.main import COMMANDS, app

if TYPE_CHECKING:
    from tests.cli.conftest import User

CODES = {"replay": {0, 1, 2, 3, 75, 130}, "load": {0, 1, 2}, "check": {0, 2, 3, 75}}
_GROUPS = {"queue": "upgrade", "patrons": "export"}
TYPED = [" ".join(filter(None, (name, _GROUPS.get(name)))) for name in COMMANDS]
SHARED = ("--settings FILE", "--run", "--queue URL", "--verbose", "--quiet", "--log", "--debug")


def help_of(user: User, *command: str) -> str:
    """The help as an 80-column terminal shows it."""
    user.monkeypatch.setenv("COLUMNS", "80")
    done = user.types(*command, "--help")
    assert (done.code, done.err) == (0, "")
    return done.out


def section(shown: str, heading: str) -> list[str]:
    """The lines below a heading of the help."""
    below = shown.partition(f"  {heading}:\n")[2]
    return [line.strip() for line in below.partition("\n\n")[0].splitlines()]


@pytest.mark.parametrize("command", TYPED)
def test_a_command_explains_itself(user: User, command: str) -> None:
    shown = help_of(user, *command.split())
    assert user.types(*command.split(), "-h").out == shown
    assert max(map(len, shown.splitlines())) <= 80
    purpose = shown.splitlines()[2].strip()
    assert re.fullmatch(r"[A-Z].{10,63}\.", purpose)
    codes = {int(line.split()[0]) for line in section(shown, "Exit codes")}
    assert codes >= CODES.get(command, {0, 2})
    _, _, shared = shown.partition("\nOptions of every command:\n")
    assert all(flag in shared for flag in SHARED)


@pytest.mark.parametrize("command", TYPED)
def test_the_examples_can_be_typed(user: User, command: str) -> None:
    typed = "\n".join(section(help_of(user, *command.split()), "Examples")).replace("\\\n", "")
    assert typed
    for line in typed.splitlines():
        program, *words = shlex.split(line)
        assert program == "almareplay"
        found: click.Command = app
        for name in command.split():
            assert words.pop(0) == name
            assert isinstance(found, click.Group)
            named = found.get_command(click.Context(found), name)
            assert named is not None
            found = named
        # Raises for a flag that there is not, and for a value that it does not take.
        found.make_context(command, words)


def test_the_list_of_commands_is_whole(user: User) -> None:
    shown = help_of(user)
    assert max(map(len, shown.splitlines())) <= 80
    listed = shown.partition("\nCommands:\n")[2]
    assert sorted(line.split()[0] for line in listed.splitlines()) == sorted(COMMANDS)
    assert "..." not in listed
    assert section(shown, "In a real outage")[0] == "almareplay check"


def test_the_version_is_said(user: User) -> None:
    done = user.types("--version")
    assert (done.code, done.out, done.err) == (0, f"almareplay {__version__}\n", "")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("almareplay reh", ["rehearse"]),
        ("almareplay retry --outcome pat", ["patron_blocked", "patron_expired"]),
        ("almareplay replay --guard ", ["active", "full", "off"]),
        ("almareplay replay --rep", ["--report"]),
    ],
)
def test_the_shell_completes(user: User, typed: str, offered: list[str]) -> None:
    words = len(typed.split(" ")) - 1
    user.monkeypatch.setenv("_ALMAREPLAY_COMPLETE", "bash_complete")
    user.monkeypatch.setenv("COMP_WORDS", typed)
    user.monkeypatch.setenv("COMP_CWORD", str(words))
    # Each with its kind before it, by which the shell knows names of files.
    assert {f"plain,{each}" for each in offered} <= set(user.types().out.split())


@pytest.mark.parametrize("command", ["load", "unload", "rehearse", "replay", "report", "export"])
def test_the_shell_completes_names_of_files(user: User, command: str) -> None:
    user.monkeypatch.setenv("_ALMAREPLAY_COMPLETE", "bash_complete")
    user.monkeypatch.setenv("COMP_WORDS", f"almareplay {command} des")
    user.monkeypatch.setenv("COMP_CWORD", "2")
    assert user.types().out.strip() == "file,des"


@pytest.mark.parametrize(
    ("words", "needless"),
    [
        (["--version"], {"sqlalchemy", "httpx", "pydantic", "xlsxwriter", "almareplay.sources"}),
        (["replay", "--help"], {"jinja2", "xlsxwriter", "almareplay.sources"}),
    ],
)
def test_what_only_some_commands_need_is_imported_by_them(
    words: list[str], needless: set[str]
) -> None:
    code = (
        f"import sys; from almareplay.cli.main import app; app.main({words}, 'almareplay', "
        "standalone_mode=False); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.splitlines()[-1].split())
    assert "almareplay.cli.main" in imported
    assert not imported & needless
