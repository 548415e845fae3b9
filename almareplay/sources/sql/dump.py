"""Dumps of a capture tool's database: SQL text as mysqldump and its like write it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from almareplay.sources.capture import FileRefused
from almareplay.sources.options import ReadingOptions
from almareplay.sources.sql.script import Create, Insert, SqlScript
from almareplay.sources.sql.values import UnreadableValueError, Value
from almareplay.sources.tables.capturetable import (
    WHEN,
    CaptureTable,
    TablesCapture,
    capture_tables,
    cells,
    text_of,
    tool_of,
)
from almareplay.sources.tables.table import Record
from almareplay.sources.textlines import WINDOWS_1252
from almareplay.transactions import Notes, Reason

_LIKE_A_DUMP = re.compile(
    r"\ufeff?(?:--\s*(?:MySQL|MariaDB|phpMyAdmin|PostgreSQL)"
    r"|(?:CREATE\s+TABLE|(?:INSERT|REPLACE)\s+(?:\w+\s+){0,3}INTO|DROP\s+TABLE|LOCK\s+TABLES)\s)",
    re.IGNORECASE,
)


MOST_COLUMNS = 250
"""The capture tools' tables have eight; somebody may have added some."""


def looks_like_dump(lines: list[str]) -> bool:
    """Whether lines from the beginning of a file are an SQL script's."""
    return any(_LIKE_A_DUMP.match(line) for line in lines)


def open_dump(path: Path, options: ReadingOptions) -> TablesCapture:
    """The capture tables of a dump; its other tables are left aside. Raises FileRefused."""
    script = SqlScript(path)
    types: dict[str, Mapping[str, str]] = {}
    filled: set[str] = set()
    for statement in script.statements():
        if isinstance(statement, Create):
            types[statement.table] = statement.columns
        elif statement.table not in types:
            tool = tool_of(statement.table)
            names = statement.columns or (tool.columns if tool else ())
            types[statement.table] = dict.fromkeys(names, "")
        filled |= {statement.table} if isinstance(statement, Insert) else set()
    found, assumptions = capture_tables(
        path.name, {name: tuple(columns) for name, columns in types.items()}
    )
    if filled.isdisjoint(table.name for table in found):
        raise FileRefused(
            path.name, "has no rows for its table of captures: was it dumped without its data?"
        )
    for table in found:
        if len(types[table.name]) > MOST_COLUMNS:
            raise FileRefused(path.name, too_wide(table.name))
    if script.broken_off:
        assumptions.append("the dump breaks off: rows that stood behind its last one are missing")
    tables = []
    for table in found:
        name = path.name if len(found) == 1 else f"{path.name}#{table.name}"
        columns = types[table.name]
        utc = script.in_utc and columns[table.columns[WHEN]] == "timestamp"
        if utc:
            assumptions.append(
                f"the times of {table.name} are in UTC, as the dump says: "
                f"read as local times of {options.timezone.key}"
            )
        zone = options.timezone if utc else None
        tables.append((table, DumpTable(path, name, table, tuple(columns), zone)))
    return TablesCapture("SQL dump", tables, options, assumptions)


class DumpTable:
    """The rows of one table of a dump. ``zone``: its times are in UTC, and local to that."""

    day_of_name: date | None = None

    def __init__(
        self,
        path: Path,
        name: str,
        table: CaptureTable,
        columns: Sequence[str],
        zone: ZoneInfo | None,
    ) -> None:
        self.name = name
        self._table = table
        self._columns = tuple(columns)
        self._script = SqlScript(path)
        self._zone = zone

    @property
    def progress(self) -> float:
        return self._script.progress

    def records(self) -> Iterator[Record]:
        numbers = count(1)
        columns = self._columns
        for statement in self._script.statements():
            if statement.table != self._table.name:
                continue
            if isinstance(statement, Create):
                columns = tuple(statement.columns)
            else:
                yield from self._rows(statement.columns or columns, numbers)

    def _rows(self, columns: Sequence[str], numbers: Iterator[int]) -> Iterator[Record]:
        """The rows of one INSERT into these columns."""
        if len(columns) > MOST_COLUMNS:
            raise FileRefused(self.name, too_wide(self._table.name))
        places = {column.casefold(): place for place, column in enumerate(columns)}
        needed = [places.get(column.casefold()) for column in self._table.columns]
        wanted = sorted(place for place in needed if place is not None)
        order = [None if place is None else wanted.index(place) for place in needed]
        for values, problem in self._script.rows(len(columns), wanted):
            number = next(numbers)
            if problem:
                yield Record(number, [], problem=problem)
                continue
            notes: Notes = ()
            if not "".join(values).isascii():
                values, notes = _decoded(values)
            read, problem = self._read([None if at is None else values[at] for at in order])
            row = cells(read)
            if self._zone and isinstance(at := row[WHEN], datetime):
                local = at.replace(tzinfo=UTC).astimezone(self._zone)
                row[WHEN] = local.replace(tzinfo=None)
            yield Record(number, row, notes, problem)

    def _read(self, written: list[str | None]) -> tuple[list[Value], Reason | None]:
        """What the values of a row are, in order of the table's columns, and a problem with one."""
        read: list[Value] = []
        problem: Reason | None = None
        for column, text in zip(self._table.columns, written, strict=True):
            try:
                read.append(None if text is None else self._script.values.value(text))
            except UnreadableValueError as unreadable:
                read.append(None)
                if column.casefold() in self._table.tool.needed:
                    problem = Reason.of(
                        "dump_expression", expression=str(unreadable), column=column
                    )
        return read, problem


def too_wide(table: str) -> str:
    """Why a table is not read that has more columns than any capture tool's."""
    return f"has a table {table} of more than {MOST_COLUMNS} columns: it is no capture tool's."


def _decoded(values: list[str]) -> tuple[list[str], Notes]:
    """Values out of a file read as UTF-8, where some may be in Windows-1252, and a note on it."""
    decoded = [text_of(value.encode(errors="surrogateescape")) for value in values]
    return decoded, () if decoded == values else (WINDOWS_1252,)
