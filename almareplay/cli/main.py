"""The command ``almareplay``: its commands joined, and every error in words with an exit code."""

from __future__ import annotations

import signal
import sys
import traceback

import typer

from almareplay.cli import (
    check,
    copy,
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
from almareplay.cli.shared import Exit, exit_code, messages, options, say
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
    *(check, load, unload, rehearse, replay, look, staff, history),
    *(export, copy, purge, simulate, demo),
):
    commands.add_to(app)

for each in app.registered_commands:
    each.cls = Command


@app.callback()
def alone(context: typer.Context) -> None:
    """Say what to do first where no command is named."""
    if context.invoked_subcommand is None:
        tell_first_steps()


def main() -> None:
    """Run a command and leave with its exit code; nobody sees a traceback without ``--debug``."""
    signal.signal(signal.SIGTERM, _interrupt)
    code = _run()
    note("ended", exit_code=code)
    sys.exit(code)


def _run() -> int:
    try:
        app(prog_name="almareplay")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else Exit.DONE
    except AlmaReplayError as error:
        _tell(error, str(error))
        return exit_code(error)
    except Exception as error:  # noqa: BLE001 (the last door: whatever comes here has no words)
        words = f"This should not have happened ({type(error).__name__}). Nothing is lost: what was"
        _tell(error, f"{words} stored stays stored. Add --debug to see where.")
        return exit_code(error)
    return Exit.DONE


def _interrupt(*_: object) -> None:
    """Take SIGTERM for Ctrl-C, which whatever runs now knows how to end at."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as for a shell's background job
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def _tell(error: BaseException, words: str) -> None:
    if options.debug:
        traceback.print_exception(error, file=sys.stderr)
    say(words)
    messages.file.flush()
