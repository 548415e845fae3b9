"""The lines of a text file of any size, decoded by what its bytes are."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from almareplay.sources.capture import FileRefused

LONGEST_LINE = 65_536
"""Characters. A longer line is cut there and is no transaction in any format."""

WINDOWS_1252 = "not in UTF-8: read as Windows-1252"


class TextLines:
    """Reads UTF-8 (with or without byte order mark), Windows-1252 and, by its mark, UTF-16.

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

    def _lines(self) -> Iterator[str]:
        utf16 = self.is_utf16()
        self._bytes = self._path.open("rb")
        with TextIOWrapper(
            self._bytes,
            encoding="utf-16" if utf16 else "utf-8",
            errors="replace" if utf16 else "surrogateescape",
        ) as file:
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

    def is_utf16(self) -> bool:
        """Whether the file begins with the mark of UTF-16. Raises OSError."""
        with self._path.open("rb") as file:
            return file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

    def _decoded(self, line: str) -> str:
        try:
            line.encode()
        except UnicodeEncodeError:  # bytes that are no UTF-8 stand in the line as surrogates
            self.others += 1
            return line.encode(errors="surrogateescape").decode("cp1252", "replace")
        return line.lstrip("\ufeff")  # files copied together have it in the middle, too
