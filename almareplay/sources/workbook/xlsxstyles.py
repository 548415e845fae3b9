"""How the cells of an `.xlsx` look, and the texts that they share.

Source: ECMA-376, part 1, 18.4 (shared strings) and 18.8 (styles).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from almareplay.sources.workbook.archive import (
    MOST_UNPACKED,
    Archive,
    Attributes,
    LocalNames,
    new_parser,
)
from almareplay.sources.workbook.errors import LONGEST_TEXT, MOST_TEXT, TOO_MUCH, NotReadError
from almareplay.sources.workbook.numbers import PLAIN, Form, form_of

# Formats that are not written in the file. Source: ECMA-376, part 1, 18.8.30 (numFmt).
_BUILT_IN = {
    **dict.fromkeys([*range(14, 23), *range(27, 37), *range(50, 59)], Form(is_date=True)),
    45: Form(is_date=True),
    46: Form(is_duration=True),
    47: Form(is_date=True),
}
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


@dataclass
class Styles:
    """The looks of cells by the numbers with which sheets name them.

    ``struck_by_rule`` are the looks of rules that strike through.
    """

    forms: dict[str, Form] = field(default_factory=dict)
    struck: set[str] = field(default_factory=set)
    struck_by_rule: set[str] = field(default_factory=set)


class StyleReader:
    """Goes through the XML of styles."""

    def __init__(self) -> None:
        self.styles = Styles()
        self._fonts: list[bool] = []
        self._formats: dict[str, Form] = {}
        self._looks = self._rules = 0
        self._within = ""

    def start(self, name: str, attributes: Attributes) -> None:
        """Takes in an element."""
        if name in ("fonts", "numFmts", "cellXfs", "cellStyleXfs", "dxfs"):
            self._within = name
        elif name == "font" and self._within == "fonts":
            self._fonts.append(False)
        elif name == "dxf":
            self._rules += 1
        elif name == "strike" and is_on(attributes.get("val", "1")):
            if self._within == "dxfs":
                self.styles.struck_by_rule.add(str(self._rules - 1))
            elif self._fonts:
                self._fonts[-1] = True
        elif name == "numFmt" and self._within == "numFmts":
            code = attributes.get("formatCode", "")
            self._formats[attributes.get("numFmtId", "")] = form_of(code)
        elif name == "xf" and self._within == "cellXfs":
            self._take_look(attributes.get("fontId", "0"), attributes.get("numFmtId", "0"))

    def _take_look(self, font: str, number: str) -> None:
        look = str(self._looks)
        self._looks += 1
        if font.isdigit() and int(font) < len(self._fonts) and self._fonts[int(font)]:
            self.styles.struck.add(look)
        built_in = _BUILT_IN.get(int(number), PLAIN) if number.isdigit() else PLAIN
        form = self._formats.get(number, built_in)
        if form != PLAIN:
            self.styles.forms[look] = form


def read_styles(archive: Archive, part: str) -> Styles:
    """The looks of a workbook. Raises DamagedError, NotReadError, ExpatError."""
    reader = StyleReader()
    if part in archive:
        archive.elements(part, reader.start)
    return reader.styles


@dataclass
class Texts:
    """The texts that cells share, by their numbers.

    ``runs`` tells for texts of several fonts whether their parts are struck through: None where a
    part looks as its cell does. ``can_strike``: one part of all is struck through.
    """

    texts: list[str] = field(default_factory=list)
    runs: dict[int, set[bool | None]] = field(default_factory=dict)
    can_strike: bool = False


class _TextReader:
    """Goes through the XML of shared texts."""

    def __init__(self) -> None:
        self.shared = Texts()
        self._parts: list[str] = []
        self._run: bool | None = None
        self._runs: set[bool | None] = set()
        self._in_run = self._in_text = self._in_sound = False
        self._length = 0
        self._local = LocalNames()

    def start(self, tag: str, attributes: Attributes) -> None:
        name = self._local[tag]
        if name == "t":
            self._in_text = not self._in_sound
        elif name == "si":
            self._parts, self._runs = [], set()
        elif name == "r":
            self._in_run, self._run = True, None
        elif name == "rPr":
            self._run = False
        elif name == "strike" and self._in_run and is_on(attributes.get("val", "1")):
            self._run = self.shared.can_strike = True
        elif name == "rPh":  # how it is pronounced
            self._in_sound = True

    def characters(self, text: str) -> None:
        if self._in_text:
            self._parts.append(text)
            if self._in_run and not text.isspace():
                self._runs.add(self._run)

    def end(self, tag: str) -> None:
        name = self._local[tag]
        if name == "t":
            self._in_text = False
        elif name == "r":
            self._in_run = False
        elif name == "rPh":
            self._in_sound = False
        elif name == "si":
            text = unescaped("".join(self._parts))
            self._length += len(text)
            if len(text) > LONGEST_TEXT or self._length > MOST_TEXT:
                raise NotReadError(TOO_MUCH)
            if self._runs:
                self.shared.runs[len(self.shared.texts)] = self._runs
            self.shared.texts.append(text)


def read_texts(archive: Archive, part: str) -> Texts:
    """The shared texts of a workbook. Raises DamagedError, NotReadError, ExpatError."""
    reader = _TextReader()
    if part in archive:
        parser = new_parser()
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.characters
        archive.parse(part, parser, MOST_UNPACKED)
    return reader.shared


def unescaped(text: str) -> str:
    """Text with the characters that XML cannot hold, without blanks around it."""
    if "_x" in text:
        text = _ESCAPED.sub(_character, text)
    return text.strip()


def _character(escaped: re.Match[str]) -> str:
    character = chr(int(escaped[1], 16))
    return "\ufffd" if "\ud800" <= character <= "\udfff" else character


def is_on(value: str | None) -> bool:
    """Whether an attribute says yes."""
    return value in ("1", "true", "on")
