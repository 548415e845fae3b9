"""A report or a list as JSON Lines: an object a row, its keys the columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TextIO

from almareplay.outcomes import ReportRow
from almareplay.reports.delimited import Row


def write_jsonl(
    rows: Iterable[Row], file: TextIO, columns: Sequence[str] = ReportRow._fields
) -> None:
    """Write one JSON object a line; what is not known is null or an empty string."""
    for row in rows:
        named = dict(zip(columns, row, strict=True))
        file.write(json.dumps(named, default=as_json, ensure_ascii=False) + "\n")


def as_json(value: object) -> str:
    """What JSON has no type for, as the text that stands for it in reports."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    # Money as a text: a number of JSON is read as a binary fraction.
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"a report has no {type(value).__name__}")
