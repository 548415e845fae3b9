"""What a replay takes in calls and time, and whether the calls of the day are enough for it."""

from __future__ import annotations

from almareplay.cli.console.output import Tell, count
from almareplay.queue.reading.queries import Work
from almareplay.queue.replaying.phases import items_out_of_order, phases_of
from almareplay.queue.store import Queue, Run
from almareplay.replay.check import CheckResult, effort
from almareplay.replay.policy import Policy
from almareplay.settings import Settings


def tell_to_do(
    work: Work, findings: CheckResult, settings: Settings, policy: Policy, tell: Tell
) -> None:
    """Say what a replay will do, and what it takes."""
    needed = effort(work, policy, settings.pace)
    minutes, seconds = divmod(needed.seconds, 60)
    time = f"{minutes:,} min {seconds} s" if minutes else f"{seconds} s"
    tell(
        f"To do: {count(work.rows, 'row')} ({count(work.loans, 'loan')}, "
        f"{count(work.returns, 'return')}) on {count(work.items, 'item')}; about "
        f"{count(needed.calls, 'call')}, {time} at {settings.pace:g} a second"
    )
    if work.follow_ups:
        to_do = count(work.follow_ups, "due date or fine", "due dates or fines")
        tell(f"And {to_do} of earlier starts to be set right.")
    tell_calls_left(findings, settings, tell, needed=needed.calls)


def tell_phases(queue: Queue, run: Run, tell: Tell) -> None:
    """Say in which order the rows of several phases go, and for which items that is not the order
    in which they were captured."""
    phases = [each for each in phases_of(queue, run) if each.left]
    told = [f"{count(each.left, 'row')} of phase {each.number}" for each in phases]
    if len(told) > 1:
        tell(f"In order: {', then '.join(told)}. Each phase is finished before the next begins.")
    if items := items_out_of_order(queue, run):
        has = "item has rows" if items == 1 else "items have rows"
        tell(
            f"{items:,} {has} that were captured before others of an earlier phase. They are not "
            "posted where those have overtaken them: better load all rows of such items as one "
            "phase."
        )


def tell_effort(
    work: Work, findings: CheckResult, settings: Settings, policy: Policy, tell: Tell
) -> None:
    """Say what a replay takes, roughly."""
    needed = effort(work, policy, settings.pace)
    minutes = needed.seconds / 60
    time = "less than a minute" if minutes < 1 else f"{minutes:,.0f} min"
    calls = count(needed.calls, "call")
    tell(f"The replay takes about {calls}: {time} at {settings.pace:g} a second.")
    tell_calls_left(findings, settings, tell, needed=needed.calls)


def tell_calls_left(
    findings: CheckResult, settings: Settings, tell: Tell, *, needed: int = 0
) -> None:
    """Say how many calls are left today, and whether they are enough for those that are needed."""
    calls_left, reserve = findings.calls_left, settings.daily_reserve
    if calls_left is None:
        tell("Alma does not say how many calls are left today.")
        return
    usable = max(0, calls_left - reserve)
    verdict = ""
    if needed:
        verdict = ": enough" if needed <= usable else ": too few, it goes on after midnight GMT"
    quota = f" of {findings.quota:,}" if findings.quota is not None else ""
    tell(f"Calls left today: {calls_left:,}{quota}; {reserve:,} are left to others{verdict}.")
