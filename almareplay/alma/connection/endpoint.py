"""Where one Alma is asked, and how: its address, the key, the connections to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from almareplay.alma.call import Call
from almareplay.alma.connection.connections import Send, connections_to

CONNECT_SECONDS = 10.0
_PREFIX = "/almaws/v1"


class Endpoint:
    """The API of one Alma, as requests reach it. ``send`` takes those that ``request`` makes."""

    def __init__(self, base_url: httpx.URL, key: str, seconds: float, send: Send) -> None:
        self.base_url = str(base_url).rstrip("/")
        """Scheme and host."""
        self.send = send
        self._headers = [
            (b"Host", base_url.netloc),
            (b"Authorization", f"apikey {key}".encode("ascii")),
            (b"Accept", b"application/json"),
            # What decompresses without bounds is not asked for.
            (b"Accept-Encoding", b"gzip, deflate"),
            (b"User-Agent", b"almareplay"),
        ]
        self._timeout = httpx.Timeout(
            seconds, connect=min(CONNECT_SECONDS, seconds), pool=None
        ).as_dict()

    def request(
        self, call: Call[Any], trace: Callable[[str, object], Awaitable[None]]
    ) -> httpx.Request:
        """The request of a call. ``trace`` is told of what happens on the wire, as httpx does."""
        headers = self._headers
        content = b""
        if call.body is not None:
            # Whatever JSON Alma wrote can be sent back: half a character, or a number that is none.
            content = json.dumps(call.body).encode()
            headers = [*headers, (b"Content-Type", b"application/json")]
        if call.writes:
            headers = [*headers, (b"Content-Length", b"%d" % len(content))]
        return httpx.Request(
            call.method,
            f"{self.base_url}{_PREFIX}{call.target}",
            headers=headers,
            stream=httpx.ByteStream(content),  # which leaves the headers as they are
            extensions={"trace": trace, "timeout": self._timeout},
        )


@asynccontextmanager
async def endpoint_at(base_url: str, key: str, seconds: float) -> AsyncIterator[Endpoint]:
    """The API at an address (scheme and host), whose connections are closed at the end. ``seconds``
    are those that are waited for an answer at the most."""
    url = httpx.URL(base_url)
    async with connections_to(url) as send:
        yield Endpoint(url, key, seconds, send)
