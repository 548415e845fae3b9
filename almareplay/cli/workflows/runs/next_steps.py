"""What to do next about a run, in commands that can be copied."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from almareplay.cli.console.output import Tell
from almareplay.cli.options.common import CommonOptions
from almareplay.outcomes import OPEN, Disposition, Outcome, ReportRow
from almareplay.queue.purging.runs import Standing, standing
from almareplay.queue.replaying.binding import binding_of
from almareplay.queue.store import Queue, Run

_LONG = timedelta(days=30)
_TERMINAL = 80


class Step(NamedTuple):
    """A command, whole but for what stands in it in capitals, and what it is for."""

    command: str
    purpose: str


def next_steps(
    run: Standing, common: CommonOptions, *, reported: bool = False, rehearsed: bool = False
) -> list[Step]:
    """What to do next, the first thing first; nothing where all is done, or was only just done.

    ``common`` are the options of the command that tells them, for the same run.
    ``reported`` tells that staff have a report as it is now, ``rehearsed`` that the run was
    rehearsed on the Alma that it belongs to, or on any while nothing was sent.
    """
    if run.purged_at is not None:
        erase = Step(common.command("purge"), "takes the bytes of its rows out of the queue's file")
        return [] if run.erased_at else [erase]
    if not run.rows:
        return [load_step(common)]
    if run.left_to_replay:
        if not (rehearsed or run.sent):
            return [Step(common.command("rehearse"), "what each row would come to; posts nothing")]
        return [Step(common.command("replay"), "posts what is pending, after asking")]
    if not run.finished:
        left = {each for each in run.to_do if each.disposition in OPEN}
        return [*_steps_of_staff(left, common, reported=reported)]
    if datetime.now(UTC) - run.last_active > _LONG:
        return [
            Step(common.command("purge"), f"it holds patron ids since {run.last_active:%d %B %Y}")
        ]
    return []


def load_step(common: CommonOptions) -> Step:
    """What to do first, where nothing is loaded."""
    return Step(common.command("load FILE"), "for the files of all desks")


def next_steps_of(queue: Queue, run: Run, common: CommonOptions) -> list[Step]:
    """What to do next about a run as it stands now."""
    rehearsed = binding_of(queue, run).rehearsed_here is not None
    return next_steps(standing(queue, run), common, rehearsed=rehearsed)


def steps_after_rehearsal(common: CommonOptions, *, open_rows: int, reported: bool) -> list[Step]:
    """What to do next where a rehearsal has ended, and foresees so many rows for staff."""
    steps = [Step(common.command("replay --report report.html"), "posts them, after asking")]
    if open_rows and not reported:
        words = common.command("rehearse --report prediction.html")
        steps.insert(0, Step(words, "lists the rows for staff"))
    return steps


def next_commands(row: ReportRow, common: CommonOptions, *, follow_ups: bool) -> list[str]:
    """What can be done about one row; ``follow_ups`` tells that its due date or fine is left."""
    number = f"--row {row.row}"
    if (row.outcome is Outcome.PENDING and not row.dismissed) or follow_ups:
        return [common.command("replay")]
    if not row.to_do:
        return []
    steps = []
    if row.outcome is Outcome.PATRON_NOT_FOUND:
        steps.append(common.command(f"correct {number}"))
    if row.outcome is Outcome.ITEM_NOT_FOUND:
        steps.append(common.command(f"correct {number} --item-barcode CODE"))
    if row.disposition is not Disposition.REJECTED:
        steps.append(common.command(f"retry {number}"))
    return [*steps, common.command(f"dismiss {number} --note TEXT")]


def _steps_of_staff(left: set[Outcome], common: CommonOptions, *, reported: bool) -> Iterable[Step]:
    # These wait for time, or for what has been settled; all others for somebody's work.
    waiting = [each for each in (Outcome.UNAVAILABLE, Outcome.HELD_BACK) if each in left]
    if Outcome.UNCERTAIN not in left and waiting:
        names = " ".join(f"--outcome {each}" for each in waiting)
        yield Step(common.command(f"retry {names}"), "nothing holds these rows back now")
    elif Outcome.UNAVAILABLE in left:
        yield Step(common.command("retry --outcome unavailable"), "Alma may answer now")
    if left <= {*waiting}:
        return
    if not reported:
        yield Step(common.command("report report.html"), "the list for staff; then by row:")
    if any(each.disposition is Disposition.ATTENTION for each in left):
        yield Step(common.command("retry --row N"), "once what stood in the way is gone")
    if Outcome.PATRON_NOT_FOUND in left:
        yield Step(common.command("correct --row N"), "where a card was mistyped")
    yield Step(common.command("dismiss --row N --note TEXT"), "what was settled by hand")


def tell_steps(steps: Iterable[Step], tell: Tell, *, first: str = "Next: ") -> None:
    """A line for each step with its purpose: beside it in a column where a terminal has room for
    all of them, else below it. A command is never broken, so that it can be copied. ``first``
    stands before the first of them, and as many blanks before the others."""
    told = list(steps)
    width = max((len(step.command) for step in told), default=0)
    lines = [f"{command:<{width}}  {purpose}" for command, purpose in told]
    margin = len(first)
    if max(map(len, lines), default=0) > _TERMINAL - margin:
        lines = [f"{command}\n{'':{margin}}  {purpose}" for command, purpose in told]
    for number, line in enumerate(lines):
        tell(f"{'' if number else first:{margin}}{line}")
