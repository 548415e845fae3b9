"""What holds for every request and answer, whatever it is about.

A browser sends the requests of every page that it shows: only our own page may ask, under an
address that we serve.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_OUR_PAGE = ("same-origin", "none")


class Guard:
    """Refuses (403) requests for another host than those served, which covers names that only lead
    here (DNS rebinding), and those of other origins; and adds the headers of security to every
    answer.

    ``hosts`` are as they stand in ``Host``, with the port unless it is the scheme's own.
    """

    def __init__(self, app: ASGIApp, scheme: str, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"{scheme}://{host}" for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        is_begun = False

        async def send_guarded(message: Message) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                is_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if words := self._refusal(Headers(scope=scope), scope["path"]):
            await JSONResponse({"error": words}, 403)(scope, receive, send_guarded)
            return
        try:
            await self._app(scope, receive, send_guarded)
        except Exception as error:  # noqa: BLE001 (what it says may quote what was captured)
            _log.info(
                "", extra={"event": "request_failed", "fields": {"error": type(error).__name__}}
            )
            if not is_begun:
                words = "The server failed. What was scanned stays at this station."
                await JSONResponse({"error": words}, 500)(scope, receive, send_guarded)

    def _refusal(self, headers: Headers, path: str) -> str:
        hosts = [host.lower() for host in headers.getlist("host")]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return "This server is not reached under that name. Use an address that it has printed."
        if not self._origins.issuperset(each.lower() for each in headers.getlist("origin")):
            return "Only the page of this server may ask here."
        sites = headers.getlist("sec-fetch-site")
        if path.startswith("/api/") and not set(sites) <= set(_OUR_PAGE):
            return "Only the page of this server may ask here."
        return ""
