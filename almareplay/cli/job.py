"""What ``replay`` and ``rehearse`` have in common: from the queue to the report."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import typer

from almareplay.alma.client import AlmaReader
from almareplay.alma.errors import AlmaError
from almareplay.cli.captures import reading_options
from almareplay.cli.check import tell_findings, tell_plan
from almareplay.cli.display import Display, print_outcomes
from almareplay.cli.how import How
from almareplay.cli.lists import prediction_of, report_of, tell_lists, to_work_on
from almareplay.cli.loading import load_files
from almareplay.cli.log import note
from almareplay.cli.notify import Tally
from almareplay.cli.session import Session, instance_of
from almareplay.cli.shared import (
    Exit,
    count,
    exit_code_of,
    follow_up,
    messages,
    options,
    say,
    settings_of,
)
from almareplay.cli.steps import Step, next_steps, tell_steps
from almareplay.outcomes import Disposition, Outcome, Result
from almareplay.queue import reading
from almareplay.queue.binding import check_alma as check_alma_of_run
from almareplay.queue.errors import QueueError
from almareplay.queue.purging import Standing, standing
from almareplay.queue.store import Queue, Run
from almareplay.replay.check import Findings
from almareplay.replay.check import check as check_alma
from almareplay.replay.decide import Policy
from almareplay.reports import Report, ReportError, check_report_path, write_report
from almareplay.settings import Settings
from almareplay.transactions import AlmaInstance

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
    zone: ZoneInfo
    tally: Tally


def prepare(files: list[str] | None, how: How) -> Job:
    """Settings, queue and run of a command, with the named files loaded; asks Alma nothing."""
    settings = settings_of(requests_per_second=how.requests_per_second)
    zone = settings.require_zone()
    policy = how.policy(zone)
    for path in how.report or ():
        check_report_path(path)
    settings.require_key()
    settings.require_base_url()
    reading_of_files = reading_options(settings) if files else None
    queue = Queue.open(settings.queue, create=bool(files))
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
    return Job(settings, policy, queue, run, left, how.report or [], zone, how.tally)


def check(job: Job, session: Session, *, writes: bool = True) -> Findings:
    """Check, and say what the run will do. Nothing is decided yet. ``writes`` says whether the key
    must be good for writing."""
    session.watcher = Display("Checking", 0)
    places = reading.places(job.queue, job.run)
    reader = AlmaReader(session.wire)
    findings = session.do(check_alma(reader, job.settings.environment, places, writes=writes))
    # Nobody posts to production without having read what is about to happen.
    tell = say if job.settings.environment == "production" else messages.print
    tell_findings(findings, tell)
    check_alma_of_run(job.queue, job.run, instance_of(findings, job.settings))
    if not findings.problems:
        work = reading.work_left(job.queue, job.run)
        tell_plan(work, findings, job.settings, job.policy, tell)
    return findings


def run_work(job: Job, session: Session, verb: str, work: Work) -> Exit:
    """Do the work under a display, and tell how it ended."""
    with Display(verb, job.work_left) as display, session.stops_gently(display.stopping):
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
    say(str(failure))
    return Exit.RESUMABLE


def _look(queue: Queue, run: Run, tally: Tally) -> None:
    stands = standing(queue, run)
    tally.outcomes, tally.dismissed = stands.to_do, sum(stands.dismissed.values())


def finish(
    job: Job,
    code: Exit,
    predictions: Mapping[int, Result] | None = None,
    asked: AlmaInstance | None = None,
) -> NoReturn:
    """Say what came out, write the reports, say what to do next, and leave.

    ``predictions`` are those of a rehearsal by row number, ``asked`` is the Alma that it asked.
    """
    try:
        report = (
            report_of(job.queue, job.run)
            if predictions is None
            else prediction_of(job.queue, job.run, predictions, asked)
        )
        open_rows = _count(report, job.tally)
        job.tally.predicted = bool(predictions)
        stands = standing(job.queue, job.run)
        lists = to_work_on(job.queue, job.run)
    except QueueError as error:
        # Where the queue is what stopped the run, that was said.
        if code is not Exit.RESUMABLE:
            say(str(error))
        raise typer.Exit(Exit.RESUMABLE) from error
    messages.print(f"Run {job.run.name!r}" + (", as predicted:" if predictions else ":"))
    print_outcomes(job.tally.outcomes or {}, messages, job.tally.dismissed)
    note("counts", outcomes=job.tally.outcomes, dismissed=job.tally.dismissed)
    if not _written(report, job.reports):
        code = Exit.RESUMABLE
    if predictions is None:
        tell_lists(lists, messages.print)
        code = _end_of_replay(code, stands, open_rows, reported=bool(job.reports))
    elif code is not Exit.DONE:
        say("Stopped early. A rehearsal keeps nothing: the same command starts it anew.")
    else:
        if predictions:
            tell_steps([Step(follow_up("replay --report report.html"))], messages.print)
        code = Exit.OPEN if open_rows else Exit.DONE
    raise typer.Exit(code)


def _count(report: Report, tally: Tally) -> int:
    """Count the rows of a report; the answer is how many are left to staff."""
    outcomes: Counter[Outcome] = Counter()
    open_rows = dismissed = 0
    for row in report.rows():
        open_rows += row.to_do
        if row.dismissed:
            dismissed += 1
        else:
            outcomes[row.outcome] += 1
    tally.outcomes = {each: outcomes[each] for each in Outcome if outcomes[each]}
    tally.dismissed = dismissed
    return open_rows


def _written(report: Report, paths: Iterable[Path]) -> bool:
    """Write the reports; whether all could be written."""
    whole = True
    for path in paths:
        try:
            write_report(path, report)
            messages.print(f"Report: {path}")
        except ReportError as error:
            # Whatever was posted is posted; started again, the run has only its report to write.
            say(str(error))
            whole = False
    return whole


def _end_of_replay(code: Exit, stands: Standing, open_rows: int, *, reported: bool) -> Exit:
    """Say what to do next; the exit code is what that makes of the one so far."""
    if code is not Exit.DONE:
        say("Stopped early. Start the same command again: it goes on where it was.")
        return code
    if stands.count(Disposition.PENDING):
        say("Rows were loaded while the run was replayed. Start the same command again for them.")
        return Exit.RESUMABLE
    if stands.follow_ups:
        say(
            f"{count(stands.follow_ups, 'due date or fine', 'due dates or fines')} could not be "
            "set right yet. Start the same command again for them."
        )
        return Exit.RESUMABLE
    tell_steps(next_steps(stands, reported=reported), messages.print)
    return Exit.OPEN if open_rows else Exit.DONE
