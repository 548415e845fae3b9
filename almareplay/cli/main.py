"""The command ``almareplay``: its commands joined, and every error in words with an exit code."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
import traceback
from typing import Annotated, Any

import typer

from almareplay import __version__
from almareplay.cli import (
    check,
    copy,
    correct,
    demo,
    export,
    history,
    load,
    look,
    purge,
    rehearse,
    replay,
    simulate,
    staff,
    unload,
)
from almareplay.cli.first import tell_first_steps
from almareplay.cli.help import Command
from almareplay.cli.log import note
from almareplay.cli.shared import Exit, exit_code, messages, options, results, say, tell_error
from almareplay.transactions import AlmaReplayError

app = typer.Typer(
    name="almareplay",
    help="""Post the loans and returns that were captured while Alma was away to Alma's API.

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
    """,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for commands in (
    *(check, load, unload, rehearse, replay, look, staff, correct, history),
    *(export, copy, purge, simulate, demo),
):
    commands.add_to(app)

for each in app.registered_commands:
    each.cls = Command


@app.callback()
def alone(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is, and exit.")
    ] = False,
) -> None:
    """Say what to do first where no command is named."""
    if version:
        results.print(f"almareplay {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        tell_first_steps()


# What typer raises for wrong usage, with its own way to show it.
_WrongUsage: type[Exception] = typer.BadParameter.__mro__[2]


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
        code = app(prog_name="almareplay", standalone_mode=False)
    except SystemExit as end:
        code = end.code
    except _WrongUsage as error:
        _tell_usage(error)
        return Exit.USAGE
    except typer.Abort:
        say("\nInterrupted; nothing is half done.")
        return Exit.INTERRUPTED
    except AlmaReplayError as error:
        _show_traceback(error)
        tell_error(error)
        messages.file.flush()
        return exit_code(error)
    except Exception as error:  # noqa: BLE001 (the last resort: whatever comes here has no words)
        _show_traceback(error)
        note("failed", error=type(error).__name__)
        say(
            f"This should not have happened ({type(error).__name__}). Nothing is lost: what was "
            "stored stays stored. Add --debug to see where."
        )
        messages.file.flush()
        return exit_code(error)
    return code if isinstance(code, int) else Exit.DONE


def _interrupt(*_: object) -> None:
    """Take SIGTERM for Ctrl-C, which whatever runs now knows how to end at."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as for a shell's background job
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def _tell_usage(error: Any) -> None:
    """Show how the command is used, as typer words it. It quotes what was typed."""
    note("failed", error="usage")
    words = io.StringIO()
    error.show(file=words)
    say(words.getvalue().rstrip("\n"))


def _show_traceback(error: BaseException) -> None:
    if options.debug:
        say("".join(traceback.format_exception(error)).rstrip("\n"))
