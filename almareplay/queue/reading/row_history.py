"""The whole history of one row: read from where, looked at when, what was done, what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from almareplay.outcomes import Outcome, ReportRow, on_loan_in_words
from almareplay.queue.reading.report_rows import row_of_report
from almareplay.queue.replaying.attempts import Fate, Write
from almareplay.queue.replaying.follow_ups import Fine, Task, fines_of_row
from almareplay.queue.staff.settling import Change, no_such_row
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.reasons import stored_in_words
from almareplay.queue.tables.schema import attempts, changes, files, follow_ups, transactions
from almareplay.transactions import in_zone, joined

# The moments of all events are aware, in the zone of the library, on our clock.


class Loaded(NamedTuple):
    """The row was read, from this file. ``note`` says what was assumed, what arranging the rows of
    the item had to guess, or why the row cannot be sent."""

    at: datetime
    file: str
    line: int
    format: str
    note: str


class Looked(NamedTuple):
    """The item was read in Alma, the last time before the row was decided."""

    at: datetime


class Called(NamedTuple):
    """A call that writes was about to leave.

    ``loan_id`` and ``due_date`` tell the item's active loan before it: an empty id where it had
    none, None where nobody had looked. ``fate`` is None where the answer was lost and nobody has
    found out since; ``answered_at`` is when the fate was known.
    """

    at: datetime
    call: Write
    loan_id: str | None
    due_date: datetime | None
    fate: Fate | None
    alma_code: str
    tracking_id: str
    answered_at: datetime | None


class Settled(NamedTuple):
    """The row came to an outcome, with what Alma said."""

    at: datetime
    outcome: Outcome
    alma_code: str
    alma_message: str
    tracking_id: str
    loan_id: str
    note: str


class Changed(NamedTuple):
    """Staff have changed the row: ``words`` is what they wrote, the others are what the row said
    before and after (the same, but for a correction)."""

    at: datetime
    change: Change
    words: str
    kind_before: str
    kind: str
    item_barcode_before: str
    item_barcode: str
    patron_id_before: str
    patron_id: str


class FollowedUp(NamedTuple):
    """What was to be done after the outcome is done."""

    at: datetime
    task: Task


RowEvent = Loaded | Looked | Called | Settled | Changed | FollowedUp


class RowHistory(NamedTuple):
    """A row as the report has it, what has happened to it in the order of time, what is still to be
    done after its outcome, and the fines that its scan made."""

    row: ReportRow
    events: list[RowEvent]
    open_tasks: list[Task]
    fines: list[Fine]


def history_of(queue: Queue, run: Run, row: int, zone: tzinfo) -> RowHistory:
    """The history of the row with this number, its times in ``zone``, that of the library.

    Raises RowMissing, QueueError.
    """
    fines = fines_of_row(queue, run, row)
    with queue.reading() as connection:
        told = row_of_report(connection, run, row, zone)
        if told is None:
            raise no_such_row(connection, run, row)
        of_row = (transactions.c.run_id == run.id) & (transactions.c.row == row)
        found = connection.execute(select(transactions).where(of_row)).one()
        changed = _of_row(connection, changes, run, row)
        tasks = _of_row(connection, follow_ups, run, row)
        events = [
            _loaded(connection, found),
            *_before_and_now(changed, found, zone),
            *_calls(_of_row(connection, attempts, run, row)),
            *(FollowedUp(each.done_at, Task(each.task)) for each in tasks if each.done_at),
        ]
    events.sort(key=lambda event: event.at)
    events = [event._replace(at=in_zone(event.at, zone)) for event in events]
    return RowHistory(told, events, [Task(each.task) for each in tasks if not each.done_at], fines)


def _of_row(connection: Connection, table: Any, run: Run, row: int) -> Sequence[Any]:
    of_row = (table.c.run_id == run.id) & (table.c.row == row)
    return connection.execute(select(table).where(of_row).order_by(table.c.id)).all()


def _loaded(connection: Connection, row: Any) -> Loaded:
    file = connection.execute(select(files).where(files.c.id == row.file_id)).one()
    note = joined(stored_in_words(row.lane_note), stored_in_words(row.source_note))
    return Loaded(file.loaded_at, row.source_file, row.source_row, file.format, note)


def _before_and_now(changed: Sequence[Any], row: Any, zone: tzinfo) -> Iterator[RowEvent]:
    """What staff changed, and what the row came to before each change and since the last."""
    told = set[datetime]()
    for state, after in pairwise([*changed, row, None]):
        # A row that is dismissed keeps its outcome: it stands in the next state again.
        if state.looked_at is not None and state.looked_at not in told:
            told.add(state.looked_at)
            yield Looked(state.looked_at)
        if state.completed_at is not None and state.completed_at not in told:
            told.add(state.completed_at)
            yield Settled(
                state.completed_at,
                Outcome(state.outcome),
                state.alma_code,
                state.alma_message,
                state.tracking_id,
                state.loan_id,
                joined(
                    on_loan_in_words(state.on_loan_to, state.on_loan_since, state.due_date, zone),
                    stored_in_words(state.note),
                ),
            )
        if after is not None:
            yield Changed(
                state.at,
                Change(state.change),
                state.words,
                *(state.kind or "", after.kind or ""),
                *(state.item_barcode, after.item_barcode),
                *(state.patron_id, after.patron_id),
            )


def _calls(made: Sequence[Any]) -> Iterator[Called]:
    for each in made:
        yield Called(
            each.intended_at,
            Write(each.call),
            each.loan_id,
            each.due_date,
            None if each.fate is None else Fate(each.fate),
            each.alma_code,
            each.tracking_id,
            each.answered_at,
        )
