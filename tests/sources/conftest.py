"""Captures written by the tests, and the captures among the fixtures, read with usual options."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from almareplay.outcomes.reasons import all_in_words, in_words
from almareplay.sources import Capture, ReadingOptions, Row, open_capture
from almareplay.transactions import InvalidRow, Transaction

FIXTURES = Path(__file__).parents[2] / "fixtures"
USUAL = {
    "timezone": ZoneInfo("America/Los_Angeles"),
    "now": datetime(2026, 11, 21, 12, tzinfo=UTC),
    "library": "MAIN",
    "circ_desk": "DESK",
}


@pytest.fixture
def options() -> Callable[..., ReadingOptions]:
    """Reading options, the usual ones but for what is named."""
    return lambda **named: ReadingOptions(**{**USUAL, **named})


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Capture]:
    """Opens a fixture by its name, or bytes or text as a file called ``capture``."""

    def opened(content: str | bytes, **named: object) -> Capture:
        if isinstance(content, str) and "\n" not in content:
            path = FIXTURES / content
        else:
            path = tmp_path / "capture"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return open_capture(path, ReadingOptions(**{**USUAL, **named}))  # type: ignore[arg-type]  # the names are the test's

    return opened


@pytest.fixture
def read(opened: Callable[..., Capture]) -> Callable[..., list[Row]]:
    """All rows of a capture; takes what ``opened`` takes."""
    return lambda content, **named: list(opened(content, **named).rows())


@pytest.fixture
def seen(read: Callable[..., list[Row]]) -> Callable[..., list[str]]:
    """All rows of a capture as short words, for whole files; takes what ``opened`` takes.

    ``3 loan 34880000400036 24880000200014 09-14 09:03``, ``14 REASON`` or ``(blank line)``.
    """
    return lambda content, **named: [_in_words(row) for row in read(content, **named)]


def _in_words(row: Row) -> str:
    if isinstance(row, Transaction):
        words = f"{row.source_row} {row.kind} {row.item_barcode} {row.patron_id}".strip()
        words += f" {row.captured_at:%m-%d %H:%M}"
        return f"{words} [{all_in_words(row.notes)}]" if row.notes else words
    if isinstance(row, InvalidRow):
        return f"{row.source_row} {in_words(row.reason)}"
    return f"({in_words(row.reason)})"
