"""Spreadsheets: `.xlsx`, `.xls` and `.ods`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from almareplay.sources.capture import FileRefused, Row
from almareplay.sources.cells.shapes import BARCODE_LIKE
from almareplay.sources.options import ReadingOptions
from almareplay.sources.tables.headers import letter
from almareplay.sources.tables.table import TableReader
from almareplay.sources.workbook.apart import read_apart
from almareplay.sources.workbook.sheet import Sheet
from almareplay.sources.workbook.table import SheetTable
from almareplay.transactions import LeftOut, Reason, nearest

BY_RULE = (
    "a rule for how cells look can strike rows through: they were read, look for cancelled ones"
)


class WorkbookCapture:
    """Reads the sheets of a spreadsheet one after another; ``--sheet`` picks one."""

    def __init__(self, path: Path, options: ReadingOptions, *, is_zip: bool) -> None:
        workbook = read_apart(path, options.sheet, is_zip=is_zip)
        self.format = workbook.format
        if options.sheet is not None and not workbook.sheets:
            listed = f"its sheets are: {', '.join(workbook.names)}."
            meant = nearest(options.sheet, workbook.names)
            raise FileRefused(path.name, f"has no sheet {options.sheet!r}; {listed}{meant}")
        self._sheets: list[tuple[TableReader, list[str]]] = []
        self._without_barcodes: list[SheetTable] = []
        refusal = FileRefused(path.name, "is empty: there is nothing to load.")
        for sheet in workbook.sheets:
            if not sheet.packages:
                continue
            table = SheetTable(path.name, sheet, options)
            try:
                reader = TableReader(table, options, first_day=sheet.first_day)
            except FileRefused as error:
                if _has_barcodes(table):
                    raise
                refusal = error
                self._without_barcodes.append(table)
                continue
            self._sheets.append((reader, _remarks(sheet, reader)))
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
                code = "sheet_without_barcodes" if record.cells else "blank_line"
                yield LeftOut(Reason(code))


def _remarks(sheet: Sheet, reader: TableReader) -> list[str]:
    """What is to be said of a sheet that was read, apart from its rows."""
    remarks = ["the sheet is hidden, and was read all the same"] if sheet.is_hidden else []
    remarks += [
        f"column {letter(column)}, the {field.replace('_', ' ')}, is hidden, and was read "
        "all the same"
        for field, column in reader.fields.items()
        if column in sheet.hidden_columns
    ]
    return [*remarks, BY_RULE] if sheet.by_rule else remarks


def _has_barcodes(table: SheetTable) -> bool:
    return any(
        BARCODE_LIKE.search(str(cell))
        for record in table.records()
        for cell in record.cells
        if isinstance(cell, str | int | float)
    )
