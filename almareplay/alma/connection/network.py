"""The network under the HTTP library: asyncio's own streams of bytes, without a layer between."""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpcore

# An address that does not answer is not waited for alone: after this the next one is tried too.
_NEXT_ADDRESS_SECONDS = 0.25
# As much as is taken in before anybody asks for it.
_AHEAD = 2**20


class Network(httpcore.AsyncNetworkBackend):
    """Makes connections. Raises ConnectError and ConnectTimeout of httpcore."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (as the base has it)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> Stream:
        """A connection to a host."""
        loop = asyncio.get_running_loop()
        async with _connecting(timeout):
            _, stream = await loop.create_connection(
                Stream, host, port, happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS
            )
        return stream


class Stream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """One connection.

    What is written leaves when an answer is waited for, in one piece: a request's head and body in
    two take the system twice the time, on both sides. Nothing here ends by itself for want of an
    answer; whoever waits for it says how long.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._unsent = b""
        self._received = bytearray()
        self._has_ended = False
        self._failure: Exception | None = None
        self._arrival: asyncio.Future[None] | None = None

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Something has arrived."""
        self._received += data
        if len(self._received) > _AHEAD:
            self._transport.pause_reading()
        self._arrived()

    def eof_received(self) -> None:
        """Nothing more will arrive."""
        self._has_ended = True
        self._arrived()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended, or broken."""
        self._has_ended = True
        self._failure = exc
        self._arrived()

    def _arrived(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    # What httpcore asks for.

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109 (as the base has it)
    ) -> bytes:
        """What has arrived, waiting for the first of it; empty where the other side has ended the
        connection. Raises ReadError where it broke."""
        if self._unsent:
            self._transport.write(self._unsent)
            self._unsent = b""
        if not self._received and not self._has_ended:
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival
        if not self._received and self._failure is not None:
            raise httpcore.ReadError from self._failure
        data = bytes(self._received[:max_bytes])
        del self._received[:max_bytes]
        if not self._received and not self._has_ended:
            self._transport.resume_reading()
        return data

    async def write(
        self,
        buffer: bytes,
        timeout: float | None = None,  # noqa: ASYNC109 (as the base has it)
    ) -> None:
        """Has bytes sent with the next `read`."""
        self._unsent += buffer

    async def aclose(self) -> None:
        """Ends the connection at once."""
        self._transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (as the base has it)
    ) -> Stream:
        """The connection, encrypted from now on. Raises ConnectError, ConnectTimeout."""
        loop = asyncio.get_running_loop()
        async with _connecting(timeout):
            encrypted = await loop.start_tls(
                self._transport, self, ssl_context, server_hostname=server_hostname
            )
        assert encrypted is not None, "the handshake is done"
        self._transport = encrypted
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks about: ``ssl_object``; ``is_readable``, whether the other side has
        ended a connection on which nothing is waited for."""
        if info == "is_readable":
            return self._has_ended or self._received or _has_something(self._transport)
        return self._transport.get_extra_info(info)


def _has_something(transport: asyncio.Transport) -> bool:
    """Whether the system has something of a connection that the event loop has not seen yet."""
    number = transport.get_extra_info("socket").fileno()
    if number < 0:
        return True
    if not hasattr(select, "poll"):
        return False  # Windows, whose event loop reads ahead
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))


@asynccontextmanager
async def _connecting(seconds: float | None) -> AsyncIterator[None]:
    """Raises what keeps a connection from being made in so many seconds as httpcore's errors."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise httpcore.ConnectTimeout from error
    except OSError as error:
        raise httpcore.ConnectError from error
