"""Which rows of a table are transactions, and what the others are: headers, titles, notes."""

from __future__ import annotations

from almareplay.sources.cells.shapes import BARCODE_LIKE
from almareplay.sources.options import ReadingOptions
from almareplay.sources.tables.headers import Layout
from almareplay.sources.tables.wordings import wording
from almareplay.sources.times.datetimes import Cell
from almareplay.transactions import Reason

SAVED = Reason("saved")
SAVED_READ = Reason("saved_read")
BLANK_LINE, HEADER, TITLE, NOTE = map(Reason, ("blank_line", "header", "title", "note"))

_SAVED: set[Cell] = {1, "1", "1.0", "\x01", "\\1", "b'1'", "b'\\x01'", "true", "True", "TRUE", "t"}


class RowSort:
    """Tells the transactions of one table from its other rows."""

    def __init__(self, layout: Layout, options: ReadingOptions) -> None:
        self._layout = layout
        self._item = layout.columns["item_barcode"]
        self._read = {*layout.columns.values(), *layout.further}
        self._header_row = layout.header_row or 0
        self._saved = layout.columns.get("saved")
        self._include_saved = options.include_saved or options.include_saved_since is not None

    def no_transaction(self, number: int, cells: list[Cell]) -> Reason | None:
        """What a row is that is no transaction; None for all that is to be read or reported."""
        item = cells[self._item] if self._item < len(cells) else ""
        # A row with digits for its item is none of these.
        if not (number > self._header_row and isinstance(item, str) and item.isdigit()):
            if not any(cell != "" for cell in cells):
                return BLANK_LINE
            if self._is_header(number, cells, item):
                return HEADER
            if number < self._header_row and not self._has_barcode(cells, item):
                return TITLE
            if len(cells) - cells.count("") == 1 and self._is_note(cells):
                return NOTE
        if self._saved is not None and not self._include_saved and self.is_saved(cells):
            return SAVED
        return None

    def is_saved(self, cells: list[Cell]) -> bool:
        """Whether the capture tool has marked the row as written out."""
        if self._saved is None or self._saved >= len(cells):
            return False
        return cells[self._saved] in _SAVED

    def _has_barcode(self, cells: list[Cell], item: Cell) -> bool:
        """Whether a row above the header is a transaction all the same, and no title."""
        is_number = isinstance(item, str | int | float) and BARCODE_LIKE.search(str(item))
        return bool(is_number) and sum(cell != "" for cell in cells) > 1

    def _is_header(self, number: int, cells: list[Cell], item: Cell) -> bool:
        """Whether the row is the header, or repeats it."""
        if number == self._header_row:
            return True
        if not self._layout.header or not isinstance(item, str) or item.isdigit():
            return False
        return tuple(wording(cell) for cell in cells) == self._layout.header

    def _is_note(self, cells: list[Cell]) -> bool:
        """Whether a row is somebody's remark: one cell only, in words or outside the columns."""
        if len(self._layout.columns) == 1:
            return False
        column, cell = next((column, cell) for column, cell in enumerate(cells) if cell != "")
        if not isinstance(cell, str) or BARCODE_LIKE.search(cell):
            return False  # a scan in the wrong column
        if column not in self._read:
            return True
        # One or two words can be a user name, or a name written where the id belongs.
        return len(cell.split()) > 2 or ": " in cell or cell[-1] == ":"
