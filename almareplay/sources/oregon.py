"""The CSV of the University of Oregon's offline circulation tool: eight columns in fixed order.

`library, datetime, retorlo, itmbarcd, itmcalnm, ptrbarcd, ptrname, saved`, with or without a
header line. The columns of call numbers and of patrons' names are never looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from almareplay.sources.capturetable import FIELDS, OREGON
from almareplay.sources.delimited import split_quoted
from almareplay.sources.headers import Layout, wording

WIDTH = len(OREGON.columns)

_TRUSTED = 4
"""Columns before the call number, which may hold the comma that made a row too long."""

_COLUMNS = {
    field: OREGON.columns.index(column) for field, column in zip(FIELDS, OREGON.needed, strict=True)
}
_TIMESTAMP = re.compile(r"20[0-9]{12}")


def oregon_layout(head: Sequence[str], delimiter: str) -> Layout | None:
    """The layout of an Oregon CSV; None where the first lines, without blank ones, are none.

    A quarter of the lines is enough: the others are reported one by one.
    """
    rows = [[str(cell) for cell in split_quoted(line, delimiter)[0]] for line in head]
    if tuple(wording(cell) for cell in rows[0]) == OREGON.columns:
        return Layout(_COLUMNS, WIDTH, 1, OREGON.columns, exact=True, trusted=_TRUSTED)
    alike = sum(
        len(row) == WIDTH and bool(_TIMESTAMP.fullmatch(row[1])) and row[2].upper() in ("L", "R")
        for row in rows
    )
    if alike == 0 or alike * 4 < len(rows):
        return None
    return Layout(_COLUMNS, WIDTH, exact=True, trusted=_TRUSTED)
