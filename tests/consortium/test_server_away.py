"""A worker that is started before the server of its queue, as when machines are switched on."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import make_url

from tests.consortium.conftest import FERN, Opens
from tests.consortium.workplace import Consortium, until

pytestmark = pytest.mark.postgresql


class Gate:
    """A port that leads to another one, while it is ``open``."""

    def __init__(self, leads_to: int) -> None:
        self._leads_to = leads_to
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def open(self) -> None:
        self._socket.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._socket.accept()
                far = socket.create_connection(("127.0.0.1", self._leads_to))
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError), other:
            while data := one.recv(65_536):
                other.sendall(data)


@pytest.fixture
def gate(new_queue: str) -> Iterator[Gate]:
    port = make_url(new_queue).port
    assert port is not None
    gate = Gate(port)
    yield gate
    gate.close()


@pytest.fixture
def consortium(opens: Opens, gate: Gate) -> Consortium:
    """One with a run that was submitted, and whose workers find the server behind the gate."""
    consortium = opens(FERN)
    consortium.loads(FERN, 2)
    assert consortium.does("submit", FERN, "--yes").code == 0
    behind = make_url(consortium.queue).set(port=gate.port)
    consortium.env["ALMAREPLAY_QUEUE"] = behind.render_as_string(hide_password=False)
    return consortium


def test_a_worker_waits_for_the_server_of_its_queue(consortium: Consortium, gate: Gate) -> None:
    worker = consortium.starts("worker", "--drain")
    until(lambda: "The worker waits for it" in worker.said_so_far())
    gate.open()
    done = worker.ends()
    assert done.code == 0, done.said
    assert "The database server answers." in done.err
    assert len(consortium.effects(FERN)) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_that_waits_can_be_stopped(consortium: Consortium, number: signal.Signals) -> None:
    worker = consortium.starts("worker", "--quiet")
    until(lambda: "cannot be reached. The worker waits for it" in worker.said_so_far())
    worker.send(number)
    stopped = worker.ends()
    assert (stopped.code, "Interrupted" in stopped.err) == (130, True), stopped.said


def test_what_no_waiting_mends_ends_a_worker(consortium: Consortium) -> None:
    nowhere = make_url(consortium.queue).set(database="nosuch")
    consortium.env["ALMAREPLAY_QUEUE"] = nowhere.render_as_string(hide_password=False)
    refused = consortium.does("worker", timeout=20)
    assert (refused.code, "There is no such database" in refused.err) == (2, True), refused.said
