"""What a number in a cell is: a number, a date, a time of day or a duration, by its format."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from almareplay.sources.times.datetimes import Cell

_LITERAL = re.compile(r"\"[^\"]*\"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]", re.IGNORECASE)
_DURATION = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_EXPONENT = re.compile(r"e[+-]", re.IGNORECASE)
_DATE = re.compile(r"[dmyhs]", re.IGNORECASE)
_ZEROS = re.compile(r"0{2,}")

_MOST_DAYS = 2_958_466
"""Spreadsheets know no day after 31 December 9999."""
_MIDNIGHT = datetime(1970, 1, 1)  # noqa: DTZ001 - of no zone


class Form(NamedTuple):
    """What a number format makes of a number; with ``zeros`` it is padded to so many digits."""

    is_date: bool = False
    is_duration: bool = False
    zeros: int = 0


PLAIN = Form()


@lru_cache(maxsize=4096)
def form_of(code: str) -> Form:
    """What a format makes of a number, by its code as it is written in files."""
    code = _LITERAL.sub("", code).partition(";")[0]
    if _ZEROS.fullmatch(code):
        return Form(zeros=len(code))
    if _DURATION.search(code):
        return Form(is_duration=True)
    if "general" in code.casefold():
        return PLAIN
    return Form(is_date=bool(_DATE.search(_EXPONENT.sub("", code))))


def formatted(value: float, form: Form, first_day: datetime) -> Cell:
    """What a number with this format stands for; the number itself where it can be nothing else.

    ``first_day`` is the midnight with the number 0.
    """
    if form.is_duration and -_MOST_DAYS < value < _MOST_DAYS:
        return timedelta(days=value)
    if not form.is_date or not 0 <= value < _MOST_DAYS:
        return value
    if value < 1:
        return (_MIDNIGHT + timedelta(days=value)).time()
    try:
        at = first_day + timedelta(days=value)
    except OverflowError:
        return value
    return at.date() if value.is_integer() else at


def padded(value: float, zeros: int) -> str | None:
    """The digits that the screen shows of a number padded with zeros, where it has leading ones."""
    if not 0 <= value < 1e15 or not value.is_integer():
        return None
    text = f"{int(value):0{zeros}}"
    return text if text.startswith("0") else None
