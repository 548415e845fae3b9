"""Reads identifiers: goes through the table of damages."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from almareplay.outcomes.reasons import in_words
from almareplay.sources.identifiers.damages import (
    DAMAGES,
    NUMBER,
    SPREADSHEET_DIGITS,
    Cure,
)
from almareplay.sources.identifiers.scanner import NO_SCANNER, Scanner, bare
from almareplay.sources.times.datetimes import Cell
from almareplay.transactions import AlmaReplayError, Notes, Reason

PLAIN_DIGITS = SPREADSHEET_DIGITS
"""Digits that are no more than these are one number, and nothing was done to them."""


class NeedsFlagError(AlmaReplayError):
    """An identifier of a file has two readings, and a flag must say which holds for the file."""


class Identifier(NamedTuple):
    """An identifier as it is understood; ``problem`` says why it cannot be used."""

    text: str
    notes: Notes = ()
    problem: Reason | None = None


def read_identifier(raw: str, what: str, scanner: Scanner = NO_SCANNER) -> Identifier:
    """An identifier out of a field that no spreadsheet has touched; ``what`` is its name: "the item
    barcode".

    Neither notes nor problems quote it, since it may be a patron's. What happened to it is undone
    where that is certain, or told by ``scanner``. Raises NeedsFlagError.
    """
    return _read(raw, what, scanner, spreadsheet=False)


def read_identifier_cell(cell: Cell, what: str, scanner: Scanner = NO_SCANNER) -> Identifier:
    """An identifier out of a cell of a table that may have been in a spreadsheet, which may have
    made a number of it. Raises NeedsFlagError."""
    if isinstance(cell, str):
        if (
            cell.isdigit()
            and cell.isascii()
            and len(cell) <= PLAIN_DIGITS
            and not (scanner.prefix or scanner.suffix)
        ):
            return Identifier(cell)
        return _read(cell, what, scanner, spreadsheet=True)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return Identifier("", problem=Reason.of("cell_of_time", what=what))
    if not (0 <= cell < 10**SPREADSHEET_DIGITS):
        cut = Reason.of("digits_cut", what=what, digits=SPREADSHEET_DIGITS)
        return Identifier("", problem=cut)
    if not float(cell).is_integer():
        return Identifier("", problem=Reason.of("decimal_point", what=what))
    text, notes, problem = _read(str(int(cell)), what, scanner, spreadsheet=True)
    return Identifier(text, (Reason.of(NUMBER, what=what), *notes), problem)


@lru_cache(maxsize=65_536)  # the same few patrons borrow again and again
def _read(raw: str, what: str, scanner: Scanner, spreadsheet: bool) -> Identifier:
    text, notes = bare(raw), list[Reason]()
    for damage in DAMAGES:
        if damage.by_spreadsheet and not spreadsheet:
            continue
        if (before := damage.found(text, scanner)) is None:
            continue
        reason = Reason.of(damage.code, what=what)
        if damage.cure is Cure.REFUSE:
            return Identifier("", problem=reason)
        if damage.cure is Cure.ASK:
            raise NeedsFlagError(in_words(reason))
        text = bare(before)
        notes.append(reason)
    return Identifier(text, tuple(notes))
