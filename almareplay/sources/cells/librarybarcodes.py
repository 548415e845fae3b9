"""Telling patrons from items by their numbers, where nothing else tells it.

Most libraries' barcodes have fourteen digits: the first is 2 for a patron and 3 for an item, the
last checks the others (modulus 10). Source: JerseyCat, "Understanding the Bar Code Structure".
"""

from __future__ import annotations

from collections.abc import Iterable

from almareplay.sources.times.datetimes import Cell

LIBRARY_DIGITS = 14
_FIELDS = {"2": "patron_id", "3": "item_barcode"}


def field_of(cell: Cell) -> str:
    """``patron_id`` or ``item_barcode``; empty for all that is not surely the one or the other."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = str(cell).strip()
    if (
        len(text) != LIBRARY_DIGITS
        or not (text.isascii() and text.isdigit())
        or not has_check_digit(text)
    ):
        return ""
    return _FIELDS.get(text[0], "")


def certain_columns(rows: Iterable[list[Cell]]) -> dict[str, int]:
    """The columns of patrons and items of a table without a header, from all its filled cells.

    Empty where a single cell is neither, or a column beside others holds both. A table of one
    column may hold both, or only items: cards with their items below them.
    """
    columns: dict[str, int] = {}
    found: dict[int, set[str]] = {}
    for cells in rows:
        for column, cell in enumerate(cells):
            if cell == "":
                continue
            field = field_of(cell)
            if not field:
                return {}
            columns.setdefault(field, column)
            found.setdefault(column, set()).add(field)
    if len(found) == 1:
        (column,) = found
        return {"item_barcode": column} if "item_barcode" in columns else {}
    return columns if all(len(fields) == 1 for fields in found.values()) else {}


def has_check_digit(digits: str) -> bool:
    """Whether the last digit is what the others demand: every second one counts twice."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
