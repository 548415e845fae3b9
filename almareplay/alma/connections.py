"""The connections to Alma: as many as there are calls under way, the one used last used first."""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from almareplay.alma.hosts import is_this_machine

_KEPT_SECONDS = 5.0  # idle; sooner than gateways close them
_PORTS = {"http": 80, "https": 443}


def connections_to(base_url: httpx.URL) -> httpx.AsyncBaseTransport | None:
    """The connections to a host; None where a proxy of the environment leads there, which httpx
    knows to use."""
    if not is_this_machine(base_url.host):
        has_proxy = {base_url.scheme, "all"} & getproxies().keys()
        if has_proxy and not proxy_bypass(base_url.host):
            return None
    return Connections(base_url, _ssl_context() if base_url.scheme == "https" else None)


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
        self._idle: deque[tuple[float, httpcore.AsyncHTTPConnection]] = deque()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to a request, whose body is still to be read. Raises as httpx does."""
        connection = await self._idle_one()
        if connection is None:
            connection = httpcore.AsyncHTTPConnection(
                self._origin, self._ssl_context, keepalive_expiry=_KEPT_SECONDS
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
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response, connection, self),
            extensions=response.extensions,
        )

    async def keep(self, connection: httpcore.AsyncHTTPConnection) -> None:
        """Takes back a connection whose answer was read or given up; those that have been idle for
        too long are closed."""
        now = time.monotonic()
        if connection.is_idle():
            self._idle.append((now, connection))
        while self._idle and now - self._idle[0][0] > _KEPT_SECONDS:
            await self._idle.popleft()[1].aclose()

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


class _Body(httpx.AsyncByteStream):
    """The body of an answer; closed, it gives the connection back."""

    def __init__(
        self,
        response: httpcore.Response,
        connection: httpcore.AsyncHTTPConnection,
        connections: Connections,
    ) -> None:
        self._response = response
        self._connection = connection
        self._connections = connections

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_of_httpx():
            async for part in self._response.aiter_stream():
                yield part

    async def aclose(self) -> None:
        with _errors_of_httpx():
            await self._response.aclose()
        await self._connections.keep(self._connection)


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    """Raises the errors of httpcore as those of httpx that have their names."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
