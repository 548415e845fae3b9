"""What is done once for all tests of a process, and what none of them waits for.

Each command opens a queue anew, and what SQLAlchemy makes of the tables and the statements takes
longer than they do. A server of uvicorn's looks ten times a second whether it is to stop, and waits
twice before it does.
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn.server
from sqlalchemy import URL, Connection, Engine

from almareplay.queue.databases import sqlite


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


class _Hurried:
    """``asyncio`` for who sleeps too long."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 10)


def hurry_servers() -> None:
    """Let servers stop as soon as they are told to."""
    vars(uvicorn.server)["asyncio"] = _Hurried()
