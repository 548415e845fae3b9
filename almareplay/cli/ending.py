"""How a replay or a rehearsal ends: what came out, the reports, what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NoReturn, ParamSpec, TypeVar

import typer

from almareplay.cli.display import print_outcomes
from almareplay.cli.job import Job
from almareplay.cli.lists import prediction_of, report_of, tell_lists, to_work_on
from almareplay.cli.log import note
from almareplay.cli.notify import Tally
from almareplay.cli.plan import tell_limits, tell_rehearsal
from almareplay.cli.shared import Exit, count, follow_up, messages, say, tell_error
from almareplay.cli.steps import Step, next_steps, tell_steps
from almareplay.outcomes import OPEN, Disposition, Outcome
from almareplay.queue.errors import QueueError
from almareplay.queue.purging import Standing, standing
from almareplay.replay.check import Findings
from almareplay.replay.rehearsal.rehearse import Rehearsal
from almareplay.reports import Report, ReportError, write_report
from almareplay.transactions import AlmaInstance

P = ParamSpec("P")
R = TypeVar("R")


def end_replay(job: Job, code: Exit) -> NoReturn:
    """Say what became of the rows of the run, write the reports, say what to do next, and leave;
    ``code`` is that of the work, if there was any."""
    report = _read(code, report_of, job.queue, job.run)
    open_rows = _read(code, _count, report, job.tally)
    stands = _read(code, standing, job.queue, job.run)
    lists = _read(code, to_work_on, job.queue, job.run)
    _tell_outcomes(job, report)
    if not _written(report, job.reports, overwrite=job.overwrite):
        code = Exit.RESUMABLE
    tell_lists(lists, messages.print)
    raise typer.Exit(_end_of_replay(code, stands, open_rows, reported=bool(job.reports)))


def end_rehearsal(
    job: Job, code: Exit, rehearsal: Rehearsal, asked: AlmaInstance, findings: Findings
) -> NoReturn:
    """Say what would become of the rows, write the reports, say what to do next, and leave.

    ``code`` is that of the work, ``asked`` the Alma that was asked, and ``findings`` tell how many
    calls it leaves today.
    """
    stands = _read(code, standing, job.queue, job.run)
    if rehearsal.predictions:
        tell_rehearsal(rehearsal.plan, stands.outcomes, asked, whole=code is Exit.DONE)
        tell_limits(job, findings)
    report = _read(code, prediction_of, job.queue, job.run, rehearsal.predictions, asked)
    open_rows = _read(code, _count, report, job.tally)
    job.tally.predicted = bool(rehearsal.predictions)
    note("counts", outcomes=job.tally.outcomes, dismissed=job.tally.dismissed)
    if not _written(report, job.reports, overwrite=job.overwrite):
        code = Exit.RESUMABLE
    if code is not Exit.DONE:
        say("Stopped early. A rehearsal keeps nothing: the same command starts it anew.")
        raise typer.Exit(code)
    tell_steps(_after_rehearsal(open_rows, reported=bool(job.reports)), messages.print)
    raise typer.Exit(Exit.OPEN if open_rows else Exit.DONE)


def _after_rehearsal(open_rows: int, *, reported: bool) -> Iterator[Step]:
    if open_rows and not reported:
        yield Step(follow_up("rehearse --report prediction.html"), "lists the rows for staff")
    yield Step(follow_up("replay --report report.html"), "posts them, after asking")


def _read(code: Exit, read: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Read the queue; where it cannot be read, say so and leave."""
    try:
        return read(*args, **kwargs)
    except QueueError as error:
        # Where the queue is what stopped the run, that was said.
        if code is not Exit.RESUMABLE:
            tell_error(error)
        raise typer.Exit(Exit.RESUMABLE) from error


def _tell_outcomes(job: Job, report: Report) -> None:
    outcomes, dismissed = job.tally.outcomes or {}, job.tally.dismissed
    messages.print(_in_a_sentence(Counter(outcomes), dismissed))
    there = ""
    if report.alma is not None:
        there = f" at {report.alma}; {'rehearsed' if report.rehearsed else 'not rehearsed'}"
    messages.print(f"Run {job.run.name!r}{there}:")
    print_outcomes(outcomes, messages, dismissed)
    note("counts", outcomes=job.tally.outcomes, dismissed=dismissed)


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


def _written(report: Report, paths: Iterable[Path], *, overwrite: bool) -> bool:
    """Write the reports; whether all could be written."""
    whole = True
    for path in paths:
        try:
            write_report(path, report, overwrite=overwrite)
            messages.print(f"Report: {path}")
        except ReportError as error:
            # Whatever was posted is posted; started again, the run has only its report to write.
            tell_error(error)
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
