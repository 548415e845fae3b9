"""``almareplay check``, and the same check before a replay."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated

import typer

from almareplay.alma.client import AlmaReader
from almareplay.cli.probe import refuse_production, run_probe
from almareplay.cli.session import instance_of, open_session
from almareplay.cli.shared import (
    Exit,
    count,
    options,
    results,
    say,
    settings_of,
    shared_options,
)
from almareplay.queue import reading
from almareplay.queue.binding import check_alma as check_alma_of_run
from almareplay.queue.errors import QueueMissing
from almareplay.queue.reading import Work
from almareplay.queue.store import Queue
from almareplay.replay.check import Findings, effort
from almareplay.replay.check import check as check_alma
from almareplay.replay.decide import Policy
from almareplay.settings import Settings

USUAL_PACE = 15
_GIVES_UP_AFTER = 20.0

PaceOption = Annotated[
    float | None,
    typer.Option(metavar="N", help="Calls a second; the institution has 25.  [default: 15]"),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(shared_options(check))


ProbeOption = Annotated[
    bool,
    typer.Option(
        "--probe", help="In a sandbox: also read what is not known of Alma's API, and tell it."
    ),
]


def check(requests_per_second: PaceOption = None, probe: ProbeOption = False) -> None:
    """Check key, environment, libraries, desks and the calls left.

    Asks Alma and changes nothing. Works before anything is loaded; afterwards it also checks the
    library and desk of each row, and tells how long the replay will take.

    \b
    Examples:
      almareplay check
      almareplay check --run night
      almareplay check --probe

    \b
    Exit codes:
      0   all is right
      2   wrong usage or settings
      3   something must be put right first
      75  Alma cannot be asked now
    """
    settings = settings_of(requests_per_second=requests_per_second)
    if probe:
        refuse_production(settings)
    places: dict[tuple[str, str], int] = {}
    work = Work(0, 0, 0, 0)
    with ExitStack() as stack:
        queue = run = None
        try:
            queue = stack.enter_context(Queue.open(settings.queue))
            run = queue.run(options.run, purged_too=True)
            places, work = reading.places(queue, run), reading.work_left(queue, run)
        except QueueMissing:
            pass  # nothing is loaded yet: key and environment can be checked all the same
        session = stack.enter_context(open_session(settings, give_up_after=_GIVES_UP_AFTER))
        reader = AlmaReader(session.wire)
        findings = session.do(check_alma(reader, settings.environment, places))
        tell_findings(findings, results.print)
        if queue is not None and run is not None:
            check_alma_of_run(queue, run, instance_of(findings, settings))
        if probe:
            run_probe(session, reader, findings)
    if work.rows and not findings.problems:
        tell_plan(work, findings, settings, Policy(), results.print)
    if findings.problems or findings.unverified:
        raise typer.Exit(Exit.REFUSED)
    results.print("All is right.")


def tell_findings(findings: Findings, tell: Callable[[str], None]) -> None:
    """Say which Alma this is, and what is wrong."""
    alma = findings.institution
    if alma is not None:
        tell(f"Alma: {alma.name or alma.code} ({alma.code}), {alma.environment}")
    if findings.calls_left is not None:
        tell(f"Calls left today: {findings.calls_left:,}")
    for problem in findings.problems:
        say(problem)
    if findings.unverified:
        say(findings.unverified)


def tell_plan(
    work: Work, findings: Findings, settings: Settings, policy: Policy, tell: Callable[[str], None]
) -> None:
    """Say what a replay will do, and what it takes in calls and time."""
    pace = settings.requests_per_second
    needed = effort(work, policy, pace)
    minutes, seconds = divmod(needed.seconds, 60)
    time = f"{minutes:,} min {seconds} s" if minutes else f"{seconds} s"
    tell(
        f"To do: {count(work.rows, 'row')} ({count(work.loans, 'loan')}, "
        f"{count(work.returns, 'return')}) on {count(work.items, 'item')}; about "
        f"{count(needed.calls, 'call')}, {time} at {pace:g} a second"
    )
    if work.follow_ups:
        to_do = count(work.follow_ups, "due date or fine", "due dates or fines")
        tell(f"And {to_do} of earlier starts to be set right.")
    if findings.calls_left is not None:
        usable = max(0, findings.calls_left - settings.daily_reserve)
        if needed.calls > usable:
            tell(
                f"Only {count(usable, 'call')} may be used today, the reserve of "
                f"{settings.daily_reserve:,} being left to others: the replay will stop there and "
                "can go on after midnight GMT."
            )
    if pace > USUAL_PACE:
        tell(
            f"{pace:g} calls a second, of the institution's 25, leave little to discovery, "
            "self-checks and other programs."
        )
