"""The rows that PostgreSQL keeps behind a COPY statement: a line each, with a sign between fields.

``pg_dump`` writes a tab between fields, ``\\N`` for NULL, and ``\\.`` in the line behind the last
row; a backslash stands before what would end a field. Source: PostgreSQL, "COPY" (text format).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from almareplay.sources.sql.grammar import TABLE

COPY = re.compile(
    rf"COPY\s++{TABLE}\s*+(\([^()']*+\))?\s*+((?:WITH\s++OIDS\s++)?)FROM\s++STDIN\b"
    r"((?:[^;']++|'[^']*+')*+);[^\n]*+\n?",
    re.IGNORECASE,
)
"""The statement, up to its first row: the table, its columns, and what is said of the form."""

END = re.compile(r"\\(?:(\.)[ \t]*+(?:\n|\Z)|\Z)")
"""The line behind the last row, or its first half where the dump breaks off in it."""

LINE = re.compile(r"[^\\\n]*+(?:\\.[^\\\n]*+)*+", re.DOTALL)
"""A line without its end."""

_OPTION = re.compile(
    r"(?P<name>(?:USING\s++)?DELIMITERS?|NULL|FORMAT)\s++(?:AS\s++)?"
    r"(?:(?P<escapes>E?)'(?P<text>(?:[^']|'')*+)'|(?P<word>\w++))|WITH\b|[\s(),]++",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z_]{1,30}")
_ESCAPED = re.compile(rb"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))", re.DOTALL)
_CONTROL = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_NULL = r"\N"
_FORBIDDEN = "\\\n\r"


class CopyForm(NamedTuple):
    """How the rows of one COPY are written. ``unread``: the first option that is not known here,
    with which they cannot be read."""

    delimiter: str = "\t"
    null: str = _NULL
    unread: str = ""

    @classmethod
    def of(cls, said: str) -> CopyForm:
        """The form that the options of a COPY say."""
        form, at = cls(), 0
        while at < len(said):
            found = _OPTION.match(said, at)
            if not found:
                word = _WORD.search(said, at)
                return form._replace(unread=word[0].upper() if word else "options")
            at = found.end()
            name = (found["name"] or "").upper().split()[-1:]
            text = found["word"] or (found["text"] or "").replace("''", "'")
            text = (unescaped(text) or "") if found["escapes"] else text
            if name == ["NULL"]:
                form = form._replace(null=text)
            elif name == ["FORMAT"] and text.lower() != "text":
                return form._replace(unread=f"FORMAT {text}" if text.isalnum() else "FORMAT")
            elif name in (["DELIMITER"], ["DELIMITERS"]):
                if len(text) != 1 or text in _FORBIDDEN:
                    return form._replace(unread="DELIMITER")
                form = form._replace(delimiter=text)
        return form

    def row(self, width: int, wanted: frozenset[int]) -> re.Pattern[str]:
        """A line of so many fields, with a group for each one that is wanted."""
        return _row(self.delimiter, width, wanted)

    def fields(self, line: str) -> int:
        """How many fields a line has."""
        return len(re.findall(rf"(?<!\\)(?:\\\\)*{re.escape(self.delimiter)}", line)) + 1

    def value(self, field: str) -> str | None:
        """The text that a field stands for; None for NULL."""
        # Whatever stands for NULL besides, nobody escapes an N.
        if field in (self.null, _NULL):
            return None
        return unescaped(field)


def unescaped(field: str) -> str:
    """A field without its backslashes; bytes that are no UTF-8 stand in it as surrogates."""
    if "\\" not in field:
        return field
    raw = _ESCAPED.sub(_sign, field.encode(errors="surrogateescape"))
    return raw.decode(errors="surrogateescape")


def _sign(found: re.Match[bytes]) -> bytes:
    octal, hexadecimal, sign = found.groups()
    if octal:
        return bytes([int(octal, 8) & 0xFF])
    return bytes([int(hexadecimal, 16)]) if hexadecimal else _CONTROL.get(sign, sign)


@lru_cache(maxsize=64)
def _row(delimiter: str, width: int, wanted: frozenset[int]) -> re.Pattern[str]:
    sign = re.escape(delimiter)
    field = rf"[^{sign}\\\n]*+(?:\\.[^{sign}\\\n]*+)*+"
    fields = sign.join(f"({field})" if column in wanted else field for column in range(width))
    return re.compile(rf"{fields}\n", re.DOTALL)


@lru_cache(maxsize=8)
def behind(delimiter: str) -> re.Pattern[str]:
    """A line that stands behind the rows of a table of several columns, where their end mark is
    missing: a comment, or the next COPY."""
    other = rf"[^\n{re.escape(delimiter)}]"
    return re.compile(rf"--{other}*+(?:\n|\Z)|COPY\s{other}{{1,10000}}?\sFROM stdin;")
