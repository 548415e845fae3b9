"""Files that are no captures, told by what they are, with what to load instead.

Whole folders are loaded (``load *``): what lies beside the captures there must be named, so that
nobody looks for loans in it, or misses those that a phone took a picture of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

BEGIN = 4_096
"""Bytes from the beginning of a file that tell most formats."""

_END = 262_144
"""Bytes from the end of a zip file, where the names of its first thousands of parts stand."""

_PICTURE = "is a picture ({}): it cannot be read. Type what it shows into a spreadsheet."
_ARCHIVE = "is compressed ({}): unpack it, and load what was in it."
_RECORDING = "is a recording ({}): it cannot be read."
_DOCUMENT = (
    "is a word processor's file ({}): copy its table into a spreadsheet and save that as .xlsx."
)
_SLIDES = "is a presentation ({}): copy its table into a spreadsheet and save that as .xlsx."
_JOURNAL = (
    "is the journal of a SQLite database, which was not closed or is still open: close the program "
    "that writes to it, and load the database itself."
)
_LOCK = (
    "is the lock file of {}, which is still open somewhere: close it there, it may hold unsaved "
    "rows."
)

_BY_BEGINNING = (
    (rb"\s*%PDF-", "is a PDF: load the spreadsheet or text file it was made from."),
    (rb"\x89PNG", _PICTURE.format("PNG")),
    (rb"\xff\xd8\xff", _PICTURE.format("JPEG")),
    (rb"GIF8[79]a", _PICTURE.format("GIF")),
    (rb"II\*\0|MM\0\*", _PICTURE.format("TIFF")),
    (rb"BM.{4}\0{4}", _PICTURE.format("BMP")),
    (rb"RIFF.{4}WEBP", _PICTURE.format("WebP")),
    (rb".{4}ftyp(?:hei|hev|mif|avi)", _PICTURE.format("HEIC")),
    (rb".{4}ftyp|\x1aE\xdf\xa3", _RECORDING.format("video")),
    (rb"RIFF.{4}(?:WAVE|AVI )|ID3[\x02-\x04]|OggS|fLaC", _RECORDING.format("audio or video")),
    (rb"{\\rtf", _DOCUMENT.format("RTF")),
    (rb"\x1f\x8b", _ARCHIVE.format("gzip")),
    (rb"BZh[1-9]1AY&SY", _ARCHIVE.format("bzip2")),
    (rb"\xfd7zXZ", _ARCHIVE.format("xz")),
    (rb"\x28\xb5\x2f\xfd", _ARCHIVE.format("zstd")),
    (rb"Rar!\x1a", _ARCHIVE.format("rar")),
    (rb"7z\xbc\xaf\x27\x1c", _ARCHIVE.format("7z")),
    (rb"MSCF\0", _ARCHIVE.format("cab")),
    (rb".{257}ustar", _ARCHIVE.format("tar")),
    (
        rb"\0\x01\0\0Standard (?:Jet|ACE) DB",
        "is a database of Microsoft Access: export its table of captures as .xlsx or CSV.",
    ),
    (
        rb"PGDMP",
        "is a dump of PostgreSQL in a form that only its own programs read: make text of it, by "
        "pg_restore --file=dump.sql FILE, and load dump.sql.",
    ),
    (rb"\x37\x7f\x06[\x82\x83]|\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", _JOURNAL),
    (
        rb"\0\x05\x16\x07",
        "is what a Mac keeps beside a file of another disk: load the file itself, whose name has "
        "no ._ before it.",
    ),
    (rb"\0\0\0\x01Bud1", "is how a Mac's window shows a folder: leave it out."),
    (rb"L\0\0\0\x01\x14\x02\0", "is only a shortcut to a file: load the file itself."),
    (rb"PAR1\x15", "is a table in Parquet: save it as CSV."),
    (rb"MZ[^\n]{2,}?\0|\x7fELF", "is a program: it is no capture."),
)
_MAGIC = [(re.compile(begin, re.DOTALL), words) for begin, words in _BY_BEGINNING]

_ODF = re.compile(
    rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis\.opendocument\.(text|presentation)", re.DOTALL
)
_PART = re.compile(rb"PK\x01\x02(?=.{42}([ -~\x80-\xff]{3,200}))", re.DOTALL)
_IN_ZIP = (
    (rb"xl/|content\.xml", ""),  # a workbook, which has a reader
    (rb"word/", _DOCUMENT.format(".docx")),
    (rb"ppt/", _SLIDES.format(".pptx")),
    (
        rb"Index/|Index\.zip|index\.apxl|.*\.iwa",
        "is a file of Apple's Numbers, Pages or Keynote: export it as Excel (File, Export To) and "
        "load that.",
    ),
)
_ODF_KINDS = {b"text": _DOCUMENT.format(".odt"), b"presentation": _SLIDES.format(".odp")}
_OLE_STREAMS = {
    "WordDocument": _DOCUMENT.format(".doc"),
    "PowerPoint Document": _SLIDES.format(".ppt"),
    "__substg1.0_": "is an e-mail of Outlook: save its attachment, and load that.",
}

_LOCK_NAME = re.compile(r"~\$(.+)|\.~lock\.(.+)#")
_LARGEST_LOCK = 1_024
_MAIL = re.compile(
    r"(?:From|Received|Return-Path|Delivered-To|MIME-Version|Message-ID|Subject|Date|To):", re.I
)
_SENT = re.compile(r"(?:Received|Return-Path|MIME-Version|Message-ID):", re.IGNORECASE)
_LIKE_JSON = re.compile(r'\s*[\[{]\s*(?:$|"|\{)')
_MARKUP = re.compile(r"\s*<(?:!doctype|html|\?xml|table|[a-z]\w*[ :>])", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x01\x04-\x08\x0e-\x19\x7f\ufffd]")


def lock_of(name: str, size: int) -> str:
    """What a spreadsheet program's lock file is, as the end of a refusal; empty for other files."""
    named = _LOCK_NAME.fullmatch(name)
    return _LOCK.format(named[1] or named[2]) if named and size <= _LARGEST_LOCK else ""


def known_by_bytes(begin: bytes) -> str:
    """What a file is that begins so, as the end of a refusal; empty where it may be a capture."""
    return next((words for magic, words in _MAGIC if magic.match(begin)), "")


def known_by_parts(path: Path) -> str:
    """What a zip or OLE file is, as the end of a refusal; empty where it may be a workbook, or is
    damaged. Raises OSError."""
    with path.open("rb") as file:
        begin = file.read(_END)
        size = file.seek(0, 2)
        file.seek(max(0, size - _END))
        end = file.read(_END)
    if not begin.startswith(b"PK"):
        return _known_by_streams(begin + end)
    if document := _ODF.match(begin):
        return _ODF_KINDS[document[1]]
    parts = _PART.findall(end)
    for pattern, words in _IN_ZIP:
        if any(re.match(pattern, part) for part in parts):
            return words
    return "is a zip archive and no spreadsheet: unpack it first." if parts else ""


def known_by_text(head: Sequence[str]) -> str:
    """What a file is whose first lines, without blank ones, these are, as the end of a refusal;
    empty where it may be a capture."""
    first = head[0].lstrip("\ufeff")
    if _MARKUP.match(first):
        return _markup("\n".join(head))
    text = "\n".join(head)
    if first.lstrip()[:1] in ("{", "[") and _is_json(first, text):
        if "docs.google.com" in text or '"doc_id"' in text:
            return (
                "is only a link to a Google Sheet: open it, download it as .xlsx (File, Download) "
                "and load that."
            )
        return "is JSON, and of no program that is known: save it as CSV."
    if first.startswith("[InternetShortcut]"):
        return "is only a link to a web page: save what it shows as .xlsx or CSV."
    if sum(bool(_MAIL.match(line)) for line in head) >= 3 and any(map(_SENT.match, head)):
        return "is an e-mail: save its attachment, and load that."
    if len(_CONTROL.findall(text)) * 20 > len(text):
        return "is neither text nor a spreadsheet that is known: is it the right file?"
    return ""


def _known_by_streams(content: bytes) -> str:
    for stream, words in _OLE_STREAMS.items():
        if stream.encode("utf-16-le") in content:
            return words
    return ""


def _markup(text: str) -> str:
    if "schemas-microsoft-com:office:spreadsheet" in text or "office:document" in text:
        return "is a spreadsheet saved as XML: open it, and save it as .xlsx or .ods."
    if re.search(r"<(?:!doctype )?html|<table", text, re.IGNORECASE):
        return "is a web page: open it in a spreadsheet program, and save it as .xlsx."
    return "is XML, and of no program that is known: save it as .xlsx or CSV."


def _is_json(first: str, text: str) -> bool:
    """Whether text that begins with a bracket is JSON, as far as its first lines tell."""
    for part in (first, text):
        try:
            json.loads(part)
        except RecursionError:
            return True
        except ValueError:
            continue
        return True
    return bool(_LIKE_JSON.match(first))  # of many lines, or of one that is longer than any
