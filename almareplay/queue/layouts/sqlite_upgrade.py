"""What an upgrade of a queue in SQLite needs: a copy of its file, and tables built anew."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, Table, insert, select, text
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable

from almareplay.queue.databases.sqlite import OWNER_ONLY, path_of
from almareplay.queue.errors import QueueError


def copy_beside(engine: Engine, layout: int) -> Path:
    """Copy the queue's file, as last committed, into its folder: a file that is readable by its
    owner only, whose name has the layout and the time, and that takes no other's place.

    To be called while no other process can do so. Raises QueueError; then there is no copy.
    """
    path = path_of(engine.url).resolve()
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
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, OWNER_ONLY))
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
