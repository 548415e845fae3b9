"""Reads `.xls` with xlrd: values, fonts, hidden rows, merged cells.

Source of the record of sizes: Microsoft, [MS-XLS] 2.4.90 (Dimensions).
"""

from __future__ import annotations

import io
import struct
from datetime import date, datetime, time
from itertools import pairwise
from pathlib import Path

import xlrd
from xlrd.biffh import XLRDError
from xlrd.compdoc import CompDoc
from xlrd.sheet import Cell as XlsCell
from xlrd.sheet import Sheet as XlsSheet

from almareplay.sources.times.datetimes import Cell
from almareplay.sources.times.serials import FIRST_DAY, FIRST_DAY_1904
from almareplay.sources.workbook.errors import PASSWORD, DamagedError, NotReadError
from almareplay.sources.workbook.numbers import form_of, formatted, padded
from almareplay.sources.workbook.sheet import Merged, SheetOf, SheetRows

_DIMENSIONS = 0x0200
_MOST_ROWS, _MOST_COLUMNS = 65_536, 256
_EMPTY = (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK)
_NUMBERS = (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE)


class XlsBook:
    """An `.xls`. Raises DamagedError, NotReadError, and whatever Python can raise: xlrd does so of
    damaged bytes."""

    format = "spreadsheet (xls)"

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()
        # With a password, a workbook of any format is put into such a stream.
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise NotReadError(PASSWORD)
        _check_container(content)
        try:
            self._book = xlrd.open_workbook(
                file_contents=content,
                logfile=io.StringIO(),  # it prints its warnings otherwise
                formatting_info=True,
                on_demand=True,
                ragged_rows=True,
            )
        except XLRDError as error:
            if "encrypted" in str(error):
                raise NotReadError(PASSWORD) from error
            raise
        _check_sizes(self._book.mem or b"")
        self.first_day: date = FIRST_DAY_1904 if self._book.datemode else FIRST_DAY
        self._midnight = datetime.combine(self.first_day, time())
        self._can_strike = any(font.struck_out for font in self._book.font_list)

    def read(self, sheet_of: SheetOf) -> None:
        """Goes through all sheets, in their order."""
        for name in self._book.sheet_names():
            if rows := sheet_of(name):
                self._read_sheet(self._book.sheet_by_name(name), rows)
                self._book.unload_sheet(name)
                rows.finish()

    def _read_sheet(self, sheet: XlsSheet, rows: SheetRows) -> None:
        rows.sheet.is_hidden = sheet.visibility != 0
        rows.sheet.hidden_columns = {
            column for column, look in sheet.colinfo_map.items() if look.hidden
        }
        for first_row, after_row, first_column, after_column in sheet.merged_cells:
            if after_column == first_column + 1:
                rows.merge(Merged(first_row + 1, after_row, first_column))
        for number in range(sheet.nrows):
            self._read_row(sheet, number, rows)

    def _read_row(self, sheet: XlsSheet, number: int, rows: SheetRows) -> None:
        cells: list[Cell] = []
        fonts: set[bool] = set()
        zeros: list[int] = []
        for column, cell in enumerate(sheet.row(number)):
            value = self._value(cell, column, zeros)
            if value == "":
                continue
            cells += [""] * (column - len(cells))
            cells.append(value)
            if self._can_strike:
                fonts |= self._fonts(cell, sheet.rich_text_runlist_map.get((number, column), []))
        if cells:
            look = sheet.rowinfo_map.get(number)
            is_hidden = look is not None and bool(look.hidden)
            rows.add(number + 1, cells, is_hidden=is_hidden, fonts=fonts, zeros=zeros)

    def _value(self, cell: XlsCell, column: int, zeros: list[int]) -> Cell:
        if cell.ctype in _EMPTY:
            return ""
        if cell.ctype in _NUMBERS:
            book = self._book
            form = form_of(book.format_map[book.xf_list[cell.xf_index or 0].format_key].format_str)
            value = float(cell.value)
            if form.zeros and (digits := padded(value, form.zeros)):
                zeros.append(column)
                return digits
            return formatted(value, form, self._midnight)
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return xlrd.error_text_from_code.get(int(cell.value), "#N/A")
        return str(cell.value).strip()

    def _fonts(self, cell: XlsCell, runs: list[tuple[int, int]]) -> set[bool]:
        """Whether parts of a cell's text are struck through; ``runs`` are where fonts begin."""
        fonts = self._book.font_list
        own = bool(fonts[self._book.xf_list[cell.xf_index or 0].font_index].struck_out)
        text = str(cell.value)
        changes = [(0, own)]
        changes += [(offset, bool(fonts[font].struck_out)) for offset, font in runs]
        changes.append((len(text), own))
        return {
            struck for (begin, struck), (end, _) in pairwise(changes) if text[begin:end].strip()
        } or {own}


def _check_container(content: bytes) -> None:
    """Raises DamagedError where the small sectors of a part go round in a circle.

    xlrd would follow them for ever; those of large parts it looks at itself.
    """
    container = CompDoc(content, logfile=io.StringIO())
    for part in container.dirlist:
        sector, steps = part.first_SID, 0
        while 0 <= sector < len(container.SSAT):
            sector, steps = container.SSAT[sector], steps + 1
            if steps > len(container.SSAT):
                raise DamagedError("a part goes round in a circle")


def _check_sizes(stream: bytes) -> None:
    """Raises DamagedError where a sheet says that it is larger than the format allows."""
    place = 0
    while place + 4 <= len(stream):
        record, length = struct.unpack_from("<HH", stream, place)
        if record == _DIMENSIONS:
            sizes = struct.unpack_from("<IIHH" if length >= 14 else "<HHHH", stream, place + 4)
            first_row, rows, first_column, columns = sizes
            if not (first_row <= rows <= _MOST_ROWS and first_column <= columns <= _MOST_COLUMNS):
                raise DamagedError("a sheet is larger than the format allows")
        place += 4 + length
