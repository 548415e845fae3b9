"""No column of a database or dump is passed over in silence, and its values stand in the rows."""

from __future__ import annotations

import codecs
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from almareplay.sources import open_capture
from almareplay.transactions import Kind, Transaction
from tests.sources.test_fixtures import EXPECTED, FIXTURES

DATABASES = [name for name in EXPECTED if Path(name).suffix in (".sql", ".sqlite")]
COLUMNS = {
    "circulation": ("library", "datetime", "retorlo", "itmbarcd", "ptrbarcd"),
    "transactions": ("library", "timestamp", "return_or_loan", "item_barcode", "patron_barcode"),
}
ESCAPED = {"'": "''", "0": "", "n": "\n"}
COPIED = re.compile(
    r"^COPY \w+\.(\w+) \(([^)\n]*)\) FROM stdin;\n(.*?)(?:^\\\.$|\Z)", re.MULTILINE | re.DOTALL
)


def database_of(path: Path) -> sqlite3.Connection:
    """The tables of a database or of a dump, in SQLite, without almareplay."""
    if path.suffix == ".sqlite":
        return sqlite3.connect(path)
    database, text = sqlite3.connect(":memory:"), path.read_text(encoding="utf-8")
    if "PostgreSQL" in text:
        fill_by_copy(database, text)
        return database
    database.create_function(
        "unistr", 1, lambda text: re.sub(r"\\u(\w{4})", lambda hex: chr(int(hex[1], 16)), text)
    )
    database.create_function("conv", 3, lambda text, *_: int(text))
    for name, columns in re.findall(r"CREATE TABLE `(\w+)` \((.*?)^\)", text, re.M | re.S):
        named = ", ".join(re.findall(r"^  `(\w+)`", columns, re.M))
        database.execute(f"CREATE TABLE {name} ({named})")
    if "PRAGMA" in text:
        database.executescript(text)
        return database
    for statement in re.findall(r"^INSERT INTO .*?;$", text, re.M | re.S):
        plain = re.sub(r"\\(.)", lambda found: ESCAPED.get(found[1], found[1]), statement)
        database.execute(plain.replace("_binary ", ""))
    return database


def fill_by_copy(database: sqlite3.Connection, text: str) -> None:
    """Makes the tables of a dump of PostgreSQL; a line with fields missing or too
    many stands in each of its columns."""
    for name, columns, lines in COPIED.findall(text):
        width = columns.count(",") + 1
        database.execute(f"CREATE TABLE {name} ({columns})")
        for line in lines.splitlines():
            row = [None if cell == r"\N" else unescaped(cell) for cell in line.split("\t")]
            row = row if len(row) == width else [line] * width
            database.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * width)})", row)


def unescaped(cell: str) -> str:
    return codecs.decode(cell, "unicode_escape") if "\\" in cell else cell


def rows_of(database: sqlite3.Connection) -> Iterator[list[str]]:
    """Library, time, kind, item and patron of all rows, as text."""
    for (table,) in database.execute("SELECT name FROM sqlite_master").fetchall():
        if table in COLUMNS:
            for row in database.execute(f"SELECT {', '.join(COLUMNS[table])} FROM {table}"):
                texts = [cell.decode() if isinstance(cell, bytes) else cell for cell in row]
                yield ["" if text is None else str(text).strip() for text in texts]


@pytest.mark.parametrize("name", DATABASES)
def test_every_value_of_a_row_is_read(name: str, options: Callable[..., object]) -> None:
    path = FIXTURES / "captures" / name
    rows = list(open_capture(path, options()).rows())  # type: ignore[arg-type]  # usual ones
    with closing(database_of(path)) as database:
        stored = list(rows_of(database))
    assert [type(row) for row in rows].count(Transaction) > 1
    for row, (library, at, kind, item, patron) in zip(rows, stored, strict=True):
        if isinstance(row, Transaction):
            assert (row.library, row.item_barcode, row.patron_id) == (library, item, patron)
            assert row.kind is (Kind.LOAN if kind.upper() == "L" else Kind.RETURN)
            assert f"{row.captured_at:%Y%m%d%H%M%S}" == re.sub(r"\D", "", at)[:14]
        else:
            is_empty = not any((library, at, kind, item, patron))
            assert (row.reason.code == "blank_line") is is_empty


@pytest.mark.parametrize("name", DATABASES)
def test_every_table_and_filled_column_of_a_database_is_told(
    name: str, options: Callable[..., object]
) -> None:
    path = FIXTURES / "captures" / name
    capture = open_capture(path, options())  # type: ignore[arg-type]  # usual ones
    told = {words.partition(":")[0] for words in capture.columns}
    for sentence in capture.assumptions:
        if found := re.fullmatch(r"not read of (\w+): columns? (.*)", sentence):
            told |= {f"{found[1]}.{column}" for column in found[2].split(", ")}
        if found := re.fullmatch(r"not read: tables? (.*)", sentence):
            told |= set(found[1].split(", "))
    with closing(database_of(path)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master")]
        filled = {
            f"{table}.{column}"
            for table in tables
            for column in (row[1] for row in database.execute(f"PRAGMA table_info({table})"))
            if table not in told
            if database.execute(
                f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL AND {column} <> ''"
            ).fetchone()
        }
    assert filled
    assert filled - told == set()
