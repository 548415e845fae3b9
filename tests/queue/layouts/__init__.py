"""Queues as an older almareplay has left them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

HERE = Path(__file__).parent
LAYOUTS = sorted(int(path.stem) for path in HERE.glob("*.sql"))
"""The layouts of which there is a queue."""


def write_queue(path: Path, layout: int) -> None:
    """Write the queue of this layout to a file, in the mode in which almareplay keeps it."""
    with closing(sqlite3.connect(path)) as queue:
        queue.execute("PRAGMA journal_mode=WAL")
        queue.executescript((HERE / f"{layout}.sql").read_text("utf-8"))


def look(path: Path, query: str) -> list[tuple[object, ...]]:
    """What a query finds in a file, without a queue of almareplay's."""
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()
