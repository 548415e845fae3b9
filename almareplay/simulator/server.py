"""Runs the stand-in Alma on a socket: in a thread beside a test, or as a process of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable
from types import TracebackType

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from almareplay.simulator import control
from almareplay.simulator.clock import Clock
from almareplay.simulator.connection import Connection
from almareplay.simulator.faults import Faults
from almareplay.simulator.gateway import EVERYTHING, Gateway, Permissions
from almareplay.simulator.limits import DayCount, Limits
from almareplay.simulator.origin import OnlyThisMachine
from almareplay.simulator.record import Record
from almareplay.simulator.visit import PREFIX
from almareplay.simulator.world import World


class Simulator:
    """A stand-in Alma around a world, reachable at ``url`` while it runs.

    ``key`` may do everything; further keys go into ``keys``. ``per_second`` and ``daily_limit`` are
    calls, 0 for no limit; simulators with one ``day_count`` share the calls of a day. ``latency``
    is how many seconds each answer takes, ``clock_offset`` how many seconds Alma's clock is ahead
    of ours. ``seed`` makes the dice of faults and tracking ids fall the same each time. Port 0
    takes a free one and keeps it.

    As a context manager it serves from a thread. It can be stopped and started again: what it
    knows and recorded stays, and while it is stopped its port refuses connections.
    """

    def __init__(
        self,
        world: World,
        *,
        key: str = "simulator-key",
        per_second: int = 25,
        daily_limit: int = 500_000,
        day_count: DayCount | None = None,
        latency: float = 0.0,
        clock_offset: float = 0.0,
        seed: int = 0,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.world = world
        self.keys: dict[str, Permissions] = {key: EVERYTHING}
        self.clock = Clock(clock_offset)
        self.record = Record()
        self.faults = Faults(seed)
        self.limits = Limits(per_second, daily_limit, self.clock, day_count=day_count)
        self._gateway = Gateway(
            world,
            self.clock,
            self.record,
            self.faults,
            self.limits,
            self.keys,
            latency,
            seed,
        )
        self._app = Starlette(
            routes=[
                Mount(PREFIX, self._gateway),
                Mount("/simulator", routes=control.routes(self._gateway)),
            ],
            middleware=[Middleware(OnlyThisMachine)],
        )
        self._host = host
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://{self._host}:{self._port}"

    @property
    def latency(self) -> float:
        """Seconds that each answer takes."""
        return self._gateway.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._gateway.latency = seconds

    def start(self) -> None:
        """Serve from a thread; returns once requests are answered."""
        listener, ready = self._listen(), threading.Event()
        self._server = server = _Server(self._app, ready.set)
        self._thread = threading.Thread(
            target=lambda: asyncio.run(server.serve([listener])), name="simulator", daemon=True
        )
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("the simulator did not start")

    def stop(self) -> None:
        """Close the port and all connections; calls in work take effect, but are not answered."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(10)
            self._server = self._thread = None

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _listen(self) -> socket.socket:
        # asyncio turns Nagle's delays off only on sockets that name their protocol.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self._host, self._port))
        except OSError:
            listener.close()
            raise
        self._port = listener.getsockname()[1]
        return listener


def serve_forever(simulator: Simulator, on_ready: Callable[[str], None]) -> None:
    """Run a simulator in the main thread until SIGINT or SIGTERM, then shut it down cleanly.

    ``on_ready`` is called once with the url, when requests are answered. Raises OSError if the
    port is taken.
    """
    listener = simulator._listen()
    server = _Server(simulator._app, lambda: on_ready(simulator.url))
    # uvicorn raises the signals that ended it once more: by then they have done their work.
    before = {number: signal.signal(number, _heard) for number in _SIGNALS}
    try:
        asyncio.run(server.serve([listener]))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _heard(number: int, frame: object) -> None:
    """Take a signal in without doing anything."""
    del number, frame


class _Server(uvicorn.Server):
    """A uvicorn that says when it is ready, and does not wait for connections held silent."""

    def __init__(self, app: Starlette, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                log_level="error",
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_keep_alive=60,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            if isinstance(connection, Connection):
                connection.cut()
        await super().shutdown(sockets)
