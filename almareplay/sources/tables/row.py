"""One row of a table: a transaction, or the reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial

from almareplay.sources.cells.doubts import NO_ITEM, NO_PATRON, SAME, WORDS, like_name
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
from almareplay.transactions import InvalidRow, Kind, Transaction, joined, same_identifier

KIND_OF_FLAG = "the row does not say loan or return: --kind is taken"
SWAPPED = "item and patron stand in each other's column, by the numbers of the other rows"
PATRONS = "a patron's number stands where the item barcode belongs, by those of the other rows"
ITEMS = "an item's number stands where the patron id belongs, by those of the other rows"
_NONE = Identifier("")
_RAN_TOGETHER = RAN_TOGETHER.format(what="the item barcode")


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
        self._name = name
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
        note: str,
        problem: str,
        item_column: int,
        *,
        cancelled: bool = False,
    ) -> Transaction | InvalidRow:
        """A row that is no header, title, note or blank line, with the item of one column.

        ``note`` and ``problem`` are what is known of the row before its cells are looked at.
        """
        kind, kind_note, kind_problem = self.kind(_cell(cells, self._kinds))
        moment, has_seconds, time_note = self._times.read(cells)
        item = self._identifier(_cell(cells, item_column), "the item barcode", self._found.items)
        patron = self._identifier(_cell(cells, self._patrons), "the patron id", self._found.patrons)
        library, circ_desk, place_problem = self.place(
            _cell(cells, self._libraries), _cell(cells, self._desks)
        )
        has_shifted = bool(kind_problem) or item.problem == _RAN_TOGETHER
        if has_shifted and not any(sign.isdigit() for sign in patron.text):
            patron = _NONE  # a name may stand where the patron belongs
        if patron.text and not patron.text.isdigit() and like_name(patron.text):
            patron = Identifier("", problem=WORDS)
        problem = (
            problem
            or kind_problem
            or moment.problem
            or item.problem
            or patron.problem
            or ("" if item.text else NO_ITEM)
            or (NO_PATRON if kind is Kind.LOAN and not patron.text else "")
            or place_problem
        )
        if not problem and patron.text and same_identifier(item.text, patron.text):
            problem = SAME
        if not problem and self._may_be_mixed:
            if patron.text and self._found.swapped(item.text, patron.text):
                problem, item, patron = SWAPPED, patron, item
            elif self._found.is_patrons(item.text):
                problem = PATRONS
            elif patron.text and self._found.is_items(patron.text):
                problem = ITEMS
        at = moment.at
        if problem or kind is None or at is None:
            return InvalidRow(
                problem, self._name, number, kind, at,
                item.text, patron.text, library, circ_desk, cancelled,
            )  # fmt: skip
        if note or kind_note or time_note or moment.note or item.note or patron.note:
            notes = (note, kind_note, time_note, moment.note, item.note, patron.note)
            note = joined(*dict.fromkeys(notes))
        return Transaction(
            kind, at, has_seconds, item.text, patron.text, library, circ_desk,
            self._name, number, note,
        )  # fmt: skip

    def place(self, library: Cell, circ_desk: Cell) -> RowPlace:
        """Where a row happened, by its own cells."""
        return self._place_of(_word(library), _word(circ_desk))

    def kind(self, cell: Cell) -> tuple[Kind | None, str, str]:
        """The kind of a row, a note, and a problem."""
        if cell != "" and (text := bare(str(cell))):
            kind, note = read_kind(text)
            # A longer word may be a patron id in the wrong column, and is not quoted.
            shown = f" ({text})" if len(text) <= 2 else ""
            return kind, note, "" if kind else f"the kind is neither loan nor return{shown}"
        if self._kind_of_all is None:
            return None, "", "neither loan nor return is said"
        return self._kind_of_all, KIND_OF_FLAG if self._kinds >= 0 else "", ""

    def _identifier(self, cell: Cell, what: str, column: Identifiers) -> Identifier:
        if isinstance(cell, str):
            if not cell:
                return _NONE
            if cell.isdigit() and cell.isascii() and self._scanner is NO_SCANNER:
                if len(cell) <= SPREADSHEET_DIGITS:
                    return Identifier(cell)
                if self._from_spreadsheet and ends_in_zeros(cell) and not column.beyond_spreadsheet:
                    return Identifier(
                        "",
                        problem=f"{what} was cut by a spreadsheet, it seems: "
                        f"all its digits after the {SPREADSHEET_DIGITS}th are 0",
                    )
            elif not cell.isascii() and (right := mended(cell)) != cell:
                text, note, problem = self._read(right, what)
                return Identifier(text, joined(note, TWICE_ENCODED), problem)
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
