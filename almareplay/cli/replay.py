"""``rehearse`` and ``replay``: the run against Alma."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from almareplay.alma.client import Alma, AlmaReader
from almareplay.alma.errors import AlmaError
from almareplay.alma.pace import SystemClock
from almareplay.cli.captures import reading_options
from almareplay.cli.check import PaceOption, ask, tell_findings, tell_plan
from almareplay.cli.display import Display, print_outcomes
from almareplay.cli.load import load_files
from almareplay.cli.session import Session, open_session
from almareplay.cli.shared import (
    Exit,
    exit_code_of,
    follow_up,
    messages,
    options,
    say,
    settings_of,
    shared_options,
)
from almareplay.outcomes import Disposition, Outcome, ReportRow, Result
from almareplay.queue import reading
from almareplay.queue.errors import QueueError
from almareplay.queue.journal import QueuedRow
from almareplay.queue.store import Queue, Run
from almareplay.replay.check import Findings
from almareplay.replay.check import check as check_alma
from almareplay.replay.decide import Guard, OnLoanElsewhere, Policy
from almareplay.replay.engine import Replaying
from almareplay.replay.engine import replay as replay_run
from almareplay.replay.rehearse import rehearse as rehearse_run
from almareplay.reports import ReportError, check_report_path, write_report
from almareplay.settings import Settings

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|)", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_OPEN = (Disposition.ATTENTION, Disposition.REJECTED, Disposition.UNRESOLVED)

Work = Callable[[Session, Display], Coroutine[Any, Any, None]]
Files = Annotated[
    list[str] | None, typer.Argument(metavar="FILE", help="Captured files to load first.")
]
Reports = Annotated[
    list[Path] | None,
    typer.Option("--report", metavar="PATH", help="Report to write: .csv, .jsonl; repeatable."),
]
GuardOption = Annotated[
    Guard, typer.Option(help="How much is read of an item before the first effect on it.")
]
ElsewhereOption = Annotated[
    OnLoanElsewhere,
    typer.Option(help="What to do where the item is on an earlier loan to somebody else."),
]
WaitOption = Annotated[
    bool, typer.Option("--wait", help="When the day's calls are used up, wait for midnight GMT.")
]
GiveUpOption = Annotated[
    str, typer.Option(metavar="TIME", help="Stop when Alma stays away for so long: 90s, 15m, 1h.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (rehearse, replay):
        app.command()(shared_options(command))


def rehearse(
    files: Files = None,
    report: Reports = None,
    guard: GuardOption = Guard.ACTIVE,
    on_loan_elsewhere: ElsewhereOption = OnLoanElsewhere.REPORT,
    requests_per_second: PaceOption = None,
    wait: WaitOption = False,
    give_up_after: GiveUpOption = "15m",
) -> None:
    """Predict the outcome of each pending row, as far as reading Alma can tell. Writes nothing.

    The rows stay pending; --report has the predictions.

    \b
    almareplay rehearse --report prediction.csv

    Exit codes: as of replay.
    """
    seconds = _duration(give_up_after)
    job = _prepare(files, report, requests_per_second, guard, on_loan_elsewhere)
    predictions: dict[int, Result] = {}

    def work(session: Session, display: Display) -> Coroutine[Any, Any, None]:
        def predicted(row: QueuedRow, result: Result) -> None:
            predictions[row.row] = result
            display.settled(row, result.outcome)

        return rehearse_run(
            job.queue,
            job.run,
            AlmaReader(session.wire),
            job.policy,
            stopping=session.stopping,
            on_predicted=predicted,
        )

    with job.queue:
        code = Exit.DONE
        if job.rows_left:
            with open_session(job.settings, wait=wait, give_up_after=seconds) as session:
                findings = _check(job, session)
                if findings.problems:
                    raise typer.Exit(Exit.REFUSED)
                code = _run(job, session, "Rehearsing", work)
        _finish(job, code, predictions)


def replay(
    files: Files = None,
    report: Reports = None,
    guard: GuardOption = Guard.ACTIVE,
    on_loan_elsewhere: ElsewhereOption = OnLoanElsewhere.REPORT,
    requests_per_second: PaceOption = None,
    wait: WaitOption = False,
    give_up_after: GiveUpOption = "15m",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    environment_unverified: Annotated[
        bool,
        typer.Option(
            "--environment-unverified",
            help="Post to production with a key that may not read which environment it is.",
        ),
    ] = False,
) -> None:
    """Post the run's pending rows to Alma: in order, each exactly once. Ctrl-C is safe.

    Checks first; where anything is wrong, nothing is posted. Started again, it goes on where it
    was.

    \b
    almareplay replay --report report.csv
    almareplay replay main.dat annex.dat --yes --report report.csv

    Exit codes: 0 every row applied or without change; 1 finished, but some rows need attention,
    were rejected or are unresolved; 2 wrong usage or settings; 3 refused by a check; 75 stopped
    early, start again; 130 interrupted, start again.
    """
    seconds = _duration(give_up_after)
    job = _prepare(files, report, requests_per_second, guard, on_loan_elsewhere)

    def work(session: Session, display: Display) -> Coroutine[Any, Any, None]:
        how = Replaying(
            policy=job.policy,
            settle_seconds=job.settings.settle_seconds,
            clock=SystemClock(),
            stopping=session.stopping,
            on_settled=display.settled,
        )
        return replay_run(job.queue, job.run, Alma(session.wire), how)

    with job.queue:
        code = Exit.DONE
        if job.rows_left:
            with open_session(job.settings, wait=wait, give_up_after=seconds) as session:
                findings = _check(job, session)
                environment = job.settings.environment
                ask(findings, environment, yes=yes, unverified_is_fine=environment_unverified)
                code = _run(job, session, "Replaying", work)
        _finish(job, code)


@dataclass(frozen=True, slots=True)
class _Job:
    settings: Settings
    policy: Policy
    queue: Queue
    run: Run
    rows_left: int
    reports: list[Path]


def _prepare(
    files: list[str] | None,
    reports: list[Path] | None,
    requests_per_second: float | None,
    guard: Guard,
    on_loan_elsewhere: OnLoanElsewhere,
) -> _Job:
    """Settings, queue and run of a command, with the named files loaded; asks Alma nothing."""
    settings = settings_of(requests_per_second=requests_per_second)
    for path in reports or ():
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
    left = reading.work_left(queue, run).rows
    if not left:
        messages.print(f"Run {run.name!r} has nothing left to do.")
    return _Job(settings, Policy(guard, on_loan_elsewhere), queue, run, left, reports or [])


def _check(job: _Job, session: Session) -> Findings:
    """Check, and say what the run will do. Nothing is decided yet."""
    session.watcher = Display("Checking", 0)
    places = reading.places(job.queue, job.run)
    reader = AlmaReader(session.wire)
    findings = session.do(check_alma(reader, job.settings.environment, places))
    # Nobody posts to production without having read what is about to happen.
    tell = say if job.settings.environment == "production" else messages.print
    tell_findings(findings, tell)
    if not findings.problems:
        work = reading.work_left(job.queue, job.run)
        tell_plan(work, findings, job.settings, job.policy.guard, tell)
    return findings


def _run(job: _Job, session: Session, verb: str, work: Work) -> Exit:
    """Do the work under a display, and tell how it ended."""
    with Display(verb, job.rows_left) as display, session.stops_gently(display.stopping):
        session.watcher = display
        try:
            session.do(work(session, display))
        except (AlmaError, QueueError) as error:
            failure = error
        else:
            return Exit.INTERRUPTED if session.stopping_signalled else Exit.DONE
    code = exit_code_of(failure)
    if code is Exit.REFUSED:
        raise failure
    say(str(failure))
    return Exit.RESUMABLE


def _finish(job: _Job, code: Exit, predictions: Mapping[int, Result] | None = None) -> NoReturn:
    """Say what came out, write the reports, say what to do next, and leave."""

    def rows() -> Iterator[ReportRow]:
        return _with_predictions(reading.report_rows(job.queue, job.run), predictions)

    try:
        outcomes = Counter(row.outcome for row in rows())
    except QueueError as error:
        # Where the queue is what stopped the run, that was said.
        if code is not Exit.RESUMABLE:
            say(str(error))
        raise typer.Exit(Exit.RESUMABLE) from error
    messages.print(f"Run {job.run.name!r}" + (", as predicted:" if predictions else ":"))
    print_outcomes({each: outcomes[each] for each in Outcome if outcomes[each]}, messages)
    for path in job.reports:
        try:
            write_report(path, rows())
            messages.print(f"Report: {path}")
        except ReportError as error:
            # Whatever was posted is posted; started again, the run has only its report to write.
            say(str(error))
            code = Exit.RESUMABLE
    open_rows = sum(outcomes[each] for each in Outcome if each.disposition in _OPEN)
    if code in (Exit.RESUMABLE, Exit.INTERRUPTED):
        say("Stopped early. Start the same command again: it goes on where it was.")
    elif predictions is None and outcomes[Outcome.PENDING]:
        code = Exit.RESUMABLE
        say("Rows were loaded while the run was replayed. Start the same command again for them.")
    elif open_rows:
        code = Exit.OPEN
        if predictions is None and not job.reports:
            messages.print(f"Next, for the staff's list: {follow_up('report report.csv')}")
    raise typer.Exit(code)


def _with_predictions(
    rows: Iterable[ReportRow], predictions: Mapping[int, Result] | None
) -> Iterator[ReportRow]:
    for row in rows:
        result = predictions.get(row.row) if predictions else None
        yield row if result is None else row.as_if(result)


def _duration(text: str) -> float:
    """Seconds in ``90s``, ``15m``, ``1h``; a bare number is seconds."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} is no length of time: write 90s, 15m or 1h.")
    return float(match[1]) * _SECONDS[match[2]]
