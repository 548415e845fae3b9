"""The database tables of the two capture tools, wherever they are kept.

Portland State's tool writes `transactions`, the University of Oregon's `circulation`. The column of
call numbers is never read; that of patrons' names is looked at for an id that has slipped into it,
and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from almareplay.sources.capture import FileRefused, Row
from almareplay.sources.options import ReadingOptions
from almareplay.sources.tables.capturetools import FIELDS, TOOLS, Tool, is_slipped_id
from almareplay.sources.tables.headers import Layout
from almareplay.sources.tables.table import AllWrittenOut, Table, TableReader
from almareplay.sources.times.datetimes import Cell

WHEN, _NAMES = FIELDS.index("captured_at"), FIELDS.index("patron_name")
LAYOUT = Layout(
    {field: column for column, field in enumerate(FIELDS)}, len(FIELDS), tool="a capture tool"
)

_FIELDS_IN_WORDS = {field: field.replace("_", " ") for field in FIELDS} | {
    "patron_name": "looked at for ids that have slipped into it, and kept nowhere"
}
_SAFE_NUMBER = 10**15
_ONLY_A_TIME = 1900  # of the first day that a spreadsheet knows only the time of day is meant
_LISTED = 10


class CaptureTable(NamedTuple):
    """A table that is read: its name, whose tool's it is like, its columns in order of FIELDS."""

    name: str
    tool: Tool
    columns: tuple[str, ...]


def tool_of(table: str) -> Tool | None:
    """The tool whose table is called so."""
    return TOOLS.get(table.casefold())


def capture_table(name: str, columns: Iterable[str]) -> CaptureTable | None:
    """The table, where it has all columns that are needed of one tool's."""
    spelled = {column.casefold(): column for column in columns}
    for tool in TOOLS.values():
        if spelled.keys() >= set(tool.needed):
            there = [spelled[column] for column in tool.read if column in spelled]
            return CaptureTable(name, tool, tuple(there))
    return None


def capture_tables(
    source: str, tables: Mapping[str, Sequence[str]]
) -> tuple[list[CaptureTable], list[str]]:
    """Which tables are to be read, of those there are with their columns; and what was assumed.

    A table with the columns but under another name is taken where it is the only one. Raises
    FileRefused, for ``source``, where there is none or it cannot be told.
    """
    fitting = [fit for name, columns in tables.items() if (fit := capture_table(name, columns))]
    known = [fit for fit in fitting if tool_of(fit.name)]
    misfits = [
        f"its table {name} lacks {_listed(lacking)}"
        for name, columns in tables.items()
        if (tool := tool_of(name)) and name not in {fit.name for fit in fitting}
        if (lacking := [column for column in tool.needed if column not in columns])
    ]
    if known:
        aside = [f"left aside: {misfit}" for misfit in misfits]
        return known, aside + _not_read(known, tables)
    if len(fitting) == 1:
        (only,) = fitting
        told = f"the table {only.name} is read: it has the columns of {only.tool.table}"
        return fitting, [told, *_not_read(fitting, tables)]
    if fitting:
        names = _listed([fit.name for fit in fitting])
        reason = f"has more than one table of captures: {names}. Dump the right one by itself."
    elif misfits:
        reason = f"is no capture tool's: {'; '.join(misfits)}."
    else:
        there = f"its tables are {_listed(list(tables))}" if tables else "it has no tables"
        reason = f"has no table {' or '.join(TOOLS)}: {there}."
    raise FileRefused(source, reason)


def _not_read(read: Sequence[CaptureTable], tables: Mapping[str, Sequence[str]]) -> list[str]:
    """Which tables and columns are not read, in words."""
    known = {found.name for found in read}
    tables_aside = [name for name in tables if name not in known and not tool_of(name)]
    told = [f"not read: {_counted('table', tables_aside)}"] if tables_aside else []
    for found in read:
        columns = [column for column in tables[found.name] if column not in found.columns]
        told += [f"not read of {found.name}: {_counted('column', columns)}"] if columns else []
    return told


def cells(values: Sequence[object]) -> list[Cell]:
    """The values of a database's row, in order of FIELDS, as cells; of names, only what is none."""
    row = [value.strip() if isinstance(value, str) else _cell(value) for value in values]
    row[WHEN] = _time(row[WHEN])
    if len(row) > _NAMES and not is_slipped_id(row[_NAMES]):
        row[_NAMES] = ""
    return row


def text_of(raw: bytes) -> str:
    """Text in UTF-8, or else in Windows-1252."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _time(cell: Cell) -> Cell:
    """A time that is written as databases and Oregon's tool write it; else the cell as it is."""
    text = str(cell)
    if len(text) == 14 and text.isdigit():
        text = f"{text[:8]}T{text[8:]}"
    elif len(text) != 19 or text[4] != "-" or text[13] != ":":
        return text if isinstance(cell, int) else cell
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return cell
    return at if at.year > _ONLY_A_TIME else text


def _cell(value: object) -> Cell:
    if isinstance(value, bytes):
        return text_of(value).strip()
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if value is None:
        return ""
    if isinstance(value, datetime) and value.tzinfo:
        return str(value)  # no station's local time: refused in words when it is read
    if isinstance(value, int) and abs(value) >= _SAFE_NUMBER:
        return str(value)  # a database keeps all its digits, a spreadsheet would not
    if isinstance(value, bool | int | float | date | time | timedelta):
        return value
    return str(value)


class TablesCapture:
    """Reads the capture tables of one source, one after another."""

    def __init__(
        self,
        kind: str,
        tables: Sequence[tuple[CaptureTable, Table]],
        options: ReadingOptions,
        assumptions: Sequence[str],
    ) -> None:
        names = " and ".join(f"{found.name} ({found.tool.name})" for found, _ in tables)
        self.format = f"{kind}: table {names}"
        self._of_source = list(assumptions)
        self._readers: list[tuple[CaptureTable, TableReader]] = []
        written_out: list[AllWrittenOut] = []
        for found, table in tables:
            try:
                reader = TableReader(table, options, LAYOUT, from_spreadsheet=False)
            except AllWrittenOut as refused:
                written_out.append(refused)
                self._of_source.append(f"left aside: {refused}")
            else:
                self._readers.append((found, reader))
        if not self._readers:
            raise written_out[0]

    @property
    def columns(self) -> list[str]:
        return [
            f"{found.name}.{column}: {_FIELDS_IN_WORDS[field]}"
            for found, _ in self._readers
            for column, field in zip(found.columns, FIELDS, strict=False)
        ]

    @property
    def progress(self) -> float:
        return sum(reader.progress for _, reader in self._readers) / len(self._readers)

    @property
    def assumptions(self) -> list[str]:
        several = len(self._readers) > 1
        return self._of_source + [
            f"{found.name}: {words}" if several else words
            for found, reader in self._readers
            for words in reader.assumptions.in_words()
        ]

    def rows(self) -> Iterator[Row]:
        for _, reader in self._readers:
            yield from reader.rows()


def _counted(what: str, names: Sequence[str]) -> str:
    return f"{what}{'s' if len(names) > 1 else ''} {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
