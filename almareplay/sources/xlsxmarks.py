"""The marks of an `.xlsx`: fonts, hidden rows, merged cells, formulas without a value.

Source: ECMA-376, part 1, 18.3 (worksheets), 18.4 (shared strings) and 18.8 (styles).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from typing import IO, NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

from almareplay.sources.novalue import NOT_CALCULATED
from almareplay.sources.serials import FIRST_DAY_1904
from almareplay.sources.sheetmarks import Merged, SheetMarks, WorkbookMarks

WORKBOOK = "xl/workbook.xml"

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_ZEROS = re.compile(r"0{2,}")
_CHUNK = 1 << 20
_MOST_COLUMNS = 16_384


def xlsx_marks(archive: zipfile.ZipFile) -> WorkbookMarks:
    """The marks of a workbook. Raises what damaged archives and damaged XML do."""
    workbook = ElementTree.fromstring(archive.read(WORKBOOK))
    parts = _parts(archive, workbook)
    look = _looks(archive)
    calculation = workbook.find("{*}calcPr")
    # A program that calculates nothing leaves 0 for a value, and asks for a calculation.
    stale = calculation is not None and _is_on(calculation.get("fullCalcOnLoad"))
    marks = WorkbookMarks(
        {
            name: _SheetReader(look, stale=stale).marks_of(archive.open(part))
            for name, part in parts.items()
            if part in archive.NameToInfo
        }
    )
    properties = workbook.find("{*}workbookPr")
    if properties is not None and _is_on(properties.get("date1904")):
        marks.first_day = FIRST_DAY_1904
    return marks


class _Looks(NamedTuple):
    """How cells and texts look, by the numbers that sheets name them with.

    ``texts`` are the texts of several fonts: what their parts say of being struck through, None
    where a part looks as its cell does.
    """

    struck: set[str]
    struck_by_rule: set[str]
    zeros: dict[str, int]
    texts: dict[str, set[bool | None]]


def _parts(archive: zipfile.ZipFile, workbook: ElementTree.Element) -> dict[str, str]:
    """The names of the sheets, and where their XML stands in the archive."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {
        relation.get("Id"): posixpath.normpath(posixpath.join("/xl", relation.get("Target", "")))
        for relation in relations
        if relation.get("Type", "").endswith("/worksheet")
    }
    return {
        sheet.get("name", ""): targets[sheet.get(_RELATION)].lstrip("/")
        for sheet in workbook.iterfind(".//{*}sheet")
        if sheet.get(_RELATION) in targets
    }


def _looks(archive: zipfile.ZipFile) -> _Looks:
    texts = _texts(archive)
    if "xl/styles.xml" not in archive.NameToInfo:
        return _Looks(set(), set(), {}, texts)
    styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    struck_fonts = {
        str(number)
        for number, font in enumerate(styles.iterfind("{*}fonts/{*}font"))
        if _is_struck(font)
    }
    zeros_of = {
        form.get("numFmtId", ""): len(form.get("formatCode", ""))
        for form in styles.iterfind("{*}numFmts/{*}numFmt")
        if _ZEROS.fullmatch(form.get("formatCode", ""))
    }
    struck, zeros = set(), {}
    for number, style in enumerate(styles.iterfind("{*}cellXfs/{*}xf")):
        if style.get("fontId", "0") in struck_fonts:
            struck.add(str(number))
        if width := zeros_of.get(style.get("numFmtId", "0")):
            zeros[str(number)] = width
    by_rule = {
        str(number)
        for number, font in enumerate(styles.iterfind("{*}dxfs/{*}dxf"))
        if any(_is_struck(part) for part in font.iterfind("{*}font"))
    }
    return _Looks(struck, by_rule, zeros, texts)


def _texts(archive: zipfile.ZipFile) -> dict[str, set[bool | None]]:
    """Texts of several fonts, where one of all texts is struck through at all."""
    name = "xl/sharedStrings.xml"
    if name not in archive.NameToInfo or not _holds(archive.open(name), b"strike"):
        return {}
    texts, number = {}, 0
    for _, element in ElementTree.iterparse(archive.open(name)):
        if element.tag.rpartition("}")[2] != "si":
            continue
        if runs := element.findall("{*}r"):
            texts[str(number)] = {
                None if (font := run.find("{*}rPr")) is None else _is_struck(font)
                for run in runs
                if (run.findtext("{*}t") or "").strip()
            }
        number += 1
        element.clear()
    return texts


def _holds(part: IO[bytes], word: bytes) -> bool:
    end = b""
    with part:
        while chunk := part.read(_CHUNK):
            if word in end + chunk:
                return True
            end = chunk[-len(word) :]
    return False


def _is_struck(font: ElementTree.Element) -> bool:
    strike = font.find("{*}strike")
    return strike is not None and _is_on(strike.get("val", "1"))


def _is_on(value: str | None) -> bool:
    return value in ("1", "true", "on")


class _LocalNames(dict[str, str]):
    """The names of elements without what stands before them for their namespace."""

    def __missing__(self, tag: str) -> str:
        self[tag] = tag.rpartition(":")[2]
        return self[tag]


class _SheetReader:
    """Goes through the XML of one sheet, with as few steps a cell as can be."""

    def __init__(self, looks: _Looks, *, stale: bool) -> None:
        self._looks = looks
        self._stale = stale
        self._has_struck = bool(looks.struck or looks.texts)
        self._all_look_plain = not (self._has_struck or looks.zeros)
        self._local = _LocalNames()
        self._columns: dict[str, int] = {}
        self._marks = SheetMarks()
        self._row = self._row_of_cell = 0
        self._row_text = ""
        self._column = -1
        self._cell: dict[str, str] = {}
        self._is_formula = False
        self._run: bool | None = None
        self._in_run = False
        self._runs: set[bool | None] = set()
        self._text: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start

    def marks_of(self, part: IO[bytes]) -> SheetMarks:
        """The marks of the sheet whose XML it is. Raises ExpatError, ValueError."""
        with part:
            self._parser.ParseFile(part)
        return self._marks

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = self._local[tag]
        if name == "c":
            self._cell = attributes
            self._place(attributes.get("r", ""))
            kind = attributes.get("t")
            if kind == "e" or (kind == "s" and self._looks.texts):
                self._follow()
        elif name in ("v", "t"):
            self._fill()
        elif name == "row":
            self._row_text = attributes.get("r", "")
            self._row = self._row_of_cell = int(self._row_text or self._row + 1)
            self._column = -1
            if _is_on(attributes.get("hidden")):
                self._marks.hidden_rows.add(self._row)
        elif name in ("f", "r"):
            self._is_formula, self._in_run, self._run = name == "f", name == "r", None
            self._follow()
        elif name == "rPr":
            self._run = False
        elif name == "strike":
            self._strike(_is_on(attributes.get("val", "1")))
        elif name != "is":
            self._beside_cells(name, attributes)

    def _place(self, reference: str) -> None:
        """Where a cell stands; one that does not say it follows the one before."""
        column = self._columns.get(reference.removesuffix(self._row_text))
        if column is not None:
            self._row_of_cell, self._column = self._row, column
        elif found := _REFERENCE.fullmatch(reference):
            self._row_of_cell, self._column = int(found[2]), _column(found[1])
            if found[2] == self._row_text:
                self._columns[found[1]] = self._column
        else:
            self._column += 1

    def _fill(self) -> None:
        marks, row = self._marks, self._row_of_cell
        if row > marks.last_row or self._column >= marks.last_column:
            marks.reach(row, self._column)
        if self._all_look_plain:
            return
        style = self._cell.get("s", "0")
        if self._has_struck and not self._in_run and not self._text_of_fonts():
            marks.fonts(row, {style in self._looks.struck})
        if style in self._looks.zeros and self._cell.get("t", "n") == "n":
            self._show(self._looks.zeros[style])

    def _text_of_fonts(self) -> bool:
        return bool(self._looks.texts) and self._cell.get("t") == "s"

    def _strike(self, is_struck: bool) -> None:
        if self._in_run:
            self._run = is_struck
        else:  # the look of a rule, which newer files have beside the sheet's data
            self._marks.by_rule = self._marks.by_rule or is_struck

    def _beside_cells(self, name: str, attributes: dict[str, str]) -> None:
        if name == "mergeCell":
            self._merge(*attributes.get("ref", "").partition(":")[::2])
        elif name == "col" and _is_on(attributes.get("hidden")):
            first, last = int(attributes["min"]) - 1, int(attributes["max"])
            self._marks.hidden_columns.update(range(first, min(last, _MOST_COLUMNS)))
        elif name == "cfRule" and attributes.get("dxfId") in self._looks.struck_by_rule:
            self._marks.by_rule = True

    def _merge(self, first: str, last: str) -> None:
        begin, end = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last)
        if begin and end and begin[1] == end[1]:
            self._marks.merged.append(Merged(int(begin[2]), int(end[2]), _column(begin[1])))

    def _show(self, shown: int | str) -> None:
        self._marks.reach(self._row_of_cell, self._column)
        self._marks.shown.setdefault(self._row_of_cell, {})[self._column] = shown

    def _follow(self) -> None:
        """Reads the text of this cell, too."""
        self._parser.CharacterDataHandler = self._text.append
        self._parser.EndElementHandler = self._end

    def _end(self, tag: str) -> None:
        name, text = self._local[tag], "".join(self._text).strip()
        if name == "t":
            if self._in_run and text:
                self._runs.add(self._run)
        elif name == "r":
            self._in_run = False
        elif name == "v":
            self._value(text)
        elif name == "c":
            if self._is_formula:
                self._show(NOT_CALCULATED)
            self._resolve(self._runs)
            self._is_formula = self._in_run = False
            self._runs = set()
            self._parser.CharacterDataHandler = None
            self._parser.EndElementHandler = None
        self._text.clear()

    def _value(self, text: str) -> None:
        if self._cell.get("t") == "e":
            self._show(text)
        elif self._text_of_fonts():
            self._resolve(self._looks.texts.get(text, {None}))
        if self._cell.get("t") == "str" or (text and not (self._stale and text == "0")):
            self._is_formula = False

    def _resolve(self, runs: set[bool | None]) -> None:
        of_cell = self._cell.get("s", "0") in self._looks.struck
        self._marks.fonts(
            self._row_of_cell, {of_cell if is_struck is None else is_struck for is_struck in runs}
        )


def _column(letters: str) -> int:
    """The number from 0 of a column given by its letters."""
    number = 0
    for character in letters:
        number = number * 26 + ord(character) - ord("A") + 1
    return number - 1
