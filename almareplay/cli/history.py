"""``history``: the whole story of one row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Annotated, Any

import typer

from almareplay.cli.lists import zone_of_library
from almareplay.cli.opening import open_queue
from almareplay.cli.printable import one_line
from almareplay.cli.rows import RowNumbers, all_of, in_words, parse_rows
from almareplay.cli.shared import follow_up, options, results, settings_of, shared_options
from almareplay.outcomes import Disposition, Outcome
from almareplay.queue.attempts import Fate, Write
from almareplay.queue.follow_ups import Task
from almareplay.queue.staff import Change
from almareplay.queue.story import (
    Called,
    Changed,
    Event,
    FollowedUp,
    Loaded,
    Looked,
    Settled,
    Story,
    story_of,
)
from almareplay.transactions import in_zone

_CALLS = {Write.LOAN: "loan", Write.SCAN_IN: "scan in", Write.RENEW: "renewal"}
_FATES = {
    Fate.DONE: "done",
    Fate.REFUSED: "refused by Alma",
    Fate.NOT_SENT: "not sent after all",
    Fate.NO_EFFECT: "its answer was lost; Alma shows no effect",
    None: "its answer was lost; what became of it is not known yet",
}
_TASKS = {Task.DUE_DATE: "due date", Task.FINE: "fine"}


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(shared_options(history))


def history(
    row: Annotated[
        list[RowNumbers],
        typer.Option(
            metavar="N",
            parser=parse_rows,
            help="The rows, by their numbers in the report: 17, or 36,58 or 4-9; repeatable.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Tell a row's whole story, and what can be done about it.

    Read from where, looked at when, calls made, what Alma said. It names the patron, and the ids
    that were corrected. Times are those of the library's zone. As JSON several rows are an array.

    \b
    Examples:
      almareplay history --row 17
      almareplay history --row 36,58 --json

    \b
    Exit codes:
      0  told
      2  no such row, run or queue
    """
    with open_queue(settings_of().queue) as queue:
        run = queue.run(options.run)
        zone = zone_of_library(queue, run)
        stories = [story_of(queue, run, number, zone) for number in all_of(row)]
    if as_json:
        told = [_as_data(story, zone) for story in stories]
        results.print_json_of(told if len(told) > 1 else told[0])
        return
    for place, story in enumerate(stories):
        if place:
            results.print()
        for line in _lines(story, zone):
            results.print(one_line(line))


def _as_data(story: Story, zone: tzinfo) -> dict[str, Any]:
    return {
        **story.row._asdict(),
        "events": [
            {"event": type(event).__name__.lower(), **_in_zone(event, zone)}
            for event in story.events
        ],
        "still_to_do": story.open_tasks,
        "fines": [
            {
                "fee_id": fine.fee_id,
                "amount": str(fine.amount),
                "currency": fine.currency,
                "wrong": fine.wrong,
                "waived_at": fine.waived_at and in_zone(fine.waived_at, zone),
            }
            for fine in story.fines
        ],
        "next": _next(story),
    }


def _in_zone(event: Event, zone: tzinfo) -> dict[str, Any]:
    return {
        name: in_zone(value, zone) if isinstance(value, datetime) else value
        for name, value in event._asdict().items()
    }


def _lines(story: Story, zone: tzinfo) -> Iterator[str]:
    row = story.row
    yield f"Row {row.row} of run {options.run!r}: {in_words(row, with_patron=True)}"
    yield f"Times are those of {zone}."
    for event in story.events:
        when = f"{event.at:%Y-%m-%d %H:%M:%S}"
        for words in filter(None, _in_words(event, zone)):
            yield f"  {when:19}  {words}"
            when = ""
    means = "dismissed" if row.dismissed else row.disposition
    yield f"Now: {row.outcome}" + (f", {means}" if means != row.outcome else "")
    if row.alma_message:
        yield f"  Alma: {row.alma_message}"
    if row.note:
        yield f"  note: {row.note}"
    yield f"  {row.advice}"
    for task in story.open_tasks:
        yield f"  still to be set right: the {_TASKS[task]}"
    for fine in story.fines:
        waived = fine.waived_at and f"waived {in_zone(fine.waived_at, zone):%Y-%m-%d %H:%M}"
        wrong = "to be waived" if fine.wrong == "whole" else "may be too high"
        sum_ = f"{fine.amount} {fine.currency}".rstrip()
        yield f"  fine {fine.fee_id} of {sum_}: {waived or wrong}"
    for number, command in enumerate(_next(story)):
        yield f"{'      ' if number else 'Next: '}{command}"


def _in_words(event: Event, zone: tzinfo) -> Iterator[str]:
    """The lines of an event, without those that would be empty."""
    match event:
        case Loaded():
            which = "row" if "#" in event.file else "line"
            yield f"read from {event.file}, {which} {event.line} ({event.format})"
            yield event.note
        case Looked():
            yield "item looked at in Alma"
        case Called():
            code = event.alma_code and f", code {event.alma_code}"
            yield f"{_CALLS[event.call]}: {_FATES[event.fate]}{code}"
            yield event.tracking_id and f"tracking id {event.tracking_id}"
            yield _before(event, zone)
        case Settled():
            yield event.outcome
            code = event.alma_code and f"({event.alma_code})"
            yield f"{event.alma_message} {code}".strip()
            yield event.loan_id and f"loan {event.loan_id}"
            yield event.note
        case Changed(change=Change.CORRECTED):
            if event.patron_id != event.patron_id_before:
                yield f"patron id corrected: {event.patron_id_before} became {event.patron_id}"
            if event.item_barcode != event.item_barcode_before:
                before = event.item_barcode_before
                yield f"item barcode corrected: {before} became {event.item_barcode}"
            if event.kind != event.kind_before:
                yield f"kind corrected: {event.kind_before} became {event.kind}"
        case Changed(change=Change.DISMISSED):
            yield f"dismissed: {event.words}"
        case Changed(change=Change.REOPENED):
            yield "dismissal taken back"
        case Changed():
            yield "set back to pending, to be retried"
        case FollowedUp():
            yield f"{_TASKS[event.task]} seen to"


def _before(event: Called, zone: tzinfo) -> str:
    """How the item was before a call, as far as somebody had looked."""
    if event.loan_id is None:
        return ""
    if not event.loan_id:
        return "before it the item was not on loan"
    due = f", due {in_zone(event.due_date, zone):%Y-%m-%d %H:%M}" if event.due_date else ""
    return f"before it the item was on loan (loan {event.loan_id}{due})"


def _next(story: Story) -> list[str]:
    """What can be done about the row."""
    row = story.row
    number = f"--row {row.row}"
    if (row.outcome is Outcome.PENDING and not row.dismissed) or story.open_tasks:
        return [follow_up("replay")]
    if not row.to_do:
        return []
    steps = []
    if row.outcome is Outcome.PATRON_NOT_FOUND:
        steps.append(follow_up(f"correct {number}"))
    if row.outcome is Outcome.ITEM_NOT_FOUND:
        steps.append(follow_up(f"correct {number} --item-barcode CODE"))
    if row.disposition is not Disposition.REJECTED:
        steps.append(follow_up(f"retry {number}"))
    return [*steps, follow_up(f"dismiss {number} --note TEXT")]
