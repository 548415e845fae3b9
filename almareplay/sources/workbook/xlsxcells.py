"""What the text of a cell of an `.xlsx` stands for, by the cell's kind and look.

Source: ECMA-376, part 1, 18.3.1.4 (c) and 18.18.11 (ST_CellType).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from math import isfinite

from almareplay.sources.times.datetimes import Cell
from almareplay.sources.workbook.errors import DamagedError
from almareplay.sources.workbook.isotimes import iso_moment
from almareplay.sources.workbook.numbers import Form, formatted, padded
from almareplay.sources.workbook.xlsxstyles import Styles, Texts, is_on, unescaped

NUMBER, SHARED = "n", "s"
"""The kinds of numbers, dates among them, and of texts that cells share."""

ReadText = Callable[[str], Cell]


class CellValues:
    """Gives for a kind of cells and a look what reads their texts.

    A text has no blanks around it. A number becomes a text only where it is shown with leading
    zeros. What reads a text raises DamagedError, ValueError.
    """

    def __init__(self, styles: Styles, texts: Texts, first_day: date) -> None:
        self._forms = styles.forms
        self._texts = texts.texts
        self._first_day = datetime.combine(first_day, time())
        self.reading = lru_cache(maxsize=4096)(self._reading)

    def _reading(self, kind: str, style: str) -> ReadText:
        if kind == NUMBER:
            return self._numbers(self._forms.get(style))
        if kind == SHARED:
            return self._shared
        return lambda text: _worded(text, kind)

    def _numbers(self, form: Form | None) -> ReadText:
        if form is None:
            return _number
        if form.zeros:
            return lambda text: _padded(_number(text), form.zeros)

        # Rows near each other have the same few times.
        @lru_cache(maxsize=1024)
        def moment(text: str) -> Cell:
            value = _number(text)
            return value if isinstance(value, str) else formatted(value, form, self._first_day)

        return moment

    def _shared(self, number: str) -> Cell:
        index = int(number)
        if not 0 <= index < len(self._texts):
            raise DamagedError("a cell shares a text that is not there")
        return self._texts[index]


def _number(text: str) -> float | str:
    """The number; an empty text where there is none."""
    if not text:
        return ""
    value = float(text)
    if "_" in text or not isfinite(value):
        raise DamagedError("a number is none")
    return value


def _padded(value: float | str, zeros: int) -> Cell:
    if isinstance(value, str):
        return value
    digits = padded(value, zeros)
    return value if digits is None else digits


def _worded(text: str, kind: str) -> Cell:
    """What a cell holds that is no number and shares no text."""
    if kind == "b":
        return is_on(text)
    if kind == "d":
        return iso_moment(text)
    return unescaped(text) if "_x" in text else text


def column_of(letters: str) -> int:
    """The column, from 0, that is called so."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
