"""The address of a database: a SQLAlchemy URL, and the password that it need not hold."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from almareplay.sources.capture import FileRefused
from almareplay.sources.database.refusals import EXAMPLE
from almareplay.sources.database.sqlite import open_sqlite
from almareplay.sources.database.tables import DatabaseCapture, read_tables
from almareplay.sources.options import ReadingOptions

_URL = re.compile(r"[A-Za-z][\w+.-]*://")
_SHIPPED = {"mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}

_THE_URL = "The database URL"


def is_database_url(text: str) -> bool:
    """Whether what stands for a capture is a URL, and no file."""
    return bool(_URL.match(text))


def needs_password(url: str) -> bool:
    """Whether a database URL has a user at a server, and no password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return False
    has_password = parsed.password is not None or {"password", "passwd"} & parsed.query.keys()
    return bool(parsed.username and parsed.host and not has_password)


def open_database(
    url: str, options: ReadingOptions, password: str | None = None
) -> DatabaseCapture:
    """The capture tables behind a SQLAlchemy URL, read at once, each by one SELECT.

    ``password`` is for a URL that has none. The capture keeps neither of the two. Raises
    FileRefused, which does not hold them either: nothing that could is chained to it.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise FileRefused(_THE_URL, f"cannot be read: write it as {EXAMPLE}.") from None
    if "@" in f"{parsed.host}{parsed.database}":
        raise FileRefused(
            _THE_URL, "has more than one @: leave the password out, and it will be asked for."
        )
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or not (path := Path(parsed.database)).is_file():
            raise FileRefused(parsed.database or _THE_URL, "cannot be read: there is no such file.")
        return open_sqlite(path, options)
    parsed = parsed.set(drivername=_SHIPPED.get(parsed.drivername, parsed.drivername))
    if parsed.password is None and password is not None:
        parsed = parsed.set(password=password)
    name = parsed.database or parsed.host or parsed.drivername
    try:
        engine = create_engine(parsed, poolclass=NullPool, hide_parameters=True)
    except (SQLAlchemyError, ImportError, ValueError, TypeError):
        raise FileRefused(
            name,
            f"a database of the kind {parsed.drivername} cannot be read here: is its driver "
            f"installed? MySQL and MariaDB need none: {EXAMPLE}.",
        ) from None
    secrets = [parsed.password, *(str(value) for value in parsed.query.values())]
    return read_tables(
        engine, "database", name, options, [str(secret) for secret in secrets if secret]
    )
