"""``python -m tests.benchmarks.load``: how fast a large `.dat` file becomes a run, on one core.

Loads an invented capture with the real command, then ten thousand rows more into the same run.
Beside it, so that the machine's own pace can be told: the same rows by plain ``executemany`` into
a table with the same columns and indexes.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

ROWS_A_MINUTE = 60
ITEMS_A_ROW = 0.9
"""Drawn from so many, a million rows are of some 600,000 items."""
RETURNED, SAID_TWICE, WITH_LETTERS = 0.2, 0.01, 0.02
LATER_ROWS = 10_000
_AT_ONCE = 50_000


class Spent(NamedTuple):
    """What work took: seconds by the clock and of the processor, and a command's memory at its
    peak."""

    seconds: float
    processor: float
    megabytes: float | None = None


def main() -> None:
    """Make the captures, load them, and say what it came to."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(prefix="almareplay-load-") as name:
        folder = Path(name)
        _write(folder / "outage.dat", given.rows, random.Random(given.seed), given.rows)
        _write(folder / "later.dat", LATER_ROWS, random.Random(given.seed + 1), given.rows)
        whole, later = _load(folder, "outage.dat"), _load(folder, "later.dat")
        print(f"{given.rows:,} rows: {_said(given.rows, whole)}")
        print(f"{LATER_ROWS:,} rows into that run: {_said(LATER_ROWS, later)}", flush=True)
        plain = _plain_insert(folder / "almareplay.db", folder / "plain.db", given.rows)
        print(
            f"{given.rows:,} rows by plain executemany: {_said(given.rows, plain)}; "
            f"the load takes {whole.processor / plain.processor:.2f} times its processor time"
        )


def _write(path: Path, rows: int, dice: random.Random, rows_of_run: int) -> None:
    with path.open("w", encoding="ascii", newline="\r\n") as file:
        file.writelines(f"{line}\n" for line in _lines(rows, dice, int(rows_of_run * ITEMS_A_ROW)))


def _lines(rows: int, dice: random.Random, items: int) -> Iterator[str]:
    began, line = datetime(2026, 9, 1, 8, 0), ""  # noqa: DTZ001 (a station's local time)
    for row in range(rows):
        if row % ROWS_A_MINUTE == 0:
            minute = f"{began + timedelta(minutes=row // ROWS_A_MINUTE):%Y%m%d%H%M}"
        elif dice.random() < SAID_TWICE:
            yield line
            continue
        item = dice.randrange(items)
        letters = item % round(1 / WITH_LETTERS) == 0
        barcode = f"b{item:07}x" if letters else f"34880{item:09}"
        if dice.random() < RETURNED:
            line = f"{minute}R{barcode}"
        else:
            line = f"{minute}L{barcode:<80}24880{dice.randrange(100_000):09}"
        yield line


def _load(folder: Path, name: str) -> Spent:
    words = ["load", "--library", "MAIN", "--circ-desk", "FRONT", "--timezone", "Europe/Berlin"]
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "almareplay", *words, name], cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"The load of {name} ended with {process.returncode}.")
    return Spent(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _said(rows: int, spent: Spent) -> str:
    memory = "" if spent.megabytes is None else f", {spent.megabytes:.0f} MB at the most"
    return (
        f"{spent.seconds:.1f} s, {rows / spent.seconds:,.0f} rows/s ({spent.processor:.1f} s of "
        f"the processor){memory}"
    )


def _plain_insert(queue: Path, path: Path, rows: int) -> Spent:
    """What the same rows take into a table of their own, its indexes kept by SQLite."""
    source, plain = sqlite3.connect(queue), sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
        plain.execute(f"PRAGMA {pragma}")
    for (made_by,) in source.execute("SELECT sql FROM sqlite_master WHERE tbl_name='transactions'"):
        plain.execute(made_by)
    plain.execute("CREATE INDEX by_lane ON transactions (run_id, item_key, captured_at)")
    names = [name for _, name, *_ in source.execute("PRAGMA table_info(transactions)")]
    columns = names[: names.index("outcome") + 1]  # those that a load fills
    found = source.execute(
        f"SELECT {', '.join(columns)} FROM transactions WHERE row <= {rows} ORDER BY row"
    )
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO transactions ({', '.join(columns)}) VALUES ({marks})"
    seconds = processor = 0.0
    plain.execute("BEGIN IMMEDIATE")
    while True:
        some = found.fetchmany(_AT_ONCE)
        began, worked = time.perf_counter(), time.process_time()
        plain.executemany(statement, some) if some else plain.execute("COMMIT")
        seconds += time.perf_counter() - began
        processor += time.process_time() - worked
        if not some:
            break
    plain.close()
    source.close()
    return Spent(seconds, processor)


if __name__ == "__main__":
    main()
