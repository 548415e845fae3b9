"""The HTML report as a text, and rows for it."""

from __future__ import annotations

import io
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from almareplay.outcomes import Outcome, ReportRow
from almareplay.reports import Report
from almareplay.reports.html import write_html

AT = datetime(2026, 9, 14, 9, 2, tzinfo=timezone(timedelta(hours=-7)))
HOUR = timedelta(hours=1)
LOANED, BLOCKED, PENDING = Outcome.LOANED, Outcome.PATRON_BLOCKED, Outcome.PENDING
OREGON = ZoneInfo("America/Los_Angeles")


def page_of(report: Report) -> str:
    file = io.StringIO(newline="")
    write_html(report, file)
    return file.getvalue()


def with_outcome(row: ReportRow, outcome: Outcome, at: datetime | None = AT) -> ReportRow:
    return row._replace(
        outcome=outcome,
        disposition=outcome.disposition,
        advice=outcome.advice,
        captured_at=at,
    )


def embedded(page: str, name: str = "all-rows") -> list[dict[str, Any]]:
    """The rows that a page holds, as its script unpacks them."""
    rows: list[dict[str, Any]] = []
    for text in re.findall(rf'<script type="application/json" class="{name}">(.*?)</script>', page):
        block = json.loads(text)
        columns = {}
        for key, column in block["columns"].items():
            if isinstance(column, dict):
                at = column.get("at", [0] * block["size"])
                column = [column["each"][place] for place in at]
            columns[key] = column
        rows += [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ]
    return rows
