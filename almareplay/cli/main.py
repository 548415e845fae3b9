"""The command ``almareplay``: its commands joined, and every error in words with an exit code."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from importlib import import_module

import click

from almareplay import __version__
from almareplay.cli.console.completion import completion_options
from almareplay.cli.console.exits import Ended, Exit, exit_code_of
from almareplay.cli.console.log import note
from almareplay.cli.console.output import messages, results, say, tell_error
from almareplay.transactions import AlmaReplayError

COMMANDS = (
    *("check", "load", "unload", "rehearse", "replay", "status", "report", "retry", "dismiss"),
    *("correct", "history", "export", "copy", "purge", "submit", "worker", "queue", "capture"),
    *("patrons", "simulate", "demo"),
)
"""The commands, each in the module of its name, in the order of the help."""


class Commands(click.Group):
    """The commands, imported when they are needed: most of a start goes into importing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, None where there is no such command."""
        # A name that there is not is compared with those that there are.
        for name in [cmd_name] if cmd_name in COMMANDS else COMMANDS:
            module = import_module(f"almareplay.cli.commands.{name}")
            self.add_command(getattr(module, name), name)
        return super().get_command(ctx, cmd_name)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--version", is_flag=True, help="Say which version this is, and exit.")
@completion_options
@click.pass_context
def app(context: click.Context, version: bool) -> None:
    """Post the loans and returns that were captured while Alma was away to Alma's API.

    In the order in which they happened, each exactly once, with an outcome for every row.

    \b
    In a real outage:
      almareplay check
      almareplay load FILE...
      almareplay rehearse
      almareplay replay --report report.html

    \b
    To see it work on a stand-in Alma on this machine:
      almareplay demo

    Alone, almareplay looks around and says what to do next. With --install-completion the shell
    completes commands, options and outcomes.
    """
    if version:
        results.print(f"almareplay {__version__}")
        context.exit()
    if context.invoked_subcommand is None:
        from almareplay.cli.workflows.guide import tell_first_steps

        tell_first_steps()


def main() -> None:
    """Run a command and leave with its exit code; nobody sees a traceback without ``--debug``."""
    signal.signal(signal.SIGTERM, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal of another character set shows numbers for what it does not have.
            with contextlib.suppress(OSError):
                stream.reconfigure(errors="backslashreplace")
    code = _run()
    note("ended", exit_code=code)
    sys.exit(code)


def _run() -> int:
    try:
        code = app.main(prog_name="almareplay", standalone_mode=False)
    except SystemExit as end:
        code = end.code
    except click.ClickException as error:
        _tell_usage(error)
        return Exit.USAGE
    except click.Abort:
        say("\nInterrupted; nothing is half done.")
        return Exit.INTERRUPTED
    except Ended as end:
        if words := str(end):
            say(words)
        return end.code
    except AlmaReplayError as error:
        tell_error(error)
        messages.file.flush()
        return exit_code_of(error)
    except Exception as error:  # noqa: BLE001 (the last resort: whatever comes here has no words)
        note("failed", error=type(error).__name__)
        say(
            f"This should not have happened ({type(error).__name__}). Nothing is lost: what was "
            "stored stays stored. Add --debug to see where."
        )
        messages.file.flush()
        return exit_code_of(error)
    return code if isinstance(code, int) else Exit.DONE


def _interrupt(*_: object) -> None:
    """Take SIGTERM for Ctrl-C, which whatever runs now knows how to end at."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as for a shell's background job
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def _tell_usage(error: click.ClickException) -> None:
    """Show how the command is used, as click words it. It quotes what was typed."""
    note("failed", error="usage")
    words = io.StringIO()
    error.show(file=words)
    say(words.getvalue().rstrip("\n"))
