"""What a spreadsheet says of its sheets that calamine, which reads their values, does not show.

Calamine gives values without their font, and lays a sheet out in memory up to its last cell: one
cell in the last corner, and the process is killed. ``xlsxmarks``, ``odsmarks`` and ``xlsmarks``
look at the file itself for these marks.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

from almareplay.sources.serials import FIRST_DAY

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, LookupError, ValueError, OverflowError),
    *(ElementTree.ParseError, expat.ExpatError, NotImplementedError, RuntimeError),
)


class DamagedError(Exception):
    """The archive or its XML cannot be read."""


class LockedError(Exception):
    """The file can be read with a password only."""


class Merged(NamedTuple):
    """Cells of one column, counted from 0, that are merged into one: from a row to another."""

    first_row: int
    last_row: int
    column: int


@dataclass
class SheetMarks:
    """Marks of the filled cells of a sheet. Rows count from 1, columns from 0.

    ``struck`` are the rows with struck-through text, ``plain`` those with other text, which is kept
    only where something can be struck through. ``by_rule``: a rule for how cells look can strike
    rows through, and nobody knows which. ``shown`` tells for rows and columns what is on the screen
    where the value is something else: the digits of a number that is padded with zeros, or the text
    of an error. ``last_column`` counts from 1, and is 0 in an empty sheet.
    """

    struck: set[int] = field(default_factory=set)
    plain: set[int] = field(default_factory=set)
    by_rule: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Merged] = field(default_factory=list)
    shown: dict[int, dict[int, int | str]] = field(default_factory=dict)
    last_row: int = 0
    last_column: int = 0

    def reach(self, row: int, column: int) -> None:
        """Takes note of a filled cell."""
        self.last_row = max(self.last_row, row)
        self.last_column = max(self.last_column, column + 1)

    def fonts(self, row: int, struck: set[bool]) -> None:
        """Takes note of the text of a cell: whether parts of it are struck through, and others."""
        if True in struck:
            self.struck.add(row)
        if False in struck:
            self.plain.add(row)


@dataclass
class WorkbookMarks:
    """The marks of a workbook's sheets by their names.

    ``first_day`` is the day with the serial number 0.
    """

    sheets: dict[str, SheetMarks] = field(default_factory=dict)
    first_day: date = FIRST_DAY


@contextmanager
def opened_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip archive whose reading may fail in many ways. Raises DamagedError, OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _DAMAGE as error:
        raise DamagedError(str(error)) from error
