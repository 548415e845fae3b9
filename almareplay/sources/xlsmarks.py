"""The marks of an `.xls`: fonts, hidden rows, merged cells, errors.

Calamine reads its values. xlrd is slower and reads the marks, but it goes first: it stops at sizes
that are damaged, for which calamine would ask so much memory that the process ends. Source of the
record of sizes: Microsoft, [MS-XLS] 2.4.90 (Dimensions).
"""

from __future__ import annotations

import io
import re
import struct
from itertools import pairwise
from pathlib import Path

import xlrd
from xlrd.biffh import XLRDError
from xlrd.book import Book
from xlrd.compdoc import CompDoc
from xlrd.sheet import Cell, Sheet

from almareplay.sources.serials import FIRST_DAY, FIRST_DAY_1904
from almareplay.sources.sheetmarks import (
    DamagedError,
    LockedError,
    Merged,
    SheetMarks,
    WorkbookMarks,
)

_ZEROS = re.compile("0{2,}")
_DIMENSIONS = 0x0200
_MOST_ROWS, _MOST_COLUMNS = 65_536, 256


def xls_marks(path: Path) -> WorkbookMarks:
    """The marks of a workbook. Raises LockedError, DamagedError, OSError."""
    try:
        content = path.read_bytes()
        _check_container(content)
        with xlrd.open_workbook(
            file_contents=content,
            logfile=io.StringIO(),  # it prints its warnings otherwise
            formatting_info=True,
            on_demand=True,
            ragged_rows=True,
        ) as book:
            _check_sizes(book.mem or b"")
            sheets = {}
            for name in book.sheet_names():
                sheets[name] = _sheet_marks(book, book.sheet_by_name(name))
                book.unload_sheet(name)
    except (DamagedError, OSError):
        raise
    except XLRDError as error:
        if "encrypted" in str(error):
            raise LockedError from error
        raise DamagedError(str(error)) from error
    except Exception as error:  # of damaged bytes xlrd raises whatever Python can raise
        raise DamagedError(repr(error)) from error
    return WorkbookMarks(sheets, FIRST_DAY_1904 if book.datemode else FIRST_DAY)


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


def _sheet_marks(book: Book, sheet: Sheet) -> SheetMarks:
    marks = SheetMarks(
        hidden_columns={column for column, look in sheet.colinfo_map.items() if look.hidden},
        merged=[
            Merged(first_row + 1, after_row, first_column)
            for first_row, after_row, first_column, after_column in sheet.merged_cells
            if after_column == first_column + 1
        ],
    )
    can_strike = any(font.struck_out for font in book.font_list)
    for number in range(sheet.nrows):
        for column, cell in enumerate(sheet.row(number)):
            if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                continue
            marks.reach(number + 1, column)
            if can_strike:
                runs = sheet.rich_text_runlist_map.get((number, column), [])
                marks.fonts(number + 1, _fonts(book, cell, runs))
            if (shown := _shown(book, cell)) is not None:
                marks.shown.setdefault(number + 1, {})[column] = shown
        if number in sheet.rowinfo_map and sheet.rowinfo_map[number].hidden:
            marks.hidden_rows.add(number + 1)
    return marks


def _fonts(book: Book, cell: Cell, runs: list[tuple[int, int]]) -> set[bool]:
    """Whether parts of a cell's text are struck through; ``runs`` are where fonts begin."""
    own = bool(book.font_list[book.xf_list[cell.xf_index or 0].font_index].struck_out)
    text = str(cell.value)
    changes = [(0, own)]
    changes += [(offset, bool(book.font_list[font].struck_out)) for offset, font in runs]
    changes.append((len(text), own))
    return {
        struck for (begin, struck), (end, _) in pairwise(changes) if text[begin:end].strip()
    } or {own}


def _shown(book: Book, cell: Cell) -> int | str | None:
    """What the screen shows, where the value is something else."""
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(int(cell.value), "#N/A")
    form = book.format_map[book.xf_list[cell.xf_index or 0].format_key].format_str
    if cell.ctype == xlrd.XL_CELL_NUMBER and _ZEROS.fullmatch(form):
        return len(form)
    return None
