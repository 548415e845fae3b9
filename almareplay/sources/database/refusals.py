"""Why a database was not read, in words for who knows the tool and not its driver."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

EXAMPLE = "mysql+pymysql://user@host/alma_offline"
LONGEST_VALUE = 65_536
"""Bytes that a value of a SQLite file may have; ids and times have some dozens."""

_LOGIN = "the server refuses the user or the password: are they right, and may they be used here?"
_RIGHTS = "the user may not read its tables: it needs the right to SELECT."
_NO_SERVER = "no database server answers there: are host and port right, and is it running?"
_OF_MYSQL = {  # by the numbers of MySQL and MariaDB
    1045: _LOGIN,
    1698: _LOGIN,
    1044: _RIGHTS,
    1142: _RIGHTS,
    1143: _RIGHTS,
    1046: f"the URL names no database: it stands at the end, as in {EXAMPLE}.",
    1049: "the server has no database of this name.",
    2002: _NO_SERVER,
    2003: _NO_SERVER,
    2005: _NO_SERVER,
}


def is_interruption(error: Exception) -> bool:
    """Whether SQLite was stopped from outside in what it did."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(origin, sqlite3.Error) and "interrupted" in str(origin)


def in_words(error: Exception, secrets: Sequence[str]) -> str:
    """What went wrong, as the end of a refusal, without passwords."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig else error
    code = origin.args[0] if origin.args else None
    if isinstance(code, int) and code in _OF_MYSQL:
        return _OF_MYSQL[code]
    words = str(origin.args[-1] if origin.args else origin).partition("\n")[0]
    if isinstance(origin, sqlite3.Error):
        if "locked" in words:
            return "is in use by another program: close it there, or load a copy of the file."
        if "too big" in words:
            return (
                f"has a value of more than {LONGEST_VALUE:,} bytes in its table of captures, where "
                "barcodes, ids and times belong: is it damaged?"
            )
        return f"cannot be read as a SQLite database ({words}): is it damaged?"
    for secret in secrets:
        words = words.replace(secret, "…")
    return f"cannot be read. What its driver says: {words}"
