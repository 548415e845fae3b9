"""``purge``: what the queue holds of finished runs, deleted for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.options.command import Command
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.durations import parse_duration
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.runs.purging import purge as purge_runs
from almareplay.cli.workflows.runs.purging import purge_capture_session

_LONGEST = timedelta(days=36_500)


@click.command(cls=Command)
@click.option(
    "--older-than",
    metavar="TIME",
    help="All finished runs on which nothing was done for so long: 30d, 8w.",
)
@click.option("--session", metavar="NAME", help="A capture session, in place of a run.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def purge(common: CommonOptions, older_than: str | None, session: str | None, yes: bool) -> Exit:
    """Delete what the queue holds of a finished run, for good.

    Rows, patron ids, calls and fines go, bytes and all. Kept are the run's name, the number of rows
    with each outcome, and the hashes of its files (not their names, which may tell of a patron), so
    that one of them that is loaded again still adds nothing.

    A run is finished when nothing is left to replay. Rows that need attention or are unresolved go
    too: the question names them, and the reports that you wrote are then the only lists of them.
    Delete those reports, exports and the captured files yourself when the work is done.

    A capture session goes with the last run that has rows of it, once it is closed and all of its
    scans are in a run; else it stays, and is named. With --session it goes by itself, if runs have
    all of its scans.

    \b
    Examples:
      almareplay purge
      almareplay purge --run night --yes
      almareplay purge --older-than 30d --yes
      almareplay purge --session 2026-09-14

    \b
    Exit codes:
      0    purged, or nothing to purge
      1    some runs with --older-than are not finished
      2    the run is not finished, a session is not loaded, or wrong usage
      3    not agreed to, or a run is being replayed
      75   rows deleted but not yet their bytes, start again
      130  interrupted
    """
    oldest = None
    if older_than is not None:
        oldest = datetime.now(UTC) - _age(older_than)
        if common.names_a_run:
            raise Ended(
                Exit.USAGE,
                "--older-than is about all runs of the queue: leave out --run, or --older-than.",
            )
    if session is not None and (oldest or common.names_a_run):
        raise click.UsageError("--session is about a session alone: leave the other out.")
    with open_queue(common.read_settings().queue) as queue:
        if session is not None:
            return purge_capture_session(queue, common, session, yes=yes)
        return purge_runs(queue, common, oldest, yes=yes)


def _age(text: str) -> timedelta:
    """Whole days or weeks. Raises Ended."""
    try:
        age = parse_duration(text, "dw")
        if age % timedelta(days=1) or not timedelta(0) < age <= _LONGEST:
            raise ValueError("no day of ours was so long ago")
    except ValueError as error:
        words = f"--older-than {text}: give days or weeks, such as 30d or 8w."
        raise Ended(Exit.USAGE, words) from error
    return age
