"""A PostgreSQL server of its own, on this machine only: for demos and tests, not for real work.

Its data are not written through to the disk, and whoever is on this machine may use it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from almareplay.transactions import AlmaReplayError

_USER = "almareplay"


class ServerFailed(AlmaReplayError):
    """The server of our own did not start or stop; what its programs said."""


def programs() -> Path | None:
    """The folder of the newest PostgreSQL of this machine, as Debian has it, or of that which the
    shell finds."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    if newest := max(found, key=lambda each: float(each.parts[-3]), default=None):
        return newest.parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def _somebody() -> dict[str, Any]:
    """Whom the server runs as: never as root, which it refuses."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Cluster:
    """A server with a folder of its own. ``stop`` and ``start`` it as its administrator would."""

    def __init__(self, bin_: Path) -> None:
        """Make its folder and its data, with the programs of a folder. Raises ServerFailed."""
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
        """Start it, and wait until it answers. Raises ServerFailed."""
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
            printed = (self._folder / "said").read_text(errors="replace").strip()
            raise ServerFailed(f"PostgreSQL could not be started here ({program}): {printed}")
