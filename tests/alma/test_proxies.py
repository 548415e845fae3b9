"""Which way leads to Alma: straight, or through the proxy of the environment."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from almareplay.alma.client import Alma, open_transport
from almareplay.alma.connection.connections import Connections, Send, connections_to
from almareplay.alma.errors import AlmaError, Effect, Unreachable

ALMA = httpx.URL("https://api.alma.example")
HERE = httpx.URL("http://127.0.0.1:8000")
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def goes_straight(url: httpx.URL) -> bool:
    async def way() -> Send:
        async with connections_to(url) as send:
            return send

    return isinstance(getattr(asyncio.run(way()), "__self__", None), Connections)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_left_to_the_library(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert goes_straight(ALMA)
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert not goes_straight(ALMA)
    assert goes_straight(HERE)


def test_a_proxy_for_others_is_none_for_alma(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert goes_straight(ALMA)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "alma.example")
    assert goes_straight(ALMA)


def test_what_goes_through_a_proxy_arrives_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that lets nothing through is one to which no connection leads: nothing was sent."""
    asked: list[bytes] = []

    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        writer.close()

    async def run() -> AlmaError:
        async with await asyncio.start_server(refuses, "127.0.0.1", 0) as proxy:
            port = proxy.sockets[0].getsockname()[1]
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
            opened = open_transport(str(ALMA), "key", per_second=1000, reserve=0, fail_fast=True)
            async with opened as transport:
                with pytest.raises(Unreachable) as raised:
                    await Alma(transport).institution()
        return raised.value

    error = asyncio.run(run())
    assert error.effect is Effect.NOT_SENT
    assert asked[0].startswith(b"CONNECT api.alma.example:443 ")
    assert b"apikey" not in asked[0]
