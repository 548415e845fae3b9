"""Rows whose cells stand in the wrong columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from almareplay.sources.cells.librarybarcodes import field_of
from almareplay.sources.tables.capturetools import is_slipped_id
from almareplay.sources.tables.headers import Layout
from almareplay.sources.times.datetimes import Cell
from almareplay.transactions import Reason

ELSEWHERE = Reason("patron_elsewhere")
COMMA = Reason("comma_typed")


class Slips:
    """Tells the rows of a table whose cells have slipped: by their number or by what they hold.

    ``widths`` counts the rows with so many cells; ``items`` are the columns of a row's items.
    """

    def __init__(self, layout: Layout, widths: Counter[int], items: Sequence[int]) -> None:
        self._width = layout.width
        self._exact = layout.exact
        self._patron = layout.columns.get("patron_id", -1)
        self._names = layout.columns.get("patron_name", -1)
        # Where some rows have as many cells as the header, the longer ones are those that slipped.
        is_longer = widths and not widths[layout.width]
        self._usual = widths.most_common(1)[0][0] if is_longer else 0
        self._further = frozenset(items[1:])
        self._item = items[0]

    def problem(self, cells: Sequence[Cell]) -> Reason | None:
        """What is wrong with a row, if anything. Blank cells may be missing at its end."""
        count, width = len(cells), self._width
        if (count > width and not self._may_be_longer(cells)) or (count < width and self._exact):
            return Reason.of("other_width", cells=count, width=width)
        if count > width and self._has_patron_elsewhere(cells):
            return ELSEWHERE
        if 0 <= self._names < count and cells[self._names] and is_slipped_id(cells[self._names]):
            return COMMA
        return None

    def _has_patron_elsewhere(self, cells: Sequence[Cell]) -> bool:
        patron = self._patron
        if not 0 <= patron < len(cells) or field_of(cells[patron]) == "patron_id":
            return False
        return any(field_of(cell) == "patron_id" for cell in cells[patron + 1 :])

    def _may_be_longer(self, cells: Sequence[Cell]) -> bool:
        """Whether what stands beyond the width is blank in most rows, or further items."""
        beyond = {
            column for column, cell in enumerate(cells[self._width :], self._width) if cell != ""
        }
        if not beyond <= self._further:
            return False
        return bool(beyond and cells[self._item]) or len(cells) == self._usual
