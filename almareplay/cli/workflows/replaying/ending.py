"""How a replay or a rehearsal ends: what came out, the reports, what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.log import note
from almareplay.cli.console.outcomes import print_outcomes
from almareplay.cli.console.output import count, messages, results, say, tell_error
from almareplay.cli.options.replaying import ReplayOptions
from almareplay.cli.workflows.effort import tell_effort
from almareplay.cli.workflows.replaying.notification import Tally
from almareplay.cli.workflows.replaying.preparing import PreparedRun
from almareplay.cli.workflows.replaying.rehearsal_plan import tell_rehearsal
from almareplay.cli.workflows.runs.next_steps import next_steps, steps_after_rehearsal, tell_steps
from almareplay.cli.workflows.runs.run_report import (
    prediction_of,
    report_of,
    tell_lists,
    to_work_on,
)
from almareplay.outcomes import OPEN, Disposition, Outcome
from almareplay.queue.errors import QueueError
from almareplay.queue.purging.runs import Standing, standing
from almareplay.queue.reading import queries
from almareplay.replay.check import CheckResult
from almareplay.replay.rehearsal.rehearse import Rehearsal
from almareplay.reports import Report, ReportError, write_report
from almareplay.transactions import AlmaInstance

P = ParamSpec("P")
R = TypeVar("R")


def end_replay(prepared: PreparedRun, code: Exit) -> Exit:
    """Say what became of the rows of the run, write the reports, say what to do next, and leave;
    ``code`` is that of the work, if there was any."""
    report = _read(code, report_of, prepared.queue, prepared.run, prepared.settings)
    open_rows = _read(code, _count, report, prepared.tally)
    stands = _read(code, standing, prepared.queue, prepared.run)
    lists = _read(code, to_work_on, prepared.queue, prepared.run)
    _tell_outcomes(prepared, report)
    if not _written(report, prepared.options):
        code = Exit.RESUMABLE
    tell_lists(lists, prepared.common, messages.print)
    return _end_of_replay(prepared, code, stands, open_rows)


def end_rehearsal(
    prepared: PreparedRun,
    code: Exit,
    rehearsal: Rehearsal,
    asked: AlmaInstance,
    findings: CheckResult,
) -> Exit:
    """Say what would become of the rows, write the reports, say what to do next, and leave.

    ``code`` is that of the work, ``asked`` the Alma that was asked, and ``findings`` tell how many
    calls it leaves today.
    """
    queue, run = prepared.queue, prepared.run
    stands = _read(code, standing, queue, run)
    if rehearsal.predictions:
        tell_rehearsal(rehearsal.plan, stands.outcomes, asked, whole=code is Exit.DONE)
        work = queries.work_left(queue, run, asked)
        tell_effort(work, findings, prepared.settings, prepared.policy, results.print)
    report = _read(code, prediction_of, queue, run, prepared.settings, rehearsal.predictions, asked)
    open_rows = _read(code, _count, report, prepared.tally)
    prepared.tally.predicted = bool(rehearsal.predictions)
    note("counts", outcomes=prepared.tally.outcomes, dismissed=prepared.tally.dismissed)
    if not _written(report, prepared.options):
        code = Exit.RESUMABLE
    if code is not Exit.DONE:
        say("Stopped early. The same command starts it anew; a rehearsal keeps no predictions.")
        return code
    reported = bool(prepared.options.report)
    steps = steps_after_rehearsal(prepared.common, open_rows=open_rows, reported=reported)
    tell_steps(steps, messages.print)
    return Exit.OPEN if open_rows else Exit.DONE


def _read(code: Exit, read: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Read the queue; where it cannot be read, say so and leave."""
    try:
        return read(*args, **kwargs)
    except QueueError as error:
        # Where the queue is what stopped the run, that was said.
        if code is not Exit.RESUMABLE:
            tell_error(error)
        raise Ended(Exit.RESUMABLE) from error


def _tell_outcomes(prepared: PreparedRun, report: Report) -> None:
    outcomes, dismissed = prepared.tally.outcomes or {}, prepared.tally.dismissed
    messages.print(_in_a_sentence(Counter(outcomes), dismissed))
    there = ""
    if report.alma is not None:
        there = f" at {report.alma}; {'rehearsed' if report.rehearsed else 'not rehearsed'}"
    messages.print(f"Run {prepared.run}{there}:")
    print_outcomes(outcomes, messages, dismissed)
    note("counts", outcomes=prepared.tally.outcomes, dismissed=dismissed)


def _in_a_sentence(outcomes: Counter[Outcome], dismissed: int) -> str:
    """How far the run has come; ``outcomes`` are those of the rows that are not dismissed."""

    def rows(*dispositions: Disposition) -> int:
        return sum(number for each, number in outcomes.items() if each.disposition in dispositions)

    total = outcomes.total() + dismissed
    done = rows(Disposition.APPLIED, Disposition.NO_CHANGE)
    if done == total:
        return f"{'The row is' if total == 1 else f'All {total:,} rows are'} {_DONE}."
    others = (
        (rows(*OPEN), "for staff"),
        (rows(Disposition.PENDING), "not finished"),
        (dismissed, "settled by hand"),
    )
    told = [f"{number:,} {_are(number)} {what}" for number, what in others if number]
    return f"{done:,} of {count(total, 'row')} {_are(done)} {_DONE}; {', '.join(told)}."


_DONE = "in Alma or needed no change"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


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


def _written(report: Report, options: ReplayOptions) -> bool:
    """Write the reports; whether all could be written."""
    whole = True
    for path in options.report:
        try:
            write_report(path, report, overwrite=options.overwrite)
            messages.print(f"Report: {path}")
        except ReportError as error:
            # Whatever was posted is posted; started again, the run has only its report to write.
            tell_error(error)
            whole = False
    return whole


def _end_of_replay(prepared: PreparedRun, code: Exit, stands: Standing, open_rows: int) -> Exit:
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
    steps = next_steps(stands, prepared.common, reported=bool(prepared.options.report))
    tell_steps(steps, messages.print)
    return Exit.OPEN if open_rows else Exit.DONE
