"""Delimited text: `.csv`, `.tsv` and whatever spreadsheets export as text."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from sys import getsizeof

from almareplay.sources.capture import Row
from almareplay.sources.cells.quoting import BACKSLASH, NOT_CLOSED, split_escaped, split_quoted
from almareplay.sources.options import ReadingOptions
from almareplay.sources.tables.headers import known_headers
from almareplay.sources.tables.table import Record, TableReader
from almareplay.sources.textlines import LONGEST_LINE, TextLines
from almareplay.sources.times.datetimes import Cell
from almareplay.transactions import Notes, Reason

_DELIMITERS = ",;\t|"

LINES_IN_CELL = 10
"""A cell may hold so many lines; a quotation mark that closes later was never meant to open."""

KEPT = 64_000_000
"""Bytes of memory for the lines of a file, which are gone through more than once. A longer file is
read again each time."""
_OF_A_LINE = 150
"""Bytes of memory that a line takes besides its text."""

_Line = tuple[int, str, Notes]
"""Number, text, and notes on how it was decoded."""


class DelimitedTable:
    """The records of a delimited file.

    ``usual_width`` is the number of cells that most lines have.
    """

    day_of_name: date | None = None

    def __init__(self, path: Path, delimiter: str, usual_width: int) -> None:
        self.name = path.name
        self._lines_of_file = TextLines(path)
        self.delimiter = delimiter
        self._delimiter = delimiter
        self._usual_width = usual_width
        self._kept: list[_Line] = []
        self._given = 0

    @property
    def progress(self) -> float:
        return self._given / len(self._kept) if self._kept else self._lines_of_file.progress

    def records(self) -> Iterator[Record]:
        delimiter = self._delimiter
        source = self._lines()
        ahead: deque[_Line] = deque()
        # Named tuples are made half as fast by their own class.
        make, no_notes = tuple.__new__, Record._field_defaults["cell_notes"]
        while line := ahead.popleft() if ahead else next(source, None):
            number, text, notes = line
            # Most lines are read ten times as fast.
            plain = text.split(delimiter) if '"' not in text else self._all_quoted(text)
            if plain and len(text) < LONGEST_LINE - 1:
                yield make(Record, (number, [*map(str.strip, plain)], notes, None, no_notes))
                continue
            cells, problem, quoting = self._quoted(text, ahead, source)
            if len(text) >= LONGEST_LINE - 1:
                cells, problem = [], Reason.of("line_too_long", characters=LONGEST_LINE)
            yield Record(number, cells, notes + quoting, problem)

    def _lines(self) -> Iterator[_Line]:
        """The lines, from the file or as they were kept when it was gone through the first time."""
        if self._kept:
            for line in self._kept:
                self._given = line[0]
                yield line
            return
        kept: list[_Line] = []
        room = KEPT
        for line in self._lines_from_file():
            yield line
            if room > 0:
                room -= getsizeof(line[1]) + _OF_A_LINE
                kept.append(line)
            elif kept:
                kept = []
        self._kept = kept if room > 0 else []

    def _lines_from_file(self) -> Iterator[_Line]:
        for number, line, notes in self._lines_of_file.numbered():
            yield number, line if line.isprintable() else line.strip("\x00\x1a\ufeff"), notes

    def _all_quoted(self, text: str) -> list[str]:
        """The cells of a line that has quotation marks around each and nowhere else; empty for any
        other."""
        between = f'"{self._delimiter}"'
        cells = text[1:-1].split(between) if text[0] == text[-1] == '"' else []
        is_usual = len(cells) == self._usual_width
        return cells if is_usual and text.count('"') == 2 * len(cells) else []

    def _quoted(
        self, text: str, ahead: deque[_Line], source: Iterator[_Line]
    ) -> tuple[list[Cell], Reason | None, Notes]:
        """The cells of a line with quotation marks, a problem, and notes. Its cells may go on in
        the lines ahead; one of those that is a whole record by itself is not swallowed: the mark
        was a stray one."""
        cells, problem = split_quoted(text, self._delimiter)
        if problem == NOT_CLOSED and (whole := self._with_lines_ahead(text, ahead, source)):
            return whole, None, ()
        if not problem and len(cells) == self._usual_width:
            return cells, None, ()
        if "\\" in text:
            escaped = split_escaped(text, self._delimiter)
            if not escaped.problem and len(escaped.cells) == self._usual_width:
                return escaped.cells, None, (BACKSLASH,)
        if problem and self._delimiter == "\t":  # which stands in no cell
            literal: list[Cell] = [cell.strip() for cell in text.split("\t")]
            if len(literal) == self._usual_width:
                return literal, None, ()
        if not problem and len(cells) < self._usual_width:
            swallowed = any(isinstance(cell, str) and self._delimiter in cell for cell in cells)
            if not swallowed:
                return cells, None, ()
            return [], Reason.of("other_width", cells=len(cells), width=self._usual_width), ()
        return cells, problem, ()

    def _with_lines_ahead(
        self, text: str, ahead: deque[_Line], source: Iterator[_Line]
    ) -> list[Cell] | None:
        """The cells of a line whose last cell goes on in the lines ahead; None where they do not
        close it."""
        joined = text
        for used in range(LINES_IN_CELL):
            if used == len(ahead):
                if len(joined) >= LONGEST_LINE or not (line := next(source, None)):
                    return None
                ahead.append(line)
            following = ahead[used][1]
            if following.count(self._delimiter) + 1 == self._usual_width:
                return None
            joined = f"{joined}\n{following}"
            if '"' not in following:
                continue
            cells, problem = split_quoted(joined, self._delimiter)
            if not problem:
                for _ in range(used + 1):
                    ahead.popleft()
                return cells
        return None


class DelimitedCapture:
    """Reads delimited text with a header, or with columns that the user names."""

    def __init__(
        self,
        table: DelimitedTable,
        options: ReadingOptions,
    ) -> None:
        self._reader = TableReader(table, options)
        suffix = "TSV" if table.delimiter == "\t" else "CSV"
        self.format = f"{self._reader.tool} {suffix}" if self._reader.tool else "delimited text"

    @property
    def columns(self) -> list[str]:
        return self._reader.columns

    @property
    def assumptions(self) -> list[str]:
        return self._reader.assumptions.in_words()

    @property
    def progress(self) -> float:
        return self._reader.progress

    def rows(self) -> Iterator[Row]:
        return self._reader.rows()


def likely_delimiter(head: Sequence[str], options: ReadingOptions) -> tuple[str, int]:
    """The delimiter of a file from its first lines, and the number of cells that most have.

    The one with which a line becomes a header; else the one that divides most lines alike.
    """
    best, best_score = (",", 1), (0, 0, 0)
    for delimiter in _DELIMITERS:
        rows = [split_quoted(line, delimiter).cells or [""] for line in head]
        width, lines = Counter(map(len, rows)).most_common(1)[0]
        header = max(rows, key=lambda row: known_headers(row, options.columns))
        headers = known_headers(header, options.columns)
        width = len(header) if headers else width
        score = (headers, lines if width > 1 else 0, width)
        if score > best_score:
            best, best_score = (delimiter, width), score
    return best
