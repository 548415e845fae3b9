"""Delimited text: `.csv`, `.tsv` and whatever spreadsheets export as text."""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from almareplay.sources.capture import Row
from almareplay.sources.headers import Layout, known_headers
from almareplay.sources.moments import Cell
from almareplay.sources.novalue import written_as_text
from almareplay.sources.options import ReadingOptions
from almareplay.sources.table import Record, TableReader
from almareplay.sources.textlines import LONGEST_LINE, WINDOWS_1252, TextLines

_DELIMITERS = ",;\t|"

LINES_IN_CELL = 10
"""A cell may hold so many lines; a quotation mark that closes later was never meant to open."""

_Line = tuple[int, str, str]
"""Number, text, and a note on how it was decoded."""


class DelimitedTable:
    """The records of a delimited file.

    ``usual_width`` is the number of cells that most lines have.
    """

    day_of_name: date | None = None
    spreadsheet = True

    def __init__(self, path: Path, delimiter: str, usual_width: int) -> None:
        self.name = path.name
        self._lines_of_file = TextLines(path)
        self._delimiter = delimiter
        self._usual_width = usual_width

    @property
    def progress(self) -> float:
        return self._lines_of_file.progress

    def records(self) -> Iterator[Record]:
        delimiter = self._delimiter
        source = self._lines()
        ahead: deque[_Line] = deque()
        while line := ahead.popleft() if ahead else next(source, None):
            number, text, note = line
            if '"' not in text:  # most lines, read ten times as fast
                cells: list[Cell] = [cell.strip() for cell in text.split(delimiter)]
                problem = ""
            else:
                cells, problem = self._quoted(text, ahead, source)
            if len(text) >= LONGEST_LINE - 1:
                cells, problem = [], f"the line has more than {LONGEST_LINE} characters"
            yield Record(number, cells, note, problem)

    def _lines(self) -> Iterator[_Line]:
        lines = self._lines_of_file
        others = 0
        for number, line in enumerate(lines, 1):
            note = WINDOWS_1252 if lines.others > others else ""
            others = lines.others
            yield number, line if line.isprintable() else line.strip("\x00\x1a\ufeff"), note

    def _quoted(
        self, text: str, ahead: deque[_Line], source: Iterator[_Line]
    ) -> tuple[list[Cell], str]:
        """The cells of a line with quotation marks, whose cells may go on in the lines ahead.

        A line ahead that is a whole record by itself is not swallowed: the mark was a stray one.
        """
        cells, is_open = split_quoted(text, self._delimiter)
        joined, used = text, 0
        while is_open and used < LINES_IN_CELL and len(joined) < LONGEST_LINE:
            if used == len(ahead):
                if not (line := next(source, None)):
                    break
                ahead.append(line)
            following = ahead[used][1]
            if following.count(self._delimiter) + 1 == self._usual_width:
                break
            joined, used = f"{joined}\n{following}", used + 1
            if '"' in following:
                further, is_open = split_quoted(joined, self._delimiter)
                cells = cells if is_open else further
        if is_open:
            return cells[:-1], "a quotation mark is opened and not closed"
        for _ in range(used):
            ahead.popleft()
        return cells, ""


class DelimitedCapture:
    """Reads delimited text with a header, or with columns that the user names."""

    def __init__(
        self,
        table: DelimitedTable,
        options: ReadingOptions,
        layout: Layout | None = None,
        format: str = "delimited text",
    ) -> None:
        self.format = format
        self._reader = TableReader(table, options, layout)

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


def split_quoted(text: str, delimiter: str) -> tuple[list[Cell], bool]:
    """The cells of a line, and whether its last one is still open, for want of a quotation mark."""
    reader = csv.reader((f"{text}\n", ""), delimiter=delimiter, skipinitialspace=True)
    try:
        cells: list[Cell] = [written_as_text(cell.strip()) for cell in next(reader)]
    except csv.Error:
        return [cell.strip() for cell in text.split(delimiter)], True
    return cells, reader.line_num > 1


def likely_delimiter(head: Sequence[str], options: ReadingOptions) -> tuple[str, int]:
    """The delimiter of a file from its first lines, and the number of cells that most have.

    The one with which a line becomes a header; else the one that divides most lines alike.
    """
    best, best_score = (",", 1), (0, 0, 0)
    for delimiter in _DELIMITERS:
        rows = [split_quoted(line, delimiter)[0] for line in head]
        width, lines = Counter(map(len, rows)).most_common(1)[0]
        header = max(rows, key=lambda row: known_headers(row, options.columns))
        headers = known_headers(header, options.columns)
        width = len(header) if headers else width
        score = (headers, lines if width > 1 else 0, width)
        if score > best_score:
            best, best_score = (delimiter, width), score
    return best
