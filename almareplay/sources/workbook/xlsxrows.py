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
from almareplay.sources.workbook.errors import MOST_ROWS
from almareplay.sources.workbook.numbers import PLAIN
from almareplay.sources.workbook.xlsxcells import NUMBER, SHARED, CellValues, ReadText, column_of
from almareplay.sources.workbook.xlsxstyles import Styles, Texts, is_on

_BLANKS = r"[ \t\r\n]*"
_NUMBER = "([1-9][0-9]{0,6})"
_TEXT = r"([^<>&\x00-\x1f\ufffe\uffff]*)"
_NO_TEXT = "()"
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
_MOST_COLUMNS = 64
_MOST_SHAPES = 32


class PlainRow(NamedTuple):
    """Number and cells of a row, and the columns of numbers that only the screen shows with leading
    zeros."""

    number: int
    cells: list[Cell]
    zeros: list[int]


class _Shape(NamedTuple):
    """All that rows have in common but their numbers and their cells' texts.

    ``pattern`` finds these: the number, and a text for each column from the first one on, an empty
    one where there is none. ``readings`` read those that are more than text, by their columns;
    ``padded`` are the columns of numbers that are shown with leading zeros.
    """

    pattern: re.Pattern[str]
    readings: list[tuple[int, ReadText]]
    padded: list[int]

    def row(self, number: int, texts: list[str]) -> PlainRow:
        """The row with these texts. Raises DamagedError, ValueError."""
        cells: list[Cell] = [text.strip() for text in texts]
        for column, read in self.readings:
            cells[column] = read(texts[column].strip())
        # A number that fills its digits stays a number.
        zeros = [
            column
            for column in self.padded
            if isinstance(cells[column], str) and cells[column] != ""
        ]
        while cells and cells[-1] == "":
            cells.pop()
        return PlainRow(number, cells, zeros)


class PlainRows:
    """Reads the plain rows of one sheet: most look as one before them, but for their texts."""

    def __init__(self, styles: Styles, texts: Texts, values: CellValues) -> None:
        self._styles = styles
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
            new = self._shape_of(xml) if len(self._shapes) < _MOST_SHAPES else None
            if new is None or not (found := new.pattern.fullmatch(xml)):
                return None
            shape = new
            self._shapes.append(shape)
        number, *texts = found.groups()
        if _ESCAPE in xml or not after < int(number) <= MOST_ROWS:
            return None
        if self._struck_texts and not self._struck_texts.isdisjoint(texts):
            return None
        return shape.row(int(number), texts)

    def _shape_of(self, xml: str) -> _Shape | None:
        """The shape of a row; None for one that is not plain."""
        row = _ROW.match(xml)
        if row is None or not _is_shown(row[2]):
            return None
        pattern = f'{_BLANKS}<row r="{_NUMBER}"{re.escape(row[2])}>'
        readings: list[tuple[int, ReadText]] = []
        padded: list[int] = []
        end, width = row.end(), 0
        while end < len(xml):
            cell = _CELL.match(xml, end)
            if cell is None or cell[2] != row[1] or cell["style"] in self._styles.struck:
                return None
            end, column = cell.end(), column_of(cell[1])
            if not width <= column < _MOST_COLUMNS:
                return None
            pattern += _NO_TEXT * (column - width)
            pattern += rf'<c r="{cell[1]}\1{re.escape(cell["before"])}'
            width = column + 1
            if cell["inline"]:
                pattern += f"{_TEXT}</t></is></c>"
            elif cell["value"]:
                kind, style = cell["kind"] or NUMBER, cell["style"] or "0"
                pattern += f"{_INDEX if kind == SHARED else _TEXT}</v></c>"
                readings.append((column, self._values.reading(kind, style)))
                if kind == NUMBER and self._styles.forms.get(style, PLAIN).zeros:
                    padded.append(column)
            else:
                pattern += _NO_TEXT
        return _Shape(re.compile(pattern), readings, padded)


def _is_shown(attributes: str) -> bool:
    """Whether a row has attributes with which it is not hidden, none of them twice."""
    named = _ATTRIBUTE.findall(attributes)
    return len(dict(named)) == len(named) and not is_on(dict(named).get("hidden"))
