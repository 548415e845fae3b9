"""The command ``almareplay``: its commands joined, and every error in words with an exit code."""

from __future__ import annotations

import signal
import sys
import traceback

import typer

from almareplay.cli import (
    check,
    demo,
    export,
    load,
    look,
    purge,
    rehearse,
    replay,
    simulate,
    unload,
)
from almareplay.cli.shared import Exit, exit_code_of, messages, options, say
from almareplay.transactions import AlmaReplayError

app = typer.Typer(
    name="almareplay",
    help=(
        "Posts the loans and returns that a library captured while Alma was away to Alma's API: "
        "in the order in which they happened, each exactly once.\n\n"
        "In a real outage:  check, load FILE…, rehearse, replay --report report.csv\n\n"
        "To see it work on a stand-in Alma on this machine:  almareplay demo"
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for commands in (check, load, unload, rehearse, replay, look, export, purge, simulate, demo):
    commands.add_to(app)


def main() -> None:
    """Run a command and leave with its exit code; nobody sees a traceback without ``--debug``."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except AlmaReplayError as error:
        _leave(error, str(error), exit_code_of(error))
    except Exception as error:  # noqa: BLE001 (the last door: whatever comes here has no words)
        words = f"This should not have happened ({type(error).__name__}). Nothing is lost: what was"
        _leave(error, f"{words} stored stays stored. Add --debug to see where.", Exit.RESUMABLE)


def _interrupt(*_: object) -> None:
    """Take SIGTERM for Ctrl-C, which whatever runs now knows how to end at."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as for a shell's background job
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def _leave(error: BaseException, words: str, code: Exit) -> None:
    if options.debug:
        traceback.print_exception(error, file=sys.stderr)
    say(words)
    messages.file.flush()
    sys.exit(code)
