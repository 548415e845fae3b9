"""Rows about which nothing is odd, read in as few steps as can be: files have hundreds of thousands
of them, and their kinds, places and times repeat."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from almareplay.sources.cells.novalue import is_nothing, no_value
from almareplay.sources.identifiers import PLAIN_DIGITS
from almareplay.sources.tables.headers import Layout
from almareplay.sources.tables.record import Record, taker
from almareplay.sources.tables.row import RowReader
from almareplay.sources.tables.rowsort import RowSort
from almareplay.sources.tables.slips import Slips
from almareplay.sources.tables.when import RowTimes
from almareplay.sources.times.datetimes import Cell
from almareplay.transactions import Kind, Notes, Transaction

_Said = tuple[Kind, str, str, Notes] | None
"""Kind, library, desk and notes."""


class PlainRows:
    """Reads rows as ``RowReader`` does, but only those whose cells are as nearly all are."""

    def __init__(
        self,
        name: str,
        layout: Layout,
        columns: Mapping[str, int],
        rows: RowReader,
        times: RowTimes,
        sort: RowSort,
        slips: Slips,
    ) -> None:
        self._name = name
        self._item = columns["item_barcode"]
        self._patrons = columns.get("patron_id", -1)
        self._fields = [name for name in ("kind", "library", "circ_desk") if name in columns]
        self._said = taker([columns[name] for name in self._fields])
        self._width, self._exact = layout.width, layout.exact
        self._header_row = layout.header_row or 0
        self._may_be_saved = "saved" in layout.columns
        self._has_names = "patron_name" in layout.columns
        self._rows, self._times, self._sort, self._slips = rows, times, sort, slips
        self._known = lru_cache(maxsize=4096, typed=True)(self._read_words)

    def read(self, record: Record) -> Transaction | None:
        """The transaction of a row; None for one that needs a closer look."""
        number, cells, notes, problem, cell_notes = record
        if number <= self._header_row or notes or problem or cell_notes:
            return None
        if len(cells) != self._width:
            if len(cells) > self._width or self._exact:
                return None
            cells = cells + [""] * (self._width - len(cells))
        item = cells[self._item]
        if not isinstance(item, str) or not _is_plain(item):
            return None
        if (self._may_be_saved and self._sort.is_saved(cells)) or (
            self._has_names and self._slips.problem(cells)
        ):
            return None
        if (said := self._known(*self._said(cells))) is None:
            return None
        kind, library, circ_desk, notes = said
        patron = cells[self._patrons] if self._patrons >= 0 else ""
        if patron == "":
            if kind is not Kind.RETURN:
                return None
        elif not isinstance(patron, str) or not _is_plain(patron):
            return None
        (at, moment_notes, problem), has_seconds = self._times.read(cells)
        if problem or at is None:
            return None
        if moment_notes:
            notes += moment_notes
        # Named tuples are made half as fast by their own class.
        return tuple.__new__(
            Transaction,
            (
                kind, at, has_seconds, item, patron, library, circ_desk, self._name, number, notes,
                "",
            ),
        )  # fmt: skip

    def _read_words(self, *said: Cell) -> _Said:
        """What the words of a row say, where nothing is wrong with them."""
        if any(is_nothing(cell) or no_value(cell, column="") for cell in said):
            return None
        words = dict(zip(self._fields, said, strict=True))
        kind, notes, problem = self._rows.kind(words.get("kind", ""))
        library, circ_desk, place_problem = self._rows.place(
            words.get("library", ""), words.get("circ_desk", "")
        )
        if problem or place_problem or kind is None:
            return None
        return kind, library, circ_desk, notes


def _is_plain(identifier: str) -> bool:
    """Whether it is digits to which nothing was done."""
    return identifier.isdigit() and len(identifier) <= PLAIN_DIGITS and identifier.isascii()
