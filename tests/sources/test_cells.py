"""No cell is passed over in silence: what is filled is read, or left out with a reason."""

from __future__ import annotations

import csv
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import openpyxl  # type: ignore[import-untyped]  # it comes without types
import pytest
import xlrd

from almareplay.sources import Capture, open_capture
from almareplay.transactions import LeftOut, Transaction
from tests.sources.test_database_cells import DATABASES
from tests.sources.test_fixtures import EXPECTED, FIXTURES, Refused
from tests.sources.test_line_cells import FORMATS

TABLES = [
    name
    for name, expected in EXPECTED.items()
    if not isinstance(expected, Refused)
    and Path(name).suffix in (".csv", ".tsv", ".txt", ".xlsx", ".ods", ".xls")
    and name not in FORMATS
]


def filled(path: Path) -> Iterator[tuple[str, int, set[str]]]:
    """For each row its sheet or file, its number, and the letters of its filled cells: found
    without almareplay."""
    content = path.read_bytes()
    if b"xl/workbook.xml" in content:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a barcode that was made a date
            for sheet in openpyxl.load_workbook(file, data_only=True).worksheets:
                for row in sheet.iter_rows():
                    letters = {cell.column_letter for cell in row if cell.value not in (None, "")}
                    yield f"{path.name}#{sheet.title}", row[0].row, letters
        return
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
    text = decoded(content)
    delimiter = max(",;\t|", key=text.count)
    for number, line in enumerate(re.split("\r\n|\n|\r", text), 1):
        cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
        letters = {chr(65 + n) for n, cell in enumerate(cells) if cell.strip() not in ("", "NULL")}
        yield path.name, number, letters


def decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


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


def items_of(capture: Capture, source: str) -> set[str]:
    """The letters of the columns with items: for each of their cells there is a row."""
    words = (words.removeprefix(f"{source}, ") for words in capture.columns)
    return {found[1] for each in words if (found := re.match(r"([A-Z]+): (?:further )?item", each))}


@pytest.mark.parametrize("name", TABLES)
def test_every_filled_cell_stands_in_a_column_that_is_told(
    name: str, options: Callable[..., object]
) -> None:
    expected = EXPECTED[name]
    path = FIXTURES / (name if name.startswith("outage-") else f"captures/{name}")
    capture = open_capture(path, options(**expected.flags))  # type: ignore[arg-type]  # usual ones
    rows = [row for row in capture.rows() if not isinstance(row, LeftOut)]
    read = {(row.source_file, row.source_row) for row in rows if isinstance(row, Transaction)}
    assert read
    silent = {
        (source, number): letters - accounted_for(capture, source)
        for source, number, letters in filled(path)
        if (source, number) in read
    }
    assert silent
    assert {place: letters for place, letters in silent.items() if letters} == {}
    of_place = Counter((row.source_file, row.source_row) for row in rows)
    for source, number, letters in filled(path):
        if (source, number) in read:
            assert of_place[source, number] == len(letters & items_of(capture, source)), number


def test_every_fixture_that_is_read_is_accounted_for() -> None:
    read = [name for name, expected in EXPECTED.items() if not isinstance(expected, Refused)]
    assert sorted([*TABLES, *DATABASES, *FORMATS]) == sorted(read)
