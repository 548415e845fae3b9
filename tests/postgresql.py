"""A database server for the tests that ask for one: a cluster of its own, on this machine only.

``--queue postgresql`` starts it; where PostgreSQL is not installed, pytest says so and ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from uuid import uuid4

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from almareplay.consortium.own_server import Cluster, programs

SERVER = "ALMAREPLAY_TESTS_POSTGRESQL"
"""The address of the server that runs, for the processes that pytest starts."""

# To make a database takes a tenth of a second.
_empty: list[URL] = []


@contextmanager
def new_database() -> Iterator[str]:
    """The address of an empty database, which nobody else has meanwhile."""
    if not _empty:
        name = f"t{uuid4().hex}"
        server = make_url(os.environ[SERVER])
        _do(server, f"CREATE DATABASE {name}")
        _empty.append(server.set(database=name))
    url = _empty.pop()
    yield url.render_as_string()
    _do(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        "DROP SCHEMA IF EXISTS almareplay CASCADE",
    )
    _empty.append(url)


def _do(url: URL, *statements: str) -> None:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


@contextmanager
def queues_in(database: str) -> Iterator[Callable[[], AbstractContextManager[str | None]]]:
    """Gives new queues, one after another, their addresses: in a server of their own, started for
    that, where the database is postgresql; None where each is to be a file."""
    if database != "postgresql":
        yield lambda: nullcontext(None)
        return
    found = programs()
    if found is None:
        sys.exit("PostgreSQL is not installed here: apt-get install postgresql")
    cluster = Cluster(found)
    cluster.start()
    os.environ[SERVER] = cluster.address
    try:
        yield new_database
    finally:
        cluster.remove()
