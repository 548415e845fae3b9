"""Queues as an older almareplay has left them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
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


def address(path: Path) -> str:
    """The address of a queue's file."""
    return f"sqlite:///{path}"


def content(path: Path) -> list[str]:
    """All that a queue's file holds."""
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def copies(path: Path) -> list[Path]:
    """What lies beside a queue's file, but for what SQLite keeps there."""
    own = {path.name, f"{path.name}-wal", f"{path.name}-shm"}
    return sorted(each for each in path.parent.iterdir() if each.name not in own)


def hold(path: Path, run: str, lease_until: datetime) -> None:
    """Let process 4242 of another machine replay a run, until then (aware UTC) at least."""
    with closing(sqlite3.connect(path)) as queue:
        queue.execute(
            "UPDATE runs SET holder_token = 'x', holder_host = 'front-desk', holder_pid = 4242, "
            "held_since = '2026-11-26 02:00:00.000000', lease_until = ? WHERE name = ?",
            (f"{lease_until:%Y-%m-%d %H:%M:%S.%f}", run),
        )
        queue.commit()
