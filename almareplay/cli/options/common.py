"""The options that every command has."""

from __future__ import annotations

import logging
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import click

from almareplay import __version__
from almareplay.cli.console.log import JsonLines, note
from almareplay.cli.console.output import Shown, messages
from almareplay.settings import Settings, read_settings

_RUN = "main"
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """What was said with a command whatever it does; None, False and an empty text where it was
    not."""

    settings: Path | None = None
    run: str = _RUN
    institution: str = ""
    institutions: Path | None = None
    queue: str | None = None
    verbose: bool = False
    quiet: bool = False
    log: Path | None = None
    debug: bool = False

    def all_of_them(self) -> None:
        """Make sure that no institution is named where all are meant. Raises UsageError."""
        if self.institution:
            raise click.UsageError("--all is for all institutions: leave --institution out.")

    @property
    def names_a_run(self) -> bool:
        """Whether it is about another run than the one that needs no name."""
        return self.run != _RUN

    def of_run(self, run: str) -> Self:
        """The same for another run."""
        return replace(self, run=run)

    def of_institution(self, institution: str) -> Self:
        """The same for another institution."""
        return replace(self, institution=institution)

    def read_settings(self, **flags: Any) -> Settings:
        """The settings, those of the institution where one is named, with the flags of the command.
        Raises SettingsError."""
        file = self.institutions and str(self.institutions)
        plain = read_settings(self.settings, queue=self.queue, institutions=file, **flags)
        if not self.institution:
            return plain
        from almareplay.consortium.institutions import institution_named  # most have none

        given = [name for name, value in flags.items() if value not in (None, "")]
        return institution_named(plain, self.institution).settings(plain, given)

    def command(self, words: str) -> str:
        """What to type next about this run: with the settings and the queue that were given, but
        without a password."""
        given = [
            ("--institution", self.institution),
            ("--run", self.run if self.names_a_run else None),
            ("--institutions", self.institutions and str(self.institutions)),
            ("--settings", self.settings and str(self.settings)),
            ("--queue", self.queue and _without_password(self.queue)),
        ]
        flags = (f" {flag} {shlex.quote(value)}" for flag, value in given if value)
        return f"almareplay {words}{''.join(flags)}"


def _without_password(queue: str) -> str:
    from sqlalchemy import make_url  # a command has it anyway where it is given a queue
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(queue)
    except ArgumentError:
        return "URL"
    return queue if url.password is None else url.render_as_string()


def _run_name(text: str) -> str:
    return _name_of("run", text)


def session_name(text: str) -> str:
    """The name of a capture session. Raises BadParameter."""
    return _name_of("session", text)


def _name_of(what: str, text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > _LONGEST_NAME:
        raise click.BadParameter(
            f"The name of a {what} is text of one to {_LONGEST_NAME} characters that can be "
            "printed."
        )
    return text


PATH: click.ParamType[Path] = click.Path(path_type=Path)
"""The type of an argument or option that names a file."""

COMMON = [
    click.Option(
        ["--settings"],
        type=PATH,
        metavar="FILE",
        help="Settings file.  [default: settings.env]",
    ),
    click.Option(["--run"], type=_run_name, default=_RUN, metavar="NAME", help="Name of the run."),
    click.Option(
        ["--institution"],
        default="",
        show_default=False,
        metavar="CODE",
        help="Institution of a consortium: its settings, its key, and its runs.",
    ),
    click.Option(
        ["--institutions"],
        type=PATH,
        metavar="FILE",
        help="File of institutions, with the settings of each.",
    ),
    click.Option(
        ["--queue"],
        metavar="URL",
        help="Queue, a file or a database in PostgreSQL.  [default: sqlite:///almareplay.db]",
    ),
    click.Option(["--verbose"], is_flag=True, help="Say more, such as which answers were lost."),
    click.Option(["--quiet"], is_flag=True, help="Say only what went wrong."),
    click.Option(
        ["--log"],
        type=PATH,
        metavar="FILE",
        help="Append what is done to a file, as JSON lines that name no patron.",
    ),
    click.Option(["--debug"], is_flag=True, help="Log calls, show tracebacks."),
]
"""The options of every command, as ``CommonOptions`` has their values."""


def start(command: str, common: CommonOptions) -> None:
    """Let the log and the user hear what is noted, as far as they want to. Raises LogError."""
    messages.quiet = common.quiet
    handlers: list[logging.Handler] = []
    if common.verbose or common.debug:
        shown = Shown(messages)
        # What the command line notes it has said already.
        shown.addFilter(lambda record: record.name != "almareplay.cli")
        handlers.append(shown)
    if common.log is not None:
        about = {"command": command, "version": __version__, "run": common.run}
        if common.institution:
            about["institution"] = common.institution
        handlers.append(JsonLines(common.log, about))
    if handlers:
        # Only our own loggers, which name neither patrons nor keys: those of libraries quote
        # addresses.
        ours = logging.getLogger("almareplay")
        ours.setLevel(logging.DEBUG if common.debug else logging.INFO)
        ours.handlers = handlers
        ours.propagate = False
    note("started", command=command)
