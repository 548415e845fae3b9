"""Runs the server on its sockets until it is stopped."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

HEADER_SECONDS = 20.0
"""How long the head of a request may take to arrive."""
_IDLE_SECONDS = 75
_STOP_SECONDS = 10


class CertificateFiles(NamedTuple):
    """The files of a certificate and of its key, as PEM."""

    certificate: Path
    key: Path


class CaptureServer:
    """Serves an application on sockets that listen, with TLS where there is a certificate."""

    def __init__(
        self,
        app: ASGIApp,
        sockets: Sequence[socket.socket],
        certificate: CertificateFiles | None = None,
    ) -> None:
        self._sockets = [*sockets]
        self._ready = threading.Event()
        self._server = _Server(app, certificate, self._ready.set)
        self._thread: threading.Thread | None = None

    def serve(self, on_ready: Callable[[], None], on_hangup: Callable[[], None]) -> None:
        """Serve from the main thread until SIGINT, SIGTERM or a closed terminal (SIGHUP): what was
        asked until then is answered. A second signal does not wait for that."""

        def stop(number: int, frame: FrameType | None) -> None:
            self._server.handle_exit(signal.SIGINT, frame)
            if number == getattr(signal, "SIGHUP", None):
                on_hangup()

        async def serving() -> None:
            self._server.is_ready = on_ready
            await self._server.serve(self._sockets)

        before = {number: signal.signal(number, _heard) for number in _STOPS if _is_heeded(number)}
        if hasattr(signal, "SIGHUP") and signal.SIGHUP in before:
            signal.signal(signal.SIGHUP, stop)
        try:
            asyncio.run(serving())
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def start(self) -> None:
        """Serve from a thread; returns once requests are answered."""
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._server.serve(self._sockets)), daemon=True
        )
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the server did not start")

    def stop(self) -> None:
        """Stop the thread: what was asked until then is answered."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS + 5)

    def __enter__(self) -> CaptureServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


# uvicorn takes the first two itself, and raises them once more when it has ended.
_STOPS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


def _heard(number: int, frame: object) -> None:
    """Take a signal in without doing anything."""
    del number, frame


def _is_heeded(number: signal.Signals) -> bool:
    """Whether nobody asked that it be ignored, as nohup does."""
    return signal.getsignal(number) is not signal.SIG_IGN


class _Server(uvicorn.Server):
    """A uvicorn that says when it is ready, and logs nothing: what it says quotes addresses."""

    def __init__(
        self,
        app: ASGIApp,
        certificate: CertificateFiles | None,
        is_ready: Callable[[], None],
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Connection,
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=_IDLE_SECONDS,
                timeout_graceful_shutdown=_STOP_SECONDS,
                ssl_certfile=certificate and str(certificate.certificate),
                ssl_keyfile=certificate and str(certificate.key),
            )
        )
        self.is_ready = is_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_ready()


class _Connection(H11Protocol):
    """A connection that is closed when the head of a request takes too long to arrive: somebody who
    holds many of them open must not keep the desks out."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._patience: asyncio.TimerHandle | None = None

    # As uvicorn has it, narrower than asyncio.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_waiting()
        elif getattr(self.cycle, "response_complete", True):  # None before the first request
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(HEADER_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
