"""How many rows a second are read of text, in one process, by the processor's time.

Without the queue: opened, judged, and every row made; the formats in turn.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from almareplay.sources import ReadingOptions, open_capture
from tests.benchmarks.measuring import Figure, Spent, in_turn, measured, median, peak_megabytes

ROWS, QUICK = 100_000, 5_000

_ROUNDS = 3
ROWS_A_SECOND = 8
OPTIONS = ReadingOptions(
    timezone=ZoneInfo("America/Los_Angeles"),
    now=datetime(2026, 11, 21, 12, tzinfo=UTC),
    library="MAIN",
    circ_desk="DESK",
)


def figures(rows: int) -> Iterator[Figure]:
    """Rows a second of each format, and the most memory that reading took."""
    with tempfile.TemporaryDirectory(prefix="almareplay-text-") as folder:
        paths = [Path(folder) / file for file in CAPTURES]
        for path in paths:
            path.write_text("".join(CAPTURES[path.name](rows)))
        found = in_turn(_ROUNDS, {path.name: partial(_read, path) for path in paths})
    for name, spent in found.items():
        yield Figure(name, "rows a second of the processor", rows / median(spent).processor)
    yield Figure("all of them", "memory at its peak", peak_megabytes(), "MB")


def _read(path: Path) -> Spent:
    def read() -> None:
        for _ in open_capture(path, OPTIONS).rows():
            pass

    return measured(read)


def _rows(count: int) -> Iterator[tuple[datetime, str, int, str]]:
    """Time, kind, item and patron of loans and returns in turn."""
    began = datetime(2026, 9, 14, 8)  # noqa: DTZ001 - local to the setting
    for row in range(count):
        at, item = began + timedelta(seconds=row // ROWS_A_SECOND), 34_880_000_000_000 + row
        is_loan = row % 2 == 0
        patron = f"{24_880_000_000_000 + row % 5000}" if is_loan else ""
        yield at, "Loan" if is_loan else "Return", item, patron


def _csv(count: int) -> Iterator[str]:
    yield "Timestamp,Type,Item Barcode,Patron ID,Library,Desk\n"
    for at, kind, item, patron in _rows(count):
        yield f"{at},{kind},{item},{patron},MAIN,DEFAULT_CIRC_DESK\n"


def _quoted(count: int) -> Iterator[str]:
    for line in _csv(count):
        yield '"' + line.rstrip().replace(",", '","') + '"\n'


def _us_times(count: int) -> Iterator[str]:
    yield "Date,Time,Type,Item Barcode,Patron ID\n"
    for at, kind, item, patron in _rows(count):
        yield f"{at:%m/%d/%Y},{at:%I:%M:%S %p},{kind},{item},{patron}\n"


def _dat(count: int) -> Iterator[str]:
    for at, kind, item, patron in _rows(count):
        yield f"{at:%Y%m%d%H%M}{kind[0]}{item:<80}{patron}\n"


CAPTURES: dict[str, Callable[[int], Iterator[str]]] = {
    "plain.csv": _csv,
    "quoted.csv": _quoted,
    "am-pm.csv": _us_times,
    "desk.dat": _dat,
}
