"""Where a demo takes place: a folder and settings of its own, and commands as one types them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import results
from almareplay.settings import PREFIX

SETTINGS = "settings.env"
_MARK = ".almareplay-demo"


@dataclass(frozen=True, slots=True)
class Stage:
    """The folder of a demo, what runs a command given its words, and the names of what was set in
    the environment."""

    folder: Path
    run: Callable[..., object]
    in_the_way: list[str]

    @property
    def settings(self) -> Path:
        """The demo's file of settings."""
        return self.folder / SETTINGS

    def write_settings(self, text: str) -> None:
        """Write the demo's file of settings, and say that every command is given it."""
        self.settings.touch(mode=0o600)
        self.settings.write_text(text)
        results.print(f"Every command here is given --settings {self.settings} as well.")

    def command(self, words: str) -> str:
        """A command as the user types it beside the demo."""
        return f"almareplay {words} --settings {self.settings}"

    def step(self, *words: str) -> None:
        """Show a command and run it."""
        results.print(f"\n$ almareplay {' '.join(words)}")
        self.run(*words, "--settings", str(self.settings))

    def tell_what_is_in_the_way(self) -> None:
        """Say what would win over the demo's settings in a command that the user types."""
        if self.in_the_way:
            results.print(
                "What is set in your environment wins over these settings. Before you type one of "
                f"these commands: unset {' '.join(self.in_the_way)}"
            )


def set_stage(folder: Path, made: Iterable[str], run: Callable[..., object]) -> Stage:
    """Make a demo's folder as `make_fresh` does, and let no settings of a real Alma win over the
    demo's own. Raises Ended."""
    make_fresh(folder, made)
    in_the_way = sorted(name for name in os.environ if name.startswith(PREFIX))
    for name in in_the_way:
        del os.environ[name]
    return Stage(folder, run, in_the_way)


def make_fresh(folder: Path, made: Iterable[str]) -> None:
    """Make a demo's folder, or empty it of what an earlier demo left, files with the names of what
    is ``made``; whatever else somebody has put there stays. Raises Ended."""
    if folder.exists() and not (folder / _MARK).is_file():
        words = f"{folder} exists and is not the demo's: name another folder."
        raise Ended(Exit.USAGE, words)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (SETTINGS, *made):
        (folder / name).unlink(missing_ok=True)
    (folder / _MARK).touch()
