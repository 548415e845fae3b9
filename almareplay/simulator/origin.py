"""Only what runs on this machine may talk to the stand-in, no page of a foreign site."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class OnlyThisMachine:
    """Refuses (403) requests whose ``Host`` or ``Origin`` is not this machine, with any port.

    A browser sends the requests of every page that it shows. ``Host`` is a foreign name also where
    that name leads here (DNS rebinding).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        hosts = [f"//{host}" for host in headers.getlist("host")]
        if all(map(_is_this_machine, [*hosts, *headers.getlist("origin")])):
            await self._app(scope, receive, send)
            return
        refusal = PlainTextResponse("Only this machine may ask here.\n", 403)
        await refusal(scope, receive, send)


def _is_this_machine(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host) in _LOOPBACK
    except ValueError:
        return False


_LOOPBACK = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))
