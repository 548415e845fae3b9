"""What the queues of a process share: each command opens one anew, and what SQLAlchemy makes of the
tables and the statements takes longer than they do."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Connection, Engine

from almareplay.queue import sqlite


def share_statements() -> None:
    """Let all queues share what has been compiled for the first."""
    names = vars(sqlite)
    make = names["create_engine"]
    first: list[Engine] = []

    def create_engine(url: URL, **how: Any) -> Engine:
        engine: Engine = make(url, **how)
        if url.get_backend_name() == "sqlite":
            known = first[0] if first else engine
            first[:] = [known]
            engine.dialect = engine.pool._dialect = known.dialect
            engine._compiled_cache = known._compiled_cache
        return engine

    names["create_engine"] = create_engine


def share_tables() -> None:
    """Let all queues be made as SQLite says that the first was."""
    make = sqlite.make_tables
    made: list[str] = []

    def make_tables(connection: Connection) -> None:
        for statement in made:
            connection.exec_driver_sql(statement)
        if not made:
            make(connection)
            every = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
            made.extend(connection.exec_driver_sql(every).scalars())

    sqlite.make_tables = make_tables
