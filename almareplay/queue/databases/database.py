"""The databases that can hold a queue, and what each of them does in a way of its own.

``sqlite`` and ``postgresql`` are modules with the same functions; everything else in the queue is
SQLAlchemy Core that both understand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from almareplay.queue.databases import postgresql, sqlite
from almareplay.queue.errors import QueueError

Record = tuple[str | int | None, ...]
"""The values of a row's columns, as plain as a database driver takes them without a look."""


class Database(Protocol):
    """What a module of a database offers."""

    def address(self, url: URL, /) -> URL:
        """The address with all that it leaves open. Raises QueueError for one that will not do."""

    def prepare(self, url: URL, /, *, create: bool) -> Callable[[], None]:
        """Makes sure of the place that the queue is at; answers a check that it is still the same.
        Both raise QueueError."""

    def make_engine(self, url: URL, /) -> Engine:
        """An engine whose connections are as the queue needs them, and whose errors quote no
        statement's values: they hold patron ids."""

    def make_private(self, url: URL, /) -> None:
        """Makes files that name patrons readable by their owner only."""

    def place(self, url: URL, /) -> str:
        """Where the queue is, in words without a password."""

    def layout(self, connection: Connection, /) -> int | None:
        """The layout of the queue, None where there is none yet. Raises QueueError for a database
        that cannot hold one."""

    def make_tables(self, connection: Connection, /) -> None:
        """Makes the tables, which are not there yet."""

    def as_reading(self, connection: Connection, /) -> Connection:
        """The connection, whose next transaction reads one state of the queue."""

    def lock_runs(self, connection: Connection, runs: Sequence[int], /) -> None:
        """Lets nobody else write to these runs until the transaction of the connection ends. What
        was written before is seen by the statements that follow."""

    def lock_queue(self, connection: Connection, /) -> None:
        """Lets nobody else do what concerns all runs until the transaction ends."""

    def now(self, connection: Connection, /) -> datetime:
        """The time (aware UTC) on the clock by which leases are judged."""

    def insert_rows(
        self,
        connection: Connection,
        table: Table,
        names: Sequence[str],
        records: Iterator[Record],
        /,
    ) -> None:
        """Stores many records, the values of the columns with these names."""

    def learn_sizes(self, connection: Connection, /, *tables: Table) -> None:
        """Plans the statements that follow by what many new rows have made of these tables."""

    def erase_deleted(self, engine: Engine, /) -> bool:
        """Leaves nothing of what was deleted in what the database keeps of the tables. False where
        more of it is kept elsewhere. Raises NotErased."""

    def copies_beside(self, engine: Engine, /) -> list[Path]:
        """The copies of the queue that upgrades have made and that are still there."""

    def in_words(self, error: DBAPIError, url: URL, /) -> QueueError | None:
        """What the database said, in a librarian's words; None for what it never should have."""


DATABASES: Mapping[str, Database] = {"sqlite": sqlite, "postgresql": postgresql}


def database_at(url: URL) -> Database:
    """The database of an address. Raises QueueError where it is another one."""
    try:
        return DATABASES[url.get_backend_name()]
    except KeyError:
        raise QueueError(
            "The queue is kept in SQLite (sqlite:///almareplay.db) or in PostgreSQL "
            "(postgresql://user@host/database), in no other database."
        ) from None


def database_of(connection: Connection) -> Database:
    """The database of a connection."""
    return DATABASES[connection.dialect.name]
