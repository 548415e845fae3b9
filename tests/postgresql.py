"""A database server for the tests that ask for one: a cluster of its own, on this machine only.

``--queue postgresql`` starts it; where PostgreSQL is not installed, pytest says so and ends.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.pool import NullPool

SERVER = "ALMAREPLAY_TESTS_POSTGRESQL"
"""The address of the server that runs, for the processes that pytest starts."""

_USER = "almareplay"


def programs() -> Path | None:
    """The folder of the newest PostgreSQL of this machine, as Debian has it."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda each: float(each.parts[-3]), default=None)
    return None if newest is None else newest.parent


def _somebody() -> dict[str, Any]:
    """Whom the server runs as: never as root, which it refuses."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Cluster:
    """A server with a folder of its own. ``stop`` and ``start`` it as its administrator would."""

    def __init__(self, bin_: Path) -> None:
        self._bin = bin_
        self._folder = Path(tempfile.mkdtemp(prefix="almareplay-postgresql-"))
        self._somebody = _somebody()
        if self._somebody:
            shutil.chown(self._folder, "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._do(
            *("initdb", "--pgdata", "data", "--username", _USER, "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        )
        rules = self._folder / "data" / "pg_hba.conf"
        rules.write_text(
            f"host all with_password 127.0.0.1/32 scram-sha-256\n{rules.read_text('utf-8')}"
        )

    @property
    def address(self) -> str:
        """The address of its first database."""
        return f"postgresql+psycopg://{_USER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        given = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self._folder,
            # That a commit outlives a power cut is PostgreSQL's to test.
            "fsync": "off",
            "max_connections": 300,
            # It would look at tables when it likes.
            "autovacuum": "off",
        }
        settings = " ".join(f"-c {name}={value}" for name, value in given.items())
        self._do("pg_ctl", "start", "--wait", "-D", "data", "--log", "log", "-o", settings)

    def stop(self) -> None:
        """Stop it at once, as when its machine is switched off."""
        self._do("pg_ctl", "stop", "--wait", "-D", "data", "--mode", "immediate")

    def remove(self) -> None:
        """Stop it and delete its folder."""
        self.stop()
        shutil.rmtree(self._folder)

    def _do(self, program: str, *words: str) -> None:
        with (self._folder / "said").open("wb") as said:
            done = subprocess.run(
                [self._bin / program, *words],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
                **self._somebody,
            )
        if done.returncode:
            raise RuntimeError((self._folder / "said").read_text())


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
