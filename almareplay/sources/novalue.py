"""What spreadsheets show where a cell has no value, and how they keep text as text in a CSV."""

from __future__ import annotations

import re

from almareplay.sources.moments import Cell

NOT_CALCULATED = "="
"""Stands for a formula of which the file holds no value."""

# Programs translate the names, as in #REF! and #BEZUG!; ### is a column too narrow for its number.
_ERROR = re.compile(r"#(?:N/A|NV|N/D|[^\W\d_]{3,}/?0?[!?]|#{2,})|Err:[0-9]{3}")
_TEXT = re.compile(r'="([^"]*)"')


def no_value(cell: Cell) -> str:
    """Why a cell has no value, as the end of a sentence about it; empty where it has one."""
    if not isinstance(cell, str) or cell[:1] not in ("#", "=", "E"):
        return ""
    if _ERROR.fullmatch(cell):
        return f"shows an error of the spreadsheet ({cell})"
    if cell[0] == "=":
        return (
            "holds a formula without its value: open the file in a spreadsheet program, "
            "save it there and load that"
        )
    return ""


def written_as_text(cell: str) -> str:
    """The text of a cell of a CSV, where it was written as ``="00123"`` to keep its zeros."""
    text = _TEXT.fullmatch(cell)
    return text[1].strip() if text else cell
