"""Opening a queue, and the two ways to touch it: reading and writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine, create_engine, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from almareplay.queue import migrations, sqlite
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
from almareplay.queue.schema import VERSION, metadata, runs, versions


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

    def __init__(self, engine: Engine, still_there: Callable[[], None] | None = None) -> None:
        self.is_new = False
        """Whether it was made when it was opened."""
        self.upgrade: migrations.Upgrade | None = None
        """What was done when it was opened and was of an older layout."""
        self._engine = engine
        self._still_there = still_there

    @classmethod
    def open(cls, address: str, *, create: bool = False) -> Self:
        """Open the queue at a SQLAlchemy URL; with ``create`` make it where there is none. One of
        an older layout is upgraded, after a copy of its file was made beside it.

        Raises QueueMissing, QueueTooNew, QueueTooOld, QueueInUse, NotUpgraded, or QueueError for
        whatever else is wrong.
        """
        try:
            url = make_url(address)
            is_file = url.get_backend_name() == "sqlite"
            still_there = sqlite.prepare(url, create=create) if is_file else None
            # Statements hold patron ids; no error may quote them.
            engine = create_engine(url, hide_parameters=True)
        except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
            raise QueueError(
                "The queue's address is no SQLAlchemy URL that can be used here. The usual one is "
                "sqlite:///almareplay.db; other databases need their driver installed."
            ) from error
        queue = cls(engine, still_there)
        if is_file:
            sqlite.configure(engine)
        try:
            queue._make_or_recognise(create)
        except BaseException:
            engine.dispose()
            raise
        if is_file:
            sqlite.make_private(url)
        return queue

    def _make_or_recognise(self, create: bool) -> None:
        with self.reading() as connection:
            tables = inspect(connection).get_table_names()
            known = versions.name in tables
            version = connection.scalar(select(versions.c.version)) if known else None
        if version is None:
            if tables and not known:
                raise QueueError(
                    "This database holds something else, and no queue of almareplay. Name another "
                    "one with --queue."
                )
            if not create:
                raise QueueMissing("The queue is empty. Load a capture first: almareplay load FILE")
            self.is_new = True
            with self.writing() as connection:
                metadata.create_all(connection)
                if connection.scalar(select(versions.c.version)) is None:
                    connection.execute(insert(versions).values(version=VERSION))
        elif version > VERSION:
            raise QueueTooNew(
                f"The queue was written by a newer almareplay (its layout is {version}, this one "
                f"knows {VERSION}). Install that version, or name another queue with --queue."
            )
        elif version < migrations.OLDEST:
            raise QueueTooOld(
                f"The queue was written by an older almareplay (its layout is {version}, and only "
                f"those from {migrations.OLDEST} on can be upgraded). Finish its runs with the "
                "version that wrote it, and name a new queue with --queue for new ones."
            )
        elif version < VERSION:
            self._upgrade()
            if self.upgrade is None:
                # Another process was first; what it has made of the queue is to be seen.
                self._make_or_recognise(create)

    def _upgrade(self) -> None:
        self._make_sure_of_file()
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
        url = self._engine.url
        if url.get_backend_name() == "sqlite":
            return str(Path(url.database or "").absolute())
        return url.render_as_string(hide_password=True)

    @property
    def copies(self) -> list[Path]:
        """The copies of its file that upgrades have made and that are still there."""
        is_file = self._engine.dialect.name == "sqlite"
        return sqlite.copies_beside(self._engine) if is_file else []

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on one consistent state of the queue. Raises QueueError."""
        self._make_sure_of_file()
        with self._in_words(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, *, many_rows: bool = False) -> Iterator[Connection]:
        """A connection whose changes are on disk when the block ends, all or none.

        With ``many_rows`` it may take memory for them, some 32 MB.
        Raises QueueError: then nothing of the block was stored.
        """
        self._make_sure_of_file()
        with self._in_words(), self._engine.connect() as plain:
            connection = plain.execution_options(
                almareplay_writes=True, almareplay_many_rows=many_rows
            )
            with connection.begin():
                yield connection

    @contextmanager
    def together(self, *, writes: bool) -> Iterator[Queue]:
        """A queue whose ``reading`` and ``writing`` blocks are parts of one transaction: what they
        change is on disk when this block ends, all or none. Raises QueueError."""
        with self.writing() if writes else self.reading() as connection:
            yield _OnConnection(self._engine, connection)

    @contextmanager
    def watching(self) -> Iterator[Queue]:
        """A queue for single statements that read, over a connection that is kept: each sees the
        queue as it is then. Raises QueueError."""
        self._make_sure_of_file()
        with self._in_words(), self._engine.connect() as plain:
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            yield _OnConnection(self._engine, connection, self._still_there)

    def _make_sure_of_file(self) -> None:
        # Before reading as well: SQLite would make an empty file in the place of one that is gone.
        if self._still_there is not None:
            self._still_there()

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            words = sqlite.in_words(error, self._engine.url.database)
            if words is None:
                words = f"The queue failed ({type(error.orig).__name__}). Nothing was stored."
            raise QueueError(words) from error

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
        """Rewrite the queue's files without the bytes of what was deleted.

        False where the queue is no file but a server's: what that keeps is not ours to rewrite.
        Raises NotErased.
        """
        self._make_sure_of_file()
        if self._engine.dialect.name != "sqlite":
            return False
        sqlite.erase_deleted(self._engine)
        return True

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _OnConnection(Queue):
    """A queue whose blocks all use one connection, which others commit."""

    def __init__(
        self,
        engine: Engine,
        connection: Connection,
        still_there: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(engine, still_there)
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection. Raises QueueError."""
        self._make_sure_of_file()
        with self._in_words():
            yield self._connection

    @contextmanager
    def writing(self, *, many_rows: bool = False) -> Iterator[Connection]:
        """The connection. Raises QueueError."""
        with self.reading() as connection:
            yield connection
