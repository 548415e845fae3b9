"""``status`` and ``report``: what a run came to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from almareplay.cli.display import print_outcomes
from almareplay.cli.lists import report_of, tell_lists, to_work_on, without_patrons
from almareplay.cli.opening import open_queue
from almareplay.cli.shared import (
    OverwriteOption,
    count,
    follow_up,
    messages,
    options,
    results,
    settings_of,
    shared_options,
)
from almareplay.cli.steps import Step, next_steps, tell_steps
from almareplay.outcomes import OPEN, Disposition, FineRow, PullRow
from almareplay.queue import reading
from almareplay.queue.binding import Binding, binding_of
from almareplay.queue.hold import holder_of
from almareplay.queue.purging import Standing, standing
from almareplay.queue.store import Queue, Run
from almareplay.reports import check_list_path, check_report_path, write_list, write_report


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (status, report):
        app.command()(shared_options(command))


def status(
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Show where the run stands, and what to do next.

    Asks the queue only, not Alma.

    \b
    Examples:
      almareplay status
      almareplay status --run night --json

    \b
    Exit codes:
      0  shown
      2  no such queue or run
    """
    with open_queue(settings_of().queue) as queue:
        run = queue.run(options.run, purged_too=True)
        stands = standing(queue, run)
        binding = binding_of(queue, run)
        state, steps = _state(queue, run, stands, binding)
    if as_json:
        results.print_json_of(state)
    else:
        _print_state(state, stands, steps, binding)


def _state(
    queue: Queue, run: Run, stands: Standing, binding: Binding
) -> tuple[dict[str, Any], list[Step]]:
    """What there is to say of a run, ready for JSON, and what to do next."""
    outcomes = stands.outcomes
    holder = holder_of(queue, run)
    work = reading.work_left(queue, run)
    alma = binding.alma or binding.rehearsed_on
    rehearsed = binding.rehearsed_here
    # Whoever replays the run has the next step.
    steps = next_steps(stands, rehearsed=rehearsed is not None) if holder is None else []
    state = {
        "run": run.name,
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
        "lost_answers": work.lost_answers,
        **to_work_on(queue, run),
        "follow_ups": work.follow_ups,
        "files": [
            {"name": name, "format": form, "rows": rows}
            for name, form, rows in reading.loaded_files(queue, run)
        ],
        "purged_at": stands.purged_at and stands.purged_at.isoformat(timespec="seconds"),
        "erased_at": stands.erased_at and stands.erased_at.isoformat(timespec="seconds"),
        "replaying": None
        if holder is None
        else {"host": holder.host, "pid": holder.pid, "since": holder.since.isoformat()},
        "next": [step.command for step in steps],
    }
    return state, steps


def _alma_in_words(binding: Binding) -> str:
    """To which Alma the run belongs, and whether it was rehearsed there."""
    when = binding.rehearsed_here
    rehearsed = f"{when.astimezone():%d %B %Y at %H:%M}" if when else ""
    if binding.alma is not None and not binding.alma.is_known:
        return "Alma: not known, since an older almareplay posted this run and did not note it"
    if binding.alma is not None:
        there = f"rehearsed there on {rehearsed}" if rehearsed else "not rehearsed there"
        return f"Alma: {binding.alma}; {there}"
    if binding.rehearsed_on is not None:
        return f"Nothing was sent to Alma yet; rehearsed on {binding.rehearsed_on}, {rehearsed}"
    return "Nothing was sent to Alma yet; not rehearsed"


def _print_state(
    state: dict[str, Any], stands: Standing, steps: list[Step], binding: Binding
) -> None:
    results.print(
        f"Run {state['run']!r}: {count(state['rows'], 'row')} "
        f"from {count(len(state['files']), 'file')}"
    )
    results.print(_alma_in_words(binding))
    print_outcomes(stands.to_do, results, state["dismissed"])
    if state["purged_at"]:
        results.print(f"Purged on {state['purged_at']}: its rows are gone, these counts are kept.")
        if not state["erased_at"]:
            results.print(f"Their bytes may still be in the queue's file: {follow_up('purge')}")
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
    tell_lists(state, results.print)
    if stands.finished:
        results.print("Nothing is left to do.")
    tell_steps(steps, results.print)


def report(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Files to write: .html, .xlsx, .csv or .jsonl."),
    ] = None,
    pull_path: Annotated[
        Path | None,
        typer.Option(
            "--pull-list",
            metavar="PATH",
            help="List of returned items that others wait for, along the shelves: .xlsx, .csv or "
            ".jsonl.",
        ),
    ] = None,
    fines_path: Annotated[
        Path | None,
        typer.Option(
            "--fines",
            metavar="PATH",
            help="List of the overdue fines that the replay made and that may be too high, with "
            "the patrons who owe them: .xlsx, .csv or .jsonl.",
        ),
    ] = None,
    anonymously: Annotated[
        bool,
        typer.Option(
            "--anonymous",
            help="Numbers in the place of patron ids, file names and what else Alma has not known; "
            "without what Alma said, loan and fee ids.",
        ),
    ] = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Write the report of the run, and the lists for staff.

    The report has a line for every row; the ending of its name picks the format. As .html it is the
    list to work from, as .xlsx a workbook, as .csv and .jsonl the plain rows. An older report is
    replaced, any other file is not, nor a workbook in which somebody has ticked rows.

    The files name patrons, and what they owe is personal as well; only the pull list names nobody.
    They are readable by you only; pass them on with care. With --anonymous the same patron has the
    same number in every report of the run; whoever may look into Alma can still find a patron by an
    item and its time.

    \b
    Examples:
      almareplay report report.html report.csv
      almareplay report --pull-list pull.xlsx --fines fines.xlsx
      almareplay report for-the-vendor.csv --anonymous

    \b
    Exit codes:
      0  written
      2  a file cannot be written or is not ours to replace, or no such run
    """
    wanted = [*(paths or ()), *filter(None, (pull_path, fines_path))]
    if not wanted:
        raise typer.BadParameter("Name a file to write: PATH, --pull-list PATH or --fines PATH.")
    if len({path.absolute() for path in wanted}) < len(wanted):
        raise typer.BadParameter("The same file is named twice: give each output its own.")
    for path in paths or ():
        check_report_path(path, overwrite=overwrite)
    for path in filter(None, (pull_path, fines_path)):
        check_list_path(path, overwrite=overwrite)
    settings = settings_of()
    with open_queue(settings.queue) as queue:
        run = queue.run(options.run)
        told = report_of(queue, run)
        if anonymously:
            told = without_patrons(queue, run, told, settings)
        for path in paths or ():
            write_report(path, told, overwrite=overwrite)
            messages.print(f"Report: {path}")
        if pull_path is not None:
            write_list(pull_path, told.pull_list, PullRow._fields, overwrite=overwrite)
            messages.print(f"Pull list: {pull_path}")
        if fines_path is not None:
            write_list(fines_path, told.fines, FineRow._fields, overwrite=overwrite)
            messages.print(f"Fines: {fines_path}")
