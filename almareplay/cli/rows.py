"""Rows as they are named on the command line, and as they are told in a line."""

from __future__ import annotations

import re
from collections.abc import Iterable

import typer

from almareplay.outcomes import ReportRow

_PART = re.compile(r"(\d{1,9})(?:\s*[-\u2013]\s*(\d{1,9}))?", re.ASCII)
_MOST = 10_000


class RowNumbers(tuple[int, ...]):
    """The numbers that one word names."""

    __slots__ = ()


def parse_rows(text: str) -> RowNumbers:
    """The numbers in ``17``, ``36,58`` or ``4-9``. Raises BadParameter."""
    numbers: list[int] = []
    for part in text.split(","):
        found = _PART.fullmatch(part.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 0 < first <= last:
            raise typer.BadParameter(f"{text!r} names no rows: write 17, or 36,58 or 4-9.")
        if last - first + len(numbers) >= _MOST:
            raise typer.BadParameter(
                f"{text!r} names more than {_MOST:,} rows: take fewer at once."
            )
        numbers += range(first, last + 1)
    return RowNumbers(dict.fromkeys(numbers))


def all_of(named: Iterable[RowNumbers] | None) -> list[int]:
    """The numbers of all words, each once, in their order."""
    return list(dict.fromkeys(number for numbers in named or () for number in numbers))


def in_words(row: ReportRow, *, with_patron: bool = False) -> str:
    """What a row says, without who has the item unless that is wanted."""
    words: list[str] = [row.kind or "neither loan nor return"]
    if row.item_barcode:
        words.append(f"item {row.item_barcode}")
    if row.patron_id and with_patron:
        words.append(f"patron {row.patron_id}")
    if row.captured_at is not None:
        words.append(f"captured {row.captured_at:%Y-%m-%d %H:%M}")
    if row.library:
        words.append(f"at {row.library}, desk {row.circ_desk}")
    return ", ".join(words)
