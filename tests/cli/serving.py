"""The capture server as whoever started it sees it: in a process of its own, or in this one."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from almareplay.capture.server import CaptureServer
from almareplay.queue.store import Queue
from almareplay.queue.tables.capture_schema import events

if TYPE_CHECKING:
    from tests.cli.conftest import User


@dataclass
class Served:
    """A server as whoever started it sees it: ``said`` are the lines that it had printed when it
    was ready."""

    said: list[str]

    @property
    def code(self) -> str:
        """The pairing code."""
        return next(line for line in self.said if "code" in line).split()[-1]

    @property
    def urls(self) -> list[str]:
        """The addresses that it has printed."""
        return [line.strip() for line in self.said if "://" in line]

    @property
    def client(self) -> httpx.Client:
        """A browser at the first address."""
        return httpx.Client(base_url=self.urls[0], trust_env=False, timeout=60)

    def pairs(self) -> httpx.Response:
        """Ask to pair a station."""
        body = {"code": self.code, "station": str(uuid4()), "name": "Front desk"}
        with self.client as client:
            return client.post("/api/pair", json=body)

    def headers(self) -> dict[str, str]:
        """The headers of a station that is paired."""
        return {"Authorization": f"Bearer {self.pairs().json()['token']}"}


@dataclass
class Serving(Served):
    """A server in a process of its own."""

    process: subprocess.Popen[str]

    def ends(self) -> tuple[int, str]:
        """Press Ctrl-C: the exit code and what was said."""
        self.process.send_signal(signal.SIGINT)
        _, err = self.process.communicate(timeout=60)
        return self.process.returncode, err


@contextmanager
def serving(user: User, *flags: str) -> Iterator[Serving]:
    """Start the command as a process, on a free port."""
    with user.starts("capture", "--port", "0", *flags) as process:
        try:
            said: list[str] = []
            assert process.stdout is not None
            for line in process.stdout:
                said.append(line)
                if "Pairing code" in line:
                    break
            assert process.poll() is None, process.communicate()
            yield Serving(said, process)
        finally:
            process.kill()


def served(user: User, *flags: str, meanwhile: Callable[[Served], object] = str) -> str:
    """Run the command in this process, on a free port, and what is to happen until it is stopped:
    what it has printed after it was ready."""

    def serve(
        self: CaptureServer, on_ready: Callable[[], None], on_hangup: Callable[[], None]
    ) -> None:
        del on_hangup
        with self:
            on_ready()
            said = user.capsys.readouterr()
            before.append(said.err)
            meanwhile(Served(said.out.splitlines()))

    before: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CaptureServer, "serve", serve)
        done = user.types("capture", "--port", "0", *flags)
    assert done.code == 0, done
    return "".join(before) + done.err


_NUMBERS = count(1)


def scan() -> dict[str, Any]:
    """A loan as a station sends it."""
    number = next(_NUMBERS)
    now = time.time_ns() // 1_000_000
    return {
        "id": str(uuid4()),
        "sequence": number,
        "event": "scan",
        "kind": "loan",
        "item_barcode": f"secret-item-{number}",
        "patron_id": f"secret-patron-{number}",
        "station_time_ms": now,
        "clock_offset_ms": 0,
        "captured_ms": now,
    }


def stored(user: User) -> list[str]:
    """The ids of the events in the queue."""
    with (
        Queue.open(f"sqlite:///{user.folder}/almareplay.db") as queue,
        queue.reading() as connection,
    ):
        return list(connection.scalars(select(events.c.id).order_by(events.c.sequence)))
