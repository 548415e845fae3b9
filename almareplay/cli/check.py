"""``almareplay check``: whether a replay could begin."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import Annotated

import typer

from almareplay.alma.client import AlmaReader
from almareplay.cli.display import Display
from almareplay.cli.findings import (
    tell_calls_left,
    tell_file_warnings,
    tell_findings,
    tell_future_rows,
    tell_plan,
    tell_unknown_place_of_settings,
    tell_unknown_places,
)
from almareplay.cli.opening import open_queue
from almareplay.cli.probe import refuse_production, run_probe
from almareplay.cli.session import instance_of, open_session
from almareplay.cli.shared import (
    Exit,
    count,
    follow_up,
    options,
    results,
    settings_of,
    shared_options,
)
from almareplay.cli.steps import Step, next_steps, tell_steps
from almareplay.queue import reading
from almareplay.queue.binding import binding_of
from almareplay.queue.binding import check_alma as check_alma_of_run
from almareplay.queue.errors import QueueMissing
from almareplay.queue.purging import standing
from almareplay.queue.store import Queue, Run
from almareplay.replay.check import check as check_alma
from almareplay.replay.policy import Policy
from almareplay.settings import Settings

_GIVES_UP_AFTER = 20.0

PaceOption = Annotated[
    float | None,
    typer.Option(
        metavar="N",
        help="Calls a second, of those that the institution shares.  [default: 15 in production, 8 "
        "in a sandbox]",
    ),
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

    Asks Alma, changes nothing, and says what it saw. Works before anything is loaded; afterwards it
    also checks the library and desk of each row, and tells how long the replay will take.

    \b
    Examples:
      almareplay check
      almareplay check --run night
      almareplay check --probe

    \b
    Exit codes:
      0   nothing is wrong
      2   wrong usage or settings
      3   something must be put right first
      75  Alma cannot be asked now
    """
    settings = settings_of(requests_per_second=requests_per_second)
    if probe:
        refuse_production(settings)
    tell_file_warnings(results.print)
    with ExitStack() as stack:
        loaded = _loaded(settings, stack)
        places = reading.places(*loaded) if loaded else {}
        of_settings = {(settings.library, settings.circ_desk or "")} if settings.library else set()
        session = stack.enter_context(
            open_session(settings, give_up_after=_GIVES_UP_AFTER, fail_fast=True)
        )
        session.watcher = Display("Checking", 0)
        reader = AlmaReader(session.wire)
        findings = session.do(
            check_alma(reader, settings.environment, sorted({*places} | of_settings))
        )
        tell_findings(findings, settings, results.print)
        lacking = [each for each in findings.unknown if each.is_of(places)]
        for place in findings.unknown:
            if place not in lacking:
                tell_unknown_place_of_settings(place)
        if loaded is not None:
            tell_unknown_places(lacking, *loaded)
            check_alma_of_run(*loaded, instance_of(findings, settings))
        if probe:
            run_probe(session, reader, findings)
        if findings.problems or findings.unverified or lacking:
            raise typer.Exit(Exit.REFUSED)
        if loaded is not None and places:
            _tell_places(places, "the run's rows")
            tell_future_rows(*loaded)
            work = reading.work_left(*loaded)
            tell_plan(work, findings, settings, Policy(), results.print)
        else:
            if of_settings and not findings.unknown:
                _tell_places(of_settings, "the settings")
            tell_calls_left(findings, settings, results.print)
        tell_steps(_next(loaded), results.print)


def _loaded(settings: Settings, stack: ExitStack) -> tuple[Queue, Run] | None:
    """The run of the command, None where nothing is loaded yet: key and environment can be checked
    all the same."""
    try:
        queue = stack.enter_context(open_queue(settings.queue))
        return queue, queue.run(options.run, purged_too=True)
    except QueueMissing:
        return None


def _tell_places(places: Iterable[tuple[str, str]], whose: str) -> None:
    libraries = {library for library, _ in places}
    desks = {place for place in places if place[1]}
    found = [count(len(libraries), "library", "libraries")]
    found += [count(len(desks), "circulation desk")] if desks else []
    results.print(f"Alma has the {' and '.join(found)} of {whose}.")


def _next(loaded: tuple[Queue, Run] | None) -> Iterable[Step]:
    if loaded is None:
        return [Step(follow_up("load FILE"), "for the files of all desks")]
    rehearsed = binding_of(*loaded).rehearsed_here is not None
    return next_steps(standing(*loaded), rehearsed=rehearsed)
