"""Whether a replay could begin: key, environment, libraries, desks and calls left."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack

from almareplay.alma.client import AlmaReader
from almareplay.cli.console.exits import Exit
from almareplay.cli.console.output import count, results
from almareplay.cli.console.progress import Display
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.checking.findings import (
    tell_file_warnings,
    tell_findings,
    tell_future_rows,
    tell_unknown_place_of_settings,
    tell_unknown_places,
)
from almareplay.cli.workflows.checking.probing import refuse_production, run_probe
from almareplay.cli.workflows.effort import tell_calls_left, tell_phases, tell_to_do
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.runs.next_steps import load_step, next_steps_of, tell_steps
from almareplay.cli.workflows.session import instance_of, open_session
from almareplay.queue.errors import QueueMissing, RunMissing
from almareplay.queue.reading import queries
from almareplay.queue.replaying.binding import check_alma as check_alma_of_run
from almareplay.queue.store import Queue, Run
from almareplay.replay.check import check as check_alma
from almareplay.replay.policy import Policy
from almareplay.settings import Settings

_GIVES_UP_AFTER = 20.0


def check(common: CommonOptions, settings: Settings, *, probe: bool) -> Exit:
    """Ask Alma what can be known before a replay, and tell it; ``probe`` asks a sandbox more."""
    if probe:
        refuse_production(settings)
    tell_file_warnings(common, settings, results.print)
    with ExitStack() as stack:
        loaded = _loaded(common, settings, stack)
        places = queries.places(*loaded) if loaded else {}
        of_settings = {(settings.library, settings.circ_desk or "")} if settings.library else set()
        session = stack.enter_context(
            open_session(settings, give_up_after=_GIVES_UP_AFTER, fail_fast=True)
        )
        session.watcher = Display("Checking", 0)
        reader = AlmaReader(session.transport)
        findings = session.do(
            check_alma(
                reader,
                settings.environment,
                sorted({*places} | of_settings),
                institution=settings.institution,
            )
        )
        tell_findings(findings, settings, results.print)
        lacking = [each for each in findings.unknown if each.is_of(places)]
        for place in findings.unknown:
            if place not in lacking:
                tell_unknown_place_of_settings(place)
        if loaded is not None:
            tell_unknown_places(lacking, *loaded, common)
            check_alma_of_run(*loaded, instance_of(findings, settings))
        if probe:
            run_probe(session, reader, findings)
        if findings.problems or findings.unverified or lacking:
            return Exit.REFUSED
        if loaded is not None and places:
            _tell_places(places, "the run's rows")
            tell_future_rows(*loaded)
            work = queries.work_left(*loaded, instance_of(findings, settings))
            tell_to_do(work, findings, settings, Policy(), results.print)
            tell_phases(*loaded, results.print)
        else:
            if of_settings and not findings.unknown:
                _tell_places(of_settings, "the settings")
            tell_calls_left(findings, settings, results.print)
        steps = next_steps_of(*loaded, common) if loaded else [load_step(common)]
        tell_steps(steps, results.print)
    return Exit.DONE


def _loaded(
    common: CommonOptions, settings: Settings, stack: ExitStack
) -> tuple[Queue, Run] | None:
    """The run of the command, None where nothing is loaded yet: key and environment can be checked
    all the same."""
    try:
        queue = stack.enter_context(open_queue(settings.queue))
        return queue, queue.run(common.run, common.institution, purged_too=True)
    except QueueMissing:
        return None
    except RunMissing:
        # Where desks capture, there is a queue before there is a run.
        if common.names_a_run:
            raise
        return None


def _tell_places(places: Iterable[tuple[str, str]], whose: str) -> None:
    libraries = {library for library, _ in places}
    desks = {place for place in places if place[1]}
    found = [count(len(libraries), "library", "libraries")]
    found += [count(len(desks), "circulation desk")] if desks else []
    results.print(f"Alma has the {' and '.join(found)} of {whose}.")
