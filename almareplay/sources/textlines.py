"""The lines of a text file of any size, decoded by what its bytes are."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from almareplay.sources.capture import FileRefused
from almareplay.transactions import Notes, Reason

LONGEST_LINE = 65_536
"""Characters. A longer line is cut there and is no transaction in any format."""

WINDOWS_1252 = Reason("windows_1252")


class TextLines:
    """Reads UTF-8 (with or without byte order mark), Windows-1252 and UTF-16.

    UTF-8 and Windows-1252 are told apart line by line, since captures of several stations are
    often copied together: ``others`` counts the lines so far that were no UTF-8. ``progress`` is
    the share of the bytes that were read, 0.0 to 1.0.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bytes: BinaryIO | None = None
        self.others = 0

    @property
    def progress(self) -> float:
        if self._bytes is None:
            return 0.0
        if self._bytes.closed:
            return 1.0
        return self._bytes.tell() / max(1, self._path.stat().st_size)

    def __iter__(self) -> Iterator[str]:
        """Lines without their ends (CR LF, LF or CR). Raises FileRefused."""
        self.others = 0
        try:
            yield from self._lines()
        except OSError as error:
            reason = f"cannot be read: {error.strerror or error}."
            raise FileRefused(self._path.name, reason) from error

    def numbered(self) -> Iterator[tuple[int, str, Notes]]:
        """Each line with its number, from 1, and with a note where it is no UTF-8. Raises
        FileRefused."""
        others = 0
        for number, line in enumerate(self, 1):
            yield number, line, () if self.others == others else (WINDOWS_1252,)
            others = self.others

    def _lines(self) -> Iterator[str]:
        encoding = encoding_of(self._path)
        self._bytes = self._path.open("rb")
        with TextIOWrapper(self._bytes, encoding=encoding, errors=errors_of(encoding)) as file:
            rest = ""
            for text in iter(partial(file.read, LONGEST_LINE), ""):
                text = rest + text
                *lines, rest = text.split("\n")
                # Only the first line and the rest can reach over what was read at once.
                lines[:1] = [line[:LONGEST_LINE] for line in lines[:1]]
                rest = rest[:LONGEST_LINE]
                if text.isascii():
                    yield from lines
                    continue
                for line in lines:
                    yield line if line.isascii() else self._decoded(line)
            if rest:
                yield self._decoded(rest)

    def _decoded(self, line: str) -> str:
        try:
            line.encode()
        except UnicodeEncodeError:  # bytes that are no UTF-8 stand in the line as surrogates
            self.others += 1
            return line.encode(errors="surrogateescape").decode("cp1252", "replace")
        return line.lstrip("\ufeff")  # files copied together have it in the middle, too


def encoding_of(path: Path) -> str:
    """``utf-16`` or ``utf-32`` by its mark, ``utf-16-le`` or ``utf-16-be`` without one by its empty
    bytes; else ``utf-8``, in which lines of Windows-1252 may stand. Raises OSError."""
    with path.open("rb") as file:
        begin = file.read(4_096)
    if begin.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Digits, blanks and Latin letters are most of a capture, and half empty in UTF-16.
    pairs = len(begin) // 2
    empty = [begin[place::2].count(0) for place in (0, 1)]
    for encoding, full, half in (("utf-16-le", 0, 1), ("utf-16-be", 1, 0)):
        if pairs and empty[half] * 5 > pairs * 2 and empty[full] * 50 < pairs:
            return encoding
    return "utf-8"


def errors_of(encoding: str) -> str:
    """How bytes are decoded that are no text in an encoding of ``encoding_of``."""
    return "surrogateescape" if encoding == "utf-8" else "replace"
