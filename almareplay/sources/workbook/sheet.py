"""The rows of one sheet, as they are collected from a workbook and handed on in packages."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

from almareplay.sources.tables.record import Record
from almareplay.sources.times.datetimes import Cell
from almareplay.sources.times.serials import FIRST_DAY
from almareplay.sources.workbook.errors import (
    LONGEST_TEXT,
    MOST_CELLS,
    MOST_ROWS,
    MOST_TEXT,
    TOO_MUCH,
    NotReadError,
)
from almareplay.transactions import Notes, Reason

STRUCK = Reason("struck_through")
PARTLY_STRUCK = Reason("partly_struck_through")
HIDDEN = Reason("hidden_row")
ZEROS = Reason("shown_zeros")
MERGED = Reason("merged_cell")

MOST_MERGED = 50_000
_PACKAGE = 2_000

SheetRow = tuple[int, list[Cell]] | tuple[int, list[Cell], Notes, Reason | None, dict[int, Reason]]
"""Number and cells; where there are such also notes, a problem, and notes on cells by columns."""


class Merged(NamedTuple):
    """Cells of one column, counted from 0, that are merged into one: from a row to another."""

    first_row: int
    last_row: int
    column: int


@dataclass
class Sheet:
    """One sheet that was read. Rows count from 1, columns from 0.

    ``packages`` hold its filled rows in their order. ``first_day`` is the day with the serial
    number 0. ``by_rule``: a rule for how cells look can strike rows through, nobody knows which.
    """

    name: str
    first_day: date = FIRST_DAY
    is_hidden: bool = False
    by_rule: bool = False
    hidden_columns: set[int] = field(default_factory=set)
    last_row: int = 0
    packages: list[bytes] = field(default_factory=list)

    def rows(self) -> Iterator[SheetRow]:
        """All filled rows."""
        return _unpacked(self.packages)


SheetOf = Callable[[str], "SheetRows | None"]
"""Where the rows of a sheet go, by its name; None where it is not to be read."""


class Book(Protocol):
    """An opened workbook. ``first_day`` is the day with the serial number 0."""

    @property
    def format(self) -> str: ...

    @property
    def first_day(self) -> date: ...

    def read(self, sheet_of: SheetOf) -> None:
        """Goes through all sheets, in their order."""
        ...


class Budget:
    """What may still be read of a workbook. Raises NotReadError where it is used up."""

    def __init__(self) -> None:
        self._rows, self._cells, self._text = MOST_ROWS, MOST_CELLS, MOST_TEXT

    def spend_sheet(self, rows: int, columns: int) -> None:
        """Takes what a whole sheet is laid out in."""
        self._rows -= rows
        self._cells -= rows * columns
        if self._rows < 0 or self._cells < 0:
            raise NotReadError(
                f"reaches down to row {rows} and out to column {columns}: "
                "delete the stray cells far from the data."
            )

    def spend_text(self, rows: list[SheetRow]) -> None:
        """Takes the text of rows."""
        lengths = [len(cell) for row in rows for cell in row[1] if isinstance(cell, str)]
        self._text -= sum(lengths)
        if max(lengths, default=0) > LONGEST_TEXT:
            raise NotReadError(f"has a cell with more than {LONGEST_TEXT:,} characters: delete it.")
        if self._text < 0:
            raise NotReadError(TOO_MUCH)


class SheetRows:
    """Takes the rows of a sheet from its reader, top down. Raises NotReadError."""

    def __init__(self, sheet: Sheet, budget: Budget) -> None:
        self.sheet = sheet
        self.merged: list[Merged] = []
        self._budget = budget
        self._columns = 0
        self._rows: list[SheetRow] = []

    def add(
        self,
        number: int,
        cells: list[Cell],
        *,
        is_hidden: bool = False,
        fonts: frozenset[bool] | set[bool] = frozenset(),
        zeros: tuple[int, ...] | list[int] = (),
    ) -> None:
        """Takes a row with at least one filled cell.

        ``fonts``: whether its texts are struck through, of each sort that there is; ``zeros`` are
        the columns with leading zeros that only the screen shows.
        """
        self.reach(number, len(cells))
        if is_hidden or zeros or True in fonts:
            problem = None
            if True in fonts:
                problem = PARTLY_STRUCK if False in fonts else STRUCK
            notes = dict.fromkeys(zeros, ZEROS)
            of_row = (HIDDEN,) if is_hidden else ()
            self._rows.append((number, cells, of_row, problem, notes))
        else:
            self._rows.append((number, cells))
        if len(self._rows) == _PACKAGE:
            self._pack()

    def reach(self, row: int, columns: int) -> None:
        """Takes note of how far down the sheet goes, and how far to the right."""
        self.sheet.last_row = row
        self._columns = max(self._columns, columns)
        if row * self._columns > MOST_CELLS or row > MOST_ROWS:
            self._budget.spend_sheet(row, self._columns)

    def merge(self, merged: Merged) -> None:
        """Takes note of cells that are merged."""
        self.merged.append(merged)
        if len(self.merged) > MOST_MERGED:
            raise NotReadError(TOO_MUCH)

    def finish(self) -> None:
        """Ends the sheet: all rows and all merged cells are known."""
        self._pack()
        self._budget.spend_sheet(self.sheet.last_row, self._columns)
        if self.merged:
            packages, self.sheet.packages = self.sheet.packages, []
            for row in _filled(_unpacked(packages), self.merged):
                self._rows.append(row)
                if len(self._rows) == _PACKAGE:
                    self._pack()
            self._pack()

    def _pack(self) -> None:
        if self._rows:
            self._budget.spend_text(self._rows)
            self.sheet.packages.append(zlib.compress(pickle.dumps(self._rows), level=1))
            self._rows = []


def _unpacked(packages: list[bytes]) -> Iterator[SheetRow]:
    for package in packages:
        rows: list[SheetRow] = pickle.loads(zlib.decompress(package))
        yield from rows


def _filled(rows: Iterator[SheetRow], merged: list[Merged]) -> Iterator[SheetRow]:
    """The rows, with the value of each merged cell in all of its rows that have others."""
    begins: dict[int, dict[int, int]] = {}
    for first_row, last_row, column in merged:
        begins.setdefault(first_row, {})[column] = last_row
    carried: dict[int, tuple[int, Cell]] = {}
    for row in rows:
        number, cells, notes, problem, cell_notes = Record(*row)
        filled = dict(cell_notes)
        for column, (last_row, value) in list(carried.items()):
            if number > last_row:
                del carried[column]
                continue
            cells += [""] * (column + 1 - len(cells))
            if cells[column] == "" and value != "":
                cells[column], filled[column] = value, MERGED
        for column, last_row in begins.get(number, {}).items():
            if column < len(cells):
                carried[column] = (last_row, cells[column])
        yield number, cells, notes, problem, filled
