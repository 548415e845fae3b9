"""The report as JSON Lines: an object a row, its keys the report's columns."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TextIO

from almareplay.outcomes import ReportRow


def write_jsonl(rows: Iterable[ReportRow], file: TextIO) -> None:
    """Write one JSON object a line; what is not known is null or an empty string."""
    for row in rows:
        file.write(json.dumps(row._asdict(), default=_as_text, ensure_ascii=False) + "\n")


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    raise TypeError(f"a report has no {type(value).__name__}")
