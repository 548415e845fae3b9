"""The tables of a capture tool where it keeps them: behind a database URL, or in a SQLite file."""

from almareplay.sources.database.sqlite import SQLITE, open_sqlite
from almareplay.sources.database.tables import DatabaseCapture
from almareplay.sources.database.url import is_database_url, needs_password, open_database

__all__ = [
    "SQLITE",
    "DatabaseCapture",
    "is_database_url",
    "needs_password",
    "open_database",
    "open_sqlite",
]
