"""A command and its options, on click.

Click, and not Typer on top of it: here options are objects, so that those of several commands are
declared once and given to each. Typer reads options from the signature of a function; shared ones
would have to be repeated in all, or written into signatures at run time. And what must be extended
for that, and for the help, is public and typed in click, and private in Typer.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

import click

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import say
from almareplay.cli.options.common import COMMON, CommonOptions, start

E = TypeVar("E", bound=StrEnum)


class OneOf(click.Choice[E]):
    """One of the values of an enumeration."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:
        """The word of a value."""
        return str(choice)


class OptionGroup(NamedTuple):
    """Options that several commands have. A command gets them as the one parameter of this name,
    which ``make`` makes of their values."""

    parameter: str
    options: Sequence[click.Option]
    make: Callable[..., object]


def alone(option: click.Option) -> OptionGroup:
    """An option of several commands as a group of its own: they get its value."""
    return OptionGroup(option.name, [option], lambda **values: values[option.name])


class Command(click.Command):
    """A command with its own options and those of ``groups``, besides those that all have.

    Its function takes the latter as ``common``, and returns an exit code, or None for 0.
    """

    def __init__(self, *args: Any, groups: Iterable[OptionGroup] = (), **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.context_settings.setdefault("show_default", True)
        self.context_settings.setdefault("help_option_names", ["-h", "--help"])
        self._groups = [*groups, OptionGroup("common", COMMON, CommonOptions)]
        for group in self._groups:
            self.params += group.options

    def invoke(self, ctx: click.Context) -> Any:
        """Do what the command is for, with what was typed."""
        for group in self._groups:
            values = {option.name: ctx.params.pop(option.name) for option in group.options}
            ctx.params[group.parameter] = ctx.invoke(group.make, **values)
        common: CommonOptions = ctx.params["common"]
        start(self.name or "", common)
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise Ended(Exit.INTERRUPTED, "Interrupted; nothing is half done.") from stop
        except (click.ClickException, click.exceptions.Exit, Ended):
            raise
        except Exception as error:
            if common.debug:
                say("".join(traceback.format_exception(error)).rstrip("\n"))
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, those that all commands have apart."""
        shared = [*COMMON, self.get_help_option(ctx)]
        own = [each for each in self.get_params(ctx) if each not in shared]
        for heading, options in ("Options", own), ("Options of every command", shared):
            records = [
                each.get_help_record(ctx) for each in options if isinstance(each, click.Option)
            ]
            if records:
                with formatter.section(heading):
                    formatter.write_dl([each for each in records if each])
