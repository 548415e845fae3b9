"""The connections to Alma: as many as there are calls under way, the one used last used first."""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache, partial
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from almareplay.alma.connection.hosts import is_this_machine
from almareplay.alma.connection.network import Network

Send = Callable[[httpx.Request], Awaitable[httpx.Response]]
"""Sends a request and gives its answer, of which nothing but the head need have been read. Raises
as httpx does."""

LONGEST_ANSWER = 8 * 2**20  # bytes, also after decompression; a page of 100 loans has 200,000

_KEPT_SECONDS = 5.0  # idle; sooner than gateways close them
_PORTS = {"http": 80, "https": 443}


@asynccontextmanager
async def connections_to(base_url: httpx.URL) -> AsyncIterator[Send]:
    """The connections to a host; where a proxy of the environment leads there, those of httpx,
    which knows how to use it. They are closed at the end."""
    if _proxy_leads_to(base_url):
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(limits=limits) as client:
            yield partial(client.send, stream=True, follow_redirects=False)
    else:
        context = _ssl_context() if base_url.scheme == "https" else None
        async with Connections(base_url, context) as connections:
            yield connections.handle_async_request


def _proxy_leads_to(base_url: httpx.URL) -> bool:
    if is_this_machine(base_url.host):
        return False
    has_proxy = {base_url.scheme, "all"} & getproxies().keys()
    return bool(has_proxy) and not proxy_bypass(base_url.host)


@cache
def _ssl_context() -> ssl.SSLContext:
    # It reads all certificates that this machine trusts, which takes a while.
    return httpx.create_ssl_context()


class Connections(httpx.AsyncBaseTransport):
    """Takes each request to one host over a connection of its own.

    The pool of httpx looks at the socket of every idle connection at every call; of these only the
    one that is going to be used is looked at. An idle one is closed after five seconds, so that
    there are no more than the pace and the time of an answer need.
    """

    def __init__(self, base_url: httpx.URL, ssl_context: ssl.SSLContext | None) -> None:
        self._origin = httpcore.Origin(
            base_url.raw_scheme,
            base_url.raw_host,
            base_url.port or _PORTS[base_url.scheme],
        )
        self._ssl_context = ssl_context
        self._network = Network()
        self._idle: deque[tuple[float, httpcore.AsyncHTTPConnection]] = deque()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to a request; of a body that is longer than an answer can be no more than
        shows that it is. Raises as httpx does."""
        connection = await self._idle_one()
        if connection is None:
            connection = httpcore.AsyncHTTPConnection(
                self._origin,
                self._ssl_context,
                keepalive_expiry=_KEPT_SECONDS,
                network_backend=self._network,
            )
        url = httpcore.URL(
            scheme=self._origin.scheme,
            host=self._origin.host,
            port=self._origin.port,
            target=request.url.raw_path,
        )
        with _errors_of_httpx():
            response = await connection.handle_async_request(
                httpcore.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
            try:
                parts = await _parts(response)
            finally:
                await response.aclose()
                await self._keep(connection)
        return httpx.Response(response.status, headers=response.headers, stream=_Body(parts))

    async def aclose(self) -> None:
        """Closes the connections."""
        while self._idle:
            await self._idle.pop()[1].aclose()

    async def _idle_one(self) -> httpcore.AsyncHTTPConnection | None:
        while self._idle:
            _, connection = self._idle.pop()
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return None

    async def _keep(self, connection: httpcore.AsyncHTTPConnection) -> None:
        """Takes back a connection whose answer was read or given up; those that have been idle for
        too long are closed."""
        now = time.monotonic()
        if connection.is_idle():
            self._idle.append((now, connection))
        while self._idle and now - self._idle[0][0] > _KEPT_SECONDS:
            await self._idle.popleft()[1].aclose()


class _Body(httpx.AsyncByteStream):
    """A body that has been read, in the parts in which it came: unpacked in one piece it could take
    a thousand times its room."""

    def __init__(self, parts: list[bytes]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part


async def _parts(response: httpcore.Response) -> list[bytes]:
    parts: list[bytes] = []
    length = 0
    async for part in response.aiter_stream():
        parts.append(part)
        length += len(part)
        if length > LONGEST_ANSWER:
            break
    return parts


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    """Raises the errors of httpcore as those of httpx that have their names."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
