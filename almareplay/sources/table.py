"""Tables of cells, from text or from a spreadsheet, read by what their columns hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple, Protocol

from almareplay.sources.capture import Assumptions, FileRefused, Row
from almareplay.sources.headers import (
    Layout,
    LayoutError,
    NoHeaderError,
    find_layout,
    letter,
    wording,
)
from almareplay.sources.identifiers import scanner_of
from almareplay.sources.librarybarcodes import certain_columns
from almareplay.sources.moments import Cell
from almareplay.sources.novalue import no_value
from almareplay.sources.options import ReadingOptions
from almareplay.sources.places import missing_place, names_of
from almareplay.sources.serials import FIRST_DAY
from almareplay.sources.survey import Findings, survey
from almareplay.sources.tablerow import RowReader
from almareplay.sources.tabletimes import RowTimes
from almareplay.transactions import Kind, LeftOut, Transaction, joined

HEAD = 40
"""A header row is looked for in so many rows that are not blank."""

SAVED = "written out by the capture tool already"
SAVED_READ = "written out by the capture tool already, and read again by --include-saved"

_BARCODE_LIKE = re.compile(r"[0-9]{5}")
_SAVED = {"1", "1.0", "\x01", "b'1'", "true"}


class Record(NamedTuple):
    """One row as it stands: its number, its cells (text without blanks around it), what was
    assumed to read it, what is already wrong with it, and what was assumed to read single cells,
    by their columns from 0."""

    number: int
    cells: list[Cell]
    note: str = ""
    problem: str = ""
    cell_notes: Mapping[int, str] = MappingProxyType({})


class Table(Protocol):
    """What a delimited file and a sheet have in common.

    ``name`` is for the rows' ``source_file``. ``day_of_name`` is the date that the name gives.
    ``progress`` is the share of it that ``records`` has gone through, 0.0 to 1.0, roughly.
    ``spreadsheet``: a spreadsheet program may have had it, and done what those do to numbers.
    """

    @property
    def spreadsheet(self) -> bool: ...

    @property
    def name(self) -> str: ...

    @property
    def day_of_name(self) -> date | None: ...

    @property
    def progress(self) -> float: ...

    def records(self) -> Iterator[Record]:
        """All rows, blank ones too, as often as asked for. Raises FileRefused."""
        ...


class TableReader:
    """Reads one table. Raises FileRefused, at once, for what the user must still say.

    ``first_day`` is the day with the serial number 0 in the spreadsheet that it comes from.
    """

    def __init__(
        self,
        table: Table,
        options: ReadingOptions,
        layout: Layout | None = None,
        *,
        first_day: date = FIRST_DAY,
    ) -> None:
        self.name = table.name
        self._table = table
        self._of_file: list[str] = []
        self._layout = layout or self._found_layout(options)
        self._header_row = self._layout.header_row or 0
        self._saved = self._layout.columns.get("saved")
        self._include_saved = options.include_saved
        columns = dict(self._layout.columns)
        found = survey(self._body(), columns, scanner_of(options), first_day)
        if self._layout.header:
            self._of_file.append(f"the header tells the columns: {_listed(columns)}")
        if "kind" in self._layout.vague and not found.loans + found.returns:
            self._of_file.append(
                f"column {letter(columns.pop('kind'))} holds no loans or returns: left aside"
            )
        times = RowTimes(columns, found, options, table.day_of_name, first_day)
        if found.rows and (missing := _missing(table.name, columns, found, options, times)):
            raise FileRefused(table.name, " It also ".join(missing))
        self._of_file += times.assumptions
        self.assumptions = Assumptions(self._of_file)
        self._rows = RowReader(
            table.name, columns, found, options, times, spreadsheet=table.spreadsheet
        )
        self._columns = columns
        self._began = False  # the survey went through the table once already

    @property
    def fields(self) -> Mapping[str, int]:
        """The columns that are read, counted from 0, by their fields."""
        return self._columns

    @property
    def columns(self) -> list[str]:
        """What each column means, in words: its letter, its field, its header where it has one."""
        header = self._layout.header
        return [
            f"{letter(column)}: {name.replace('_', ' ')}"
            + (f" ({header[column]})" if column < len(header) and header[column] else "")
            for name, column in sorted(self._columns.items(), key=lambda entry: entry[1])
        ]

    @property
    def progress(self) -> float:
        """The share of the table that ``rows`` has gone through, 0.0 to 1.0, roughly."""
        return self._table.progress if self._began else 0.0

    def rows(self) -> Iterator[Row]:
        """Every row that is not empty, and what was left out. Raises FileRefused."""
        self._began = True
        self.assumptions = Assumptions(self._of_file)
        for record in self._table.records():
            if reason := self._no_transaction(record):
                yield LeftOut(reason)
                continue
            cells, problem = record.cells, record.problem or self._without_value(record.cells)
            if not problem and (problem := self._slipped(cells)):
                cells = cells[: self._layout.trusted]
            note = joined(record.note, SAVED_READ if self._is_saved(cells) else "")
            if record.cell_notes:
                note = joined(note, *self._notes_of_fields(record.cell_notes))
            row = self._rows.read(record.number, cells, note, problem)
            if isinstance(row, Transaction) and row.note:
                self.assumptions.note(row.note)
            yield row

    def _found_layout(self, options: ReadingOptions) -> Layout:
        try:
            return find_layout(_head(self._table), options.columns)
        except NoHeaderError as error:
            columns = certain_columns(
                record.cells for record in self._table.records() if not record.problem
            )
            if not columns:
                raise FileRefused(self.name, str(error)) from error
            self._of_file.append(
                f"there is no header; every number and its check digit tells: {_listed(columns)}"
            )
            return Layout(columns, max(columns.values()) + 1)
        except LayoutError as error:
            raise FileRefused(self.name, str(error)) from error

    def _without_value(self, cells: list[Cell]) -> str:
        """Which cell that is needed has no value, and why, if one is so."""
        if not self._table.spreadsheet:
            return ""
        for column in self._columns.values():
            if column < len(cells) and (why := no_value(cells[column])):
                return f"column {letter(column)} {why}"
        return ""

    def _notes_of_fields(self, notes: Mapping[int, str]) -> list[str]:
        """The notes on cells that were read, each once."""
        return list(dict.fromkeys(notes[c] for c in self._columns.values() if c in notes))

    def _body(self) -> Iterator[list[Cell]]:
        """The cells of the rows that are transactions, as far as they are whole."""
        for record in self._table.records():
            if not record.problem and not self._no_transaction(record):
                yield record.cells

    def _no_transaction(self, record: Record) -> str:
        """What a row is that is no transaction; empty for all that is to be read or reported."""
        cells = record.cells
        if record.problem:
            return ""
        if not any(cell != "" for cell in cells):
            return "blank line"
        if self._is_header(record.number, cells):
            return "header"
        if record.number < self._header_row and not self._has_barcode(cells):
            return "title"
        if self._is_note(cells):
            return "note"
        if not self._include_saved and self._is_saved(cells):
            return SAVED
        return ""

    def _is_saved(self, cells: list[Cell]) -> bool:
        return self._saved is not None and str(_cell(cells, self._saved)).lower() in _SAVED

    def _has_barcode(self, cells: list[Cell]) -> bool:
        """Whether a row above the header is a transaction all the same, and no title."""
        item = _cell(cells, self._layout.columns["item_barcode"])
        is_number = isinstance(item, str | int | float) and _BARCODE_LIKE.search(str(item))
        return bool(is_number) and sum(cell != "" for cell in cells) > 1

    def _is_header(self, number: int, cells: list[Cell]) -> bool:
        """Whether the row is the header, or repeats it."""
        if number == self._header_row:
            return True
        item = _cell(cells, self._layout.columns["item_barcode"])
        if not self._layout.header or not isinstance(item, str) or item.isdigit():
            return False
        return tuple(wording(cell) for cell in cells) == self._layout.header

    def _slipped(self, cells: list[Cell]) -> str:
        """What is wrong with the number of cells, if anything."""
        width = self._layout.width
        if not any(cell != "" for cell in cells[width:]) and (
            len(cells) >= width or not self._layout.exact
        ):
            return ""
        return f"the row has {len(cells)} columns where {width} belong"

    def _is_note(self, cells: list[Cell]) -> bool:
        """Whether a row is somebody's remark: one cell only, in words or outside the columns."""
        filled = [(column, cell) for column, cell in enumerate(cells) if cell != ""]
        if len(filled) != 1 or len(self._layout.columns) == 1:
            return False
        column, cell = filled[0]
        if column not in self._layout.columns.values():
            return True
        # One or two words can be a user name, or a name written where the id belongs.
        return isinstance(cell, str) and (len(cell.split()) > 2 or ": " in cell or cell[-1] == ":")


def _cell(cells: list[Cell], column: int) -> Cell:
    return cells[column] if column < len(cells) else ""


def _head(table: Table) -> Iterator[tuple[int, list[Cell]]]:
    filled = (
        (record.number, record.cells)
        for record in table.records()
        if not record.problem and any(cell != "" for cell in record.cells)
    )
    return islice(filled, HEAD)


def _listed(columns: dict[str, int]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {letter(column)}"
        for name, column in sorted(columns.items(), key=lambda entry: entry[1])
    )


def _missing(
    name: str, columns: dict[str, int], found: Findings, options: ReadingOptions, times: RowTimes
) -> list[str]:
    """What the user must still say, each as the end of a refusal."""
    missing = []
    if options.kind is None and not found.loans + found.returns:
        missing.append(
            "does not say which rows are loans and which are returns: "
            "give --kind loan or --kind return."
        )
    only_returns = options.kind is not Kind.LOAN and not found.loans
    if "patron_id" not in columns and not only_returns:
        missing.append(
            "has loans but no column for the patron that can be told by its header: "
            "say which it is, as in --columns patron_id=B."
        )
    if found.patrons.like_names * 2 > found.patrons.filled:
        missing.append(
            f"has names in column {letter(columns['patron_id'])}, where patron ids belong: "
            "say which column has the ids, as in --columns patron_id=B."
        )
    missing += times.missing()
    place = missing_place(
        options,
        names_of(name),
        has_library="library" in found.filled,
        has_desk="circ_desk" in found.filled,
    )
    return [*missing, place] if place else missing
