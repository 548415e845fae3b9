"""What to do next about a run, in commands that can be copied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from almareplay.cli.shared import follow_up
from almareplay.outcomes import OPEN, Disposition, Outcome
from almareplay.queue.purging import Standing

_LONG = timedelta(days=30)
_TERMINAL = 80


class Step(NamedTuple):
    """A command, whole but for what stands in it in capitals, and what it is for."""

    command: str
    purpose: str


def next_steps(run: Standing, *, reported: bool = False, rehearsed: bool = False) -> list[Step]:
    """What to do next, the first thing first; nothing where all is done, or was only just done.

    ``reported`` tells that staff have a report as it is now, ``rehearsed`` that the run was
    rehearsed on the Alma that it belongs to, or on any while nothing was sent.
    """
    if run.purged_at is not None:
        erase = Step(follow_up("purge"), "takes the bytes of its rows out of the queue's file")
        return [] if run.erased_at else [erase]
    if not run.rows:
        return [Step(follow_up("load FILE"), "for the files of all desks")]
    if run.left_to_replay:
        if not (rehearsed or run.sent):
            return [Step(follow_up("rehearse"), "what each row would come to; posts nothing")]
        return [Step(follow_up("replay"), "posts what is pending, after asking")]
    if not run.finished:
        left = {each for each in run.to_do if each.disposition in OPEN}
        return [*_steps_of_staff(left, reported=reported)]
    if datetime.now(UTC) - run.last_active > _LONG:
        return [Step(follow_up("purge"), f"it holds patron ids since {run.last_active:%d %B %Y}")]
    return []


def _steps_of_staff(left: set[Outcome], *, reported: bool) -> Iterable[Step]:
    # These wait for time, or for what has been settled; all others for somebody's work.
    waiting = [each for each in (Outcome.UNAVAILABLE, Outcome.HELD_BACK) if each in left]
    if Outcome.UNCERTAIN not in left and waiting:
        names = " ".join(f"--outcome {each}" for each in waiting)
        yield Step(follow_up(f"retry {names}"), "nothing holds these rows back now")
    elif Outcome.UNAVAILABLE in left:
        yield Step(follow_up("retry --outcome unavailable"), "Alma may answer now")
    if left <= {*waiting}:
        return
    if not reported:
        yield Step(follow_up("report report.html"), "the list for staff; then by row:")
    if any(each.disposition is Disposition.ATTENTION for each in left):
        yield Step(follow_up("retry --row N"), "once what stood in the way is gone")
    if Outcome.PATRON_NOT_FOUND in left:
        yield Step(follow_up("correct --row N"), "where a card was mistyped")
    yield Step(follow_up("dismiss --row N --note TEXT"), "what was settled by hand")


def tell_steps(
    steps: Iterable[Step], tell: Callable[[str], None], *, first: str = "Next: "
) -> None:
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
