"""What all commands share: their options, exit codes, and where their words go."""

from __future__ import annotations

import functools
import inspect
import logging
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from almareplay import __version__
from almareplay.alma.errors import AlmaError, AlmaGone, DailyLimit, Stopped, Unavailable
from almareplay.cli.console import Shown, messages, results
from almareplay.cli.log import JsonLines, note
from almareplay.cli.printable import one_line
from almareplay.queue.errors import (
    HoldLost,
    NotErased,
    PostedByAnotherRun,
    RunHeld,
    RunOfAnotherAlma,
)
from almareplay.settings import Settings, read_settings
from almareplay.transactions import AlmaReplayError

_LONGEST_NAME = 200


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
    if isinstance(error, AlmaError | RunHeld | HoldLost | RunOfAnotherAlma | PostedByAnotherRun):
        return Exit.REFUSED
    return Exit.USAGE


def exit_code(end: BaseException) -> Exit:
    """The exit code of a command that ends with this."""
    if isinstance(end, typer.Exit):
        return Exit(end.exit_code)
    if isinstance(end, AlmaReplayError):
        return exit_code_of(end)
    if isinstance(end, typer.BadParameter):
        return Exit.USAGE
    return Exit.INTERRUPTED if isinstance(end, KeyboardInterrupt) else Exit.RESUMABLE


@dataclass(slots=True)
class Options:
    """The options that every command takes."""

    settings: Path | None = None
    run: str = "main"
    queue: str | None = None
    verbose: bool = False
    quiet: bool = False
    log: Path | None = None
    debug: bool = False


options = Options()
"""The options of the command that runs now."""

SHARED = {
    "settings": Annotated[
        Path | None,
        typer.Option(help="Settings file.  [default: settings.env]", metavar="FILE"),
    ],
    "run": Annotated[str, typer.Option(help="Name of the run.", metavar="NAME")],
    "queue": Annotated[
        str | None,
        typer.Option(
            help="Queue, by its SQLAlchemy URL.  [default: sqlite:///almareplay.db]", metavar="URL"
        ),
    ],
    "verbose": Annotated[
        bool, typer.Option("--verbose", help="Say more, such as which answers were lost.")
    ],
    "quiet": Annotated[bool, typer.Option("--quiet", help="Say only what went wrong.")],
    "log": Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Append what is done to a file, as JSON lines that name no patron."
        ),
    ],
    "debug": Annotated[bool, typer.Option("--debug", help="Log calls, show tracebacks.")],
}
"""The options that every command takes."""

OverwriteOption = Annotated[
    bool,
    typer.Option(
        "--overwrite", help="Replace files that are there, also what almareplay did not write."
    ),
]
"""The option of commands that write files."""


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
        for name, annotation in SHARED.items()
    ]

    @functools.wraps(command)
    def with_options(**values: Any) -> None:
        for name in SHARED:
            setattr(options, name, values.pop(name))
        messages.quiet = options.quiet
        _check_run(options.run)
        _listen(command.__name__)
        note("started", command=command.__name__)
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


def _check_run(name: str) -> None:
    """Make sure that a run can have this name. Raises BadParameter."""
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise typer.BadParameter(
            f"The name of a run is text of one to {_LONGEST_NAME} characters that can be printed."
        )


def _listen(command: str) -> None:
    """Let the log and the user hear what is noted, as far as they want to. Raises LogError."""
    handlers: list[logging.Handler] = []
    if options.verbose or options.debug:
        shown = Shown(messages)
        shown.addFilter(lambda record: record.name != "almareplay.cli")  # which was said already
        handlers.append(shown)
    if options.log is not None:
        about = {"command": command, "version": __version__, "run": options.run}
        handlers.append(JsonLines(options.log, about))
    if handlers:
        # Only our own loggers, which name neither patrons nor keys: those of libraries quote
        # addresses.
        ours = logging.getLogger("almareplay")
        ours.setLevel(logging.DEBUG if options.debug else logging.INFO)
        ours.handlers = handlers
        ours.propagate = False


def settings_of(**flags: Any) -> Settings:
    """The settings of the command that runs now, with its flags. Raises SettingsError."""
    return read_settings(options.settings, queue=options.queue, **flags)


def say(text: str = "") -> None:
    """Tell the user what goes wrong or what to do: also with ``--quiet``. No log has it, since it
    may quote what was captured; ``note`` writes there."""
    quiet, messages.quiet = messages.quiet, False
    messages.print(text)
    messages.quiet = quiet


def show(text: str) -> None:
    """Show the user, also with ``--quiet``, a line of what stands in rows."""
    say(one_line(text))


def tell_error(error: AlmaReplayError) -> None:
    """Tell the user and the log what went wrong; the log without what was captured."""
    note("failed", str(error) if error.in_logs else "", error=type(error).__name__)
    say(str(error))


def follow_up(words: str) -> str:
    """What to type next about the run of this command: with the settings and the queue that were
    given to it, but without a password."""
    given = [
        ("--run", None if options.run == Options().run else options.run),
        ("--settings", options.settings and str(options.settings)),
        ("--queue", options.queue and _without_password(options.queue)),
    ]
    flags = (f" {flag} {shlex.quote(value)}" for flag, value in given if value)
    return f"almareplay {words}{''.join(flags)}"


def _without_password(queue: str) -> str:
    try:
        url = make_url(queue)
    except ArgumentError:
        return "URL"
    return queue if url.password is None else url.render_as_string()


def count(number: int, one: str, many: str = "") -> str:
    """``1 row``, ``2 rows``, ``12,000 rows``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


__all__ = [
    "SHARED",
    "Exit",
    "Options",
    "OverwriteOption",
    "count",
    "exit_code",
    "exit_code_of",
    "follow_up",
    "messages",
    "options",
    "results",
    "say",
    "settings_of",
    "shared_options",
    "show",
    "tell_error",
]
