"""What an `.xlsx` says of its sheets that calamine does not show.

Calamine gives the values of cells, not their font, and lays a sheet out in memory up to its last
cell: a single cell in the last corner, and the process is killed. Both are in the sheets' XML.
Source: ECMA-376, part 1, 18.3 (worksheets) and 18.8 (styles).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

WORKBOOK = "xl/workbook.xml"

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class DamagedError(Exception):
    """The archive or its XML cannot be read."""


_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, OverflowError),
    *(ElementTree.ParseError, expat.ExpatError, NotImplementedError, RuntimeError),
)


@dataclass
class SheetMarks:
    """Of the filled cells of a sheet: the rows with struck-through ones, those with others, and
    how far they reach. ``plain`` is kept only where something can be struck through."""

    struck: set[int] = field(default_factory=set)
    plain: set[int] = field(default_factory=set)
    last_row: int = 0
    last_column: int = 0


def part_names(path: Path) -> list[str]:
    """The names of what a zip archive holds. Raises DamagedError, OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except _DAMAGE as error:
        raise DamagedError(str(error)) from error


def sheet_marks(path: Path) -> dict[str, SheetMarks]:
    """The marks of an `.xlsx` file's sheets by their names. Raises DamagedError, OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            struck_styles = _struck_styles(archive)
            return {
                name: _marks(archive.open(part), struck_styles)
                for name, part in _sheet_parts(archive).items()
                if part in archive.NameToInfo
            }
    except _DAMAGE as error:
        raise DamagedError(str(error)) from error


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The names of the sheets, and where their XML stands in the archive."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {
        relation.get("Id"): posixpath.normpath(posixpath.join("/xl", relation.get("Target", "")))
        for relation in relations
        if relation.get("Type", "").endswith("/worksheet")
    }
    workbook = ElementTree.fromstring(archive.read(WORKBOOK))
    return {
        sheet.get("name", ""): targets[sheet.get(_RELATION)].lstrip("/")
        for sheet in workbook.iterfind(".//{*}sheet")
        if sheet.get(_RELATION) in targets
    }


def _struck_styles(archive: zipfile.ZipFile) -> set[int]:
    """The numbers of the cell styles whose font is struck through."""
    if "xl/styles.xml" not in archive.NameToInfo:
        return set()
    styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    struck_fonts = {
        number
        for number, font in enumerate(styles.iterfind("{*}fonts/{*}font"))
        if (strike := font.find("{*}strike")) is not None
        and strike.get("val", "1") not in ("0", "false")
    }
    return {
        number
        for number, style in enumerate(styles.iterfind("{*}cellXfs/{*}xf"))
        if int(style.get("fontId", 0)) in struck_fonts
    }


def _marks(part: IO[bytes], struck_styles: set[int]) -> SheetMarks:
    marks = SheetMarks()
    row = column = 0
    is_struck = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, is_struck
        match tag.rpartition(" ")[2]:
            case "row":
                row, column = int(attributes.get("r", row + 1)), 0
            case "c":
                column += 1
                if reference := _REFERENCE.fullmatch(attributes.get("r", "")):
                    row, column = int(reference[2]), _number(reference[1])
                is_struck = int(attributes.get("s", 0)) in struck_styles
            case "v" | "is":
                marks.last_row = max(marks.last_row, row)
                marks.last_column = max(marks.last_column, column)
                if struck_styles:
                    (marks.struck if is_struck else marks.plain).add(row)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    with part:
        parser.ParseFile(part)
    return marks


def _number(letters: str) -> int:
    """The number from 1 of a column given by its letters."""
    number = 0
    for character in letters:
        number = number * 26 + ord(character) - ord("A") + 1
    return number
