"""A report or a list as CSV: UTF-8, with a header, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TextIO

from almareplay.outcomes import ReportRow

Row = tuple[object, ...]
"""A value for each column."""

# Where a spreadsheet may see the beginning of a formula, also behind blanks and quotation marks: at
# the beginning of a cell, and behind the semicolons and tabs by which many of them split a CSV. The
# quotation marks around our cells then stand in the midst of a cell and mean nothing.
_FORMULA = re.compile(
    r"""^(?=[ \xa0"]*[\t\r\n])|(^|[;\t\r\n])(?=[ \xa0"]*[=+\-@\uff1d\uff0b\uff0d\uff20])"""
)


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
    return defused(text) if isinstance(value, str) else text


def defused(text: str) -> str:
    """A text with an apostrophe before all that a spreadsheet may run as a formula."""
    return _FORMULA.sub(lambda found: f"{found[0]}'", text)
