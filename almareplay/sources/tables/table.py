"""Tables of cells, from text or from a spreadsheet, read by what their columns hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from almareplay.sources.capture import Assumptions, FileRefused, Row
from almareplay.sources.cells.kinds import read_kind
from almareplay.sources.cells.novalue import MARKS, NOTHING, is_nothing, no_value
from almareplay.sources.identifiers import NO_SCANNER, scanner_of
from almareplay.sources.options import ReadingOptions
from almareplay.sources.tables.carried import Carried
from almareplay.sources.tables.clockorder import contradictions, set_back
from almareplay.sources.tables.findings import Findings
from almareplay.sources.tables.headers import Layout, letter
from almareplay.sources.tables.layout import layout_of, listed, samples_of
from almareplay.sources.tables.missing import missing
from almareplay.sources.tables.othercolumns import OtherColumns
from almareplay.sources.tables.plainrows import PlainRows
from almareplay.sources.tables.profile import TimesOfRows, survey
from almareplay.sources.tables.record import Record, Table
from almareplay.sources.tables.row import RowReader
from almareplay.sources.tables.rowsort import SAVED, SAVED_READ, RowSort
from almareplay.sources.tables.slips import Slips
from almareplay.sources.tables.when import RowTimes
from almareplay.sources.tables.writtenout import AllWrittenOut, written_out
from almareplay.sources.times.datetimes import Cell
from almareplay.sources.times.serials import FIRST_DAY
from almareplay.transactions import LeftOut, Reason, Transaction

__all__ = ["SAVED", "SAVED_READ", "AllWrittenOut", "Record", "Table", "TableReader"]


class TableReader:
    """Reads one table. Raises FileRefused, at once, for what the user must still say.

    ``first_day`` is the day with the serial number 0 in the spreadsheet that it comes from.
    ``from_spreadsheet``: the table may have been in a spreadsheet, which changes numbers.
    """

    def __init__(
        self,
        table: Table,
        options: ReadingOptions,
        layout: Layout | None = None,
        *,
        first_day: date = FIRST_DAY,
        from_spreadsheet: bool = True,
    ) -> None:
        self.name = table.name
        self._table = table
        self._options = options
        self._first_day = first_day
        self._from_spreadsheet = from_spreadsheet
        self._layout, self._of_file = (layout, []) if layout else layout_of(table, options)
        columns = {
            name: column
            for name, column in self._layout.columns.items()
            if name not in ("saved", "patron_name")
        }
        self._read_columns = [*columns.values()]
        self._sort = RowSort(self._layout, options)
        others = OtherColumns(self._layout)
        found = survey(self._body(others), columns, options, scanner_of(options), first_day)
        if not found.rows:
            self._refuse_written_out()
        if self._layout.header:
            self._of_file.append(f"the header tells the columns: {listed(columns)}")
        if "kind" in self._layout.vague and not found.loans + found.returns:
            self._of_file.append(
                f"column {letter(columns.pop('kind'))} holds no loans or returns: left aside"
            )
        self._carried = Carried(options, found, columns, others)
        times = RowTimes(columns, found, options, table.day_of_name, first_day)
        wanted = others.settle(found)
        if found.rows:
            wanted += missing(table.name, columns, found, options, times, self._carried)
            wanted += self._set_back(found, columns) if not wanted else []
        if wanted:
            raise FileRefused(table.name, " It also ".join(wanted), samples_of(table))
        if self._layout.exact:
            self._of_file.append("not read: call numbers, and names of patrons")
        self._of_file += [*times.assumptions, *others.in_words, *self._carried.assumptions]
        self.assumptions = Assumptions(self._of_file)
        self._items = [columns["item_barcode"], *others.further]
        self._read_columns += others.further
        self._times = times
        self._slips = Slips(self._layout, found.widths, self._items)
        self._include_saved = options.include_saved or options.include_saved_since is not None
        self._rows = RowReader(
            table.name,
            self._carried.columns,
            found,
            options,
            times,
            from_spreadsheet=from_spreadsheet,
        )
        # Of a row with one item, where cards and items differ in all rows (so no row has one number
        # twice), only its own cells tell what it is.
        is_alone = len(self._items) == 1 and not self._carried.is_used and not found.may_be_mixed
        self._plain = (
            PlainRows(table.name, self._layout, columns, self._rows, times, self._sort, self._slips)
            if is_alone and scanner_of(options) is NO_SCANNER
            else None
        )
        self._columns = columns
        self._began = False  # the survey went through the table once already

    @property
    def fields(self) -> Mapping[str, int]:
        """The columns that are read, counted from 0, by their fields."""
        return self._columns

    @property
    def tool(self) -> str:
        """The name of the capture tool that wrote the table; empty where it is anybody's."""
        return self._layout.tool

    @property
    def columns(self) -> list[str]:
        """What each column means, in words: its letter, its field, its header where it has one."""
        header = self._layout.header
        fields = [(column, name.replace("_", " ")) for name, column in self._columns.items()]
        fields += [(column, "further item") for column in self._items[1:]]
        if (saved := self._layout.columns.get("saved")) is not None:
            fields.append((saved, "written out already"))
        return [
            f"{letter(column)}: {words}"
            + (f" ({header[column]})" if column < len(header) and header[column] else "")
            for column, words in sorted(fields)
        ]

    @property
    def progress(self) -> float:
        """The share of the table that ``rows`` has gone through, 0.0 to 1.0, roughly."""
        return self._table.progress if self._began else 0.0

    def rows(self) -> Iterator[Row]:
        """Every row that is not empty, and what was left out. Raises FileRefused."""
        self._began = True
        self.assumptions = Assumptions(self._of_file)
        self._times.begin()
        self._carried.begin()
        note_row = self.assumptions.note
        plain = self._plain
        for record in self._table.records():
            if plain and (transaction := plain.read(record)):
                if transaction.notes:
                    note_row(transaction.notes)
                yield transaction
                continue
            cells = self._cleaned(record.cells)
            if not record.problem and (reason := self._left_out(record.number, cells)):
                yield LeftOut(reason)
                continue
            for row in self._transactions(record, cells):
                if type(row) is Transaction and row.notes:
                    note_row(row.notes)
                yield row

    def _left_out(self, number: int, cells: list[Cell]) -> Reason | None:
        """Why a row is no transaction, or is not wanted; None where it is one."""
        if reason := self._sort.no_transaction(number, cells):
            self._carried.end_of_group()
            return reason
        if self._options.include_saved_since is not None and self._sort.is_saved(cells):
            at = self._times.read(cells).moment.at
            if at is not None and at.date() < self._options.include_saved_since:
                return Reason("saved_before_day")
        return self._carried.take(cells) if self._carried.is_used else None

    def _transactions(self, record: Record, cells: list[Cell]) -> Sequence[Row]:
        """The loans and returns of a row: one for each of its items."""
        number, _, notes, problem, cell_notes = record
        if not problem and (problem := self._problem(cells)) and self._slips.problem(cells):
            cells = cells[: self._layout.trusted]
        if self._include_saved and self._sort.is_saved(cells):
            notes += (SAVED_READ,)
        if self._carried.is_used:
            notes += self._carried.fill(cells)
        if cell_notes:
            notes += tuple(cell_notes[c] for c in self._read_columns if c in cell_notes)
        items = self._items
        if len(items) > 1:
            items = [c for c in items if c < len(cells) and cells[c] != ""] or items[:1]
        return [self._rows.read(number, cells, notes, problem, column) for column in items]

    def _refuse_written_out(self) -> None:
        saved = [
            record.cells
            for record in self._table.records()
            if not record.problem
            and self._sort.no_transaction(record.number, record.cells) == SAVED
        ]
        if saved:
            raise AllWrittenOut(self.name, written_out(saved, self._layout.columns))

    def _cleaned(self, cells: list[Cell]) -> list[Cell]:
        """The cells without the words of programs for nothing, where they are to be read."""
        if not NOTHING.isdisjoint(cells):
            for column in self._read_columns:
                if column < len(cells) and is_nothing(cells[column]):
                    cells[column] = ""
        return cells

    def _problem(self, cells: list[Cell]) -> Reason | None:
        """What is wrong with a row as a whole, if anything."""
        if slipped := self._slips.problem(cells):
            return slipped
        if self._from_spreadsheet:
            for column in self._read_columns:
                cell = cells[column] if column < len(cells) else ""
                has_mark = cell and isinstance(cell, str) and cell[0] in MARKS
                if has_mark and (why := no_value(cell, letter(column))):
                    return why
        return None

    def _body(self, others: OtherColumns) -> Iterator[tuple[int, list[Cell]]]:
        """The cells of the rows that are transactions, as far as they are whole."""
        for record in self._table.records():
            cells = self._cleaned(record.cells)
            if not record.problem and not self._sort.no_transaction(record.number, cells):
                if not others.are_known:
                    others.look_at(cells)
                yield record.number, cells

    def _set_back(self, found: Findings, columns: Mapping[str, int]) -> list[str]:
        """What the user must say where the clock seems to have been set back."""
        breaks = found.clock.breaks
        if breaks is None or self._options.clock or self._layout.tool:
            return []
        told = TimesOfRows(columns, Findings(), self._first_day, self._options)
        item, kind = columns["item_barcode"], columns.get("kind")
        times = (
            (str(cells[item]), read_kind(str(cells[kind]))[0] if kind is not None else None, at)
            for _, cells in self._body(OtherColumns(self._layout))
            if item < len(cells) and (kind is None or kind < len(cells))
            if (at := told.look_at(cells))
        )
        contradicted = contradictions(times, backward=found.clock.is_backward)
        return [set_back(breaks, contradicted)] if contradicted else []
