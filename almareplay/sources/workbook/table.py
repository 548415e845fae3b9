"""One sheet of a workbook as a table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from almareplay.sources.options import ReadingOptions
from almareplay.sources.tables.record import Record
from almareplay.sources.times.datetimes import day_named
from almareplay.sources.workbook.sheet import Sheet


class SheetTable:
    """The rows of one sheet of a file."""

    def __init__(self, file: str, sheet: Sheet, options: ReadingOptions) -> None:
        self.name = f"{file}#{sheet.name}"
        self.day_of_name: date | None = day_named(sheet.name, options.date_order)
        self.sheet = sheet
        self._row = 0

    @property
    def progress(self) -> float:
        return self._row / max(1, self.sheet.last_row)

    def records(self) -> Iterator[Record]:
        self._row = 0
        for row in self.sheet.rows():
            record = Record(*row)
            for blank in range(self._row + 1, record.number):
                yield Record(blank, [])
            self._row = record.number
            yield record
