"""What programs write where a cell has no value, and how they keep text as text in a CSV."""

from __future__ import annotations

import re

from almareplay.sources.times.datetimes import Cell
from almareplay.transactions import Reason

NOT_CALCULATED = "="
"""Stands for a formula of which the file holds no value."""

# As databases, R, pandas, Java, JavaScript and spreadsheets write it, in small letters.
_WORDS = {
    *("null", "\\n", "(null)", "<null>", "[null]", "{null}", "nul", "nil", "none", "<none>"),
    *("(none)", "nan", "<na>", "<nan>", "nat", "na", "n/a", "n.a.", "n.a", "(n/a)", "#n/a"),
    *("#n/a!", "#nv", "#n/d", "undefined", "void", "-", "--", "---", "–", "—"),
    *("(blank)", "(empty)", "<empty>", "<blank>", "(leer)", "(vide)", '""', "''", "dbnull"),
}
NOTHING = frozenset(
    written for word in _WORDS for written in (word, word.upper(), word.title(), word.capitalize())
) | {"\\N", "NaN", "NaT", "<NaN>", "DBNull"}
"""What programs write for nothing, each as they write it."""

# Programs translate the names, as in #REF! and #BEZUG!; ### is a column too narrow for its number.
_ERROR = re.compile(r"#(?:[^\W\d_]{3,}/?0?[!?]|#{2,})|Err:[0-9]{3}")
MARKS = frozenset("#=E")
"""With what a cell begins that has no value."""

_TEXT = re.compile(r'="([^"]*)"')


def is_nothing(cell: Cell) -> bool:
    """Whether a cell that is not empty says that there is nothing in it."""
    return cell in NOTHING


def no_value(cell: Cell, column: str) -> Reason | None:
    """Why a cell of the column with this letter has no value; None where it has one."""
    if not isinstance(cell, str) or cell[:1] not in MARKS:
        return None
    if _ERROR.fullmatch(cell):
        return Reason.of("cell_with_error", column=column, error=cell)
    return Reason.of("formula_without_value", column=column) if cell[0] == "=" else None


def written_as_text(cell: str) -> str:
    """The text of a cell of a CSV, where it was written as ``="00123"`` to keep its zeros."""
    text = _TEXT.fullmatch(cell)
    return text[1].strip() if text else cell
