"""Spreadsheets: `.xlsx`, and through the same reader `.xlsb`, `.xls` and `.ods`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
)

from almareplay.sources.capture import FileRefused, Row
from almareplay.sources.moments import Cell, day_named
from almareplay.sources.options import ReadingOptions
from almareplay.sources.sheetxml import WORKBOOK, DamagedError, SheetMarks, part_names, sheet_marks
from almareplay.sources.table import Record, TableReader
from almareplay.transactions import LeftOut

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

MOST_CELLS = 10_000_000
"""A sheet takes memory, some 32 bytes each, for all cells up to its last one, filled or not."""

DAMAGED = "is a damaged spreadsheet: open it in the program that wrote it and save it again."
STRUCK = "cancelled: the row is struck through"
PARTLY_STRUCK = "struck through in part: cancelled, or corrected?"

_BARCODE_LIKE = re.compile(r"[0-9]{5}")
_Answer = TypeVar("_Answer")


class SheetTable:
    """The rows of one sheet."""

    def __init__(
        self, path: Path, sheet: CalamineSheet, marks: SheetMarks, options: ReadingOptions
    ) -> None:
        self.name = f"{path.name}#{sheet.name}"
        self.day_of_name: date | None = day_named(sheet.name, options.date_order)
        self._sheet = sheet
        self._marks = marks
        self._columns_before: list[Cell] = [""] * (sheet.start[1] if sheet.start else 0)

    def records(self) -> Iterator[Record]:
        for number, cells in enumerate(self._sheet.iter_rows(), 1):
            yield Record(
                number,
                self._columns_before
                + [cell.strip() if isinstance(cell, str) else cell for cell in cells],
                problem=self._struck(number),
            )

    def _struck(self, number: int) -> str:
        if number not in self._marks.struck:
            return ""
        return PARTLY_STRUCK if number in self._marks.plain else STRUCK


class WorkbookCapture:
    """Reads the sheets of a spreadsheet one after another; ``--sheet`` picks one."""

    def __init__(self, path: Path, options: ReadingOptions, *, is_zip: bool) -> None:
        self.format, marks = _format_and_marks(path, is_zip=is_zip)
        self._readers: list[TableReader] = []
        self._without_barcodes: list[SheetTable] = []
        refusal = FileRefused(path.name, "is empty: there is nothing to load.")
        for sheet in _sheets(path, options.sheet, marks):
            table = SheetTable(path, sheet, marks.get(sheet.name, SheetMarks()), options)
            try:
                self._readers.append(TableReader(table, options))
            except FileRefused as error:
                if _has_barcodes(table):
                    raise
                refusal = error
                self._without_barcodes.append(table)
        if not self._readers:
            raise refusal

    @property
    def assumptions(self) -> list[str]:
        of_sheets = [(reader.name, reader.assumptions.in_words()) for reader in self._readers]
        if len(of_sheets) == 1:
            return of_sheets[0][1]
        return [f"{name}: {words}" for name, sentences in of_sheets for words in sentences]

    def rows(self) -> Iterator[Row]:
        for reader in self._readers:
            yield from reader.rows()
        for table in self._without_barcodes:
            for record in table.records():
                filled = any(cell != "" for cell in record.cells)
                yield LeftOut("sheet without barcodes" if filled else "blank line")


def _sheets(
    path: Path, chosen: str | None, marks: Mapping[str, SheetMarks]
) -> Iterator[CalamineSheet]:
    """The sheets to be read that are not empty."""
    workbook = _answer(path, partial(_open, path))
    names = [
        sheet.name for sheet in workbook.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet
    ]
    if chosen is not None:
        wanted = [name for name in names if name.casefold() == chosen.casefold()]
        if not wanted:
            listed = ", ".join(names)
            raise FileRefused(path.name, f"has no sheet {chosen!r}; its sheets are: {listed}.")
        names = wanted
    for name in names:
        of_sheet = marks.get(name, SheetMarks())
        if of_sheet.last_row * of_sheet.last_column > MOST_CELLS:
            raise FileRefused(
                f"{path.name}#{name}",
                f"reaches down to row {of_sheet.last_row} and out to column "
                f"{of_sheet.last_column}: delete the stray cells far from the data.",
            )
        sheet = _answer(path, partial(workbook.get_sheet_by_name, name))
        if sheet.start is not None:
            yield sheet


def _open(path: Path) -> CalamineWorkbook:
    # By its path, calamine would believe the name's ending.
    with path.open("rb") as file:
        return CalamineWorkbook.from_filelike(file)


def _format_and_marks(path: Path, *, is_zip: bool) -> tuple[str, dict[str, SheetMarks]]:
    """What kind of spreadsheet it is in words, and its marks where it is an `.xlsx`."""
    if not is_zip:
        return "spreadsheet (xls)", {}
    try:
        parts = part_names(path)
        if WORKBOOK in parts:
            return "spreadsheet (xlsx)", sheet_marks(path)
    except (DamagedError, OSError) as error:
        raise FileRefused(path.name, DAMAGED) from error
    if "xl/workbook.bin" in parts:
        return "spreadsheet (xlsb)", {}
    if "content.xml" in parts:
        return "spreadsheet (ods)", {}
    raise FileRefused(path.name, "is a zip archive and no spreadsheet: unpack it first.")


def _answer(path: Path, call: Callable[[], _Answer]) -> _Answer:
    """What calamine answers. Raises FileRefused whatever it raises."""
    try:
        return call()
    except PasswordError as error:
        raise FileRefused(path.name, "has a password: save it without one.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise FileRefused(path.name, DAMAGED) from error
    except BaseException as error:
        # A panic of calamine's comes as a class of its own that no module names.
        if type(error).__name__ != "PanicException":
            raise
        raise FileRefused(path.name, DAMAGED) from error


def _has_barcodes(table: SheetTable) -> bool:
    return any(
        _BARCODE_LIKE.search(str(cell))
        for record in table.records()
        for cell in record.cells
        if isinstance(cell, str | int | float)
    )
