"""Finds out what a file is, from its bytes and its first lines, whatever its name."""

from __future__ import annotations

import re
import stat
from itertools import islice
from pathlib import Path

from almareplay.sources.capture import Capture, FileRefused
from almareplay.sources.dat import DatCapture, looks_like_dat
from almareplay.sources.database import SQLITE, open_sqlite
from almareplay.sources.delimited import DelimitedCapture, DelimitedTable, likely_delimiter
from almareplay.sources.identifiers import bare
from almareplay.sources.offline import open_client_file
from almareplay.sources.options import ReadingOptions
from almareplay.sources.oregon import oregon_layout
from almareplay.sources.sip2 import Sip2Capture, looks_like_sip2
from almareplay.sources.sql.dump import looks_like_dump, open_dump
from almareplay.sources.textlines import TextLines
from almareplay.sources.workbook import OLE, ZIP, WorkbookCapture

HEAD_LINES = 200
"""So many lines are looked at to tell a text format."""

_NO_CAPTURE = {
    b"%PDF": "is a PDF: load the spreadsheet or text file it was made from.",
    b"{\\rtf": "is a word processor's file: save it as plain text.",
    b"\x1f\x8b": "is compressed (gzip): unpack it first.",
    b"Rar!": "is compressed (rar): unpack it first.",
    b"7z\xbc\xaf\x27\x1c": "is compressed (7z): unpack it first.",
}
_MARKUP = re.compile(r"\s*<(?:!doctype|html|\?xml|table)", re.I)


def open_capture(path: Path, options: ReadingOptions) -> Capture:
    """The capture that the file is.

    Raises FileRefused for a file that is none, cannot be read at all, or needs a flag first.
    """
    begin = _first_bytes(path)
    if begin.startswith((ZIP, OLE)):
        return WorkbookCapture(path, options, is_zip=begin.startswith(ZIP))
    if begin.startswith(SQLITE):
        return open_sqlite(path, options)
    for magic, advice in _NO_CAPTURE.items():
        if begin.startswith(magic):
            raise FileRefused(path.name, advice)
    head = [line for line in islice(TextLines(path), HEAD_LINES) if bare(line)]
    if not head:
        raise FileRefused(path.name, "is empty: there is nothing to load.")
    _refuse_other_text(path, head)
    if looks_like_dump(head):
        return open_dump(path, options)
    if looks_like_sip2(head):
        return Sip2Capture(path, options)
    if client_file := open_client_file(path, head, options):
        return client_file
    if looks_like_dat(head):
        return DatCapture(path, options)
    delimiter, width = likely_delimiter(head, options)
    table = DelimitedTable(path, delimiter, width)
    if layout := oregon_layout(head, delimiter):
        return DelimitedCapture(table, options, layout, "Oregon CSV")
    return DelimitedCapture(table, options)


def _first_bytes(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe could not be read twice
            raise FileRefused(path.name, "is a folder or no file: name the files themselves.")
        with path.open("rb") as file:
            return file.read(16)
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}."
        raise FileRefused(path.name, reason) from error


def _refuse_other_text(path: Path, head: list[str]) -> None:
    """Refuses text in formats that are known but not read."""
    if _MARKUP.match(head[0]):
        raise FileRefused(path.name, "is a web page or XML: save it as .xlsx or CSV.")
