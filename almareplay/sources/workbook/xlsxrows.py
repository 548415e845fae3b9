"""Rows of an `.xlsx` that are written as programs write nearly all, read without an XML parser,
which takes several times as long over them.

What is read here says the same to every reader of XML: it has no entity, no comment, no character
that XML forbids, no element or attribute but those of plain cells. Any other row is left to the
parser.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from almareplay.sources.times.datetimes import Cell
from almareplay.sources.workbook.errors import MOST_COLUMNS, MOST_ROWS
from almareplay.sources.workbook.xlsxcells import NUMBER, SHARED, CellValues, ReadText, column_of
from almareplay.sources.workbook.xlsxstyles import Styles, Texts, is_on

_BLANKS = r"[ \t\r\n]*"
_NUMBER = "([1-9][0-9]{0,6})"
_TEXT = r"([^<>&\x00-\x1f\ufffe\uffff]*)"
_INDEX = "(0|[1-9][0-9]{0,8})"
_ROW = re.compile(rf'{_BLANKS}<row r="{_NUMBER}"((?: [\w:]+="[\w.,:; -]*")*)>', re.ASCII)
_ATTRIBUTE = re.compile(r' ([\w:]+)="([^"]*)"')
_CELL = re.compile(
    rf'<c r="([A-Z]{{1,3}}){_NUMBER}(?P<before>"(?: s="(?P<style>[0-9]{{1,5}})")?'
    r'(?:(?P<inline> t="inlineStr"><is><t(?: xml:space="preserve")?>)|'
    r'(?: t="(?P<kind>b|e|n|s|str)")?(?:(?P<value>><v>)|/>|></c>)))'
    rf"(?(inline){_TEXT}</t></is></c>|(?(value){_TEXT}</v></c>))"
)
_ESCAPE = "_x"
"""Begins a character that XML cannot hold."""
_MOST_CELLS = 64
_MOST_SHAPES = 32


class PlainRow(NamedTuple):
    """Number and cells of a row, and the columns of numbers that only the screen shows with leading
    zeros."""

    number: int
    cells: list[Cell]
    zeros: list[int]


class _Shape(NamedTuple):
    """All that rows have in common but their numbers and their cells' texts.

    ``pattern`` finds these. ``columns`` are those of the cells that have texts, from 0, with what
    reads each; ``numbers`` are the places of numbers among them.
    """

    pattern: re.Pattern[str]
    columns: list[int]
    readings: list[ReadText]
    numbers: list[int]

    def row(self, number: int, texts: list[str]) -> PlainRow:
        """The row with these texts. Raises DamagedError, ValueError."""
        columns = self.columns
        cells = [read(text.strip()) for read, text in zip(self.readings, texts, strict=True)]
        zeros = [
            columns[place]
            for place in self.numbers
            if cells[place] != "" and isinstance(cells[place], str)
        ]
        if columns and columns[-1] >= len(columns):
            filled = dict(zip(columns, cells, strict=True))
            cells = [filled.get(column, "") for column in range(columns[-1] + 1)]
        while cells and cells[-1] == "":
            cells.pop()
        return PlainRow(number, cells, zeros)


class PlainRows:
    """Reads the plain rows of one sheet: most look as one before them, but for their texts."""

    def __init__(self, styles: Styles, texts: Texts, values: CellValues) -> None:
        self._struck = styles.struck
        self._struck_texts = {str(number) for number, runs in texts.runs.items() if True in runs}
        self._values = values
        self._shapes: list[_Shape] = []

    def read(self, xml: str, after: int) -> PlainRow | None:
        """The row whose XML this is, without the tag that closes it; None for one that is not
        plain, or does not come after the row of that number. Raises DamagedError, ValueError."""
        for shape in self._shapes:
            if found := shape.pattern.fullmatch(xml):
                break
        else:
            return self.read(xml, after) if self._learns(xml) else None
        number, *texts = found.groups()
        if _ESCAPE in xml or not after < int(number) <= MOST_ROWS:
            return None
        if self._struck_texts and not self._struck_texts.isdisjoint(texts):
            return None
        return shape.row(int(number), texts)

    def _learns(self, xml: str) -> bool:
        """Whether a row has a new shape, by which it can be read."""
        if len(self._shapes) == _MOST_SHAPES or (shape := self._shape_of(xml)) is None:
            return False
        self._shapes.append(shape)
        return True

    def _shape_of(self, xml: str) -> _Shape | None:
        """The shape of a row; None for one that is not plain."""
        row = _ROW.match(xml)
        if row is None or not _is_shown(row[2]):
            return None
        pattern = [f'{_BLANKS}<row r="{_NUMBER}"{re.escape(row[2])}>']
        shape = _Shape(row.re, [], [], [])
        end, last = row.end(), -1
        while end < len(xml):
            cell = _CELL.match(xml, end)
            if cell is None or cell[2] != row[1] or cell["style"] in self._struck:
                return None
            end, column, kind = cell.end(), column_of(cell[1]), cell["kind"] or NUMBER
            if not last < column < MOST_COLUMNS or len(pattern) > _MOST_CELLS:
                return None
            last = column
            pattern.append(rf'<c r="{cell[1]}\1{re.escape(cell["before"])}')
            if cell["inline"]:
                pattern.append(f"{_TEXT}</t></is></c>")
                reading: ReadText = str
            elif cell["value"]:
                pattern.append(f"{_INDEX if kind == SHARED else _TEXT}</v></c>")
                reading = self._values.reading(kind, cell["style"] or "0")
                if kind == NUMBER:
                    shape.numbers.append(len(shape.columns))
            else:
                continue
            shape.columns.append(column)
            shape.readings.append(reading)
        return shape._replace(pattern=re.compile("".join(pattern)))


def _is_shown(attributes: str) -> bool:
    """Whether a row has attributes with which it is not hidden, none of them twice."""
    named = _ATTRIBUTE.findall(attributes)
    return len(dict(named)) == len(named) and not is_on(dict(named).get("hidden"))
