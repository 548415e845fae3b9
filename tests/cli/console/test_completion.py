"""The shell's completion: shown, and installed where the shell looks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import User


class Parents:
    """What runs the command, the nearest first."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def parents(self) -> list[Parents]:
        return [Parents(name) for name in self._names]

    def name(self) -> str:
        return self._names[0]


@pytest.fixture
def at_home(user: User) -> User:
    user.monkeypatch.setenv("HOME", str(user.folder))
    user.monkeypatch.setattr("psutil.Process", lambda: Parents("python3", "-zsh", "sshd"))
    return user


def test_what_is_shown_is_for_the_shell_that_asks(at_home: User) -> None:
    done = at_home.types("--show-completion")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("#compdef almareplay\n")
    assert "_ALMAREPLAY_COMPLETE=zsh_complete" in done.out
    assert [*at_home.folder.iterdir()] == []


def test_it_is_installed_once_beside_what_is_there(at_home: User) -> None:
    start = at_home.writes(".zshrc", "alias l=ls")
    for _ in range(2):
        assert at_home.types("--install-completion").code == 0
    assert start.read_text("utf-8") == (
        "alias l=ls\n\nfpath+=~/.zfunc; autoload -Uz compinit; compinit\n"
    )
    assert (at_home.folder / ".zfunc/_almareplay").read_text("utf-8").startswith("#compdef")


@pytest.mark.parametrize(
    ("option", "shell", "said"),
    [
        ("--install-completion", "pwsh", "Add what --show-completion prints"),
        (
            "--show-completion",
            "tcsh",
            "There is completion for bash, zsh, fish and PowerShell only.",
        ),
    ],
)
def test_other_shells_are_told(at_home: User, option: str, shell: str, said: str) -> None:
    at_home.monkeypatch.setattr("psutil.Process", lambda: Parents(shell))
    done = at_home.types(option)
    assert (done.code, said in done.err) == (2, True)
    assert [*at_home.folder.iterdir()] == []
