"""The tables of a capture tool where it keeps them: behind a database URL, or in a SQLite file."""

from __future__ import annotations

import hashlib
import pickle
import re
import sqlite3
import warnings
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnClause, Connection, Inspector, column, create_engine, inspect, table
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchTableError, SAWarning, SQLAlchemyError
from sqlalchemy.pool import NullPool

from almareplay.sources.capture import FileRefused
from almareplay.sources.capturetable import (
    CaptureTable,
    TablesCapture,
    capture_table,
    capture_tables,
    cells,
    text_of,
    tool_of,
)
from almareplay.sources.moments import Cell
from almareplay.sources.options import ReadingOptions
from almareplay.sources.table import Record

SQLITE = b"SQLite format 3\0"

_AT_A_TIME = 2_000
_BUSY_SECONDS = 5.0
_URL = re.compile(r"[A-Za-z][\w+.-]*://")
_SHIPPED = {"mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
_EXAMPLE = "mysql+pymysql://user@host/alma_offline"

_THE_URL = "The database URL"

_LOGIN = "the server refuses the user or the password: are they right, and may they be used here?"
_RIGHTS = "the user may not read its tables: it needs the right to SELECT."
_NO_SERVER = "no database server answers there: are host and port right, and is it running?"
_OF_MYSQL = {  # by the numbers of MySQL and MariaDB
    1045: _LOGIN,
    1698: _LOGIN,
    1044: _RIGHTS,
    1142: _RIGHTS,
    1143: _RIGHTS,
    1046: f"the URL names no database: it stands at the end, as in {_EXAMPLE}.",
    1049: "the server has no database of this name.",
    2002: _NO_SERVER,
    2003: _NO_SERVER,
    2005: _NO_SERVER,
}


def is_database_url(text: str) -> bool:
    """Whether what stands for a capture is a URL, and no file."""
    return bool(_URL.match(text))


def needs_password(url: str) -> bool:
    """Whether a database URL has a user at a server, and no password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return False
    has_password = parsed.password is not None or {"password", "passwd"} & parsed.query.keys()
    return bool(parsed.username and parsed.host and not has_password)


def open_database(
    url: str, options: ReadingOptions, password: str | None = None
) -> DatabaseCapture:
    """The capture tables behind a SQLAlchemy URL, read at once, each by one SELECT.

    ``password`` is for a URL that has none. The capture keeps neither of the two. Raises
    FileRefused, which does not hold them either: nothing that could is chained to it.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise FileRefused(_THE_URL, f"cannot be read: write it as {_EXAMPLE}.") from None
    if "@" in f"{parsed.host}{parsed.database}":
        raise FileRefused(
            _THE_URL, "has more than one @: leave the password out, and it will be asked for."
        )
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or not (path := Path(parsed.database)).is_file():
            raise FileRefused(parsed.database or _THE_URL, "cannot be read: there is no such file.")
        return open_sqlite(path, options)
    parsed = parsed.set(drivername=_SHIPPED.get(parsed.drivername, parsed.drivername))
    if parsed.password is None and password is not None:
        parsed = parsed.set(password=password)
    name = parsed.database or parsed.host or parsed.drivername
    try:
        engine = create_engine(parsed, poolclass=NullPool, hide_parameters=True)
    except (SQLAlchemyError, ImportError, ValueError, TypeError):
        raise FileRefused(
            name,
            f"a database of the kind {parsed.drivername} cannot be read here: is its driver "
            f"installed? MySQL and MariaDB need none: {_EXAMPLE}.",
        ) from None
    secrets = [parsed.password, *(str(value) for value in parsed.query.values())]
    return _read(engine, "database", name, options, [str(secret) for secret in secrets if secret])


def open_sqlite(path: Path, options: ReadingOptions) -> DatabaseCapture:
    """The capture tables of a SQLite file, which is only read. Raises FileRefused."""

    def connect() -> sqlite3.Connection:
        address = f"{path.resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)
        connection.text_factory = text_of
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
    return _read(engine, "SQLite", path.name, options)


class DatabaseCapture(TablesCapture):
    """The capture tables of one database. ``name`` is that of the database or of the file."""

    def __init__(
        self,
        kind: str,
        name: str,
        tables: Sequence[tuple[CaptureTable, DatabaseTable]],
        options: ReadingOptions,
        assumptions: Sequence[str],
    ) -> None:
        super().__init__(kind, tables, options, assumptions)
        self.name = name
        self._rows = [table for _, table in tables]

    def fingerprint(self) -> str:
        """By what the tables are known again: the SHA-256 of what was read, in hexadecimal."""
        return hashlib.sha256("".join(table.sha256 for table in self._rows).encode()).hexdigest()


class DatabaseTable:
    """The rows of one table as they were at one moment, packed in memory."""

    day_of_name: date | None = None

    def __init__(self, name: str, parts: Iterable[Sequence[Sequence[object]]]) -> None:
        self.name = name
        self.rows = 0
        self._packed: list[bytes] = []
        self._given = 0
        sha256 = hashlib.sha256()
        for part in parts:
            rows = [cells(row) for row in part]
            sha256.update(repr(rows).encode(errors="backslashreplace"))
            self._packed.append(zlib.compress(pickle.dumps(rows), level=1))
            self.rows += len(rows)
        self.sha256 = sha256.hexdigest()

    @property
    def progress(self) -> float:
        return self._given / max(1, self.rows)

    def records(self) -> Iterator[Record]:
        self._given = 0
        for packed in self._packed:
            rows: list[list[Cell]] = pickle.loads(zlib.decompress(packed))
            for number, row in enumerate(rows, self._given + 1):
                yield Record(number, row)
            self._given += len(rows)


def _read(
    engine: Engine, kind: str, name: str, options: ReadingOptions, secrets: Sequence[str] = ()
) -> DatabaseCapture:
    try:
        with engine.connect() as connection:
            found, assumptions = capture_tables(name, _columns(connection))
            tables = [
                (each, DatabaseTable(f"{name}#{each.name}", _parts(connection, each)))
                for each in found
            ]
    except (SQLAlchemyError, OSError, RuntimeError, ValueError, TypeError) as error:
        raise FileRefused(name, _in_words(error, secrets)) from None
    if not any(table.rows for _, table in tables):
        raise FileRefused(name, "has no rows in its table of captures: there is nothing to load.")
    return DatabaseCapture(kind, name, tables, options, assumptions)


def _columns(connection: Connection) -> dict[str, list[str]]:
    """The columns of each table and view: of those with a tool's name, or else of all."""
    inspector = inspect(connection)
    names = [*inspector.get_table_names(), *inspector.get_view_names()]
    columns = {name: _columns_of(inspector, name) for name in names if tool_of(name)}
    if not any(capture_table(*each) for each in columns.items()):
        columns = {name: _columns_of(inspector, name) for name in names}
    return columns


def _columns_of(inspector: Inspector, name: str) -> list[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # types that it does not know
            return [each["name"] for each in inspector.get_columns(name)]
    except SQLAlchemyError:  # a view whose tables are gone, or are not this user's
        return []


def _parts(connection: Connection, found: CaptureTable) -> Iterator[Sequence[Sequence[object]]]:
    """The rows of a table, some thousands at a time, of the needed columns only.

    Columns without their types give what the driver gives, be it as strange as it may.
    """
    key: list[str] = []
    with suppress(NoSuchTableError):  # a view
        key = inspect(connection).get_pk_constraint(found.name)["constrained_columns"]
    columns: list[ColumnClause[Any]] = [column(name) for name in found.columns]
    query = table(found.name, *columns).select().order_by(*map(column, key))
    reading = connection.execution_options(yield_per=_AT_A_TIME)
    return reading.execute(query).partitions()


def _in_words(error: Exception, secrets: Sequence[str]) -> str:
    """What went wrong, as the end of a refusal, without passwords."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig else error
    code = origin.args[0] if origin.args else None
    if isinstance(code, int) and code in _OF_MYSQL:
        return _OF_MYSQL[code]
    words = str(origin.args[-1] if origin.args else origin).partition("\n")[0]
    if isinstance(origin, sqlite3.Error):
        if "locked" in words:
            return "is in use by another program: close it there, or load a copy of the file."
        return f"cannot be read as a SQLite database ({words}): is it damaged?"
    for secret in secrets:
        words = words.replace(secret, "…")
    return f"cannot be read. What its driver says: {words}"
