"""Headers and rows of captures, and what is read of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from almareplay.outcomes.reasons import in_words
from almareplay.sources import Capture, Row
from almareplay.transactions import InvalidRow, LeftOut, Transaction

Read = Callable[..., list[Row]]
Opened = Callable[..., Capture]
HEADER = "Timestamp,Type,Patron ID,Item Barcode\n"
OUTAGE = datetime(2026, 9, 14, 9)  # noqa: DTZ001 - local to the setting


def transactions(rows: list[Row]) -> list[Transaction]:
    assert all(isinstance(row, Transaction | LeftOut) for row in rows), rows
    return [row for row in rows if isinstance(row, Transaction)]


def reasons(rows: list[Row]) -> list[str]:
    return [in_words(row.reason) for row in rows if isinstance(row, InvalidRow)]
