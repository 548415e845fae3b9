"""Reads a sheet of an `.xlsx`: values, fonts, hidden rows, merged cells, formulas without a value.

Source: ECMA-376, part 1, 18.3 (worksheets).
"""

from __future__ import annotations

from datetime import date

from almareplay.sources.cells.novalue import NOT_CALCULATED
from almareplay.sources.times.datetimes import Cell
from almareplay.sources.workbook.archive import (
    CHUNK,
    MOST_UNPACKED,
    Archive,
    Attributes,
    Feed,
    LocalNames,
    new_parser,
)
from almareplay.sources.workbook.errors import MOST_COLUMNS, MOST_ROWS, DamagedError
from almareplay.sources.workbook.sheet import Merged, SheetRows
from almareplay.sources.workbook.xlsxcells import NUMBER, SHARED, CellValues, column_of
from almareplay.sources.workbook.xlsxrows import PlainRows
from almareplay.sources.workbook.xlsxstyles import Styles, Texts, is_on

_END_OF_ROW = b"</row>"
_OUTSIDE = MOST_COLUMNS
"""The column where no cell of a row can follow."""


class SheetReader:
    """Goes through the XML of one sheet, with as few steps as can be: plain rows are cut out, and
    all that stands between them is parsed. A parsed cell is finished when the next element of
    another begins.

    Rows must go down and cells to the right: readers differ in what they make of anything else.
    """

    def __init__(
        self, styles: Styles, texts: Texts, rows: SheetRows, first_day: date, *, stale: bool
    ) -> None:
        self._rows = rows
        self._values = CellValues(styles, texts, first_day)
        self._plain = PlainRows(styles, texts, self._values)
        self._struck = styles.struck
        self._struck_by_rule = styles.struck_by_rule
        self._texts = texts
        self._stale = stale
        self._can_strike = bool(styles.struck) or texts.can_strike
        self._local = LocalNames()
        self._columns: dict[str, int] = {}
        self._row, self._row_text, self._is_hidden = 0, "", False
        self._cells: list[Cell] = []
        self._zeros: list[int] = []
        self._fonts: set[bool] = set()
        self._column = -1
        self._cell: Attributes = {}
        self._parts: list[str] = []
        self._has_value = self._is_formula = self._in_sound = False
        self._collecting = False
        self._run: bool | None = None
        self._in_run = False
        self._runs: set[bool | None] = set()
        self._is_utf8, self._has_cdata = True, False
        self._parser = new_parser()

    def read(self, archive: Archive, part: str) -> None:
        """Goes through a part of the archive."""
        self._parser.StartElementHandler = self._start
        self._parser.CharacterDataHandler = self._parts.append
        self._parser.XmlDeclHandler = self._declaration
        self._parser.StartCdataSectionHandler = self._cdata
        feed = Feed(self._parser)
        may_be_plain = False  # only what follows upon another row can be
        rest = b""
        for chunk in archive.chunks(part, MOST_UNPACKED):
            *rows, rest = (rest + chunk).split(_END_OF_ROW)
            for row in rows:
                if not (may_be_plain and self._take_plain(row)):
                    has_read = feed.feed(row + _END_OF_ROW)
                    may_be_plain = has_read and self._is_utf8 and not self._has_cdata
            if len(rest) > CHUNK:
                feed.feed(rest)
                rest, may_be_plain = b"", False
        feed.feed(rest)
        feed.end()
        self._finish_row()

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self._is_utf8 = encoding is None or encoding.casefold() == "utf-8"

    def _cdata(self) -> None:
        self._has_cdata = True  # in which anything can stand

    def _take_plain(self, xml: bytes) -> bool:
        """Takes a row; whether it is one that can be read without the parser."""
        row = self._plain.read(xml.decode(), self._row)
        if row is None:
            return False
        self._finish_row()
        self._row, self._column = row.number, _OUTSIDE
        if row.cells:
            self._rows.add(row.number, row.cells, zeros=row.zeros)
        return True

    def _start(self, tag: str, attributes: Attributes) -> None:
        name = self._local[tag]
        if name == "c":
            if self._has_value or self._is_formula:
                self._finish_cell()
            self._cell = attributes
            # Most names of cells are a column that is known and the row's own number.
            reference = attributes.get("r", "")
            column = self._columns.get(reference.removesuffix(self._row_text), -1)
            if column < 0:
                column = self._place(reference)
            if column <= self._column:
                raise DamagedError("the cells of a row are not in their order")
            self._column = column
        elif name == "v" or name == "t":
            self._has_value = True
            if self._in_run:
                self._collecting = not self._in_sound
            else:
                self._parts.clear()
        elif name == "row":
            self._finish_row()
            self._begin_row(attributes)
        elif name != "is":
            self._other(name, attributes)

    def _other(self, name: str, attributes: Attributes) -> None:
        if name == "f":
            self._is_formula = True
        elif name == "r":
            self._begin_run()
        elif self._in_run:
            self._in_cell(name, attributes)
        else:
            self._finish_row()
            self._beside_cells(name, attributes)

    def _in_cell(self, name: str, attributes: Attributes) -> None:
        if name == "rPr":
            self._run = False
        elif name == "rPh":  # how a text is pronounced
            self._in_sound = True
        elif name == "strike" and is_on(attributes.get("val", "1")):
            self._run = True
            if not self._can_strike:
                self._can_strike = True
                self._fonts |= {False} if self._cells else set()

    def _beside_cells(self, name: str, attributes: Attributes) -> None:
        if name == "mergeCell":
            self._merge(*attributes.get("ref", "").partition(":")[::2])
        elif name == "col" and is_on(attributes.get("hidden")):
            first, last = int(attributes["min"]) - 1, int(attributes["max"])
            self._rows.sheet.hidden_columns.update(range(max(first, 0), min(last, MOST_COLUMNS)))
        elif (name == "cfRule" and attributes.get("dxfId") in self._struck_by_rule) or (
            # The look of a rule, which newer files have beside the sheet's data.
            name == "strike" and is_on(attributes.get("val", "1"))
        ):
            self._rows.sheet.by_rule = True

    def _begin_row(self, attributes: Attributes) -> None:
        self._row_text = attributes.get("r", "")
        row = int(self._row_text or self._row + 1)
        if not self._row < row <= MOST_ROWS:
            raise DamagedError("the rows are not in their order")
        self._row, self._column = row, -1
        self._is_hidden = is_on(attributes.get("hidden"))

    def _place(self, reference: str) -> int:
        """The column of a cell; one that does not say it follows the one before."""
        if not reference:
            return self._column + 1
        column, row = _reference(reference)
        if row != self._row or column >= MOST_COLUMNS:
            raise DamagedError("a cell stands in another row than it says, or outside the sheet")
        self._columns[reference.removesuffix(self._row_text)] = column
        return column

    def _begin_run(self) -> None:
        if not self._in_run:  # from here on, blanks between the parts of a text are none of it
            self._parts.clear()
            self._parser.CharacterDataHandler = self._characters
            self._parser.EndElementHandler = self._end
        self._in_run, self._run, self._in_sound = True, None, False

    def _characters(self, text: str) -> None:
        if self._collecting:
            self._parts.append(text)
            if not text.isspace():
                self._runs.add(self._run)

    def _end(self, tag: str) -> None:
        self._collecting = False
        if self._local[tag] == "c":
            self._finish_cell()

    def _finish_row(self) -> None:
        if self._has_value or self._is_formula:
            self._finish_cell()
        if self._cells:
            self._rows.add(
                self._row,
                self._cells,
                is_hidden=self._is_hidden,
                fonts=self._fonts,
                zeros=self._zeros,
            )
            self._cells, self._zeros, self._fonts = [], [], set()

    def _finish_cell(self) -> None:
        parts, cell = self._parts, self._cell
        text = (parts[0] if len(parts) == 1 else "".join(parts)).strip()
        kind, look = cell.get("t", NUMBER), cell.get("s", "0")
        if self._column == _OUTSIDE:
            raise DamagedError("a value stands outside the cells of a row")
        if self._is_formula and self._is_missing(text, kind):
            value: Cell = NOT_CALCULATED
        else:
            value = self._values.reading(kind, look)(text)
            if kind == SHARED:
                self._runs = self._texts.runs.get(int(text), self._runs)
            elif kind == NUMBER and isinstance(value, str) and value:
                self._zeros.append(self._column)
        if value != "":
            cells = self._cells
            if len(cells) < self._column:
                cells += [""] * (self._column - len(cells))
            cells.append(value)
            if self._can_strike:
                is_struck = look in self._struck
                runs = self._runs or {None}
                self._fonts |= {is_struck if run is None else run for run in runs}
        self._has_value = self._is_formula = False
        if self._runs:
            self._runs = set()
        if self._in_run:
            self._in_run = self._in_sound = False
            self._parser.CharacterDataHandler = parts.append
            self._parser.EndElementHandler = None

    def _is_missing(self, text: str, kind: str) -> bool:
        """Whether a formula has no value, or one that nobody calculated."""
        if not self._has_value:
            return True
        return kind != "str" and (not text or (self._stale and text == "0"))

    def _merge(self, first: str, last: str) -> None:
        if last:
            (column, row), (last_column, last_row) = _reference(first), _reference(last)
            if column == last_column:
                self._rows.merge(Merged(row, last_row, column))


def _reference(text: str) -> tuple[int, int]:
    """Column from 0 and row from 1 of a cell's name. Raises DamagedError."""
    letters = text.replace("$", "").rstrip("0123456789")
    digits = text.replace("$", "")[len(letters) :]
    if not (letters.isascii() and letters.isalpha() and len(letters) <= 3 and 0 < len(digits) <= 7):
        raise DamagedError("a cell has no name")
    return column_of(letters), int(digits)
