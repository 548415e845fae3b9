"""Reads a workbook of any format. Only to be called where it may fail: see ``apart``."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from almareplay.sources.workbook.archive import Archive
from almareplay.sources.workbook.errors import DamagedError, NotReadError
from almareplay.sources.workbook.ods import CONTENT, OdsBook
from almareplay.sources.workbook.sheet import Book, Budget, Sheet, SheetRows
from almareplay.sources.workbook.xls import XlsBook
from almareplay.sources.workbook.xlsx import XlsxBook, main_part

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_BINARY = "is a binary workbook (.xlsb), which is not read: save it as .xlsx."
_OTHER = "is a zip archive and no spreadsheet: unpack it first."


class Workbook(NamedTuple):
    """A workbook that was read: its format in words, the names of all sheets, and the sheets that
    were asked for."""

    format: str
    names: list[str]
    sheets: list[Sheet]


def read_workbook(path: Path, sheet: str | None, *, is_zip: bool) -> Workbook:
    """The sheet of this name, in whatever case, or all. Raises NotReadError."""
    try:
        book = _zipped(path) if is_zip else XlsBook(path)
        return _read(book, sheet)
    except NotReadError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # of damaged bytes readers raise whatever Python can raise
        raise DamagedError(repr(error)) from error


def _zipped(path: Path) -> Book:
    archive = Archive(path)
    if CONTENT in archive:
        return OdsBook(archive)
    main = main_part(archive)
    if main.endswith(".bin"):
        raise NotReadError(_BINARY)
    if main not in archive:
        raise NotReadError(_BINARY if "xl/workbook.bin" in archive else _OTHER)
    return XlsxBook(archive)


def _read(book: Book, wanted: str | None) -> Workbook:
    read = Workbook(book.format, [], [])
    budget = Budget()

    def sheet_of(name: str) -> SheetRows | None:
        if name in read.names:
            raise DamagedError("two sheets have one name")
        read.names.append(name)
        if wanted is not None and name.casefold() != wanted.casefold():
            return None
        read.sheets.append(Sheet(name, book.first_day))
        return SheetRows(read.sheets[-1], budget)

    book.read(sheet_of)
    return read
