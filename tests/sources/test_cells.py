"""No cell is passed over in silence: what is filled is read, or left out with a reason."""

from __future__ import annotations

import csv
import re
import sqlite3
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import openpyxl  # type: ignore[import-untyped]  # it comes without types
import pytest
import xlrd

from almareplay.sources import Capture, open_capture
from almareplay.transactions import Transaction
from tests.sources.test_fixtures import EXPECTED, FIXTURES, Refused

TABLES = [
    name
    for name, expected in EXPECTED.items()
    if not isinstance(expected, Refused)
    and Path(name).suffix in (".csv", ".tsv", ".txt", ".xlsx", ".ods", ".xls")
    and name not in ("workbook-named.csv", "one-scan-a-line.txt")
]
DATABASES = ["adminer.sql", "circulation.sqlite", "sqlite-dump.sql", "tables.sql"]


def filled(path: Path) -> Iterator[tuple[str, int, set[str]]]:
    """For each row its sheet or file, its number, and the letters of its filled cells: found
    without almareplay."""
    if path.suffix == ".xlsx":
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a barcode that was made a date
            for sheet in openpyxl.load_workbook(file, data_only=True).worksheets:
                for row in sheet.iter_rows():
                    letters = {cell.column_letter for cell in row if cell.value not in (None, "")}
                    yield f"{path.name}#{sheet.title}", row[0].row, letters
        return
    content = path.read_bytes()
    if path.suffix == ".ods":
        yield from filled_of_ods(path)
        return
    if content.startswith(b"\xd0\xcf"):
        with xlrd.open_workbook(str(path)) as book:
            for sheet in book.sheets():
                for number, row in enumerate(sheet.get_rows(), 1):
                    columns = {n for n, cell in enumerate(row) if cell.value not in ("", None)}
                    yield f"{path.name}#{sheet.name}", number, {chr(65 + n) for n in columns}
        return
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
    text = content.decode(encoding).removeprefix("ï»¿")
    delimiter = max(",;\t|", key=text.count)
    for number, line in enumerate(text.splitlines(), 1):
        (cells, *_) = csv.reader([line], delimiter=delimiter, skipinitialspace=True)
        yield path.name, number, {chr(65 + n) for n, cell in enumerate(cells) if cell.strip()}


def filled_of_ods(path: Path) -> Iterator[tuple[str, int, set[str]]]:
    with zipfile.ZipFile(path) as archive:
        content = ElementTree.fromstring(archive.read("content.xml"))
    for table in content.iterfind(".//{*}table"):
        (sheet,) = (value for key, value in table.attrib.items() if key.endswith("}name"))
        number = 0
        for row in table.iterfind(".//{*}table-row"):
            column, letters = 0, set()
            for cell in row:
                repeated = _repeated(cell, "columns")
                if "".join(cell.itertext()).strip():
                    letters |= {chr(65 + column + n) for n in range(repeated)}
                column += repeated
            for _ in range(_repeated(row, "rows") if letters else 1):
                number += 1
                yield f"{path.name}#{sheet}", number, letters
            number += 0 if letters else _repeated(row, "rows") - 1


def _repeated(element: ElementTree.Element, what: str) -> int:
    return next(
        (int(n) for key, n in element.attrib.items() if f"number-{what}-repeated" in key), 1
    )


def accounted_for(capture: Capture, source: str) -> set[str]:
    """The letters of the columns of which the capture says that they are read, or that not."""
    words = [words.removeprefix(f"{source}, ") for words in capture.columns]
    told = [words.removeprefix(f"{source}: ") for words in capture.assumptions]
    letters = {found[1] for each in words if (found := re.match(r"([A-Z]+): ", each))}
    for sentence in told:
        if sentence.startswith("not read: column"):
            letters |= set(re.findall(r"\b([A-Z])\b(?= \(|,|$)", sentence))
        if sentence == "not read: call numbers, and names of patrons":
            letters |= {"E", "G"}
        if found := re.match(r"column ([A-Z]) holds no loans or returns", sentence):
            letters.add(found[1])
    return letters


@pytest.mark.parametrize("name", TABLES)
def test_every_filled_cell_stands_in_a_column_that_is_told(
    name: str, options: Callable[..., object]
) -> None:
    expected = EXPECTED[name]
    path = FIXTURES / (name if name.startswith("outage-") else f"captures/{name}")
    capture = open_capture(path, options(**expected.flags))  # type: ignore[arg-type]  # usual ones
    read = {
        (row.source_file, row.source_row) for row in capture.rows() if isinstance(row, Transaction)
    }
    assert read
    silent = {
        (source, number): letters - accounted_for(capture, source)
        for source, number, letters in filled(path)
        if (source, number) in read
    }
    assert silent
    assert {place: letters for place, letters in silent.items() if letters} == {}


ESCAPED = {"'": "''", "0": "", "n": "\n"}


def database_of(path: Path) -> sqlite3.Connection:
    """The tables of a database or of a dump, in SQLite, without almareplay."""
    if path.suffix == ".sqlite":
        return sqlite3.connect(path)
    database, text = sqlite3.connect(":memory:"), path.read_text(encoding="utf-8")
    database.create_function("unistr", 1, lambda text: text)
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
