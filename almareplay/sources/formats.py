"""The formats, and which of them a file has: its bytes and first lines decide, not its name."""

from __future__ import annotations

import stat
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from almareplay.sources.capture import Capture, FileRefused
from almareplay.sources.capturepage import StationFile, looks_like_station_file
from almareplay.sources.dat import DatCapture, looks_like_dat
from almareplay.sources.database import SQLITE, open_sqlite
from almareplay.sources.delimited import DelimitedCapture, DelimitedTable, likely_delimiter
from almareplay.sources.identifiers import bare
from almareplay.sources.nocapture import (
    BEGIN,
    known_by_bytes,
    known_by_parts,
    known_by_text,
    lock_of,
)
from almareplay.sources.offline import CLIENTS
from almareplay.sources.options import ReadingOptions
from almareplay.sources.sip2 import Sip2Capture, looks_like_sip2
from almareplay.sources.sql.dump import looks_like_dump, open_dump
from almareplay.sources.textlines import TextLines
from almareplay.sources.workbook import OLE, ZIP, WorkbookCapture


class TextFormat(NamedTuple):
    """A format of text: how it is known by its first lines, blank ones left out, and its capture.

    Opening raises FileRefused.
    """

    recognises: Callable[[list[str]], bool]
    open: Callable[[Path, ReadingOptions], Capture]


TEXT_FORMATS = (
    TextFormat(looks_like_station_file, StationFile),
    TextFormat(looks_like_dump, open_dump),
    TextFormat(looks_like_sip2, Sip2Capture),
    *(TextFormat(*client) for client in CLIENTS),
    TextFormat(looks_like_dat, DatCapture),
)
"""The formats of text, in the order in which a file is held against them. What is none of them, and
nothing that is known to be no capture, is delimited text."""

HEAD_LINES = 200
"""So many lines are looked at to tell a text format."""


def open_capture(path: Path, options: ReadingOptions) -> Capture:
    """The capture that the file is.

    Raises FileRefused for a file that is none, cannot be read at all, or needs a flag first.
    """
    begin = _beginning(path)
    if begin.startswith((ZIP, OLE)):
        _refuse(path, known_by_parts(path))
        return WorkbookCapture(path, options, is_zip=begin.startswith(ZIP))
    if begin.startswith(SQLITE):
        return open_sqlite(path, options)
    _refuse(path, known_by_bytes(begin))
    head = [line for line in islice(TextLines(path), HEAD_LINES) if bare(line)]
    if not head:
        raise FileRefused(path.name, "is empty: there is nothing to load.")
    for text_format in TEXT_FORMATS:
        if text_format.recognises(head):
            return text_format.open(path, options)
    _refuse(path, known_by_text(head))
    delimiter, width = likely_delimiter(head, options)
    return DelimitedCapture(DelimitedTable(path, delimiter, width), options)


def _beginning(path: Path) -> bytes:
    """The first bytes of a file that may be a capture. Raises FileRefused."""
    try:
        known = path.stat()
        if not stat.S_ISREG(known.st_mode):  # a pipe could not be read twice
            raise FileRefused(path.name, "is a folder or no file: name the files themselves.")
        with path.open("rb") as file:
            begin = file.read(BEGIN)
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}."
        raise FileRefused(path.name, reason) from error
    if not begin.startswith((ZIP, OLE)):
        _refuse(path, lock_of(path.name, known.st_size))
    return begin


def _refuse(path: Path, known: str) -> None:
    """Raises FileRefused where it is known that a file is no capture."""
    if known:
        raise FileRefused(path.name, known)
