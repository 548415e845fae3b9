"""What only SQLite needs: the one place with SQL and facts of its own."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, event, insert, select, text
from sqlalchemy.engine import URL
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable

from almareplay.queue.errors import NotErased, QueueError, QueueMissing

# A load writes for seconds in one transaction; a replay beside it waits for that.
_BUSY_MILLISECONDS = 30_000
_OWNER_ONLY = 0o600
# Pages that many new rows touch again and again; a load must stay well below 200 MB in all.
_CACHE_KILOBYTES = 32_768

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


def prepare(url: URL, *, create: bool) -> Callable[[], None]:
    """Make sure of the queue's file and answer a check that it is still the same file.

    A new file is readable by its owner only. The check raises QueueError when the file was deleted
    or replaced since: SQLite itself would go on writing into a file that no later start can find.
    """
    path = _path_of(url)
    try:
        if create:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
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


def _path_of(url: URL) -> Path:
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
    path = _path_of(url).resolve()
    for file in (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm"))):
        # Somebody else's file stays as its owner has it, as does one on a disk without such modes.
        with contextlib.suppress(OSError):
            if file.stat().st_mode & 0o777 & ~_OWNER_ONLY:
                file.chmod(_OWNER_ONLY)


def configure(engine: Engine) -> None:
    """Set the pragmas of every connection, and let transactions begin as ours, not pysqlite's."""

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        connection.execute("PRAGMA journal_mode=WAL")
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


def erase_deleted(engine: Engine) -> None:
    """Leave nothing in the file, or in those beside it, but what the tables hold now.

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
        words = in_words(error, path) or f"The queue failed ({type(error).__name__})."
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


def copy_beside(engine: Engine, layout: int) -> Path:
    """Copy the queue's file, as last committed, into its folder: a file that is readable by its
    owner only, whose name has the layout and the time, and that takes no other's place.

    To be called while no other process can do so. Raises QueueError; then there is no copy.
    """
    path = _path_of(engine.url).resolve()
    named = f"{path.stem}.layout-{layout}.{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    copy = path.with_name(named + path.suffix)
    number = 1
    while os.path.lexists(copy):
        number += 1
        copy = path.with_name(f"{named}-{number}{path.suffix}")
    # Under its own name it stands only when it is whole: this one was left by whoever was killed.
    partial = path.with_name(f"{path.name}.copying")
    size = path.stat().st_size
    try:
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, _OWNER_ONLY))
        with (
            closing(engine.raw_connection()) as source,
            closing(sqlite3.connect(partial)) as target,
        ):
            # What is not whole is deleted, so that nothing need be kept to take it back.
            target.execute("PRAGMA journal_mode=OFF")
            driver = source.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.backup(target)
        partial.rename(copy)
    except (OSError, sqlite3.Error) as error:
        partial.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or str(error)
        raise QueueError(
            f"It is copied first, and the copy could not be written to {path.parent} ({reason}). "
            f"The folder must be writable for you and have room for {2 * size:,} bytes more: the "
            "copy, and the upgrade itself. See to that, then start the same command again."
        ) from error
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return copy


def copies_beside(engine: Engine) -> list[Path]:
    """The copies of the queue's file that upgrades have made, as far as they are still there."""
    path = _path_of(engine.url).resolve()
    return sorted(path.parent.glob(f"{escape(path.stem)}.layout-*.*Z*{escape(path.suffix)}"))


@contextlib.contextmanager
def tables_rebuilt(connection: Connection) -> Iterator[None]:
    """Let the transaction that begins in this block build tables anew: to drop one would else count
    as to delete its rows, to which others refer."""
    set_pragma = connection.connection.cursor().execute
    set_pragma("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        set_pragma("PRAGMA foreign_keys=ON")


def rebuild_with_required(connection: Connection, table: str, required: Collection[str]) -> None:
    """Let columns of a table be NULL no longer. To be called in ``tables_rebuilt``."""

    def require(new: Table) -> None:
        for name in required:
            new.c[name].nullable = False

    rebuild(connection, table, require)


def rebuild(connection: Connection, table: str, change: Callable[[Table], None]) -> None:
    """Change columns or constraints of a table. SQLite cannot alter them, so the table is built
    anew. To be called in ``tables_rebuilt``."""
    old = Table(table, MetaData(), autoload_with=connection)
    new = old.to_metadata(old.metadata, name=f"{table}_rebuilt")
    change(new)
    names = [column.name for column in old.columns]
    connection.execute(CreateTable(new))
    connection.execute(insert(new).from_select(names, select(old)))
    connection.execute(DropTable(old))
    connection.execute(text(f"ALTER TABLE {new.name} RENAME TO {table}"))
    for index in old.indexes:
        connection.execute(CreateIndex(index))


def in_words(error: BaseException, database: str | None) -> str | None:
    """Say in a librarian's words what SQLite said, or None for what it never should have said."""
    said = str(error).lower()
    for sign, words in _WORDS.items():
        if sign in said:
            return words.format(path=database)
    return None
