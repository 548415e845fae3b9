"""One row of a table: a transaction, or the reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial

from almareplay.sources.assembler import Assembler, Fields, MixedUp, same_number
from almareplay.sources.cells.doubts import NO_KIND
from almareplay.sources.cells.kinds import read_kind
from almareplay.sources.cells.mending import TWICE_ENCODED, mended
from almareplay.sources.identifiers import (
    NO_SCANNER,
    RAN_TOGETHER,
    SPREADSHEET_DIGITS,
    Identifier,
    bare,
    read_identifier,
    read_identifier_cell,
    scanner_of,
)
from almareplay.sources.options import ReadingOptions
from almareplay.sources.places import RowPlace, names_of, place_of
from almareplay.sources.tables.findings import Findings, Identifiers, ends_in_zeros
from almareplay.sources.tables.when import RowTimes
from almareplay.sources.times.datetimes import Cell
from almareplay.transactions import InvalidRow, Kind, Notes, Reason, Transaction

KIND_OF_FLAG = Reason("kind_of_flag")
SWAPPED = Reason("swapped_columns")
PATRONS = Reason("patron_for_item")
ITEMS = Reason("item_for_patron")
_NONE = Identifier("")


class RowReader:
    """Reads the rows of one table whose columns are known and whose rows were surveyed."""

    def __init__(
        self,
        name: str,
        columns: Mapping[str, int],
        found: Findings,
        options: ReadingOptions,
        times: RowTimes,
        *,
        from_spreadsheet: bool,
    ) -> None:
        self._assembler = Assembler(name, self._mixed_up)
        self._kinds = columns.get("kind", -1)
        self._patrons = columns.get("patron_id", -1)
        self._libraries = columns.get("library", -1)
        self._desks = columns.get("circ_desk", -1)
        self._found = found
        self._kind_of_all = options.kind
        self._may_be_mixed = found.may_be_mixed
        self._times = times
        self._from_spreadsheet = from_spreadsheet
        self._scanner = scanner_of(options)
        # A table has many rows and few places.
        self._place_of = lru_cache(maxsize=1024)(partial(place_of, options, names_of(name)))

    def read(
        self,
        number: int,
        cells: list[Cell],
        notes: Notes,
        problem: Reason | None,
        item_column: int,
    ) -> Transaction | InvalidRow:
        """A row that is no header, title, note or blank line, with the item of one column.

        ``notes`` and ``problem`` are what is known of the row before its cells are looked at.
        """
        kind, kind_notes, no_kind = self.kind(_cell(cells, self._kinds))
        moment, has_seconds = self._times.read(cells)
        item = self._identifier(_cell(cells, item_column), "the item barcode", self._found.items)
        patron = self._identifier(_cell(cells, self._patrons), "the patron id", self._found.patrons)
        ran_together = item.problem is not None and item.problem.code == RAN_TOGETHER
        if (no_kind or ran_together) and not any(sign.isdigit() for sign in patron.text):
            patron = _NONE  # the cells have shifted: a name may stand where the patron belongs
        place = self.place(_cell(cells, self._libraries), _cell(cells, self._desks))
        notes += kind_notes
        fields = Fields(kind, moment, item, patron, place, has_seconds, notes, problem or no_kind)
        return self._assembler.row(number, fields)

    def _mixed_up(self, item: str, patron: str) -> MixedUp | None:
        """What an item and a patron are, by themselves and by the other rows."""
        if (same := same_number(item, patron)) or not self._may_be_mixed:
            return same
        if patron and self._found.swapped(item, patron):
            return MixedUp(SWAPPED, patron, item)
        if self._found.is_patrons(item):
            return MixedUp(PATRONS, item, patron)
        return MixedUp(ITEMS, item, patron) if patron and self._found.is_items(patron) else None

    def place(self, library: Cell, circ_desk: Cell) -> RowPlace:
        """Where a row happened, by its own cells."""
        return self._place_of(_word(library), _word(circ_desk))

    def kind(self, cell: Cell) -> tuple[Kind | None, Notes, Reason | None]:
        """The kind of a row, what is to be noted of it, and why there is none."""
        if cell != "" and (text := bare(str(cell))):
            kind, notes = read_kind(text)
            if kind:
                return kind, notes, None
            # A longer word may be a patron id in the wrong column, and is not quoted.
            if len(text) <= 2:
                return None, (), Reason.of("neither_kind_but", word=text)
            return None, (), Reason("neither_kind")
        if self._kind_of_all is None:
            return None, (), NO_KIND
        return self._kind_of_all, (KIND_OF_FLAG,) if self._kinds >= 0 else (), None

    def _identifier(self, cell: Cell, what: str, column: Identifiers) -> Identifier:
        if isinstance(cell, str):
            if not cell:
                return _NONE
            if cell.isdigit() and cell.isascii() and self._scanner is NO_SCANNER:
                if len(cell) <= SPREADSHEET_DIGITS:
                    return Identifier(cell)
                if self._from_spreadsheet and ends_in_zeros(cell) and not column.beyond_spreadsheet:
                    zeros = Reason.of("zeros_behind", what=what, digits=SPREADSHEET_DIGITS)
                    return Identifier("", problem=zeros)
            elif not cell.isascii() and (right := mended(cell)) != cell:
                text, notes, problem = self._read(right, what)
                return Identifier(text, (*notes, TWICE_ENCODED), problem)
        return self._read(cell, what)

    def _read(self, cell: Cell, what: str) -> Identifier:
        if self._from_spreadsheet or not isinstance(cell, str):
            return read_identifier_cell(cell, what, self._scanner)
        return read_identifier(cell, what, self._scanner)


def _cell(cells: list[Cell], column: int) -> Cell:
    return cells[column] if 0 <= column < len(cells) else ""


def _word(cell: Cell) -> str:
    if cell == "":
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return mended(bare(str(cell)))
