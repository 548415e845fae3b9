"""``almareplay load --preview``: how captures are understood, with nothing stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from almareplay.cli.captures import find_capture
from almareplay.cli.shared import Exit, count, results, say
from almareplay.settings import Settings
from almareplay.sources import Capture, FileRefused, ReadingOptions
from almareplay.transactions import InvalidRow, LeftOut, Transaction

_FIRST_ROWS = 5
_REASONS = 12
_HEADINGS = ("row", "captured at", "kind", "item barcode", "patron id", "library", "desk")


@dataclass(slots=True)
class _Seen:
    """What a capture holds, as far as a preview shows it."""

    read: int = 0
    first_rows: list[Transaction] = field(default_factory=list)
    invalid: Counter[str] = field(default_factory=Counter)
    first_invalid: dict[str, int] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None


def preview_files(files: Iterable[str], reading: ReadingOptions, settings: Settings) -> Exit:
    """Show how each capture is understood; the exit code is what ``load`` would end with."""
    shown = refused = invalid = 0
    for file in files:
        try:
            named = find_capture(file, reading, settings)
            capture = named.open()
            seen = _look_at(capture)
        except FileRefused as error:
            refused += 1
            say(str(error))
            continue
        shown += 1
        invalid += seen.invalid.total()
        _show(named.name, capture, seen, reading)
    if not shown:
        return Exit.USAGE
    return Exit.OPEN if refused or invalid else Exit.DONE


def _look_at(capture: Capture) -> _Seen:
    seen = _Seen()
    for row in capture.rows():
        if isinstance(row, LeftOut):
            seen.left_out[row.reason] += 1
        elif isinstance(row, InvalidRow):
            # The reasons end in what stood there: counted are the kinds of them.
            reason = row.reason.partition(": ")[0]
            seen.invalid[reason] += 1
            seen.first_invalid.setdefault(reason, row.source_row)
        else:
            seen.read += 1
            if len(seen.first_rows) < _FIRST_ROWS:
                seen.first_rows.append(row)
            seen.first = min(seen.first or row.captured_at, row.captured_at)
            seen.last = max(seen.last or row.captured_at, row.captured_at)
    return seen


def _show(name: str, capture: Capture, seen: _Seen, reading: ReadingOptions) -> None:
    results.print(f"{name}: {capture.format}")
    results.print("  Columns:")
    for column in capture.columns:
        results.print(f"    {column}")
    if seen.first_rows:
        results.print("  First rows, as understood:")
        _show_rows(seen.first_rows)
    span = ""
    if seen.first is not None and seen.last is not None:
        span = f", {seen.first:%d %b %Y %H:%M} to {seen.last:%d %b %Y %H:%M} ({reading.timezone})"
    results.print(f"  {count(seen.read, 'row')} would be read{span}")
    for reason, lines in seen.left_out.items():
        results.print(f"  {count(lines, 'line')} would be left out: {reason}")
    for reason, rows in seen.invalid.most_common(_REASONS):
        at = seen.first_invalid[reason]
        where = f"row {at}" if rows == 1 else f"the first is row {at}"
        results.print(f"  {count(rows, 'row')} cannot be read: {reason} ({where})")
    if len(seen.invalid) > _REASONS:
        results.print(f"  … and {len(seen.invalid) - _REASONS} more reasons")
    if capture.assumptions:
        results.print("  Assumed:")
        for assumption in capture.assumptions:
            results.print(f"    {assumption}")
    results.print("  Nothing was stored.")


def _masked(patron_id: str) -> str:
    """Enough of a patron id to see that it is one: whole ones stand in queue and reports only."""
    shown = 2 if len(patron_id) > 5 else 0
    hidden = len(patron_id) - 2 * shown
    return patron_id[:shown] + "•" * hidden + patron_id[shown + hidden :]


def _show_rows(rows: list[Transaction]) -> None:
    cells = [
        _HEADINGS,
        *(
            (
                str(row.source_row),
                f"{row.captured_at:%Y-%m-%d %H:%M}"
                + (f":{row.captured_at:%S}" if row.has_seconds else ""),
                row.kind.value,
                row.item_barcode,
                _masked(row.patron_id),
                row.library,
                row.circ_desk,
            )
            for row in rows
        ),
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        words = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        results.print(f"    {words.rstrip()}")
