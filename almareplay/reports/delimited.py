"""A report or a list as CSV: UTF-8, with a header, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TextIO

from almareplay.outcomes import ReportRow

Row = tuple[object, ...]
"""A value for each column."""

# What a spreadsheet may take for the beginning of a formula, also behind blanks.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_csv(
    rows: Iterable[Row], file: TextIO, columns: Sequence[str] = ReportRow._fields
) -> None:
    """Write a header and one line a row."""
    writer = csv.writer(file)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(value) for value in row])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value).replace("\x00", "")
    if isinstance(value, str) and text.lstrip(" \xa0").startswith(_FORMULA):
        return f"'{text}"
    return text
