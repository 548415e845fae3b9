"""What ``replay`` and ``rehearse`` have in common: from the queue to the work in Alma."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from almareplay.alma.client import AlmaReader
from almareplay.alma.errors import AlmaError
from almareplay.cli.console.exits import Ended, Exit, exit_code_of
from almareplay.cli.console.output import Tell, messages, tell_error
from almareplay.cli.console.progress import Display
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.replaying import ReplayOptions
from almareplay.cli.workflows.checking.findings import (
    tell_file_warnings,
    tell_findings,
    tell_future_rows,
    tell_unknown_places,
)
from almareplay.cli.workflows.loading.capture_sessions import settle_sessions
from almareplay.cli.workflows.loading.captures import reading_options
from almareplay.cli.workflows.loading.loading import load_files
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.replaying.notification import Tally
from almareplay.cli.workflows.session import Session, instance_of
from almareplay.queue.errors import QueueError
from almareplay.queue.purging.runs import standing
from almareplay.queue.reading import queries
from almareplay.queue.replaying.binding import check_alma as check_alma_of_run
from almareplay.queue.store import Queue, Run
from almareplay.replay.check import CheckResult
from almareplay.replay.check import check as check_alma
from almareplay.replay.policy import Policy
from almareplay.replay.pool_share import PoolShare, share_of
from almareplay.reports import check_report_path
from almareplay.settings import Settings

RunWork = Callable[[Session, Display], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run with work to do, and how it is to be done. ``work_left`` counts rows, and rows that
    have their outcome but not yet their due date or fine. ``tally`` is kept up for whoever is to
    be told how it ended."""

    common: CommonOptions
    options: ReplayOptions
    settings: Settings
    zone: ZoneInfo
    policy: Policy
    queue: Queue
    run: Run
    work_left: int
    tally: Tally

    @property
    def pool(self) -> PoolShare | None:
        """What its calls are taken from, where its institution shares them with others."""
        return share_of(self.queue, self.settings.pool, self.settings.daily_reserve)


def prepare(
    common: CommonOptions, options: ReplayOptions, files: tuple[str, ...], tally: Tally
) -> PreparedRun:
    """Settings, queue and run of a command, with the named files loaded; asks Alma nothing."""
    settings = common.read_settings(requests_per_second=options.requests_per_second)
    tell_file_warnings(common, settings, messages.print)
    zone = settings.require_zone()
    for path in options.report:
        check_report_path(path, overwrite=options.overwrite)
    settings.require_key()
    settings.require_base_url()
    reading_of_files = reading_options(settings) if files else None
    queue = open_queue(settings.queue, create=bool(files))
    run = (
        queue.start_run(common.run, common.institution)
        if files
        else queue.run(common.run, common.institution)
    )
    if reading_of_files is not None:
        loading = load_files(queue, run, files, reading_of_files, settings, common)
        if loading.refused:
            # Without the rows of a station the others would not be in order.
            words = "Nothing was posted: settle what is said above, or leave that file out."
            raise Ended(Exit.USAGE, words)
    settle_sessions(queue, run, common)
    _look(queue, run, tally)
    work = queries.work_left(queue, run)
    left = work.rows + work.follow_ups
    if not left:
        messages.print(f"Run {run.name!r} has nothing left to do.")
    policy = options.policy_in(zone)
    return PreparedRun(common, options, settings, zone, policy, queue, run, left, tally)


def check(
    prepared: PreparedRun, session: Session, tell: Tell, *, writes: bool = True
) -> CheckResult:
    """Check, and say what is found. Nothing is decided yet. ``writes`` says whether the key must be
    good for writing."""
    queue, run, settings = prepared.queue, prepared.run, prepared.settings
    session.watcher = Display("Checking", 0, prepared.zone)
    places = queries.places(queue, run)
    reader = AlmaReader(session.transport)
    findings = session.do(
        check_alma(
            reader,
            settings.environment,
            places,
            institution=settings.institution,
            writes=writes,
        )
    )
    tell_findings(findings, settings, tell)
    tell_unknown_places(findings.unknown, queue, run, prepared.common)
    check_alma_of_run(queue, run, instance_of(findings, settings))
    if not findings.refused:
        tell_future_rows(queue, run)
    return findings


def run_work(prepared: PreparedRun, session: Session, verb: str, work: RunWork) -> Exit:
    """Do the work under a display, and tell how it ended."""
    with (
        Display(verb, prepared.work_left, prepared.zone) as display,
        session.stops_gently(display.stopping),
    ):
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
            _look(prepared.queue, prepared.run, prepared.tally)
        raise failure
    tell_error(failure)
    return Exit.RESUMABLE


def _look(queue: Queue, run: Run, tally: Tally) -> None:
    stands = standing(queue, run)
    tally.outcomes, tally.dismissed = stands.to_do, sum(stands.dismissed.values())
