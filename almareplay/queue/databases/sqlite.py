"""What only SQLite needs: the one place with SQL and facts of its own."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import lru_cache
from glob import escape
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from tenacity import retry, retry_if_exception, stop_after_delay, wait_fixed

from almareplay.queue.errors import NotErased, QueueError, QueueMissing
from almareplay.queue.tables.all_tables import metadata
from almareplay.queue.tables.schema import versions

# A load writes for seconds in one transaction; a replay beside it waits for that.
_BUSY_MILLISECONDS = 30_000
OWNER_ONLY = 0o600
# Pages that many new rows touch again and again; a load must stay well below 200 MB in all.
_CACHE_KILOBYTES = 32_768
_ROWS_A_STATEMENT = 500

# What SQLite says, and what a librarian should read instead.
_WORDS = {
    "disk is full": "The disk is full, so the queue {path} cannot be written. Free some space and "
    "start the same command again: it goes on where it was.",
    "readonly database": "The queue {path} cannot be written. Make the file and its folder "
    "writable for you, then start the same command again.",
    "database is locked": "Another program has been writing to the queue {path} for more than "
    f"{_BUSY_MILLISECONDS // 1000} seconds. Close it, then start the same command again.",
    "unable to open": "The queue {path} cannot be opened. Check that its folder exists and that "
    "you may write there.",
    "not a database": "{path} is not a queue of almareplay. Name another file with --queue.",
    "malformed": "The queue {path} is damaged. Keep it, restore a copy from before the damage, and "
    "do not load the captures into a new queue before somebody has looked at it.",
    "disk i/o error": "The disk failed under the queue {path}. Nothing more is posted until it can "
    "be written again.",
}

_NOT_ERASED = "The rows are deleted, but their bytes may still be in {path}."


def address(url: URL) -> URL:
    """The address as it is. Raises QueueError for what is no path, or more."""
    path_of(url)
    return url


def prepare(url: URL, *, create: bool) -> Callable[[], None]:
    """Make sure of the queue's file and answer a check that it is still the same file.

    A new file is readable by its owner only. The check raises QueueError when the file was deleted
    or replaced since: SQLite itself would go on writing into a file that no later start can find.
    """
    path = path_of(url)
    try:
        if create:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, OWNER_ONLY))
        before = path.stat()
    except FileNotFoundError as error:
        if create:
            raise QueueError(f"The folder of the queue {path} does not exist.") from error
        raise QueueMissing(
            f"There is no queue at {path}. Load a capture first: almareplay load FILE"
        ) from error
    except OSError as error:
        raise QueueError(f"The queue {path} cannot be opened: {error.strerror}.") from error

    def still_there() -> None:
        try:
            now = path.stat()
        except OSError:
            now = None
        if now is None or (now.st_dev, now.st_ino) != (before.st_dev, before.st_ino):
            raise QueueError(
                f"The queue {path} was deleted or replaced while it was in use. Nothing more is "
                "posted. Put the file back before you start again, or rows may be posted twice."
            )

    return still_there


def path_of(url: URL) -> Path:
    """The whole path of the queue's file. Raises QueueError for what is no path, or more."""
    if url.drivername not in ("sqlite", "sqlite+pysqlite") or url.query or url.host or url.username:
        # A query could open the file for reading only, without locks, or another one.
        raise QueueError(
            "The address of a queue in SQLite is sqlite:/// and the path of its file, and nothing "
            "else: sqlite:///almareplay.db in this folder, sqlite:////home/me/almareplay.db "
            "anywhere."
        )
    if not url.database or url.database == ":memory:":
        raise QueueError("The queue must be a file: a queue in memory would not survive a restart.")
    if url.database.startswith("file:"):
        raise QueueError(
            "The queue's path begins with 'file:', which SQLite may take for an address of its "
            "own. Write sqlite:/// and the path alone."
        )
    return Path(url.database).absolute()


def make_private(url: URL) -> None:
    """Make a queue's file, and those that SQLite keeps beside it, readable by their owner only:
    they name patrons."""
    path = path_of(url).resolve()
    for file in (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm"))):
        # Somebody else's file stays as its owner has it, as does one on a disk without such modes.
        with contextlib.suppress(OSError):
            if file.stat().st_mode & 0o777 & ~OWNER_ONLY:
                file.chmod(OWNER_ONLY)


def make_engine(url: URL) -> Engine:
    """An engine that sets the pragmas of every connection, and whose transactions begin as ours,
    not as pysqlite's."""
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        _write_ahead(connection)
        # FULL, since in WAL mode NORMAL may forget the last commits when the power fails: an
        # intent that is forgotten is a call that nobody looks for.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        # What is deleted or written over names patrons: zeros take its place.
        connection.execute("PRAGMA secure_delete=ON")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A transaction that will write takes its lock at once: one that began as a reader could
        # not wait for another writer and would fail instead.
        options = connection.get_execution_options()
        if options.get("isolation_level") == "AUTOCOMMIT":
            return
        if options.get("almareplay_many_rows", False):
            connection.exec_driver_sql(f"PRAGMA cache_size=-{_CACHE_KILOBYTES}")
        writes = options.get("almareplay_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@retry(
    # It waits for no other writer where it would be the one to change the mode of a new file.
    retry=retry_if_exception(lambda error: "locked" in str(error)),
    wait=wait_fixed(0.02),
    stop=stop_after_delay(_BUSY_MILLISECONDS / 1000),
    reraise=True,
)
def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have changes written beside the file first, so that others can read meanwhile."""
    connection.execute("PRAGMA journal_mode=WAL")


def place(url: URL) -> str:
    """The whole path of the queue's file."""
    return str(path_of(url))


def layout(connection: Connection) -> int | None:
    """The layout of the queue, None where the file is empty. Raises QueueError where it holds
    something else."""
    tables = inspect(connection).get_table_names()
    if versions.name in tables:
        return connection.scalar(select(versions.c.version))
    if tables:
        raise QueueError(
            "This database holds something else, and no queue of almareplay. Name another one with "
            "--queue."
        )
    return None


def make_tables(connection: Connection) -> None:
    """Make the tables, which are not there yet."""
    metadata.create_all(connection)


def as_reading(connection: Connection) -> Connection:
    """The connection as it is: each transaction reads one state of the queue."""
    return connection


def lock_runs(connection: Connection, runs: Sequence[int]) -> None:
    """Nothing: a transaction that writes has the whole file."""


def lock_queue(connection: Connection) -> None:
    """Nothing: a transaction that writes has the whole file."""


def now(connection: Connection) -> datetime:
    """The time (aware UTC) of this machine, as all have it that can open the file."""
    return datetime.now(UTC)


def insert_rows(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    records: Iterator[tuple[str | int | None, ...]],
) -> None:
    """Store many records, many with one statement: one each would take twice the time."""
    while some := list(islice(records, _ROWS_A_STATEMENT)):
        statement = _statement(connection.dialect, table, tuple(names), len(some))
        connection.exec_driver_sql(statement, tuple(chain.from_iterable(some)))


def learn_sizes(connection: Connection, *tables: Table) -> None:
    """Nothing: SQLite goes by its indexes whatever the sizes."""


@lru_cache(maxsize=4)
def _statement(dialect: Dialect, table: Table, names: tuple[str, ...], rows: int) -> str:
    """An insert of so many records."""
    nothing = dict.fromkeys(names)
    # SQLite would keep a journal of each statement that may fail half-way, to take that half back.
    several = insert(table).values([nothing] * rows).prefix_with("OR ROLLBACK")
    return str(several.compile(dialect=dialect))


def erase_deleted(engine: Engine) -> bool:
    """Leave nothing in the file, or in those beside it, but what the tables hold now: True.

    Raises NotErased while another program reads or writes, or where there is no room: it takes as
    much as the tables need, twice.
    """
    path = engine.url.database
    try:
        with closing(engine.raw_connection()) as connection:
            # Not in a transaction: VACUUM allows none.
            connection.cursor().execute("VACUUM")
            # Until now the new pages stand in the side file, beside older ones of what was deleted.
            checkpoint = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy, *_ = checkpoint.fetchone()
    except sqlite3.Error as error:
        words = _words_for(error, path) or f"The queue failed ({type(error).__name__})."
        if "full" in str(error).lower():
            words = (
                f"There is no room to write {path} anew: it takes up to twice its size, half of "
                "that in the folder for temporary files."
            )
        raise NotErased(f"{_NOT_ERASED.format(path=path)} {words}") from error
    if is_busy:
        raise NotErased(
            f"{_NOT_ERASED.format(path=path)} Another program has that file open: close it, then "
            "start the same command again."
        )
    return True


def copies_beside(engine: Engine) -> list[Path]:
    """The copies of the queue's file that upgrades have made, as far as they are still there."""
    path = path_of(engine.url).resolve()
    return sorted(path.parent.glob(f"{escape(path.stem)}.layout-*.*Z*{escape(path.suffix)}"))


def in_words(error: DBAPIError, url: URL) -> QueueError | None:
    """Say in a librarian's words what SQLite said, or None for what it never should have said."""
    words = _words_for(error, url.database)
    return QueueError(words) if words else None


def _words_for(error: BaseException, path: str | None) -> str | None:
    said = str(error).lower()
    return next((words.format(path=path) for sign, words in _WORDS.items() if sign in said), None)
