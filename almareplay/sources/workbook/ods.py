"""Reads `.ods`: values, fonts, hidden rows, merged cells, formulas without a value.

Source: OASIS, Open Document Format 1.3, part 3: 9 (tables), 6.1 (blanks), 19 (attributes).
"""

from __future__ import annotations

import re
from datetime import date
from math import isfinite

from almareplay.sources.cells.novalue import NOT_CALCULATED
from almareplay.sources.times.datetimes import Cell
from almareplay.sources.times.serials import FIRST_DAY
from almareplay.sources.workbook.archive import MOST_UNPACKED, Archive, Attributes, new_parser
from almareplay.sources.workbook.errors import (
    MOST_COLUMNS,
    MOST_ROWS,
    PASSWORD,
    DamagedError,
    NotReadError,
)
from almareplay.sources.workbook.isotimes import iso_duration, iso_moment
from almareplay.sources.workbook.odsstyles import OdsStyles
from almareplay.sources.workbook.sheet import Merged, SheetOf, SheetRows

CONTENT = "content.xml"

_MANIFEST = "META-INF/manifest.xml"
_PADDED = re.compile("0[0-9]+")
_MOST_REPEATED = 10_000
_CELLS = ("table:table-cell", "table:covered-table-cell")
_BLANKS = {"text:s": " ", "text:tab": "\t", "text:line-break": "\n"}


class OdsBook:
    """An `.ods` in its archive. Raises DamagedError, NotReadError, ExpatError."""

    format = "spreadsheet (ods)"
    first_day: date = FIRST_DAY

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        if _MANIFEST in archive:
            archive.elements(_MANIFEST, _refuse_encrypted)

    def read(self, sheet_of: SheetOf) -> None:
        """Goes through all sheets, in their order."""
        reader = _ContentReader(sheet_of)
        for part in ("styles.xml", CONTENT):
            if part in self._archive:
                reader.read(self._archive, part)


def _refuse_encrypted(name: str, _: Attributes) -> None:
    if name == "encryption-data":
        raise NotReadError(PASSWORD)


class _ContentReader:
    """Goes through the XML of styles and of sheets, one part after the other."""

    def __init__(self, sheet_of: SheetOf) -> None:
        self._sheet_of = sheet_of
        self._styles = OdsStyles()
        self._rows: SheetRows | None = None
        self._depth = self._cell_depth = 0
        self._row, self._repeated, self._row_style, self._is_hidden = 0, 1, "", False
        self._cells: list[Cell] = []
        self._zeros: list[int] = []
        self._fonts: set[bool] = set()
        self._column, self._columns = 0, 1
        self._column_styles: list[str] = []
        self._cell: Attributes = {}
        self._text: list[str] = []
        self._looks: list[bool] = []
        self._cell_fonts: set[bool] = set()

    def read(self, archive: Archive, part: str) -> None:
        """Goes through one part of the archive."""
        parser = new_parser()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        archive.parse(part, parser, MOST_UNPACKED)

    def _start(self, tag: str, attributes: Attributes) -> None:
        self._depth += 1
        if tag == "table:table" and not self._cell_depth:
            self._begin_sheet(attributes)
        elif tag.startswith("style:"):
            self._styles.take(tag.partition(":")[2], attributes)
        elif not self._rows:
            return
        elif tag in _CELLS and not self._cell_depth:
            self._begin_cell(attributes)
        elif tag == "text:p" and self._cell_depth == self._depth - 1 > 0:
            self._text += "\n" if self._text else ""
            self._look("paragraph", attributes)
        elif len(self._looks) > 1:
            self._in_paragraph(tag, attributes)
        elif tag == "table:table-row" and not self._cell_depth:
            self._repeated = _count(attributes, "table:number-rows-repeated")
            self._row_style = attributes.get("table:default-cell-style-name", "")
            self._is_hidden = attributes.get("table:visibility", "visible") != "visible"
            self._column = 0
        elif tag == "table:table-column":
            self._take_column(attributes, self._rows)
        elif tag == "calcext:condition":
            applied = attributes.get("calcext:apply-style-name", "")
            if self._styles.is_struck("table-cell", applied):
                self._rows.sheet.by_rule = True

    def _begin_sheet(self, attributes: Attributes) -> None:
        self._rows = self._sheet_of(attributes.get("table:name", ""))
        self._row, self._column_styles = 0, []
        if self._rows:
            style = attributes.get("table:style-name", "")
            self._rows.sheet.is_hidden = self._styles.is_hidden(style)

    def _begin_cell(self, attributes: Attributes) -> None:
        self._cell, self._cell_depth = attributes, self._depth
        self._columns = _count(attributes, "table:number-columns-repeated")
        style = self._styles.is_struck("table-cell", self._cell_style())
        self._looks, self._cell_fonts = [bool(style)], set()
        self._text.clear()

    def _in_paragraph(self, tag: str, attributes: Attributes) -> None:
        if tag in _BLANKS:
            self._text.append(_BLANKS[tag] * min(_count(attributes, "text:c"), 1000))
        elif tag == "text:span":
            self._look("text", attributes)

    def _look(self, family: str, attributes: Attributes) -> None:
        own = self._styles.is_struck(family, attributes.get("text:style-name", ""))
        self._looks.append(self._looks[-1] if own is None else own)

    def _take_column(self, attributes: Attributes, rows: SheetRows) -> None:
        first = len(self._column_styles)
        columns = _count(attributes, "table:number-columns-repeated")
        columns = min(columns, MOST_COLUMNS - first)
        style = attributes.get("table:default-cell-style-name", "")
        self._column_styles += [style] * columns
        if attributes.get("table:visibility", "visible") != "visible":
            rows.sheet.hidden_columns.update(range(first, first + columns))

    def _cell_style(self) -> str:
        of_column = ""
        if self._column < len(self._column_styles):
            of_column = self._column_styles[self._column]
        return self._cell.get("table:style-name") or self._row_style or of_column

    def _characters(self, text: str) -> None:
        if len(self._looks) > 1:
            self._text.append(text)
            if not text.isspace():
                self._cell_fonts.add(self._looks[-1])

    def _end(self, tag: str) -> None:
        if not self._rows:
            pass
        elif self._depth == self._cell_depth:
            self._finish_cell(self._rows)
            self._column += self._columns
            self._cell_depth, self._looks = 0, []
        elif len(self._looks) > 1 and tag in ("text:p", "text:span"):
            self._looks.pop()
        elif tag == "table:table-row" and not self._cell_depth:
            self._finish_row(self._rows)
        elif tag == "table:table" and not self._cell_depth:
            self._rows.finish()
            self._rows = None
        self._depth -= 1

    def _finish_row(self, rows: SheetRows) -> None:
        if self._cells:
            if self._repeated > _MOST_REPEATED:
                raise NotReadError(
                    f"has one filled row {self._repeated:,} times, one below the other: delete the "
                    "stray cells far from the data."
                )
            rows.reach(self._row + self._repeated, len(self._cells))
            for row in range(self._row + 1, self._row + self._repeated + 1):
                rows.add(
                    row,
                    list(self._cells),
                    is_hidden=self._is_hidden,
                    fonts=self._fonts,
                    zeros=self._zeros,
                )
            self._cells, self._zeros, self._fonts = [], [], set()
        self._row += self._repeated

    def _finish_cell(self, rows: SheetRows) -> None:
        text = "".join(self._text)
        value = self._value(text)
        if value == "":
            return
        if self._column + self._columns > MOST_COLUMNS:
            raise DamagedError("a row has more cells than a sheet can have")
        self._cells += [""] * (self._column - len(self._cells))
        if isinstance(value, float) and _PADDED.fullmatch(text) and int(text) == value:
            value = text
            self._zeros += range(self._column, self._column + self._columns)
        self._cells += [value] * self._columns
        if self._styles.can_strike:
            self._fonts |= self._cell_fonts or {self._looks[0]}
        if self._styles.strikes_by_rule(self._cell_style()):
            rows.sheet.by_rule = True
        spanned = _count(self._cell, "table:number-rows-spanned")
        if spanned > 1 and _count(self._cell, "table:number-columns-spanned") == 1:
            for row in range(self._row + 1, min(self._row + self._repeated, MOST_ROWS) + 1):
                rows.merge(Merged(row, row + spanned - 1, self._column))

    def _value(self, text: str) -> Cell:
        cell = self._cell
        if cell.get("calcext:value-type") == "error":
            return text.strip()
        match cell.get("office:value-type"):
            case "float" | "percentage" | "currency":
                value = float(cell["office:value"])
                if not isfinite(value):
                    raise DamagedError("a number is none")
                return value
            case "date":
                return iso_moment(cell["office:date-value"])
            case "time":
                return iso_duration(cell["office:time-value"])
            case "boolean":
                return cell.get("office:boolean-value") == "true"
            case None if "table:formula" in cell:
                return NOT_CALCULATED
        return cell.get("office:string-value", text).strip()


def _count(attributes: Attributes, name: str) -> int:
    """A number of times, 1 where it is not said."""
    return max(1, int(attributes.get(name, 1)))
