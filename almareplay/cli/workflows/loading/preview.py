"""``almareplay load --preview``: how captures are understood, with nothing stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from almareplay.cli.console.exits import Exit
from almareplay.cli.console.output import count, results, say
from almareplay.cli.workflows.loading.captures import NamedCapture, find_capture
from almareplay.outcomes.reasons import in_words
from almareplay.settings import Settings
from almareplay.sources import Capture, ColumnSample, FileRefused, ReadingOptions
from almareplay.sources.cells.sampling import is_time_or_kind
from almareplay.sources.tables.headers import letter
from almareplay.transactions import InvalidRow, LeftOut, Reason, Transaction

NOT_GIVEN = "(not given)"
"""Stands for a library or a desk that a load would still ask for."""

_FIRST_ROWS = 5
_REASONS = 12
_LONGEST_CELL = 24
_HEADINGS = ("row", "captured at", "kind", "item barcode", "patron id", "library", "desk")


@dataclass(slots=True)
class _Seen:
    """What a capture holds, as far as a preview shows it."""

    read: int = 0
    first_rows: list[Transaction] = field(default_factory=list)
    cancelled: int = 0
    invalid: Counter[Reason] = field(default_factory=Counter)
    first_invalid: dict[Reason, int] = field(default_factory=dict)
    left_out: Counter[Reason] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None


def preview_files(files: Iterable[str], reading: ReadingOptions, settings: Settings) -> Exit:
    """Show how each capture is understood; the exit code is what ``load`` would end with."""
    named = {file: partial(find_capture, file, settings=settings) for file in files}
    return preview_captures(named, reading)


def preview_captures(
    captures: Mapping[str, Callable[[ReadingOptions], NamedCapture]], reading: ReadingOptions
) -> Exit:
    """The same for captures that are found by how they are read, by what the user calls them."""
    shown = refused = invalid = 0
    # What is read does not depend on where it happened.
    placed = replace(
        reading,
        library=reading.library or NOT_GIVEN,
        circ_desk=reading.circ_desk or NOT_GIVEN,
    )
    for file, find in captures.items():
        try:
            named = find(placed)
            capture = named.open()
            seen = _look_at(capture)
        except FileRefused as error:
            refused += 1
            _show_columns(Path(file).name, error.samples)
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
        elif isinstance(row, InvalidRow) and row.cancelled:
            seen.cancelled += 1
        elif isinstance(row, InvalidRow):
            # Counted are the kinds of reasons, without what stood in each row.
            reason = row.reason.unquoted
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
    if seen.cancelled:
        results.print(f"  {count(seen.cancelled, 'row')} cancelled at the desk: not to be sent")
    for reason, lines in seen.left_out.items():
        results.print(f"  {count(lines, 'line')} would be left out: {in_words(reason)}")
    for reason, rows in seen.invalid.most_common(_REASONS):
        at = seen.first_invalid[reason]
        where = f"row {at}" if rows == 1 else f"the first is row {at}"
        results.print(f"  {count(rows, 'row')} cannot be read: {in_words(reason)} ({where})")
    if len(seen.invalid) > _REASONS:
        results.print(f"  … and {len(seen.invalid) - _REASONS} more reasons")
    if capture.assumptions:
        results.print("  Assumed:")
        for assumption in capture.assumptions:
            results.print(f"    {assumption}")
    if missing := _missing_flags(seen.first_rows):
        results.print(f"  To load it: give {missing}")
    results.print("  Nothing was stored.")


def _missing_flags(rows: list[Transaction]) -> str:
    """The flags that a load of these rows would still ask for."""
    asked = {
        "--library CODE": any(row.library == NOT_GIVEN for row in rows),
        "--circ-desk CODE": any(row.circ_desk == NOT_GIVEN for row in rows),
    }
    return " and ".join(flag for flag, is_missing in asked.items() if is_missing)


def _show_columns(name: str, samples: Sequence[ColumnSample]) -> None:
    """Some cells of each column of a table whose columns must be named, so that they can be."""
    if not samples:
        return
    results.print(f"{name}: its columns, to be named by --columns:")
    for column, cells in samples:
        results.print(f"  {letter(column)}: {', '.join(map(_shown_cell, cells))}")


def _shown_cell(cell: str) -> str:
    """A cell as it may be shown: dates, times, loan and return as they are."""
    text = cell if len(cell) <= _LONGEST_CELL else f"{cell[: _LONGEST_CELL - 1]}…"
    return text if is_time_or_kind(cell) else _masked(text)


def _masked(identifier: str) -> str:
    """Enough of an id to see what it is: whole ones of patrons stand in queue and reports only."""
    shown = 2 if len(identifier) > 5 else 0
    hidden = len(identifier) - 2 * shown
    return identifier[:shown] + "•" * hidden + identifier[shown + hidden :]


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
