"""Where a run stands, for people and for machines."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from almareplay.cli.console.outcomes import print_outcomes
from almareplay.cli.console.output import count, results, say
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.loading.capture_sessions import sessions_to_load, tell_sessions
from almareplay.cli.workflows.runs.next_steps import Step, next_steps, tell_steps
from almareplay.cli.workflows.runs.run_report import tell_lists, to_work_on, zone_of_library
from almareplay.outcomes import OPEN, Disposition
from almareplay.queue.errors import RunMissing
from almareplay.queue.purging.runs import Standing, standing
from almareplay.queue.reading import queries
from almareplay.queue.replaying.binding import Binding, binding_of
from almareplay.queue.replaying.hold import holder_of
from almareplay.queue.replaying.phases import phase_under_way, phases_of
from almareplay.queue.store import Queue, Run
from almareplay.settings import Settings
from almareplay.transactions import in_zone


def tell_status(queue: Queue, common: CommonOptions, settings: Settings, *, as_json: bool) -> None:
    """Say where the run of the command stands, and what to do next."""
    try:
        run = queue.run(common.run, common.institution, purged_too=True)
    except RunMissing:
        # A session alone makes no run: nobody must think that there is nothing.
        tell_sessions(queue, None, common, say)
        raise
    stands = standing(queue, run)
    binding = binding_of(queue, run)
    state, steps = state_of(queue, run, common)
    if as_json:
        results.print_json_of(state)
    else:
        alma = _alma_in_words(binding, zone_of_library(queue, run, settings))
        _print_state(state, stands, steps, alma, common)
        tell_sessions(queue, run, common, results.print)


def state_of(queue: Queue, run: Run, common: CommonOptions) -> tuple[dict[str, Any], list[Step]]:
    """What there is to say of a run, ready for JSON, and what to do next."""
    stands, binding = standing(queue, run), binding_of(queue, run)
    outcomes = stands.outcomes
    holder = holder_of(queue, run)
    work, phases = queries.work_left(queue, run), phases_of(queue, run)
    alma = binding.alma or binding.rehearsed_on
    rehearsed = binding.rehearsed_here
    # Whoever replays the run has the next step.
    steps = []
    if holder is None:
        steps = next_steps(stands, common, rehearsed=rehearsed is not None)
    state = {
        "run": run.name,
        "loaded_for": run.institution,
        "institution": alma.institution if alma else "",
        "institution_name": alma.name if alma else "",
        "environment": alma.environment if alma else "",
        "posted": binding.alma is not None,
        "rehearsed_at": rehearsed and rehearsed.isoformat(timespec="seconds"),
        "rows": sum(outcomes.values()),
        "dispositions": {
            disposition.value: sum(
                number for outcome, number in outcomes.items() if outcome.disposition is disposition
            )
            for disposition in Disposition
        },
        "outcomes": {outcome.value: number for outcome, number in outcomes.items()},
        "open": {
            outcome.value: number
            for outcome, number in stands.to_do.items()
            if outcome.disposition in OPEN
        },
        "dismissed": sum(stands.dismissed.values()),
        "phase": phase_under_way(phases),
        "phases": [phase._asdict() for phase in phases],
        "lost_answers": work.lost_answers,
        **to_work_on(queue, run),
        "follow_ups": work.follow_ups,
        "files": [
            {"name": name, "format": form, "rows": rows}
            for name, form, rows in queries.loaded_files(queue, run)
        ],
        "capture_sessions": sessions_to_load(queue, run, common),
        "purged_at": stands.purged_at and stands.purged_at.isoformat(timespec="seconds"),
        "erased_at": stands.erased_at and stands.erased_at.isoformat(timespec="seconds"),
        "replaying": None
        if holder is None
        else {"host": holder.host, "pid": holder.pid, "since": holder.since.isoformat()},
        "next": [step.command for step in steps],
    }
    return state, steps


def _alma_in_words(binding: Binding, zone: tzinfo) -> str:
    """To which Alma the run belongs, and whether it was rehearsed there."""
    when = binding.rehearsed_here
    rehearsed = f"{in_zone(when, zone):%d %B %Y at %H:%M}" if when else ""
    if binding.alma is not None and not binding.alma.is_known:
        return "Alma: not known, since an older almareplay posted this run and did not note it"
    if binding.alma is not None:
        there = f"rehearsed there on {rehearsed}" if rehearsed else "not rehearsed there"
        return f"Alma: {binding.alma}; {there}"
    if binding.rehearsed_on is not None:
        return f"Nothing was sent to Alma yet; rehearsed on {binding.rehearsed_on}, {rehearsed}"
    return "Nothing was sent to Alma yet; not rehearsed"


def _phases_in_words(state: dict[str, Any]) -> str:
    """How far each phase is."""
    told = []
    for phase in state["phases"]:
        left = "finished"
        if phase["left"]:
            left = f"{phase['left']:,} of {count(phase['rows'], 'row')} left"
            if phase["number"] != state["phase"]:
                left += ", begins after that"
        told.append(f"phase {phase['number']}: {left}")
    words = "; ".join(told)
    return words[0].upper() + words[1:]


def _print_state(
    state: dict[str, Any],
    stands: Standing,
    steps: list[Step],
    alma: str,
    common: CommonOptions,
) -> None:
    results.print(
        f"Run {stands.run}: {count(state['rows'], 'row')} from {count(len(state['files']), 'file')}"
    )
    results.print(alma)
    print_outcomes(stands.to_do, results, state["dismissed"])
    if len(state["phases"]) > 1:
        results.print(_phases_in_words(state))
    if state["purged_at"]:
        results.print(f"Purged on {state['purged_at']}: its rows are gone, these counts are kept.")
        if not state["erased_at"]:
            results.print(
                f"Their bytes may still be in the queue's file: {common.command('purge')}"
            )
        return
    if state["replaying"]:
        results.print(
            "Being replayed by process {pid} on {host} since {since}.".format(**state["replaying"])
        )
        return
    if state["lost_answers"]:
        results.print(
            f"{count(state['lost_answers'], 'call')} without an answer: the next replay finds out "
            "what became of them."
        )
    if state["follow_ups"]:
        to_do = count(state["follow_ups"], "due date or fine", "due dates or fines")
        results.print(f"{to_do} still to be set right: the next replay does it.")
    tell_lists(state, common, results.print)
    if stands.finished:
        results.print("Nothing is left to do.")
    tell_steps(steps, results.print)
