"""``python -m tests.benchmarks.text``: how many rows a second are read of text, in one process.

Without the queue: opened, judged, and every row made. By the processor's time, the best of some
rounds, in which the formats take turns.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from almareplay.sources import ReadingOptions, open_capture

ROWS_A_SECOND = 8
OPTIONS = ReadingOptions(
    timezone=ZoneInfo("America/Los_Angeles"),
    now=datetime(2026, 11, 21, 12, tzinfo=UTC),
    library="MAIN",
    circ_desk="DESK",
)


def main() -> None:
    """Write the captures, read them, and say how fast that was."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.text")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="almareplay-text-") as name:
        paths = [Path(name) / file for file in CAPTURES]
        for path in paths:
            path.write_text("".join(CAPTURES[path.name](given.rows)))
        rounds = [[_seconds(path) for path in paths] for _ in range(given.rounds)]
    for path, *seconds in zip(paths, *rounds, strict=True):
        best = min(seconds)
        print(f"{path.name}: {best:.2f} s, {given.rows / best:,.0f} rows a second")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")


def _seconds(path: Path) -> float:
    began = time.process_time()
    for _ in open_capture(path, OPTIONS).rows():
        pass
    return time.process_time() - began


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

if __name__ == "__main__":
    main()
