"""Spreadsheets: `.xlsx`, `.xls` and `.ods`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from almareplay.sources import odsmarks, xlsxmarks
from almareplay.sources.capture import FileRefused, Row
from almareplay.sources.headers import letter
from almareplay.sources.options import ReadingOptions
from almareplay.sources.sheetmarks import DamagedError, LockedError, WorkbookMarks, opened_archive
from almareplay.sources.sheettable import SheetTable
from almareplay.sources.table import TableReader
from almareplay.sources.xlsmarks import xls_marks
from almareplay.transactions import LeftOut, nearest

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

MOST_ROWS = 1_048_576
"""No spreadsheet program has more."""

MOST_CELLS = 10_000_000
"""A sheet takes memory, some 32 bytes each, for all cells up to its last one, filled or not."""

DAMAGED = "is a damaged spreadsheet: open it in the program that wrote it and save it again."
PASSWORD = "has a password: save it without one."
BY_RULE = (
    "a rule for how cells look can strike rows through: they were read, look for cancelled ones"
)

_BARCODE_LIKE = re.compile(r"[0-9]{5}")
_Answer = TypeVar("_Answer")


class WorkbookCapture:
    """Reads the sheets of a spreadsheet one after another; ``--sheet`` picks one."""

    def __init__(self, path: Path, options: ReadingOptions, *, is_zip: bool) -> None:
        self.format, self._marks = _zipped(path) if is_zip else _xls(path)
        self._sheets: list[tuple[TableReader, list[str]]] = []
        self._without_barcodes: list[SheetTable] = []
        refusal = FileRefused(path.name, "is empty: there is nothing to load.")
        for sheet, is_hidden in self._chosen(path, options.sheet):
            if sheet.name not in self._marks.sheets:
                raise FileRefused(path.name, DAMAGED)
            table = SheetTable(path.name, sheet, self._marks.sheets[sheet.name], options)
            try:
                reader = TableReader(table, options, first_day=self._marks.first_day)
            except FileRefused as error:
                if _has_barcodes(table):
                    raise
                refusal = error
                self._without_barcodes.append(table)
                continue
            self._sheets.append((reader, _remarks(table, reader, is_hidden=is_hidden)))
        if not self._sheets:
            raise refusal

    @property
    def columns(self) -> list[str]:
        if len(self._sheets) == 1:
            return self._sheets[0][0].columns
        return [f"{reader.name}, {words}" for reader, _ in self._sheets for words in reader.columns]

    @property
    def progress(self) -> float:
        return sum(reader.progress for reader, _ in self._sheets) / len(self._sheets)

    @property
    def assumptions(self) -> list[str]:
        of_sheets = [
            (reader.name, remarks + reader.assumptions.in_words())
            for reader, remarks in self._sheets
        ]
        if len(of_sheets) == 1:
            return of_sheets[0][1]
        return [f"{name}: {words}" for name, sentences in of_sheets for words in sentences]

    def rows(self) -> Iterator[Row]:
        for reader, _ in self._sheets:
            yield from reader.rows()
        for table in self._without_barcodes:
            for record in table.records():
                filled = any(cell != "" for cell in record.cells)
                yield LeftOut("sheet without barcodes" if filled else "blank line")

    def _chosen(self, path: Path, name: str | None) -> Iterator[tuple[CalamineSheet, bool]]:
        """The sheets to be read that are not empty, and whether they are hidden."""
        self._refuse_far_cells(path)
        workbook = _answer(path, partial(_open, path))
        sheets = {
            sheet.name: sheet.visible is not SheetVisibleEnum.Visible
            for sheet in workbook.sheets_metadata
            if sheet.typ is SheetTypeEnum.WorkSheet
        }
        wanted = [each for each in sheets if name is None or each.casefold() == name.casefold()]
        if name is not None and not wanted:
            listed = f"its sheets are: {', '.join(sheets)}.{nearest(name, sheets)}"
            raise FileRefused(path.name, f"has no sheet {name!r}; {listed}")
        for each in wanted:
            sheet = _answer(path, partial(workbook.get_sheet_by_name, each))
            if sheet.start is not None:
                yield sheet, sheets[each]

    def _refuse_far_cells(self, path: Path) -> None:
        """Refuses what would take too much memory. Calamine lays out all sheets of some formats."""
        for name, marks in self._marks.sheets.items():
            cells = marks.last_row * marks.last_column
            if marks.last_row > MOST_ROWS or cells > MOST_CELLS:
                raise FileRefused(
                    f"{path.name}#{name}",
                    f"reaches down to row {marks.last_row} and out to column {marks.last_column}: "
                    "delete the stray cells far from the data.",
                )


def _remarks(table: SheetTable, reader: TableReader, *, is_hidden: bool) -> list[str]:
    """What is to be said of a sheet that was read, apart from its rows."""
    remarks = ["the sheet is hidden, and was read all the same"] if is_hidden else []
    remarks += [
        f"column {letter(column)}, the {field.replace('_', ' ')}, is hidden, and was read "
        "all the same"
        for field, column in reader.fields.items()
        if column in table.marks.hidden_columns
    ]
    return [*remarks, BY_RULE] if table.marks.by_rule else remarks


def _open(path: Path) -> CalamineWorkbook:
    # By its path, calamine would believe the name's ending.
    with path.open("rb") as file:
        return CalamineWorkbook.from_filelike(file)


def _xls(path: Path) -> tuple[str, WorkbookMarks]:
    """The format of an OLE file in words, and its marks."""
    try:
        # With a password, a workbook of any format is put into such a stream.
        if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
            raise LockedError
        return "spreadsheet (xls)", xls_marks(path)
    except LockedError as error:
        raise FileRefused(path.name, PASSWORD) from error
    except (DamagedError, OSError) as error:
        raise FileRefused(path.name, DAMAGED) from error


def _zipped(path: Path) -> tuple[str, WorkbookMarks]:
    """The format of a zip archive in words, and its marks."""
    try:
        with opened_archive(path) as archive:
            if xlsxmarks.WORKBOOK in archive.NameToInfo:
                return "spreadsheet (xlsx)", xlsxmarks.xlsx_marks(archive)
            if odsmarks.CONTENT in archive.NameToInfo:
                return "spreadsheet (ods)", odsmarks.ods_marks(archive)
            is_binary = "xl/workbook.bin" in archive.NameToInfo
    except LockedError as error:
        raise FileRefused(path.name, PASSWORD) from error
    except (DamagedError, OSError) as error:
        raise FileRefused(path.name, DAMAGED) from error
    if is_binary:
        raise FileRefused(
            path.name, "is a binary workbook (.xlsb), which is not read: save it as .xlsx."
        )
    raise FileRefused(path.name, "is a zip archive and no spreadsheet: unpack it first.")


def _answer(path: Path, call: Callable[[], _Answer]) -> _Answer:
    """What calamine answers. Raises FileRefused whatever it raises."""
    try:
        with _unheard():
            return call()
    except PasswordError as error:
        raise FileRefused(path.name, PASSWORD) from error
    except (CalamineError, OSError, ValueError) as error:
        raise FileRefused(path.name, DAMAGED) from error
    except BaseException as error:
        # A panic of calamine's comes as a class of its own that no module names.
        if type(error).__name__ != "PanicException":
            raise
        raise FileRefused(path.name, DAMAGED) from error


@contextmanager
def _unheard() -> Iterator[None]:
    """Nobody hears a panic of calamine's, which writes its trace past Python and is a refusal."""
    sys.stderr.flush()
    heard, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(heard, 2)
        os.close(heard)
        os.close(nowhere)


def _has_barcodes(table: SheetTable) -> bool:
    return any(
        _BARCODE_LIKE.search(str(cell))
        for record in table.records()
        for cell in record.cells
        if isinstance(cell, str | int | float)
    )
