"""What ``replay`` and ``rehearse`` have in common: from the queue to the report."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer

from almareplay.alma.client import AlmaReader
from almareplay.alma.errors import AlmaError
from almareplay.cli.captures import reading_options
from almareplay.cli.display import Display
from almareplay.cli.findings import (
    Tell,
    tell_file_warnings,
    tell_findings,
    tell_future_rows,
    tell_unknown_places,
)
from almareplay.cli.how import How
from almareplay.cli.loading import load_files
from almareplay.cli.notify import Tally
from almareplay.cli.opening import open_queue
from almareplay.cli.session import Session, instance_of
from almareplay.cli.shared import (
    Exit,
    exit_code_of,
    messages,
    options,
    say,
    settings_of,
    tell_error,
)
from almareplay.queue import reading
from almareplay.queue.binding import check_alma as check_alma_of_run
from almareplay.queue.errors import QueueError
from almareplay.queue.purging import standing
from almareplay.queue.store import Queue, Run
from almareplay.replay.check import Findings
from almareplay.replay.check import check as check_alma
from almareplay.replay.policy import Policy
from almareplay.reports import check_report_path
from almareplay.settings import Settings

Work = Callable[[Session, Display], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Job:
    """A run with work to do, and how it is to be done. ``work_left`` counts rows, and rows that
    have their outcome but not yet their due date or fine. ``tally`` is kept up for whoever is to
    be told how it ended."""

    settings: Settings
    policy: Policy
    queue: Queue
    run: Run
    work_left: int
    reports: list[Path]
    overwrite: bool
    zone: ZoneInfo
    tally: Tally


def prepare(files: list[str] | None, how: How) -> Job:
    """Settings, queue and run of a command, with the named files loaded; asks Alma nothing."""
    settings = settings_of(requests_per_second=how.requests_per_second)
    tell_file_warnings(messages.print)
    zone = settings.require_zone()
    policy = how.policy(zone)
    for path in how.report or ():
        check_report_path(path, overwrite=how.overwrite)
    settings.require_key()
    settings.require_base_url()
    reading_of_files = reading_options(settings) if files else None
    queue = open_queue(settings.queue, create=bool(files))
    run = queue.start_run(options.run) if files else queue.run(options.run)
    if reading_of_files is not None:
        loading = load_files(queue, run, files or (), reading_of_files, settings)
        if loading.refused:
            # Without the rows of a station the others would not be in order.
            say("Nothing was posted: settle what is said above, or leave that file out.")
            raise typer.Exit(Exit.USAGE)
    _look(queue, run, how.tally)
    work = reading.work_left(queue, run)
    left = work.rows + work.follow_ups
    if not left:
        messages.print(f"Run {run.name!r} has nothing left to do.")
    return Job(settings, policy, queue, run, left, how.report or [], how.overwrite, zone, how.tally)


def check(job: Job, session: Session, tell: Tell, *, writes: bool = True) -> Findings:
    """Check, and say what is found. Nothing is decided yet. ``writes`` says whether the key must be
    good for writing."""
    session.watcher = Display("Checking", 0, job.zone)
    places = reading.places(job.queue, job.run)
    reader, environment = AlmaReader(session.wire), job.settings.environment
    findings = session.do(check_alma(reader, environment, places, writes=writes))
    tell_findings(findings, job.settings, tell)
    tell_unknown_places(findings.unknown, job.queue, job.run)
    check_alma_of_run(job.queue, job.run, instance_of(findings, job.settings))
    if not findings.refused:
        tell_future_rows(job.queue, job.run)
    return findings


def run_work(job: Job, session: Session, verb: str, work: Work) -> Exit:
    """Do the work under a display, and tell how it ended."""
    with Display(verb, job.work_left, job.zone) as display, session.stops_gently(display.stopping):
        session.watcher = display
        try:
            session.do(work(session, display))
        except (AlmaError, QueueError) as error:
            failure = error
        else:
            return Exit.INTERRUPTED if session.stopping_signalled else Exit.DONE
    code = exit_code_of(failure)
    if code is Exit.REFUSED:
        with contextlib.suppress(QueueError):
            _look(job.queue, job.run, job.tally)
        raise failure
    tell_error(failure)
    return Exit.RESUMABLE


def _look(queue: Queue, run: Run, tally: Tally) -> None:
    stands = standing(queue, run)
    tally.outcomes, tally.dismissed = stands.to_do, sum(stands.dismissed.values())
