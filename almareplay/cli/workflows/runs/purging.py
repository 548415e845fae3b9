"""What the queue holds of finished runs, deleted for good."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import datetime

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import count, messages, say
from almareplay.cli.console.prompts import agreed, need_somebody
from almareplay.cli.options.common import CommonOptions
from almareplay.outcomes import Disposition
from almareplay.queue.captures.sessions import session_named
from almareplay.queue.errors import NotFinished
from almareplay.queue.purging.runs import (
    Standing,
    erase,
    nobody_replays,
    purge_run,
    standing,
    standings,
)
from almareplay.queue.purging.sessions import (
    SessionPurge,
    forget_purged,
    half_purged,
    purge_loaded_sessions,
    purge_session,
    scans_of_session,
)
from almareplay.queue.store import Queue

_NOTHING = "Nothing was purged"


def purge(queue: Queue, common: CommonOptions, oldest: datetime | None, *, yes: bool) -> Exit:
    """Purge the run of the command; with ``oldest`` instead all finished runs on which nothing was
    done since then. ``yes`` asks nobody."""
    nobody_replays(queue)
    if oldest is None:
        known = [standing(queue, queue.run(common.run, common.institution, purged_too=True))]
        chosen, unfinished = _named(known[0]), False
    else:
        known = standings(queue)
        chosen, unfinished = _older(known, oldest)
    half_done = [each for each in known if each.purged_at and not each.erased_at]
    if chosen:
        _ask(chosen, yes=yes)
    if chosen or half_done or half_purged(queue):
        _purge(queue, chosen, half_done, common)
    else:
        say("Nothing to purge.")
    return Exit.OPEN if unfinished else Exit.DONE


def _named(run: Standing) -> list[Standing]:
    """The run that was named, where there is something to purge. Raises NotFinished."""
    if run.erased_at is not None and run.purged_at is not None:
        say(f"Run {run.run} was purged on {_day(run.purged_at)}.")
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
            messages.print(f"Run {run.run} stays: the last was done on {_day(run.last_active)}.")
        elif run.left_to_replay:
            say(f"Run {run.run} stays: it has {run.left_to_replay}.")
            unfinished = True
        else:
            chosen.append(run)
    return chosen, unfinished


def _ask(chosen: Iterable[Standing], *, yes: bool) -> None:
    """Say what would go, and end the command where the user does not want that."""
    for run in chosen:
        say(f"Run {run.run}: {count(run.rows, 'row')}, last done {_day(run.last_active)}.")
        attention, unresolved = map(run.count, (Disposition.ATTENTION, Disposition.UNRESOLVED))
        if attention or unresolved:
            say(
                f"  {count(attention, 'row')} of them needed attention, {unresolved:,} unresolved: "
                "once purged, only a report that you wrote tells staff which."
            )
    if not yes:
        need_somebody("--yes", nothing=_NOTHING)
        agreed("Delete these rows for good?", nothing=_NOTHING)


def _purge(
    queue: Queue,
    chosen: Iterable[Standing],
    half_done: Iterable[Standing],
    common: CommonOptions,
) -> None:
    for run in half_done:
        day = _day(run.purged_at)
        say(f"Run {run.run}: its rows were deleted on {day}, but not yet their bytes.")
    try:
        for run in chosen:
            purge_run(queue, run.run)
            say(f"Run {run.run}: {count(run.rows, 'row')} purged; their counts are kept.")
        for each in purge_loaded_sessions(queue):
            _tell_session(each, common)
        ours = _erase(queue)
    except KeyboardInterrupt as stop:
        raise _interrupted(common.command("purge")) from stop
    _tell_the_rest(queue, in_our_files=ours)


def purge_capture_session(queue: Queue, common: CommonOptions, name: str, *, yes: bool) -> Exit:
    """Purge what was captured in a session, whose scans runs have. ``yes`` asks nobody."""
    nobody_replays(queue)
    session = session_named(queue, name, common.institution)
    scans = scans_of_session(queue, session)
    say(f"Capture session {session}: {count(scans, 'scan')}.")
    if session.closed_at is None:
        say("  It is still open: what its stations have not sent could not be sent any more.")
    if not yes:
        need_somebody("--yes", nothing=_NOTHING)
        agreed("Delete these scans for good?", nothing=_NOTHING)
    try:
        purge_session(queue, session)
        say(f"Capture session {session}: {count(scans, 'scan')} purged.")
        ours = _erase(queue)
    except KeyboardInterrupt as stop:
        again = common.command(f"purge --session {shlex.quote(name)}")
        raise _interrupted(again) from stop
    _tell_the_rest(queue, in_our_files=ours)
    return Exit.DONE


def _erase(queue: Queue) -> bool:
    ours = erase(queue)
    forget_purged(queue)
    return ours


def _interrupted(again: str) -> Ended:
    words = f"Interrupted. What was deleted may still be in the queue's file: {again}"
    return Ended(Exit.INTERRUPTED, words)


def _tell_session(each: SessionPurge, common: CommonOptions) -> None:
    session = each.session
    if not each.stays:
        say(f"Capture session {session}: {count(each.scans, 'scan')} purged with its run.")
        return
    command = common.command(f"purge --session {shlex.quote(session.name)}")
    say(f"Capture session {session} stays: {each.stays}. To purge it as well: {command}")


def _tell_the_rest(queue: Queue, *, in_our_files: bool) -> None:
    """Say where else there may be what was purged."""
    if in_our_files:
        say("The queue's file was written anew, without what was deleted.")
    else:
        say(
            "The queue's tables and their statistics were written anew, without what was deleted. "
            "The server's write-ahead log, its stand-by servers, its backups and its own logs may "
            "still hold it: ask its administrator when they are gone."
        )
    say(
        "The reports and exports that you wrote and the captured files still hold patron ids: "
        "delete them as well."
    )
    for copy in queue.copies:
        say(f"So does this copy of the queue from before an upgrade: {copy}")


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone():%d %B %Y}"
