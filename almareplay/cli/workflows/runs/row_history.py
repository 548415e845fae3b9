"""One row in words: in a line, and its whole history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.runs.next_steps import next_commands
from almareplay.outcomes import ReportRow
from almareplay.queue.reading.row_history import (
    Called,
    Changed,
    FollowedUp,
    Loaded,
    Looked,
    RowEvent,
    RowHistory,
    Settled,
)
from almareplay.queue.replaying.attempts import Fate, Write
from almareplay.queue.replaying.follow_ups import Task
from almareplay.queue.staff.settling import Change
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


def row_in_words(row: ReportRow, *, with_patron: bool = False) -> str:
    """What a row says, without who has the item unless that is wanted."""
    words: list[str] = [row.kind or "neither loan nor return"]
    if row.item_barcode:
        words.append(f"item {row.item_barcode}")
    if row.patron_id and with_patron:
        words.append(f"patron {row.patron_id}")
    if row.captured_at is not None:
        words.append(f"captured {row.captured_at:%Y-%m-%d %H:%M}")
    if row.library:
        words.append(f"at {row.library}, desk {row.circ_desk}")
    return ", ".join(words)


def history_as_data(history: RowHistory, zone: tzinfo, common: CommonOptions) -> dict[str, Any]:
    """A row's whole history, ready for JSON."""
    return {
        **history.row._asdict(),
        "events": [
            {"event": type(event).__name__.lower(), **_in_zone(event, zone)}
            for event in history.events
        ],
        "still_to_do": history.open_tasks,
        "fines": [
            {
                "fee_id": fine.fee_id,
                "amount": str(fine.amount),
                "currency": fine.currency,
                "wrong": fine.wrong,
                "waived_at": fine.waived_at and in_zone(fine.waived_at, zone),
            }
            for fine in history.fines
        ],
        "next": _next(history, common),
    }


def _in_zone(event: RowEvent, zone: tzinfo) -> dict[str, Any]:
    return {
        name: in_zone(value, zone) if isinstance(value, datetime) else value
        for name, value in event._asdict().items()
    }


def history_in_words(history: RowHistory, zone: tzinfo, common: CommonOptions) -> Iterator[str]:
    """A row's whole history in lines, its times by the clocks of a zone."""
    row = history.row
    yield f"Row {row.row} of run {common.run!r}: {row_in_words(row, with_patron=True)}"
    yield f"Times are those of {zone}."
    for event in history.events:
        when = f"{event.at:%Y-%m-%d %H:%M:%S}"
        for words in filter(None, _event_in_words(event, zone)):
            yield f"  {when:19}  {words}"
            when = ""
    means = "dismissed" if row.dismissed else row.disposition
    yield f"Now: {row.outcome}" + (f", {means}" if means != row.outcome else "")
    if row.alma_message:
        yield f"  Alma: {row.alma_message}"
    if row.note:
        yield f"  note: {row.note}"
    yield f"  {row.advice}"
    for task in history.open_tasks:
        yield f"  still to be set right: the {_TASKS[task]}"
    for fine in history.fines:
        waived = fine.waived_at and f"waived {in_zone(fine.waived_at, zone):%Y-%m-%d %H:%M}"
        wrong = "to be waived" if fine.wrong == "whole" else "may be too high"
        sum_ = f"{fine.amount} {fine.currency}".rstrip()
        yield f"  fine {fine.fee_id} of {sum_}: {waived or wrong}"
    for number, command in enumerate(_next(history, common)):
        yield f"{'      ' if number else 'Next: '}{command}"


def _event_in_words(event: RowEvent, zone: tzinfo) -> Iterator[str]:
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


def _next(history: RowHistory, common: CommonOptions) -> list[str]:
    return next_commands(history.row, common, follow_ups=bool(history.open_tasks))
