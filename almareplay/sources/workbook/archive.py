"""The parts of a zipped workbook, unpacked and parsed within bounds.

What a part unpacks to is bounded before it is unpacked: a hundred megabytes of style sheet fit into
150 kilobytes. A document type, whose entities can grow without end, is refused; so is a single tag
or comment that goes on and on, over which the XML parser would take quadratic time.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from xml.parsers import expat

from almareplay.sources.workbook.errors import (
    DECLARES_TYPES,
    PASSWORD,
    TOO_MUCH,
    DamagedError,
    NotReadError,
)

MOST_PARTS = 10_000
MOST_UNPACKED = 512 << 20
"""Bytes of one part with cells or their texts."""
MOST_BESIDE = 32 << 20
"""Bytes of one part with anything else, styles for example."""

Attributes = dict[str, str]
Start = Callable[[str, Attributes], None]

CHUNK = 1 << 16
"""Bytes that are unpacked at once."""
_LONGEST_TOKEN = 1 << 20
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Archive:
    """A zip archive whose parts are named without regard to case. Raises DamagedError."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)
        self._parts: dict[str, zipfile.ZipInfo] = {}
        if len(self._zip.filelist) > MOST_PARTS:
            raise NotReadError(TOO_MUCH)
        for info in self._zip.filelist:
            name = _plain(info.filename)
            if self._parts.setdefault(name, info) is not info:
                raise DamagedError("two parts have one name")  # readers differ in which they take

    def __contains__(self, name: str) -> bool:
        return _plain(name) in self._parts

    def chunks(self, name: str, most: int) -> Iterator[bytes]:
        """The bytes of a part, some at a time. Raises DamagedError, NotReadError."""
        with self._open(name, most) as part:
            while chunk := part.read(CHUNK):
                yield chunk

    def _open(self, name: str, most: int) -> IO[bytes]:
        info = self._parts.get(_plain(name))
        if info is None:
            raise DamagedError(f"there is no part {name}")
        if info.flag_bits & _ENCRYPTED:
            raise NotReadError(PASSWORD)
        if info.compress_type not in _METHODS:
            raise DamagedError("a part is packed in an unusual way")
        if info.file_size > most:
            raise NotReadError(TOO_MUCH)
        return self._zip.open(info)

    def parse(self, name: str, parser: expat.XMLParserType, most: int = MOST_BESIDE) -> None:
        """Feeds a part of XML to a parser. Raises DamagedError, NotReadError, ExpatError."""
        feed = Feed(parser)
        for chunk in self.chunks(name, most):
            feed.feed(chunk)
        feed.end()

    def elements(self, name: str, start: Start) -> None:
        """Calls ``start`` for each element of a part of XML, by its local name."""
        local = LocalNames()
        parser = new_parser()
        parser.StartElementHandler = lambda tag, attributes: start(local[tag], attributes)
        self.parse(name, parser)


class Feed:
    """Feeds XML to a parser. Raises DamagedError, NotReadError, ExpatError."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self._parser = parser
        self._fed = 0

    def feed(self, xml: bytes) -> bool:
        """Feeds the next piece; whether the parser has gone through all of it, and so stands within
        no tag and no comment."""
        self._parser.Parse(xml, False)
        self._fed += len(xml)
        waiting = self._fed - self._parser.CurrentByteIndex
        if waiting > _LONGEST_TOKEN:
            raise DamagedError("a tag goes on for more than a megabyte")
        return waiting == 0

    def end(self) -> None:
        """Says that there is no more."""
        self._parser.Parse(b"", True)


def new_parser() -> expat.XMLParserType:
    """An XML parser that refuses document types. It raises NotReadError then."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_types
    return parser


def _refuse_types(*_: object) -> None:
    raise NotReadError(DECLARES_TYPES)


class LocalNames(dict[str, str]):
    """The names of elements without what stands before them for their namespace."""

    def __missing__(self, tag: str) -> str:
        self[tag] = tag.rpartition(":")[2]
        return self[tag]


def local_attribute(attributes: Attributes, name: str) -> str | None:
    """An attribute of another namespace than its element, by its local name."""
    for key, value in attributes.items():
        if key.endswith(f":{name}"):
            return value
    return None


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()
