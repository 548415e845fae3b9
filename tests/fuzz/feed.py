"""Bytes fed as a capture, and what must hold of what comes out."""

from __future__ import annotations

import random
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from almareplay.outcomes.reasons import in_words
from almareplay.sources import Codabar, DateOrder, FileRefused, ReadingOptions, open_capture
from almareplay.transactions import InvalidRow, Kind, LeftOut, Transaction
from tests.fuzz.persons import Known, wrong

UNFORESEEN = "has something in it that cannot be read"
"""What is said where a reader raised what nobody foresaw: then it has a bug."""

_FIXTURES = Path(__file__).parents[2] / "fixtures"
_COLUMNS = [{}, {}, {"item_barcode": "A"}, {"item_barcode": "2", "patron_id": "A"}]


def captures() -> list[bytes]:
    """The bytes of all fixtures."""
    files = [*_FIXTURES.glob("outage-*"), *(_FIXTURES / "captures").iterdir()]
    return [file.read_bytes() for file in sorted(files)]


def check_persons(path: Path, given: Known, dice: random.Random) -> None:
    """Read a capture of known truth, with flags by chance.

    Raises AssertionError for a row that would lend to a person who did not take the item, or that
    holds a person's name.
    """
    path.write_bytes(given.content)
    options = ReadingOptions(
        timezone=ZoneInfo("America/Los_Angeles"),
        now=datetime(2026, 11, 21, 12, tzinfo=UTC),
        library="MAIN",
        circ_desk="DESK",
        include_saved=dice.random() < 0.7,
        codabar=dice.choice([None, Codabar.STRIP]),
    )
    try:
        rows = list(open_capture(path, options).rows())
    except FileRefused as refusal:
        assert UNFORESEEN not in str(refusal)
        return
    bad = wrong(rows, given.truth)
    assert not bad, f"{given.name}: {bad[0]}"


def feed(path: Path, content: bytes, dice: random.Random) -> str:
    """Read the content as a capture, with flags by chance; answer how it ended.

    Raises whatever the reader raises besides FileRefused, and AssertionError for rows that can not
    be.
    """
    path.write_bytes(content)
    options = ReadingOptions(
        timezone=ZoneInfo("America/Los_Angeles"),
        now=datetime(2026, 11, 21, 12, tzinfo=UTC),
        library="MAIN",
        circ_desk="DESK",
        kind=dice.choice([None, *Kind]),
        captured_at=dice.choice([None, datetime(2026, 9, 14, 9)]),  # noqa: DTZ001 - local
        date_order=dice.choice([None, *DateOrder]),
        columns=dice.choice(_COLUMNS),
        include_saved=dice.random() < 0.5,
        scanner_prefix=dice.choice(["", "3"]),
    )
    try:
        capture = open_capture(path, options)
        rows = list(capture.rows())
    except FileRefused as refusal:
        assert str(refusal).startswith("capture")
        assert "\n" not in str(refusal)
        assert UNFORESEEN not in str(refusal)
        return "refused"
    assert all(capture.columns)
    assert all(capture.assumptions)
    assert 0.0 <= capture.progress <= 1.0
    for row in rows:
        if not isinstance(row, LeftOut):
            # The queue takes no half characters, and a terminal no signs that steer it.
            held = f"{row.item_barcode}{row.patron_id}"
            assert {unicodedata.category(sign) for sign in held}.isdisjoint({"Cc", "Cs"})
        if isinstance(row, Transaction):
            assert row.item_barcode
            assert row.patron_id or row.kind is Kind.RETURN
            assert row.captured_at.tzinfo is not None
        else:
            assert isinstance(row, InvalidRow | LeftOut)
            assert in_words(row.reason)
    return "read" if any(isinstance(row, Transaction) for row in rows) else "no row that is good"
