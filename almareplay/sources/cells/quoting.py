"""The cells of a line of delimited text, whose quotation marks may be right or not."""

from __future__ import annotations

import csv
from typing import NamedTuple

from almareplay.sources.cells.novalue import written_as_text
from almareplay.sources.times.datetimes import Cell
from almareplay.transactions import Reason

NOT_CLOSED = Reason("quote_not_closed")
TEXT_BEHIND = Reason("text_behind_quote")
BACKSLASH = Reason("backslash_quotes")


class Split(NamedTuple):
    """The cells of a line as far as they are whole, and what is wrong with the next one."""

    cells: list[Cell]
    problem: Reason | None = None


def split_quoted(text: str, delimiter: str) -> Split:
    """The cells of a line; a quotation mark within quotation marks is written twice."""
    reader = csv.reader((text,), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        cells: list[Cell] = [cell.strip() for cell in next(reader)]
    except (csv.Error, StopIteration):
        return _split_by_hand(text, delimiter, backslash=False)
    if '="' in text:
        cells = [written_as_text(str(cell)) for cell in cells]
    return Split(cells)


def split_escaped(text: str, delimiter: str) -> Split:
    """The cells of a line in which a backslash takes the meaning from the sign behind it."""
    return _split_by_hand(text, delimiter, backslash=True)


def _split_by_hand(text: str, delimiter: str, *, backslash: bool) -> Split:
    cells: list[Cell] = []
    start = 0
    while True:
        while text.startswith(" ", start):
            start += 1
        if not text.startswith('"', start):
            end = text.find(delimiter, start)
            cells.append(text[start : end if end >= 0 else None].strip())
            if end < 0:
                return Split(cells)
        else:
            cell, end = _quoted_cell(text, start + 1, backslash=backslash)
            if end < 0:
                return Split(cells, NOT_CLOSED)
            while text.startswith(" ", end):
                end += 1
            if end < len(text) and not text.startswith(delimiter, end):
                return Split(cells, TEXT_BEHIND)
            cells.append(written_as_text(cell.strip()))
            if end >= len(text):
                return Split(cells)
        start = end + 1


def _quoted_cell(text: str, start: int, *, backslash: bool) -> tuple[str, int]:
    """What stands between quotation marks, and the place behind the closing one; -1 where there is
    none."""
    parts: list[str] = []
    while True:
        mark = text.find('"', start)
        if backslash and (escape := text.find("\\", start)) >= 0 and (escape < mark or mark < 0):
            parts += text[start:escape], text[escape + 1 : escape + 2]
            start = escape + 2
            continue
        if mark < 0:
            return "", -1
        parts.append(text[start:mark])
        if not text.startswith('"', mark + 1):
            return "".join(parts), mark + 1
        parts.append('"')
        start = mark + 2
