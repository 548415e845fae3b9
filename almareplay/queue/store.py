"""Opening a queue, and the two ways to touch it: reading and writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from almareplay.queue.databases.database import Database, database_at
from almareplay.queue.errors import (
    NotUpgraded,
    QueueError,
    QueueInUse,
    QueueMissing,
    QueueTooNew,
    QueueTooOld,
    RunMissing,
    RunPurged,
)
from almareplay.queue.layouts import migrations
from almareplay.queue.tables.schema import VERSION, runs, versions


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the queue: the number the tables know it by, its name, and the code of the
    institution that it was loaded for, empty where none was named."""

    id: int
    name: str
    institution: str = ""

    def __str__(self) -> str:
        return f"{self.name!r} of {self.institution}" if self.institution else repr(self.name)


class Queue:
    """An open queue. Use it as a context manager, or ``close()`` it.

    It may be used from several threads; each ``reading`` and ``writing`` has its own connection.
    """

    def __init__(self, engine: Engine, database: Database, still_there: Callable[[], None]) -> None:
        self.is_new = False
        """Whether it was made when it was opened."""
        self.upgrade: migrations.Upgrade | None = None
        """What was done when it was opened and was of an older layout."""
        self._engine = engine
        self._database = database
        self._still_there = still_there

    @classmethod
    def open(cls, address: str, *, create: bool = False, upgrade: bool = False) -> Self:
        """Open the queue at a SQLAlchemy URL; with ``create`` make it where there is none.

        One of an older layout is upgraded: a file always, after a copy of it was made beside it;
        the tables of a server, of which none is made, only with ``upgrade``.

        Raises QueueMissing, QueueTooNew, QueueTooOld, QueueInUse, NotUpgraded, or QueueError for
        whatever else is wrong.
        """
        try:
            url = make_url(address)
            database = database_at(url)
            url = database.address(url)
            still_there = database.prepare(url, create=create)
            engine = database.make_engine(url)
        except (ArgumentError, NoSuchModuleError, ValueError) as error:
            raise QueueError(
                "The queue's address is no SQLAlchemy URL that can be used here. The usual one is "
                "sqlite:///almareplay.db; one in PostgreSQL is postgresql://user@host/database."
            ) from error
        queue = cls(engine, database, still_there)
        try:
            queue._make_or_recognise(create, upgrade)
        except BaseException:
            engine.dispose()
            raise
        database.make_private(url)
        return queue

    def _make_or_recognise(self, create: bool, upgrade: bool) -> None:
        with self.reading() as connection:
            version = self._database.layout(connection)
        if version is None and not create:
            raise QueueMissing("The queue is empty. Load a capture first: almareplay load FILE")
        if version is None:
            with self.writing() as connection:
                self._database.lock_queue(connection)
                # Another process may have been first.
                version = self._database.layout(connection)
                if version is None:
                    self._database.make_tables(connection)
                    connection.execute(insert(versions).values(version=VERSION))
                    self.is_new = True
                    return
        if version > VERSION:
            raise QueueTooNew(
                f"The queue was written by a newer almareplay (its layout is {version}, this one "
                f"knows {VERSION}). Install that version, or name another queue with --queue."
            )
        if version < migrations.OLDEST:
            raise QueueTooOld(
                f"The queue was written by an older almareplay (its layout is {version}, and only "
                f"those from {migrations.OLDEST} on can be upgraded). Finish its runs with the "
                "version that wrote it, and name a new queue with --queue for new ones."
            )
        if version < VERSION:
            if not upgrade and not self.is_file:
                raise NotUpgraded(
                    "Before the tables of a database server are changed no copy of them is made. "
                    "Stop all programs that use the queue, make a copy with pg_dump, then do "
                    "'almareplay queue upgrade'."
                )
            self._upgrade()
            if self.upgrade is None:
                # Another process was first; what it has made of the queue is to be seen.
                self._make_or_recognise(create, upgrade)

    @property
    def is_file(self) -> bool:
        """Whether it is a file, which is read at once, and no server that is to be asked."""
        return self._engine.dialect.name == "sqlite"

    def _upgrade(self) -> None:
        self._still_there()
        try:
            with self._in_words(), self._engine.connect() as plain:
                connection = plain.execution_options(
                    almareplay_writes=True, almareplay_many_rows=True
                )
                self.upgrade = migrations.upgrade(connection)
        except QueueInUse:
            raise
        except QueueError as error:
            raise NotUpgraded(str(error)) from error

    @property
    def place(self) -> str:
        """Where it is: the whole path of its file, or the address of its database."""
        return self._database.place(self._engine.url)

    @property
    def copies(self) -> list[Path]:
        """The copies of its file that upgrades have made and that are still there."""
        return self._database.copies_beside(self._engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on one consistent state of the queue. Raises QueueError."""
        # Before reading as well: SQLite would make an empty file in the place of one that is gone.
        self._still_there()
        with self._in_words(), self._engine.connect() as plain:
            connection = self._database.as_reading(plain)
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self, *to: Run, many_rows: bool = False) -> Iterator[Connection]:
        """A connection whose changes are on disk when the block ends, all or none.

        Nobody else writes meanwhile to the runs that are named, and what the block reads of them is
        what it finds when it writes: whatever reads a run before it changes it names the run. With
        ``many_rows`` it may take memory for them, some 32 MB.
        Raises QueueError: then nothing of the block was stored.
        """
        self._still_there()
        with self._in_words(), self._engine.connect() as plain:
            connection = plain.execution_options(
                almareplay_writes=True, almareplay_many_rows=many_rows
            )
            with connection.begin():
                self._database.lock_runs(connection, [run.id for run in to])
                yield connection

    @contextmanager
    def together(self, run: Run, *, writes: bool) -> Iterator[Queue]:
        """A queue whose ``reading`` and ``writing`` blocks, those on this run, are parts of one
        transaction: what they change is on disk when this block ends, all or none. Raises
        QueueError."""
        with self.writing(run) if writes else self.reading() as connection:
            # Whether the file is still there was seen just now, for all of the transaction.
            yield _OnConnection(self, connection, _nothing_to_see, run)

    @contextmanager
    def watching(self) -> Iterator[Queue]:
        """A queue for single statements that read, over a connection that is kept: each sees the
        queue as it is then. Raises QueueError."""
        self._still_there()
        with self._in_words(), self._engine.connect() as plain:
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            yield _OnConnection(self, connection, self._still_there)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            words = f"The queue failed ({type(error.orig).__name__}). Nothing was stored."
            ours = self._database.in_words(error, self._engine.url) or QueueError(words)
            raise ours from error

    def run(self, name: str, institution: str = "", *, purged_too: bool = False) -> Run:
        """The run of this name that was loaded for this institution. Raises RunMissing, which names
        the runs that there are, and RunPurged unless it may be a purged one."""
        with self.reading() as connection:
            query = select(runs.c.name, runs.c.loaded_for, runs.c.id, runs.c.purged_at)
            known = {(run.loaded_for, run.name): run for run in connection.execute(query)}
        if found := known.get((institution, name)):
            if found.purged_at is not None and not purged_too:
                raise RunPurged(name, found.purged_at)
            return Run(found.id, name, institution)
        raise RunMissing(name, institution, known)

    def start_run(self, name: str, institution: str = "") -> Run:
        """The run of this name for this institution, made if there is none. Raises RunPurged."""
        with self.writing() as connection:
            # Two that begin at once begin the same run.
            self._database.lock_queue(connection)
            query = select(runs.c.id, runs.c.purged_at).where(
                runs.c.name == name, runs.c.loaded_for == institution
            )
            found = connection.execute(query).one_or_none()
            if found is None:
                made = insert(runs).values(
                    name=name,
                    loaded_for=institution,
                    created_at=datetime.now(UTC),
                    next_row=1,
                )
                number = connection.execute(made.returning(runs.c.id)).scalar_one()
                return Run(number, name, institution)
        if found.purged_at is not None:
            raise RunPurged(name, found.purged_at)
        return Run(found.id, name, institution)

    def erase_deleted(self) -> bool:
        """Rewrite the queue's tables without the bytes of what was deleted.

        False where more of it is kept than in a file of ours: a database server's log of changes
        and its backups are its administrator's. Raises NotErased.
        """
        self._still_there()
        return self._database.erase_deleted(self._engine)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _OnConnection(Queue):
    """A queue whose blocks all use one connection, which others commit. Each begins with
    ``still_there``. ``run`` is the one to which they may write."""

    def __init__(
        self,
        queue: Queue,
        connection: Connection,
        still_there: Callable[[], None],
        run: Run | None = None,
    ) -> None:
        super().__init__(queue._engine, queue._database, still_there)
        self._connection = connection
        self._run = run

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection. Raises QueueError."""
        self._still_there()
        with self._in_words():
            yield self._connection

    @contextmanager
    def writing(self, *to: Run, many_rows: bool = False) -> Iterator[Connection]:
        """The connection. Raises QueueError."""
        assert set(to) <= {self._run}, "nobody has locked this run"
        with self.reading() as connection:
            yield connection


def _nothing_to_see() -> None:
    """For blocks of which nobody need make sure that their queue is still there."""
