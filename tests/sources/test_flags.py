"""The values of flags."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from almareplay.sources import parse_captured_at, parse_clock_offset, parse_columns
from almareplay.sources.flags import parse_day


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("+00:04", 240),
        ("-00:01:30", -90),
        ("-90s", -90),
        ("4m", 240),
        ("+2h", 7200),
        ("−1d", -86_400),
        ("5844d", 504_921_600),
    ],
)
def test_clock_offsets(text: str, seconds: int) -> None:
    assert parse_clock_offset(text) == timedelta(seconds=seconds)


def test_columns() -> None:
    assert parse_columns("item_barcode=C, Patron-ID=User barcode,kind=3") == {
        "item_barcode": "C",
        "patron_id": "User barcode",
        "kind": "3",
    }


def test_captured_at() -> None:
    expected = datetime(2026, 9, 14, 9)  # noqa: DTZ001 - local to the setting
    assert parse_captured_at("2026-09-14 09:00") == expected
    assert parse_captured_at("2026-09-14T9:00:00") == expected


@pytest.mark.parametrize(
    ("parse", "text", "sentence"),
    [
        (parse_clock_offset, "four minutes", "'four minutes' is no clock offset: write"),
        (parse_clock_offset, "", "is no clock offset"),
        (parse_columns, "item_barcode", "'item_barcode' names no column: write FIELD=COLUMN"),
        (parse_columns, "barcode=C", "'barcode' is no field: the fields are kind, captured_at"),
        (parse_columns, "kind=A,kind=B", "kind is given twice"),
        (parse_day, "14/09/2026", "is no day: write it as 2026-09-14"),
        (parse_captured_at, "14/09/2026", "is no local time: write it as 2026-09-14 09:00"),
        (parse_captured_at, "2026-09-31 09:00", "31 September does not exist: 2026-09-31 09:00"),
    ],
)
def test_what_cannot_be_read(parse: Callable[[str], object], text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse(text)
