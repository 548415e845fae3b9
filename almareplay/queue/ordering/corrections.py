"""What the captures said of rows that staff have corrected since.

A capture that has grown says it again, mistakes and all: so it still counts for what repeats what.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select

from almareplay.queue.store import Run
from almareplay.queue.tables.schema import changes, transactions
from almareplay.transactions import Kind

CORRECTED = "corrected"
"""What the table of changes calls a correction."""

CORRECTABLE = {"patron_id": "patron id", "item_barcode": "item barcode", "kind": "kind"}
"""The columns of a row that staff can correct, and what they are called."""


class Said(NamedTuple):
    """What a row says, as far as staff can correct it."""

    kind: Kind
    item_barcode: str
    patron_id: str


class Correction(NamedTuple):
    """What a row (by its number) said before and after staff have corrected it."""

    row: int
    before: Said
    after: Said


def corrected_in_words(stored: str) -> str:
    """What of a row was corrected, of the names of its columns with blanks between."""
    *some, last = (CORRECTABLE[name] for name in stored.split())
    return f"{', '.join(some)} and {last}" if some else last


def corrections(connection: Connection, run: Run) -> list[Correction]:
    """The corrections of a run, in the order in which they were made."""
    names = Said._fields
    made = connection.execute(
        select(
            changes.c.row,
            *(changes.c[name] for name in names),
            *(transactions.c[name].label(f"{name}_now") for name in names),
        )
        .join(
            transactions,
            (transactions.c.run_id == changes.c.run_id) & (transactions.c.row == changes.c.row),
        )
        .where(changes.c.run_id == run.id, changes.c.change == CORRECTED)
        .order_by(changes.c.id)
    ).all()
    after = {row.row: said(row, "_now") for row in made}
    found = []
    for row in reversed(made):
        found.append(Correction(row.row, said(row), after[row.row]))
        after[row.row] = said(row)
    return found[::-1]


def as_captured(connection: Connection, run: Run) -> dict[int, Said]:
    """What the captures say, by row number, where staff have corrected it since."""
    captured: dict[int, Said] = {}
    for each in corrections(connection, run):
        captured.setdefault(each.row, each.before)
    return captured


def said(row: object, ending: str = "") -> Said:
    """What a row of a table says, whose columns have this ending."""
    kind, item_barcode, patron_id = _values(row, ending)
    return Said(Kind(kind), item_barcode, patron_id)


def _values(row: object, ending: str) -> Iterator[str]:
    return (getattr(row, name + ending) for name in Said._fields)
