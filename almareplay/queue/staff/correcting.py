"""What was mistyped at a desk, put right: the patron id, the item barcode, or loan for return."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, exists, select, update

from almareplay.outcomes import Disposition, Outcome
from almareplay.queue.errors import NotCorrectable
from almareplay.queue.ordering.arranging import arrange_lanes
from almareplay.queue.ordering.corrections import CORRECTABLE, Said, corrected_in_words, said
from almareplay.queue.replaying.attempts import Fate
from almareplay.queue.replaying.hold import make_sure_it_is_free
from almareplay.queue.staff.settling import AS_NEW, Change, change, rows_named
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.reasons import stored_in_words
from almareplay.queue.tables.schema import attempts, lanes, transactions
from almareplay.transactions import Kind, identifier_key, same_identifier


@dataclass(frozen=True, slots=True)
class Corrected:
    """What of a row was corrected, in words, and what it has come to: it is pending again, or, by
    its ``note``, says the same as another row of its item."""

    what: str
    outcome: Outcome
    note: str


def correct(
    queue: Queue,
    run: Run,
    row: int,
    *,
    patron_id: str | None = None,
    item_barcode: str | None = None,
    kind: Kind | None = None,
) -> Corrected:
    """Put something else in the place of what a row says, and set the row back to pending.

    A row of another item leaves its lane; order and duplicates of both lanes are set anew, and what
    repeats the mistake in a capture that is loaded later is still known to repeat it. Raises
    RunHeld, RowMissing, and NotCorrectable, which says why; no error quotes an id. Then nothing was
    changed.
    """
    with queue.writing(run) as connection:
        make_sure_it_is_free(connection, run)
        found = rows_named(connection, run, [row])[row]
        if why := _why_not_correctable(connection, found):
            raise NotCorrectable(f"Row {row} {why}.")
        before = said(found)
        after = _changed(before, patron_id, item_barcode, kind)
        names = [name for name in CORRECTABLE if getattr(before, name) != getattr(after, name)]
        if why := _why_not_so(connection, found, before, after, asked=patron_id is not None):
            raise NotCorrectable(f"Row {row} {why}.")
        _store(connection, run, found, after, names)
        now = rows_named(connection, run, [row])[row]
    return Corrected(
        corrected_in_words(_stored(names)), Outcome(now.outcome), stored_in_words(now.lane_note)
    )


def _changed(
    before: Said, patron_id: str | None, item_barcode: str | None, kind: Kind | None
) -> Said:
    """What the row is to say; the case of letters makes no other identifier."""
    after = before
    if patron_id is not None and not same_identifier(before.patron_id, patron_id):
        after = after._replace(patron_id=patron_id)
    if item_barcode is not None and not same_identifier(before.item_barcode, item_barcode):
        after = after._replace(item_barcode=item_barcode)
    return after if kind is None else after._replace(kind=kind)


def _why_not_correctable(connection: Connection, row: Any) -> str:
    """Why nothing of a row can be corrected as it stands; empty where it can."""
    outcome = Outcome(row.outcome)
    if outcome is Outcome.INVALID:
        return "could not be read: record it by hand, then dismiss it"
    if row.dismissal:
        return f"was dismissed: take that back first with 'almareplay retry --row {row.row}'"
    if outcome.disposition is Disposition.UNRESOLVED:
        return (
            f"is {outcome}: what became of it must be found out as it was sent. Do "
            f"'almareplay retry --row {row.row}' and 'almareplay replay' first"
        )
    if outcome.disposition not in (Disposition.ATTENTION, Disposition.PENDING):
        return f"is {outcome}: there is nothing left to correct"
    if _has_attempt(connection, row, None):
        return (
            "has a call without an answer: what became of it must be found out as it was sent. Do "
            "'almareplay replay' first"
        )
    return ""


def _why_not_so(connection: Connection, row: Any, before: Said, after: Said, *, asked: bool) -> str:
    """Why a row cannot be corrected to say this; empty where it can. ``asked`` tells that a patron
    id was given."""
    if asked and after.kind is Kind.RETURN:
        return "is a return: Alma asks for no patron there"
    if after == before:
        return "says this already: nothing was changed"
    if after.kind is Kind.LOAN and not after.patron_id:
        return "would be a loan without a patron: say who has the item with --patron-id as well"
    if after.patron_id and same_identifier(after.patron_id, after.item_barcode):
        if after.patron_id != before.patron_id:
            return "has this as its item barcode: a patron id is wanted, that of the card"
        return "has this as its patron id: an item barcode is wanted, that of the book"
    moved = (after.kind, after.item_barcode) != (before.kind, before.item_barcode)
    if moved and _has_attempt(connection, row, Fate.DONE):
        return (
            "is half done: its item was scanned in. Record the rest by hand, then dismiss it with "
            f"'almareplay dismiss --row {row.row}'"
        )
    return ""


def _has_attempt(connection: Connection, row: Any, fate: Fate | None) -> bool:
    of_row = (attempts.c.run_id == row.run_id) & (attempts.c.row == row.row)
    such = exists().where(of_row, attempts.c.fate.is_not_distinct_from(fate))
    return bool(connection.scalar(select(such)))


def _store(connection: Connection, run: Run, row: Any, after: Said, names: list[str]) -> None:
    of_row = transactions.c.row == row.row
    key = identifier_key(after.item_barcode)
    corrected = {*row.corrected.split(), *names}
    values = {
        **AS_NEW,
        **after._asdict(),
        "item_key": key,
        "corrected_at": datetime.now(UTC),
        "corrected": _stored(corrected),
    }
    change(connection, run, Change.CORRECTED, of_row, values)
    connection.execute(
        update(lanes)
        .where(lanes.c.run_id == run.id, lanes.c.item_key == row.item_key, lanes.c.row == row.row)
        .values(item_key=key)
    )
    arrange_lanes(connection, run, [row.item_key, key])


def _stored(names: Collection[str]) -> str:
    return " ".join(name for name in CORRECTABLE if name in names)
