"""A request as it arrives at the gateway."""

from __future__ import annotations

import posixpath

from starlette.requests import Request
from starlette.responses import Response

from almareplay.simulator.api import Endpoint, find_endpoint
from almareplay.simulator.clock import Clock
from almareplay.simulator.exchange import Exchange
from almareplay.simulator.record import Record, RequestEntry

PREFIX = "/almaws/v1"


class Visit:
    """A request as it arrives, and what is known of it so far."""

    def __init__(self, request: Request, body: bytes, clock: Clock, record: Record) -> None:
        self.method = request.method
        self.raw_path: bytes = request.scope["raw_path"]
        # Tomcat resolves "." and ".." before Alma sees the path.
        self.path = posixpath.normpath(request.scope["path"].removeprefix(PREFIX) or "/")
        self.query = dict(request.query_params)
        self.body = body
        self.content_type = request.headers.get("content-type", "")
        self.wants_json = "application/json" in request.headers.get("accept", "")
        scheme, _, self.key = request.headers.get("authorization", "").partition(" ")
        self.bad_authorization = bool(scheme) and scheme.lower() != "apikey"
        self.key = self.key or self.query.get("apikey", "")
        self.endpoint: Endpoint | None = None
        self.values: dict[str, str] = {}
        self.error_code = ""
        found = find_endpoint(self.method, self.path)
        if found and b"%2f" not in self.raw_path.lower():
            self.endpoint, self.values = found
        self.entry: RequestEntry = record.arrive(
            clock.now(),
            self.method,
            self.raw_path.decode("ascii"),
            request.scope["query_string"].decode("latin-1"),
            self.key,
        )
        self.entry.operation = self.endpoint.operation if self.endpoint else ""
        self._query = request.scope["query_string"].decode("latin-1")
        self._headers = {name.lower(): value for name, value in request.headers.items()}

    def exchange(self, reply: Response | None) -> Exchange:
        """The request with its answer, None where there is none."""
        return Exchange(
            method=self.method,
            path=self.raw_path.decode("ascii"),
            query=self._query,
            headers=self._headers,
            body=self.body,
            fault=self.entry.fault,
            status=None if reply is None else reply.status_code,
            answer_headers={} if reply is None else dict(reply.headers),
            answer=b"" if reply is None else bytes(reply.body),
        )
