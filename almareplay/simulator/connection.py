"""Connections that a fault can cut, which ASGI alone has no word for."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Receive
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState


class Connection(H11Protocol):
    """A client's HTTP/1.1 connection, which requests find as ``scope["state"]["connection"]``.

    ``served`` counts the requests that it has carried.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, "connection": self}, _loop)
        self.served = 0

    def cut(self) -> None:
        """Close the socket at once, whatever was asked on it."""
        self.transport.abort()

    async def gone(self, receive: Receive) -> None:
        """Wait until the client or ``cut`` has closed the connection."""
        while (await receive())["type"] != "http.disconnect":
            pass
