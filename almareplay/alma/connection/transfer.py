"""One call over the wire: its answer, read to its end, or what the lack of one says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from almareplay.alma.call import Call
from almareplay.alma.connection.connecting import cause_of
from almareplay.alma.connection.connections import LONGEST_ANSWER
from almareplay.alma.connection.endpoint import CONNECT_SECONDS, Endpoint
from almareplay.alma.errors import Unavailable, Unreachable
from almareplay.alma.limits.rate_limiter import Departure

_KEPT_HEADERS = {b"date", b"location", b"content-type", b"x-exl-api-remaining", b"x-exl-api-quota"}


async def transfer(
    endpoint: Endpoint,
    call: Call[Any],
    departure: Departure,
    *,
    within: float,
    leaving: Callable[[], Awaitable[None]],
) -> httpx.Response | Unavailable:
    """Sends a call once and gives its answer, or the failure that keeps it from having one.

    ``within`` is in seconds, from the first byte that leaves to the last of the answer. ``leaving``
    is awaited right before that first byte; what it raises comes through, and nothing is sent.
    """
    loop = asyncio.get_running_loop()

    async def trace(event: str, _: object) -> None:
        # The last moment: connecting takes seconds at times, and the machine may sleep in them.
        if event == "http11.send_request_headers.started":
            await leaving()
            departure.leave()
            limit.reschedule(loop.time() + within)

    request = endpoint.request(call, trace)
    departure.hold()
    try:
        async with asyncio.timeout(within + CONNECT_SECONDS) as limit:
            response = await endpoint.send(request)
            try:
                return await _read(response)
            finally:
                await response.aclose()
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as e:
        return _chained(Unreachable(endpoint.base_url, cause_of(e)), e)
    except (httpx.TimeoutException, TimeoutError) as e:
        words = "Alma did not answer in time: try again when it is back."
        return _chained(Unavailable(words), e)
    except httpx.HTTPError as e:
        words = "The connection to Alma broke: try again when it is back."
        return _chained(Unavailable(words), e)


async def _read(response: httpx.Response) -> httpx.Response | Unavailable:
    """The answer with its body; no more of it is taken in than an answer of Alma's can have."""
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LONGEST_ANSWER:
            return Unavailable(
                "The answer is too long to be one of Alma's: try again when it is back.",
                status=response.status_code,
            )
    headers = [
        (name, value) for name, value in response.headers.raw if name.lower() in _KEPT_HEADERS
    ]
    return httpx.Response(response.status_code, headers=headers, content=bytes(body))


def _chained(error: Unavailable, cause: Exception) -> Unavailable:
    # Errors of the HTTP library may quote headers and addresses: only their name is chained.
    error.__cause__ = ConnectionError(type(cause).__name__)
    return error


def keep_http_out_of_logs() -> None:
    """Keeps the HTTP library from logging at all: it writes addresses, which name patrons."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("httpx", "httpcore"):
            logging.getLogger(name).addFilter(_never)


def _never(_: logging.LogRecord) -> bool:
    return False
