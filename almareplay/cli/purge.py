"""``purge``: what the queue holds of finished runs, deleted for good."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from almareplay.cli.opening import open_queue
from almareplay.cli.shared import (
    Exit,
    Options,
    count,
    follow_up,
    messages,
    options,
    say,
    settings_of,
    shared_options,
)
from almareplay.outcomes import Disposition
from almareplay.queue.errors import NotFinished
from almareplay.queue.purging import (
    Standing,
    erase,
    nobody_replays,
    purge_run,
    standing,
    standings,
)
from almareplay.queue.store import Queue

_DAYS = {"d": 1, "w": 7}
_LONGEST_DAYS = 36_500


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(shared_options(purge))


def purge(
    older_than: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="All finished runs on which nothing was done for so long: 30d, 8w."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete what the queue holds of a finished run, for good.

    Rows, patron ids, calls and fines go, bytes and all. Kept are the run's name, the number of rows
    with each outcome, and the hashes of its files (not their names, which may tell of a patron), so
    that one of them that is loaded again still adds nothing.

    A run is finished when nothing is left to replay. Rows that need attention or are unresolved go
    too: the question names them, and the reports that you wrote are then the only lists of them.
    Delete those reports, exports and the captured files yourself when the work is done.

    \b
    Examples:
      almareplay purge
      almareplay purge --run night --yes
      almareplay purge --older-than 30d --yes

    \b
    Exit codes:
      0    purged, or nothing to purge
      1    some runs with --older-than are not finished
      2    the run is not finished, or wrong usage
      3    not agreed to, or a run is being replayed
      75   rows deleted but not yet their bytes, start again
      130  interrupted
    """
    oldest = None
    if older_than is not None:
        try:
            oldest = datetime.now(UTC) - _age(older_than)
        except ValueError as error:
            say(str(error))
            raise typer.Exit(Exit.USAGE) from error
        if options.run != Options().run:
            say("--older-than is about all runs of the queue: leave out --run, or --older-than.")
            raise typer.Exit(Exit.USAGE)
    with open_queue(settings_of().queue) as queue:
        nobody_replays(queue)
        if oldest is None:
            known = [standing(queue, queue.run(options.run, purged_too=True))]
            chosen, unfinished = _named(known[0]), False
        else:
            known = standings(queue)
            chosen, unfinished = _older(known, oldest)
        half_done = [each for each in known if each.purged_at and not each.erased_at]
        if chosen:
            _ask(chosen, yes=yes)
        if chosen or half_done:
            _purge(queue, chosen, half_done)
        else:
            say("Nothing to purge.")
    raise typer.Exit(Exit.OPEN if unfinished else Exit.DONE)


def _age(text: str) -> timedelta:
    """A time span such as ``30d`` or ``8w``. Raises ValueError, in words."""
    found = re.fullmatch(r"(\d{1,5})([dw])", text.strip().lower())
    days = int(found[1]) * _DAYS[found[2]] if found else 0
    if not 0 < days <= _LONGEST_DAYS:
        raise ValueError(f"--older-than {text}: give days or weeks, such as 30d or 8w.")
    return timedelta(days=days)


def _named(run: Standing) -> list[Standing]:
    """The run that was named, where there is something to purge. Raises NotFinished."""
    if run.erased_at is not None and run.purged_at is not None:
        say(f"Run {run.run.name!r} was purged on {_day(run.purged_at)}.")
    if run.left_to_replay:
        raise NotFinished(run.run.name, run.left_to_replay)
    return [run] if run.purged_at is None and run.rows else []


def _older(known: Iterable[Standing], oldest: datetime) -> tuple[list[Standing], bool]:
    """The finished runs that are so old; and whether others as old are not finished."""
    chosen: list[Standing] = []
    unfinished = False
    for run in known:
        if run.purged_at is not None or not run.rows:
            continue
        if run.last_active > oldest:
            messages.print(
                f"Run {run.run.name!r} stays: the last was done on {_day(run.last_active)}."
            )
        elif run.left_to_replay:
            say(f"Run {run.run.name!r} stays: it has {run.left_to_replay}.")
            unfinished = True
        else:
            chosen.append(run)
    return chosen, unfinished


def _ask(chosen: Iterable[Standing], *, yes: bool) -> None:
    """Say what would go, and end the command where the user does not want that."""
    for run in chosen:
        say(f"Run {run.run.name!r}: {count(run.rows, 'row')}, last done {_day(run.last_active)}.")
        attention, unresolved = map(run.count, (Disposition.ATTENTION, Disposition.UNRESOLVED))
        if attention or unresolved:
            say(
                f"  {count(attention, 'row')} of them needed attention, {unresolved:,} unresolved: "
                "once purged, only a report that you wrote tells staff which."
            )
    if yes:
        return
    if not sys.stdin.isatty():
        say("Nothing was purged: there is nobody to ask. Say --yes to go on without.")
        raise typer.Exit(Exit.USAGE)
    try:
        agreed = typer.confirm("Delete these rows for good?", err=True)
    except typer.Abort as stop:
        say("\nNothing was purged.")
        raise typer.Exit(Exit.INTERRUPTED) from stop
    if not agreed:
        say("Nothing was purged.")
        raise typer.Exit(Exit.REFUSED)


def _purge(queue: Queue, chosen: Iterable[Standing], half_done: Iterable[Standing]) -> None:
    for run in half_done:
        day = _day(run.purged_at)
        say(f"Run {run.run.name!r}: its rows were deleted on {day}, but not yet their bytes.")
    try:
        for run in chosen:
            purge_run(queue, run.run)
            say(f"Run {run.run.name!r}: {count(run.rows, 'row')} purged; their counts are kept.")
        ours = erase(queue)
    except KeyboardInterrupt as stop:
        say(f"Interrupted. What was deleted may still be in the queue's file: {follow_up('purge')}")
        raise typer.Exit(Exit.INTERRUPTED) from stop
    if ours:
        say("The queue's file was written anew, without what was deleted.")
    else:
        say("What the database server keeps in files, logs and backups is its administrator's.")
    say(
        "The reports and exports that you wrote and the captured files still hold patron ids: "
        "delete them as well."
    )
    for copy in queue.copies:
        say(f"So does this copy of the queue from before an upgrade: {copy}")


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone():%d %B %Y}"
