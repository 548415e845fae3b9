"""``almareplay`` alone: what to do first, or next, in the folder where it was typed."""

from __future__ import annotations

from almareplay.cli.console.outcomes import print_outcomes
from almareplay.cli.console.output import count, results
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.loading.capture_sessions import tell_sessions
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.runs.next_steps import next_steps, tell_steps
from almareplay.consortium.institutions import institutions_of
from almareplay.outcomes import OPEN, Disposition
from almareplay.queue.errors import QueueMissing
from almareplay.queue.purging.runs import Standing, standings
from almareplay.queue.replaying.binding import binding_of
from almareplay.settings import DEFAULT_FILE, PREFIX, Settings, read_settings
from almareplay.transactions import AlmaReplayError

_LEFT = (*OPEN, Disposition.PENDING)
_NEEDED = {
    "API_KEY=...": "first a key of your sandbox",
    "REGION=na": "or eu, ap, ca, cn",
    "TIMEZONE=America/Los_Angeles": "the zone of the captured times",
}


def tell_first_steps() -> None:
    """Say what to do next with what is here; whatever is wrong with that is said as well."""
    results.print("almareplay posts the loans and returns of an Alma outage to Alma.\n")
    try:
        settings = read_settings()
        if missing := list(_missing(settings)):
            _tell_settings(missing)
        if settings.institutions:
            results.print(f"Institutions: {', '.join(institutions_of(settings))}")
            results.print("All of them: almareplay check --all, almareplay status --all")
        _tell_runs(settings, ready=not (missing or settings.institutions))
    except AlmaReplayError as error:
        results.print(str(error))
    results.print(
        "\nTo see it work on a stand-in Alma on this machine: almareplay demo\n"
        "All commands: almareplay --help"
    )


def _missing(settings: Settings) -> list[str]:
    """The lines that the settings need, of those that are needed always. Institutions have their
    own."""
    if settings.institutions:
        return []
    there = (settings.api_key, settings.region or settings.base_url, settings.timezone)
    return [line for line, value in zip(_NEEDED, there, strict=True) if not value]


def _tell_settings(missing: list[str]) -> None:
    if DEFAULT_FILE.is_file():
        results.print(f"First: write what is missing into {DEFAULT_FILE}:")
    else:
        results.print(f"First: write the settings into a file {DEFAULT_FILE} in this folder:")
    width = max(map(len, missing))
    for line in missing:
        results.print(f"  {PREFIX}{line:<{width}}  {_NEEDED[line]}")
    results.print(
        f"and make it readable by you only: chmod 600 {DEFAULT_FILE}\nThen: almareplay check"
    )


def _tell_runs(settings: Settings, *, ready: bool) -> None:
    try:
        with open_queue(settings.queue) as queue:
            runs = [
                (each, binding_of(queue, each.run).rehearsed_here is not None)
                for each in standings(queue)
                if each.rows
            ]
            tell_sessions(queue, None, CommonOptions(), results.print)
    except QueueMissing:
        runs = []
    if not runs and ready:
        results.print(
            "Nothing is loaded here yet.\n"
            "Next: almareplay check                  whether key, libraries and desks are right\n"
            "      almareplay load --preview FILE    how a capture is understood\n"
            "      almareplay load FILE              for the files of all desks"
        )
    for run, rehearsed in runs:
        _tell_run(run, rehearsed=rehearsed)


def _tell_run(run: Standing, *, rehearsed: bool) -> None:
    """Say what is left of a run, and what to do next about it."""
    ended = ", purged" if run.purged_at else ", nothing left to do" if run.finished else ":"
    results.print(f"Run {run.run}: {count(run.rows, 'row')}{ended}")
    if not (run.purged_at or run.finished):
        left = {each: rows for each, rows in run.to_do.items() if each.disposition in _LEFT}
        print_outcomes(left, results)
    common = CommonOptions(run=run.run.name, institution=run.run.institution)
    tell_steps(next_steps(run, common, rehearsed=rehearsed), results.print)
