"""The capture tables of a database, each read at once by one SELECT."""

from __future__ import annotations

import hashlib
import pickle
import warnings
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from sqlalchemy import ColumnClause, Connection, Inspector, column, inspect, table, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import NoSuchTableError, SAWarning, SQLAlchemyError

from almareplay.sources.capture import FileRefused
from almareplay.sources.database.refusals import in_words, is_interruption
from almareplay.sources.database.views import intricate_views
from almareplay.sources.options import ReadingOptions
from almareplay.sources.tables.capturetable import (
    CaptureTable,
    TablesCapture,
    capture_table,
    capture_tables,
    cells,
    tool_of,
)
from almareplay.sources.tables.table import Record
from almareplay.sources.times.datetimes import Cell

_AT_A_TIME = 500
_QUEUE = "almareplay_schema"
"""A table that only a queue has."""


class Interrupted(Exception):
    """SQLite stopped: its time is over, or the user has pressed Ctrl-C."""


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


def read_tables(
    engine: Engine,
    kind: str,
    name: str,
    options: ReadingOptions,
    secrets: Sequence[str] = (),
    *,
    assumed: str = "",
) -> DatabaseCapture:
    """The capture tables behind an engine, as they are at one moment.

    ``assumed`` is what is assumed of it besides. Raises FileRefused, in which ``secrets`` do not
    stand, and Interrupted.
    """
    try:
        with engine.connect() as connection:
            found, assumptions = capture_tables(name, _columns(name, connection))
            tables = [
                (each, DatabaseTable(f"{name}#{each.name}", _parts(connection, each)))
                for each in found
            ]
    except (SQLAlchemyError, OSError, RuntimeError, ValueError, TypeError) as error:
        if is_interruption(error):
            raise Interrupted from None
        raise FileRefused(name, in_words(error, secrets)) from None
    if not any(table.rows for _, table in tables):
        raise FileRefused(name, "has no rows in its table of captures: there is nothing to load.")
    assumptions += [assumed] if assumed else []
    return DatabaseCapture(kind, name, tables, options, assumptions)


def _columns(name: str, connection: Connection) -> dict[str, list[str]]:
    """The columns of each table and view: where some have a tool's name, only of those."""
    inspector = inspect(connection)
    intricate = _intricate_views(connection)
    views = [view for view in inspector.get_view_names() if view not in intricate]
    names = [*inspector.get_table_names(), *views]
    if _QUEUE in names:
        raise FileRefused(
            name,
            "is a queue of almareplay and no capture. To take the rows of a run into another run: "
            "almareplay copy.",
        )
    columns = {each: _columns_of(inspector, each) for each in names if tool_of(each)}
    if not any(capture_table(*each) for each in columns.items()):
        columns = {each: _columns_of(inspector, each) for each in names}
    if intricate and not any(capture_table(*each) for each in columns.items()):
        raise FileRefused(
            name,
            f"has no table of captures but for what its view {_likely(intricate)} may show, which "
            "is made of other views or of WITH: make a table of it (CREATE TABLE captures AS "
            "SELECT …) and load the file again.",
        )
    return {each: columns.get(each, []) for each in names}


def _intricate_views(connection: Connection) -> list[str]:
    if connection.dialect.name != "sqlite":
        return []  # a server's own database, which the user vouches for
    schema = "SELECT name, sql FROM sqlite_master WHERE type = 'view'"
    return intricate_views((str(name), str(sql)) for name, sql in connection.execute(text(schema)))


def _likely(names: Sequence[str]) -> str:
    """The one with a tool's name, or else the first."""
    return next((name for name in names if tool_of(name)), names[0])


def _columns_of(inspector: Inspector, name: str) -> list[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # types that it does not know
            return [each["name"] for each in inspector.get_columns(name)]
    except SQLAlchemyError as error:  # a view whose tables are gone, or are not this user's
        if is_interruption(error):
            raise
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
