"""Watches every request and every answer of a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from almareplay.alma.connection.endpoint import Endpoint
from almareplay.simulator.exchange import Exchange
from almareplay.simulator.gateway import Gateway
from tests.contract.checker import broken_by, broken_by_request

BROKEN: list[str] = []
"""What has been broken since it was last looked at."""


def watch(note: Callable[[list[str]], None]) -> None:
    """Tell of what breaks what is known of Alma, from now on: of all stand-ins, and of all requests
    that the client sends, be it to one or to answers that a test invents."""

    def of_stand_in(exchange: Exchange) -> None:
        note(broken_by(exchange))

    request = Endpoint.request

    def requested(endpoint: Endpoint, *call: Any) -> httpx.Request:
        made = request(endpoint, *call)
        note(_of_client(made))
        return made

    Gateway.observer = of_stand_in
    Endpoint.request = requested  # type: ignore[assignment,method-assign]


def _of_client(request: httpx.Request) -> list[str]:
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return broken_by_request(request.method, path, query, headers, request.read())
