"""What all commands share: their options, exit codes, and where their words go."""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from almareplay.alma.errors import AlmaError, AlmaGone, DailyLimit, Stopped, Unavailable
from almareplay.queue.errors import HoldLost, NotErased, RunHeld
from almareplay.settings import Settings, read_settings
from almareplay.transactions import AlmaReplayError


class Voice(Console):
    """A console that shows words as they are, and whose end does not end the command.

    A reader that goes away (a closed terminal, ``| head``) must not stop a replay half-way.
    """

    def __init__(self, *, stderr: bool) -> None:
        # No emoji: a file's "desk.dat:100:" is no code for a picture.
        super().__init__(stderr=stderr, soft_wrap=True, highlight=False, markup=False, emoji=False)

    def on_broken_pipe(self) -> None:
        """Go on without the reader."""
        self.fall_silent()

    def fall_silent(self) -> None:
        """Write nowhere from now on; Python's own last flush as well."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.file.fileno())
            os.close(nowhere)


results = Voice(stderr=False)
"""What a command was asked for: standard output."""
messages = Voice(stderr=True)
"""Progress and messages: standard error."""


class Exit(IntEnum):
    """The exit codes, as scripts may rely on them."""

    DONE = 0
    OPEN = 1
    USAGE = 2
    REFUSED = 3
    RESUMABLE = 75
    INTERRUPTED = 130


def exit_code_of(error: AlmaReplayError) -> Exit:
    """What a command's exit code is when this error ends it."""
    if isinstance(error, Stopped):
        return Exit.INTERRUPTED
    if isinstance(error, DailyLimit | AlmaGone | Unavailable | NotErased):
        return Exit.RESUMABLE
    if isinstance(error, AlmaError | RunHeld | HoldLost):
        return Exit.REFUSED
    return Exit.USAGE


@dataclass(slots=True)
class Options:
    """The options that every command takes."""

    settings: Path | None = None
    run: str = "main"
    queue: str | None = None
    verbose: bool = False
    quiet: bool = False
    debug: bool = False


options = Options()
"""The options of the command that runs now."""

_SHARED = {
    "settings": Annotated[
        Path | None,
        typer.Option(help="Settings file instead of settings.env.", metavar="FILE"),
    ],
    "run": Annotated[str, typer.Option(help="Name of the run.", metavar="NAME")],
    "queue": Annotated[
        str | None,
        typer.Option(
            help="Queue, as an SQLAlchemy URL [default: sqlite:///almareplay.db].", metavar="URL"
        ),
    ],
    "verbose": Annotated[bool, typer.Option("--verbose", help="Say more.")],
    "quiet": Annotated[bool, typer.Option("--quiet", help="Say only what went wrong.")],
    "debug": Annotated[bool, typer.Option("--debug", help="Log calls, show tracebacks.")],
}


def shared_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that all have; it reads them from ``options``."""
    own = inspect.signature(command, eval_str=True)
    extra = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=getattr(Options(), name),
            annotation=annotation,
        )
        for name, annotation in _SHARED.items()
    ]

    @functools.wraps(command)
    def with_options(**values: Any) -> None:
        for name in _SHARED:
            setattr(options, name, values.pop(name))
        messages.quiet = options.quiet
        if options.verbose or options.debug:
            _log_to_messages(logging.DEBUG if options.debug else logging.INFO)
        try:
            command(**values)
        except KeyboardInterrupt as stop:
            say("Interrupted; nothing is half done.")
            raise typer.Exit(Exit.INTERRUPTED) from stop

    parameters = [
        each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own.parameters.values()
    ]
    # Typer reads a command's options from here; the types of Python's functions do not know it.
    with_options.__signature__ = own.replace(parameters=parameters + extra)  # type: ignore[attr-defined]
    with_options.__annotations__ = {each.name: each.annotation for each in parameters + extra}
    return with_options


def _log_to_messages(level: int) -> None:
    # Only our own loggers, which name neither patrons nor keys: those of libraries quote addresses.
    handler = logging.StreamHandler(messages.file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    ours = logging.getLogger("almareplay")
    ours.setLevel(level)
    ours.handlers = [handler]
    ours.propagate = False


def settings_of(**flags: Any) -> Settings:
    """The settings of the command that runs now, with its flags. Raises SettingsError."""
    return read_settings(options.settings, queue=options.queue, **flags)


def say(text: str = "") -> None:
    """Tell the user what goes wrong or what to do: also with ``--quiet``."""
    quiet, messages.quiet = messages.quiet, False
    messages.print(text)
    messages.quiet = quiet


def follow_up(words: str) -> str:
    """What to type next about the run of this command."""
    run = "" if options.run == Options().run else f" --run {shlex.quote(options.run)}"
    return f"almareplay {words}{run}"


def count(number: int, one: str, many: str = "") -> str:
    """``1 row``, ``2 rows``, ``12,000 rows``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
