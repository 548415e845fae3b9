"""The rows of a file, counted without almareplay."""

from __future__ import annotations

import re
import sqlite3
import warnings
import zipfile
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import openpyxl  # type: ignore[import-untyped]  # it comes without types
import xlrd


def rows_of(path: Path) -> int:
    """The rows of a file up to the last filled one, counted without almareplay."""
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return (
                rows_of_ods(archive) if "content.xml" in archive.namelist() else rows_of_xlsx(path)
            )
    if content.startswith(b"\xd0\xcf"):
        with xlrd.open_workbook(str(path)) as book:
            return sum(
                max(row + 1 for row in range(sheet.nrows) if any(sheet.row_values(row)))
                for sheet in book.sheets()
            )
    if content.startswith(b"SQLite"):
        with closing(sqlite3.connect(path)) as database:
            return int(database.execute("SELECT count(*) FROM circulation").fetchone()[0])
    if path.suffix == ".sql":
        if b"PostgreSQL" in content:
            copied = rb"^COPY \w+\.(?:circulation|transactions) [^\n]*\r?\n(.*?)(?:^\\\.$|\Z)"
            return len(re.findall(copied, content, re.M | re.S)[0].splitlines())
        tables = re.findall(rb"INSERT INTO `(?:circulation|transactions)` VALUES (.*);\n", content)
        if not tables:  # a row a line
            return len(re.findall(rb"^(?:INSERT INTO \w+ VALUES)?\('", content, re.MULTILINE))
        return sum(len(re.findall(rb"\((?:\d+,)?'[A-Z\x80-\xff]+','", rows)) for rows in tables)
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1")
    return len(re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z", text))


def rows_of_xlsx(path: Path) -> int:
    with path.open("rb") as file:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a duration that is too long for it
            sheets = openpyxl.load_workbook(file).worksheets
        return sum(
            max(
                (cell.row for row in sheet.iter_rows() for cell in row if cell.value is not None),
                default=0,
            )
            for sheet in sheets
        )


def rows_of_ods(archive: zipfile.ZipFile) -> int:
    total = 0
    for table in ElementTree.fromstring(archive.read("content.xml")).iterfind(".//{*}table"):
        row = last = 0
        for element in table.iterfind(".//{*}table-row"):
            repeated = [n for key, n in element.attrib.items() if "rows-repeated" in key]
            row += int(*repeated) if repeated else 1
            if "".join(element.itertext()).strip():
                last = row
        total += last
    return total
