"""The rows of one sheet: its values, and what its marks say of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain, repeat

from python_calamine import CalamineSheet

from almareplay.sources.moments import Cell, day_named
from almareplay.sources.options import ReadingOptions
from almareplay.sources.sheetmarks import SheetMarks
from almareplay.sources.table import Record

STRUCK = "cancelled: the row is struck through"
PARTLY_STRUCK = "struck through in part: cancelled, or corrected?"
HIDDEN = "hidden in the spreadsheet, and read all the same"
ZEROS = "the leading zeros are those that the spreadsheet shows"
MERGED = "the value of a merged cell holds for all its rows"


class SheetTable:
    """The rows of one sheet of a file."""

    spreadsheet = True

    def __init__(
        self, file: str, sheet: CalamineSheet, marks: SheetMarks, options: ReadingOptions
    ) -> None:
        self.name = f"{file}#{sheet.name}"
        self.day_of_name: date | None = day_named(sheet.name, options.date_order)
        self.marks = marks
        self._sheet = sheet
        self._row = 0
        self._last_row = sheet.end[0] + 1 if sheet.end else 0
        self._columns_before: list[Cell] = [""] * (sheet.start[1] if sheet.start else 0)
        self._merged: dict[int, dict[int, int]] = {}
        for first_row, last_row, column in self.marks.merged:
            self._merged.setdefault(first_row, {})[column] = last_row

    @property
    def progress(self) -> float:
        return min(1.0, self._row / max(1, self._last_row))

    def records(self) -> Iterator[Record]:
        marks = self.marks
        carried: dict[int, tuple[int, Cell]] = {}
        for number, values in enumerate(self._rows(), 1):
            self._row = number
            cells = self._columns_before + [
                value.strip() if isinstance(value, str) else value for value in values
            ]
            notes: dict[int, str] = {}
            if number in marks.shown:
                notes |= _as_shown(cells, marks.shown[number])
            if carried:
                notes |= _fill_merged(cells, number, carried)
            if number in self._merged:
                carried |= {
                    column: (last_row, cells[column])
                    for column, last_row in self._merged[number].items()
                    if column < len(cells)
                }
            yield Record(
                number,
                cells,
                HIDDEN if number in marks.hidden_rows else "",
                self._struck(number),
                notes,
            )

    def _rows(self) -> Iterator[list[Cell]]:
        """The values of all rows; those that have nothing but errors may come after the last."""
        rows: Iterator[list[Cell]] = iter(self._sheet.iter_rows())
        last_shown = max(self.marks.shown, default=0)
        return chain(rows, repeat([], max(0, last_shown - self._last_row)))

    def _struck(self, number: int) -> str:
        if number not in self.marks.struck:
            return ""
        return PARTLY_STRUCK if number in self.marks.plain else STRUCK


def _as_shown(cells: list[Cell], shown: dict[int, int | str]) -> dict[int, str]:
    """Puts what the screen shows into the cells; the notes on what was changed, by column."""
    notes = {}
    cells += [""] * (max(shown) + 1 - len(cells))
    for column, form in shown.items():
        value = cells[column]
        if isinstance(form, str):
            cells[column] = form
        elif isinstance(value, int | float) and 0 <= value < 1e15 and float(value).is_integer():
            text = f"{int(value):0{form}}"
            if text.startswith("0"):
                cells[column], notes[column] = text, ZEROS
    return notes


def _fill_merged(
    cells: list[Cell], number: int, carried: dict[int, tuple[int, Cell]]
) -> dict[int, str]:
    """Puts the values of merged cells into a row that has something of its own; its notes."""
    notes = {}
    for column, (last_row, _) in list(carried.items()):
        if number > last_row:
            del carried[column]
    if any(cell != "" for cell in cells):
        cells += [""] * (max(carried, default=0) + 1 - len(cells))
        for column, (_, value) in carried.items():
            if cells[column] == "" and value != "":
                cells[column], notes[column] = value, MERGED
    return notes
