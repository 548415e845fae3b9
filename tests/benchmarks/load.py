"""How fast a large ``.dat`` file becomes a run, on one core, in real time.

Loads an invented capture with the real command, then ten thousand rows more into the same run.
Beside it, so that the machine's own pace can be told: the same rows by plain ``executemany`` into
a table with the same columns and indexes.
"""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from tests.benchmarks.measuring import Figure, Spent, of_command

ROWS, QUICK = 1_000_000, 20_000

ROWS_A_MINUTE = 60
ITEMS_A_ROW = 0.9
"""Drawn from so many, a million rows are of some 600,000 items."""
RETURNED, SAID_TWICE, WITH_LETTERS = 0.2, 0.01, 0.02
LATER_ROWS = 10_000
_SEED = 1
_AT_ONCE = 50_000
_HOW = ("--library", "MAIN", "--circ-desk", "FRONT", "--timezone", "Europe/Berlin")


def figures(rows: int) -> Iterator[Figure]:
    """What the load takes, a later one into the same run, and a plain one."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(prefix="almareplay-load-") as name:
        folder = Path(name)
        _write(folder / "outage.dat", rows, random.Random(_SEED), rows)
        _write(folder / "later.dat", LATER_ROWS, random.Random(_SEED + 1), rows)
        whole = of_command("load", *_HOW, "outage.dat", folder=folder)
        yield from _figures(f"{rows:,} rows", rows, whole)
        later = of_command("load", *_HOW, "later.dat", folder=folder)
        yield from _figures(f"{LATER_ROWS:,} rows into that run", LATER_ROWS, later)
        plain = _plain_insert(folder / "almareplay.db", folder / "plain.db", rows)
    case = f"{rows:,} rows over plain executemany"
    yield Figure(case, "times the processor", whole.processor / plain.processor)


def _figures(case: str, rows: int, spent: Spent) -> Iterator[Figure]:
    yield Figure(case, "time", spent.seconds, "s")
    yield Figure(case, "rows a second", rows / spent.seconds)
    yield Figure(case, "processor", spent.processor, "s")
    yield Figure(case, "memory at its peak", spent.megabytes, "MB")


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
