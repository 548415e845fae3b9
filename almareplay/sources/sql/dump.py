"""Dumps of a capture tool's database: SQL text as mysqldump, pg_dump and their like write it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from almareplay.sources.capture import FileRefused
from almareplay.sources.options import ReadingOptions
from almareplay.sources.sql.script import Copy, Create, Insert, SqlScript
from almareplay.sources.sql.values import LONGEST_NUMBER, UnreadableValueError, Value
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
    r"|(?:CREATE\s+TABLE|(?:INSERT|REPLACE)\s+(?:\w+\s+){0,3}INTO|DROP\s+TABLE|LOCK\s+TABLES)\s"
    r"|COPY\s.{1,10000}?\sFROM\s+STDIN\b)",
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
    unread: dict[str, str] = {}
    for statement in script.statements():
        if isinstance(statement, Create):
            types[statement.table] = statement.columns
            continue
        if isinstance(statement, Insert) or statement.has_rows:
            filled.add(statement.table)
        if statement.table not in types:
            tool = tool_of(statement.table)
            names = statement.columns or (tool.columns if tool else ())
            types[statement.table] = dict.fromkeys(names, "")
        if isinstance(statement, Copy) and statement.form.unread:
            unread[statement.table] = statement.form.unread
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
        if option := unread.get(table.name):
            raise FileRefused(
                path.name,
                f"has the rows of its table {table.name} in another form than pg_dump writes "
                f"(COPY with {option}): dump the table again, by pg_dump --table={table.name}.",
            )
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
        tables.append((table, DumpTable(path, name, table, columns, zone)))
    return TablesCapture("SQL dump", tables, options, assumptions)


class DumpTable:
    """The rows of one table of a dump. ``types`` are those of its columns by their names, empty
    where the dump does not tell; ``zone``: its times are in UTC, and local to that.

    The rows of INSERTs are numbered from 1, since one line has thousands; those behind a COPY have
    the numbers of their lines.
    """

    day_of_name: date | None = None

    def __init__(
        self,
        path: Path,
        name: str,
        table: CaptureTable,
        types: Mapping[str, str],
        zone: ZoneInfo | None,
    ) -> None:
        self.name = name
        self._table = table
        self._types = types
        self._of_type = [_OF_TYPE.get(types.get(column, "")) for column in table.columns]
        self._script = SqlScript(path)
        self._zone = zone

    @property
    def progress(self) -> float:
        return self._script.progress

    def records(self) -> Iterator[Record]:
        numbers = count(1)
        columns = tuple(self._types)
        for statement in self._script.statements():
            if statement.table != self._table.name:
                continue
            if isinstance(statement, Create):
                columns = tuple(statement.columns)
            else:
                yield from self._rows(statement, statement.columns or columns, numbers)

    def _rows(
        self, statement: Insert | Copy, columns: Sequence[str], numbers: Iterator[int]
    ) -> Iterator[Record]:
        """The rows of one INSERT or COPY into these columns."""
        if len(columns) > MOST_COLUMNS:
            raise FileRefused(self.name, too_wide(self._table.name))
        places = {column.casefold(): place for place, column in enumerate(columns)}
        needed = [places.get(column.casefold()) for column in self._table.columns]
        wanted = sorted(place for place in needed if place is not None)
        order = [None if place is None else wanted.index(place) for place in needed]
        width, script = len(columns), self._script
        rows: Iterator[tuple[int, Sequence[str | None], Reason | None]]
        if isinstance(statement, Copy):
            rows = script.lines(statement.form, width, wanted)
        else:
            rows = ((n, *row) for row, n in zip(script.rows(width, wanted), numbers, strict=False))
        value = str if isinstance(statement, Copy) else script.values.value
        for number, written, problem in rows:
            if problem:
                yield Record(number, [], problem=problem)
                continue
            notes: Notes = ()
            if not "".join([text or "" for text in written]).isascii():
                written, notes = _decoded(written)
            read, problem = self._read([None if at is None else written[at] for at in order], value)
            row = cells(read)
            if self._zone and isinstance(at := row[WHEN], datetime):
                local = at.replace(tzinfo=UTC).astimezone(self._zone)
                row[WHEN] = local.replace(tzinfo=None)
            yield Record(number, row, notes, problem)

    def _read(
        self, written: Sequence[str | None], value: Callable[[str], Value]
    ) -> tuple[list[Value], Reason | None]:
        """What the values of a row are, in order of the table's columns, and a problem with one."""
        read: list[Value] = []
        problem: Reason | None = None
        for column, text, of_type in zip(self._table.columns, written, self._of_type, strict=True):
            try:
                known = None if text is None else value(text)
                read.append(of_type(known) if of_type and isinstance(known, str) else known)
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


def _decoded(values: Sequence[str | None]) -> tuple[Sequence[str | None], Notes]:
    """Values out of a file read as UTF-8, where some may be in Windows-1252, and a note on it."""
    decoded = [value and text_of(value.encode(errors="surrogateescape")) for value in values]
    return decoded, () if decoded == [*values] else (WINDOWS_1252,)


def _integer(text: str) -> Value:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else text


def _bytes(text: str) -> Value:
    try:
        return bytes.fromhex(text.removeprefix("\\x"))
    except ValueError:
        return text


_OF_TYPE: Mapping[str, Callable[[str], Value]] = {
    **dict.fromkeys(("smallint", "integer", "bigint", "numeric"), _integer),
    "bytea": _bytes,
}
"""What a text is in a column of PostgreSQL's that is not one of texts."""
