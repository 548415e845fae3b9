"""One row of a table: a transaction, or the reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial

from almareplay.sources.identifiers import (
    SAME,
    Identifier,
    bare,
    read_identifier_cell,
    scanner_of,
)
from almareplay.sources.kinds import read_kind
from almareplay.sources.moments import Cell
from almareplay.sources.options import ReadingOptions
from almareplay.sources.places import names_of, place_of
from almareplay.sources.survey import SPREADSHEET_DIGITS, Findings, Identifiers, ends_in_zeros
from almareplay.sources.tabletimes import RowTimes
from almareplay.transactions import InvalidRow, Kind, Transaction, joined, same_identifier

KIND_OF_FLAG = "the row does not say loan or return: --kind is taken"
SWAPPED = "item and patron stand in each other's column, by the numbers of the other rows"


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
        spreadsheet: bool,
    ) -> None:
        self._name = name
        self._columns = columns
        self._found = found
        self._options = options
        self._times = times
        self._scanner = scanner_of(options)
        self._spreadsheet = spreadsheet
        # A table has many rows and few places.
        self._place = lru_cache(maxsize=1024)(partial(place_of, options, names_of(name)))

    def read(
        self, number: int, cells: list[Cell], note: str, problem: str
    ) -> Transaction | InvalidRow:
        """A row that is no header, title, note or blank line.

        ``note`` and ``problem`` are what is known of the row before its cells are looked at.
        """
        kind, kind_note, kind_problem = self._kind(self._cell(cells, "kind"))
        when = self._times.read(cells)
        item = self._identifier(cells, "item_barcode", "the item barcode", self._found.items)
        patron = self._identifier(cells, "patron_id", "the patron id", self._found.patrons)
        library, circ_desk, place_problem = self._place(
            _word(self._cell(cells, "library")), _word(self._cell(cells, "circ_desk"))
        )
        problem = (
            problem
            or kind_problem
            or when.moment.problem
            or item.problem
            or patron.problem
            or ("" if item.text else "no item barcode")
            or ("a loan without a patron" if kind is Kind.LOAN and not patron.text else "")
            or (SAME if same_identifier(item.text, patron.text) else "")
            or place_problem
        )
        if not problem and patron.text and self._found.swapped(item.text, patron.text):
            problem, item, patron = SWAPPED, patron, item
        at = when.moment.at
        if problem or kind is None or at is None:
            return InvalidRow(
                problem, self._name, number, kind, at, item.text, patron.text, library, circ_desk
            )
        return Transaction(
            kind, at, when.has_seconds, item.text, patron.text, library, circ_desk,
            self._name, number,
            joined(note, kind_note, when.note, when.moment.note, item.note, patron.note),
        )  # fmt: skip

    def _cell(self, cells: list[Cell], name: str) -> Cell:
        column = self._columns.get(name, -1)
        return cells[column] if 0 <= column < len(cells) else ""

    def _kind(self, cell: Cell) -> tuple[Kind | None, str, str]:
        """The kind of a row, a note, and a problem."""
        text = bare(str(cell))
        if text:
            kind, note = read_kind(text)
            # A longer word may be a patron id in the wrong column, and is not quoted.
            shown = f" ({text})" if len(text) <= 2 else ""
            return kind, note, "" if kind else f"the kind is neither loan nor return{shown}"
        if self._options.kind is None:
            return None, "", "neither loan nor return is said"
        return self._options.kind, KIND_OF_FLAG if "kind" in self._columns else "", ""

    def _identifier(
        self, cells: list[Cell], name: str, what: str, column: Identifiers
    ) -> Identifier:
        cell = self._cell(cells, name)
        is_long = isinstance(cell, str) and cell.isdigit() and len(cell) > SPREADSHEET_DIGITS
        may_be_cut = self._spreadsheet and is_long and ends_in_zeros(str(cell))
        if may_be_cut and not column.beyond_spreadsheet:
            return Identifier(
                "",
                problem=f"{what} was cut by a spreadsheet, it seems: "
                f"all its digits after the {SPREADSHEET_DIGITS}th are 0",
            )
        return read_identifier_cell(cell, what, self._scanner, spreadsheet=self._spreadsheet)


def _word(cell: Cell) -> str:
    if cell == "":
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return bare(str(cell))
