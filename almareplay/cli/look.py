"""``status``, ``report`` and ``retry``: what a run came to, and second tries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from almareplay.cli.display import print_outcomes
from almareplay.cli.lists import report_of, tell_lists, to_work_on, without_patrons
from almareplay.cli.shared import (
    count,
    follow_up,
    messages,
    options,
    results,
    say,
    settings_of,
    shared_options,
)
from almareplay.outcomes import Disposition, FineRow, Outcome, PullRow
from almareplay.queue import reading
from almareplay.queue.errors import RunHeld
from almareplay.queue.hold import holder_of
from almareplay.queue.purging import standing
from almareplay.queue.store import Queue, Run
from almareplay.reports import check_list_path, check_report_path, write_list, write_report


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (status, report, retry):
        app.command()(shared_options(command))


def status(
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Show where the run stands and what to do next; asks the queue only, not Alma.

    \b
    almareplay status
    almareplay status --run night --json

    Exit codes: 0, or 2 where there is no such queue or run.
    """
    with Queue.open(settings_of().queue) as queue:
        run = queue.run(options.run, purged_too=True)
        state = _state(queue, run)
    if as_json:
        results.out(json.dumps(state, ensure_ascii=False, indent=2), highlight=False)
    else:
        _print_state(state)


def _state(queue: Queue, run: Run) -> dict[str, Any]:
    stands = standing(queue, run)
    outcomes = stands.outcomes
    holder = holder_of(queue, run)
    work = reading.work_left(queue, run)
    return {
        "run": run.name,
        "rows": sum(outcomes.values()),
        "dispositions": {
            disposition.value: sum(
                number for outcome, number in outcomes.items() if outcome.disposition is disposition
            )
            for disposition in Disposition
        },
        "outcomes": {outcome.value: number for outcome, number in outcomes.items()},
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
    }


def _print_state(state: dict[str, Any]) -> None:
    results.print(
        f"Run {state['run']!r}: {count(state['rows'], 'row')} "
        f"from {count(len(state['files']), 'file')}"
    )
    print_outcomes({Outcome(name): number for name, number in state["outcomes"].items()}, results)
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
    dispositions = state["dispositions"]
    if dispositions[Disposition.PENDING] or state["follow_ups"]:
        results.print(f"Next: {follow_up('replay')}")
    elif dispositions[Disposition.ATTENTION] or dispositions[Disposition.UNRESOLVED]:
        results.print(
            f"Next: {follow_up('report report.csv')}, and when staff are through: "
            f"{follow_up('retry')}"
        )


def report(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Files to write: .csv or .jsonl."),
    ] = None,
    pull_path: Annotated[
        Path | None,
        typer.Option(
            "--pull-list",
            metavar="PATH",
            help="List of returned items that others wait for, along the shelves: .csv, .jsonl.",
        ),
    ] = None,
    fines_path: Annotated[
        Path | None,
        typer.Option(
            "--fines",
            metavar="PATH",
            help="List of the overdue fines that the replay made and that are too high, with the "
            "patrons who owe them: .csv, .jsonl.",
        ),
    ] = None,
    anonymously: Annotated[
        bool,
        typer.Option(
            "--anonymous",
            help="Numbers in the place of patron ids, without what Alma said, loan and fee ids.",
        ),
    ] = False,
) -> None:
    """Write the report: a line for every row of the run; the ending picks the format.

    The files name patrons, and what they owe is personal as well; only the pull list names nobody.
    They are readable by you only; pass them on with care.

    With --anonymous the same patron has the same number in every report of the run. Whoever may
    look into Alma can still find a patron by an item and its time.

    \b
    almareplay report report.csv report.jsonl
    almareplay report for-the-vendor.csv --anonymous
    almareplay report --pull-list pull.csv --fines fines.csv

    Exit codes: 0, or 2 where it cannot be written.
    """
    wanted = [*(paths or ()), *filter(None, (pull_path, fines_path))]
    if not wanted:
        raise typer.BadParameter("Name a file to write: PATH, --pull-list PATH or --fines PATH.")
    for path in paths or ():
        check_report_path(path)
    for path in filter(None, (pull_path, fines_path)):
        check_list_path(path)
    with Queue.open(settings_of().queue) as queue:
        run = queue.run(options.run)
        told = report_of(queue, run)
        if anonymously:
            told = without_patrons(queue, run, told)
        for path in paths or ():
            write_report(path, told)
            messages.print(f"Report: {path}")
        if pull_path is not None:
            write_list(pull_path, told.pull_list, PullRow._fields)
            messages.print(f"Pull list: {pull_path}")
        if fines_path is not None:
            write_list(fines_path, told.fines, FineRow._fields)
            messages.print(f"Fines: {fines_path}")


def retry(
    outcome: Annotated[
        list[Outcome] | None,
        typer.Option(metavar="NAME", help="Only rows with this outcome; repeatable."),
    ] = None,
    row: Annotated[
        list[int] | None, typer.Option(metavar="N", help="Only this row; repeatable.")
    ] = None,
) -> None:
    """Set rows that need attention or are unresolved back to pending; the next replay takes them.

    \b
    almareplay retry
    almareplay retry --outcome patron_blocked --outcome patron_expired
    almareplay retry --row 17

    Exit codes: 0; 2 for a row or outcome that cannot be retried; 3 while the run is replayed.
    """
    with Queue.open(settings_of().queue) as queue:
        run = queue.run(options.run)
        if (holder := holder_of(queue, run)) is not None:
            raise RunHeld(run.name, holder.host, holder.pid, holder.since)
        changed = reading.retry(queue, run, outcomes=outcome or (), rows=row or ())
    say(
        f"{count(changed, 'row')} set back to pending."
        + (f" Next: {follow_up('replay')}" if changed else "")
    )
