"""SQLite files, which may be anything: only read, within limits, and never without an end.

Source: SQLite, "Defense Against The Dark Arts" and "Run-Time Limits".
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from almareplay.sources.capture import FileRefused
from almareplay.sources.database.refusals import LONGEST_VALUE
from almareplay.sources.database.tables import DatabaseCapture, Interrupted, read_tables
from almareplay.sources.options import ReadingOptions
from almareplay.sources.tables.capturetable import text_of

SQLITE = b"SQLite format 3\0"
"""How such a file begins."""

SECONDS, SECONDS_A_MEGABYTE = 4.0, 1.0
"""So long may the reading of a file take, by its size: it is some hundred times what is needed."""

_VERSIONS = slice(18, 20)
"""Where the header of a file says by which version it is written and read; 2 is WAL."""
_NEWEST = (
    "its newest rows may be missing: the database keeps them in a file beside it, {}-wal, which is "
    "not here. If it was copied while its program ran, copy that file too"
)
_BUSY_SECONDS = 5.0
_STEPS = 10_000
"""Instructions of SQLite between two looks at the clock: some tens of microseconds."""
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: LONGEST_VALUE,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: LONGEST_VALUE,
    sqlite3.SQLITE_LIMIT_COLUMN: 500,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 8,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 50,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}


class SqliteFile:
    """A SQLite file. ``too_late``: whether the time for it is over, which ends what runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._until = float("inf")

    @property
    def lacks_newest(self) -> bool:
        """Whether it writes its newest rows into a file beside it (WAL) which is not there."""
        with self._path.open("rb") as file:
            in_wal = file.read(_VERSIONS.stop)[_VERSIONS] == b"\2\2"
        return in_wal and not self._path.with_name(f"{self._path.name}-wal").exists()

    @property
    def too_late(self) -> bool:
        return time.monotonic() > self._until

    def connect(self) -> sqlite3.Connection:
        """A connection that reads only. Raises sqlite3.Error, OSError.

        What runs too long, or is interrupted by Ctrl-C, ends in ``sqlite3.OperationalError``:
        ``interrupted``. (An exception in a callback of SQLite does not come through.)
        """
        size = self._path.stat().st_size
        # Where there is no file beside it, SQLite would make one.
        immutable = "&immutable=1" if self.lacks_newest else ""
        address = f"{self._path.resolve().as_uri()}?mode=ro{immutable}"
        connection = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)
        connection.text_factory = text_of
        for limit, most in _LIMITS.items():
            connection.setlimit(limit, most)
        self._until = time.monotonic() + SECONDS + SECONDS_A_MEGABYTE * size / 1e6
        connection.set_progress_handler(lambda: self.too_late, _STEPS)
        for safety in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=ON"):
            connection.execute(f"PRAGMA {safety}")
        return connection


def open_sqlite(path: Path, options: ReadingOptions) -> DatabaseCapture:
    """The capture tables of a SQLite file, which is only read. Raises FileRefused."""
    file = SqliteFile(path)
    engine = create_engine(
        "sqlite://",
        creator=file.connect,
        poolclass=NullPool,
        hide_parameters=True,
    )
    newest = ""
    try:
        newest = _NEWEST.format(path.name) if file.lacks_newest else ""
        return read_tables(engine, "SQLite", path.name, options, assumed=newest)
    except FileRefused as refused:
        if not newest:
            raise
        reason = str(refused).removeprefix(f"{path.name}: ")
        raise FileRefused(path.name, f"{reason} {newest[0].upper()}{newest[1:]}.") from refused
    except Interrupted:
        if not file.too_late:
            raise KeyboardInterrupt from None
        raise FileRefused(
            path.name,
            "takes too long to read: one of its tables or views has no end, it seems. "
            "Make a dump of the table of captures (sqlite3 FILE .dump) and load that.",
        ) from None
