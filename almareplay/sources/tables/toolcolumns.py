"""The columns of the two capture tools where nothing names them: eight in fixed order.

Oregon: ``library, datetime, retorlo, itmbarcd, itmcalnm, ptrbarcd, ptrname, saved``; Portland
State calls them otherwise. The column of patrons' names is looked at for an id that has slipped
into it, and kept nowhere; that of call numbers is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from almareplay.sources.tables.capturetools import FIELDS, OREGON, PORTLAND, Tool
from almareplay.sources.tables.headers import Layout
from almareplay.sources.tables.wordings import wording
from almareplay.sources.times.datetimes import Cell

WIDTH = len(OREGON.columns)

_TRUSTED = 4
"""Columns before the call number, which may hold the comma that made a row too long."""

_COLUMNS = {
    field: OREGON.columns.index(column) for field, column in zip(FIELDS, OREGON.read, strict=True)
}
_STAMP = re.compile(r"20[0-9]{12}(?:\.0)?")
_DATETIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}.*")
_SAVED = {"0", "1", "0.0", "1.0", "\\0", "\\1", "\x00", "\x01", "b'0'", "b'1'", "", "null", "\\n"}
_SAVED |= {"true", "false", "b'\\x00'", "b'\\x01'", "t", "f"}


def tool_layout(rows: Sequence[tuple[int, Sequence[Cell]]]) -> Layout | None:
    """The layout of a table that one of the tools has written, from its first rows (number and
    cells) without blank ones; None where it is none.

    A quarter of the rows is enough: the others are reported one by one.
    """
    number, first = rows[0]
    header = tuple(wording(cell) for cell in first)
    for tool in (OREGON, PORTLAND):
        if header == tuple(wording(column) for column in tool.columns):
            return Layout(
                _COLUMNS, WIDTH, number, header, exact=True, trusted=_TRUSTED, tool=tool.name
            )
    writers = [writer for _, cells in rows if (writer := _tool_of(cells))]
    if not writers or len(writers) * 4 < len(rows):
        return None
    return Layout(_COLUMNS, WIDTH, exact=True, trusted=_TRUSTED, tool=writers[0].name)


def _tool_of(cells: Sequence[Cell]) -> Tool | None:
    """Whose row it is: by its time, its kind and its mark of what was written out."""
    if len(cells) != WIDTH:
        return None
    stamp = cells[1]
    if isinstance(stamp, float) and stamp.is_integer():
        stamp = int(stamp)
    when = str(stamp)
    is_oregon = bool(_STAMP.fullmatch(when))
    if not (is_oregon or _DATETIME.fullmatch(when)) or str(cells[2]).upper() not in ("L", "R"):
        return None
    if str(cells[-1]).lower() not in _SAVED:
        return None
    return OREGON if is_oregon else PORTLAND
