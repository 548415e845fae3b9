"""What only PostgreSQL needs: the one place with SQL and facts of its own.

Where SQLite has one lock for the whole file, the row of a run is locked here by whatever writes to
the run; so that the runs of many institutions go on side by side in one database.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from almareplay.queue.databases import postgresql_words
from almareplay.queue.databases.postgresql_words import LOCK_SECONDS, STATEMENT_SECONDS
from almareplay.queue.errors import NotErased, QueueError
from almareplay.queue.tables.all_tables import metadata
from almareplay.queue.tables.schema import versions
from almareplay.queue.tables.texts import Words

SCHEMA = "almareplay"
"""The queue's tables stand in a schema of their own, so that the database may hold others."""

_DRIVER = "postgresql+psycopg"
# For the sorting of many new rows.
_WORK_KILOBYTES = 65_536
# A process that is stopped in the middle of a transaction must not keep others from its runs.
_IDLE_SECONDS = 15
# The lock for what concerns all runs: any number that other programs are not likely to take.
_QUEUE_LOCK = int.from_bytes(b"almarepl")
# A server or a network that is gone is known in half a minute.
_CONNECTING = {
    "application_name": "almareplay",
    "client_encoding": "utf8",
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# By these columns rows are looked for, so that PostgreSQL must know how many have the same. It
# keeps examples of them in its statistics until those are cleared.
_SOUGHT = ("item_key",)

_NOT_ERASED = "The rows are deleted, but what the server keeps of the tables may still hold them."


def address(url: URL) -> URL:
    """The address with its driver. Raises QueueError for another driver, and for a password where
    messages would show it."""
    if url.drivername not in ("postgresql", _DRIVER):
        raise QueueError(
            "The address of a queue in PostgreSQL is postgresql://user@host/database: it is "
            "reached by psycopg and by no other driver."
        )
    if any("password" in name for name in url.query):
        raise QueueError(
            "The password of the queue's database stands in the address after the user's name "
            "(postgresql://user:password@host/database), in PGPASSWORD, or in the file .pgpass; "
            "not behind a question mark, where messages would show it."
        )
    return url.set(drivername=_DRIVER)


def prepare(url: URL, *, create: bool) -> Callable[[], None]:
    """Nothing: a server tells with each statement whether it is there."""
    return lambda: None


def make_engine(url: URL) -> Engine:
    """An engine whose connections find the queue's tables and wait for nothing for ever. Raises
    QueueError where the driver is missing."""
    given = {name: value for name, value in _CONNECTING.items() if name not in url.query}
    try:
        # What was kept while the server was restarted is made anew. A worker needs many at once.
        engine = create_engine(
            url, connect_args=given, pool_pre_ping=True, pool_size=0, hide_parameters=True
        )
    except ImportError as error:
        raise QueueError(
            "A queue in PostgreSQL needs its driver: pip install 'almareplay[postgresql]'"
        ) from error

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute(
            f"SET search_path = {SCHEMA}, public; SET lock_timeout = '{LOCK_SECONDS}s'; "
            f"SET statement_timeout = '{STATEMENT_SECONDS}s'; SET synchronous_commit = on"
        )
        connection.autocommit = False

    return engine


def connecting(url: URL, schema: str) -> dict[str, Any]:
    """How others connect by psycopg, to the tables of a schema. Raises as ``address`` does."""
    _, named = address(url).get_dialect()().create_connect_args(url)
    options = f"{named.get('options', '')} -c search_path={schema}"
    return {**_CONNECTING, **named, "options": options.strip()}


def make_private(url: URL) -> None:
    """Nothing: who may read the database is its administrator's to say."""


def place(url: URL) -> str:
    """The address without its password."""
    return url.render_as_string(hide_password=True)


def layout(connection: Connection) -> int | None:
    """The layout of the queue, None where there is none yet."""
    # By the catalogue: what is asked by name may be remembered from before a lock was had.
    named = f"schemaname = '{SCHEMA}' AND tablename = '{versions.name}'"
    if not connection.scalar(text(f"SELECT count(*) FROM pg_catalog.pg_tables WHERE {named}")):
        return None
    return connection.scalar(select(versions.c.version))


def make_tables(connection: Connection) -> None:
    """Make the tables, which are not there yet. Raises QueueError where the database cannot hold
    every letter."""
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise QueueError(
            f"The database keeps its texts in {encoding}, which has not every letter. The queue "
            "needs one in UTF-8: createdb --encoding UTF8 --template template0 NAME"
        )
    # Somebody who may not make it may still use the one that was made.
    named = f"nspname = '{SCHEMA}'"
    if not connection.scalar(text(f"SELECT count(*) FROM pg_catalog.pg_namespace WHERE {named}")):
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    # Of the same name in another schema there may be some.
    metadata.create_all(connection, checkfirst=False)
    for table in metadata.sorted_tables:
        # The statistics would keep ids of patrons, beyond a purge.
        forgotten = [name for name in _texts(table) if name not in _SOUGHT]
        _alter(connection, table, "ALTER COLUMN {} SET STATISTICS 0", forgotten)


def _texts(table: Table) -> list[str]:
    return [column.name for column in table.c if isinstance(column.type, Words)]


def _alter(connection: Connection, table: Table, change: str, columns: Sequence[str]) -> None:
    if columns:
        changes = ", ".join(change.format(f'"{name}"') for name in columns)
        connection.execute(text(f"ALTER TABLE {SCHEMA}.{table.name} {changes}"))


def as_reading(connection: Connection) -> Connection:
    """The connection, whose next transaction reads one state of the queue."""
    return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def lock_runs(connection: Connection, runs: Sequence[int]) -> None:
    """Let nobody else write to these runs until the transaction of the connection ends.

    A statement for itself: the ones after it see what was written until the lock was had.
    """
    if connection.get_execution_options().get("almareplay_many_rows"):
        connection.exec_driver_sql(
            f"SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '{_WORK_KILOBYTES}kB'"
        )
        idle = "0"
    else:
        idle = f"{_IDLE_SECONDS}s"
    if runs:
        connection.execute(_LOCK_RUNS, {"runs": list(runs), "idle": idle})
    else:
        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{idle}'")


_LOCK_RUNS = text(
    "SELECT id, set_config('idle_in_transaction_session_timeout', :idle, true) "
    "FROM runs WHERE id = ANY(:runs) ORDER BY id FOR UPDATE"
)


def lock_queue(connection: Connection) -> None:
    """Let nobody else do what concerns all runs until the transaction ends. Taken after the locks
    of runs, never before."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _QUEUE_LOCK})


def now(connection: Connection) -> datetime:
    """The server's time (aware UTC), also within a transaction that began long ago: those of the
    machines that share it may differ."""
    found = connection.execute(_NOW).scalar_one()
    assert isinstance(found, datetime)
    return found.replace(tzinfo=UTC)


_NOW = text("SELECT clock_timestamp() AT TIME ZONE 'UTC'")


def insert_rows(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    records: Iterator[tuple[str | int | None, ...]],
) -> None:
    """Store many records, as COPY takes them: each by a statement takes three times the time."""
    columns = ", ".join(f'"{name}"' for name in names)
    driver: Any = connection.connection.cursor()
    try:
        with driver.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
            for record in records:
                copy.write_row(record)
    except connection.dialect.loaded_dbapi.Error as error:
        words = f"The queue failed ({type(error).__name__}). Nothing was stored."
        ours = postgresql_words.in_words(error, connection.engine.url) or QueueError(words)
        raise ours from error


def learn_sizes(connection: Connection, *tables: Table) -> None:
    """Let the planner know what many new rows have made of these tables: it would go through all of
    a run for some of its items."""
    connection.execute(text(f"ANALYZE {', '.join(table.name for table in tables)}"))


def erase_deleted(engine: Engine) -> bool:
    """Leave nothing in the tables and their statistics but what they hold now; the server's log of
    changes, its copies and its own logs are out of reach, which False says.

    Raises NotErased while another program reads or writes.
    """
    try:
        with engine.connect() as plain:
            # VACUUM allows no transaction.
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text("SET statement_timeout = 0"))
            # With that it is not used again.
            connection.detach()
            for table in metadata.sorted_tables:
                # To alter a column's type, if only to the same, is what deletes its statistics;
                # ANALYZE leaves those of a table without rows as they are.
                same = 'ALTER COLUMN {} TYPE text COLLATE "C"'
                _alter(connection, table, same, _texts(table))
                _rewrite(connection, f"{SCHEMA}.{table.name}")
                connection.execute(text(f"ANALYZE {SCHEMA}.{table.name}"))
            # Whoever may not do that, since somebody else owns the database, is told by no error.
            _rewrite(connection, "pg_catalog.pg_statistic")
    except DBAPIError as error:
        words = in_words(error, engine.url) or f"It failed ({type(error.orig).__name__})."
        raise NotErased(f"{_NOT_ERASED} {words}") from error
    return False


# For as long as it begins, any connection to the server counts as a reader.
_VACUUMS = 5
_VACUUM_PAUSE = 0.2  # seconds


def _rewrite(connection: Connection, table: str) -> None:
    """Write a table anew, without deleted rows. Raises NotErased where some had to stay."""
    told: list[str] = []
    driver: Any = connection.connection.dbapi_connection

    def listen(notice: Any) -> None:
        told.append(notice.message_detail or "")

    driver.add_notice_handler(listen)
    try:
        for _ in range(_VACUUMS):
            told.clear()
            connection.execute(text(f"VACUUM (FULL, VERBOSE) {table}"))
            # It tells how many "dead row versions cannot be removed yet", in the server's language.
            if not any(re.match("[1-9]", detail) for detail in told):
                return
            time.sleep(_VACUUM_PAUSE)
    finally:
        driver.remove_notice_handler(listen)
    raise NotErased(
        f"{_NOT_ERASED} Another program still reads the database as it was before. Wait for it or "
        "close it, then start the same command again."
    )


def copies_beside(engine: Engine) -> list[Path]:
    """None: a server's tables are copied by its own tools."""
    return []


def in_words(error: DBAPIError, url: URL) -> QueueError | None:
    """Say in a librarian's words what PostgreSQL said, or None for what it never should have."""
    ours = postgresql_words.in_words(error.orig, url, lost=error.connection_invalidated)
    error.args = (str(error.orig),)
    return ours
