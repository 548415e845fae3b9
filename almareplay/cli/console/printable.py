"""Text from outside as it can be printed: without what would steer a terminal or fool its reader.

Cells of captures, names of files and sheets, Alma's words, settings, arguments may hold anything.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from almareplay.transactions import as_text

# Control characters (line feeds apart: our own words have several lines), what changes the
# direction of text, and ends of lines.
_STEERS = "\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_FORBIDDEN = re.compile(f"[{_STEERS}]")
_FORBIDDEN_IN_JSON = re.compile(f"[{_STEERS}\ud800-\udfff]")


def printable(text: str) -> str:
    """The text as a terminal may show it.

    A byte that is no UTF-8, as in a file's name, becomes its number (``\\xe9``), a tab a blank, and
    anything else that must not be printed U+FFFD.
    """
    return _FORBIDDEN.sub(lambda found: " " if found[0] == "\t" else "\ufffd", as_text(text))


def one_line(text: str) -> str:
    """The same for words that come from outside as a whole: a line of theirs is no line of ours."""
    return printable(text.replace("\n", " "))


def as_json(data: Any, *, indent: int | None = None) -> str:
    """Data as JSON in which such characters are escaped, so that none of them is lost."""
    text = json.dumps(data, ensure_ascii=False, indent=indent, default=_plain)
    return _FORBIDDEN_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"there is no JSON of {type(value).__name__}")
