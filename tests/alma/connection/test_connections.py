"""Against a real socket: what of a cut connection was sent, and what arrives on the wire."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from almareplay.alma.answers.responses import ItemIds
from almareplay.alma.client import Alma, open_transport
from almareplay.alma.errors import AlmaGone, Effect, Unavailable, Unreachable
from tests.alma.listening import LOAN, Respond, http, lend, listening


async def close(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def cut_in_the_head(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    writer.close()


async def cut_in_the_body(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(http(LOAN)[:-5])
    writer.close()


async def garbage(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff no http\r\n\r\n")
    writer.close()


async def bad_gzip(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(http(LOAN, headers="Content-Encoding: gzip\r\n"))


async def silent(*_: Any) -> None:
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    "cut", [close, reset, cut_in_the_head, cut_in_the_body, garbage, bad_gzip, silent]
)
def test_a_write_that_reached_the_server_is_sent_once(cut: Respond) -> None:
    async def run() -> None:
        async with listening(cut, timeout_seconds=0.2) as (alma, heads):
            error = await lend(alma)
            assert type(error) is Unavailable
            assert error.effect is Effect.UNKNOWN
            assert len(heads) == 1

    asyncio.run(run())


def test_a_connection_that_was_never_made_did_nothing() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]

        async def run() -> Any:
            async with open_transport(
                f"http://127.0.0.1:{port}", "key", per_second=1000, reserve=0, give_up_after=0.0
            ) as transport:
                return await lend(Alma(transport))

        error = asyncio.run(run())
    assert type(error) is AlmaGone
    assert error.effect is Effect.NOT_SENT


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://127.0.0.1:{port}", "it refuses the connection"),
        ("http://localhost:{port}", "it refuses the connection"),
        ("https://no-such-host.invalid", "no host has this name"),
        ("https://127.0.0.1:{open}", "no encrypted connection is possible"),
    ],
)
def test_nobody_who_must_not_waits_for_a_connection_that_cannot_be_made(
    address: str, why: str
) -> None:
    async def no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def run(port: int) -> tuple[str, Unreachable]:
        async with await asyncio.start_server(no_tls, "127.0.0.1", 0) as server:
            at = address.format(port=port, open=server.sockets[0].getsockname()[1])
            transport = open_transport(at, "key", per_second=1000, reserve=0, fail_fast=True)
            async with transport as opened, asyncio.timeout(5):
                with pytest.raises(Unreachable) as raised:
                    await Alma(opened).institution()
                assert opened.calls_made == 1
        return at, raised.value

    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        at, error = asyncio.run(run(unheard.getsockname()[1]))
    assert str(error).startswith(f"Alma cannot be reached at {at}: {why}. See that the address")
    assert (error.address, error.why, error.effect) == (at, why, Effect.NOT_SENT)


def test_a_connection_that_the_server_closed_while_idle_is_made_anew() -> None:
    """The gateway closes idle connections at will: that must not lose a write."""

    async def answer_and_close(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(http(LOAN))
        await writer.drain()
        writer.close()

    async def run() -> None:
        async with listening(answer_and_close) as (alma, heads):
            for _ in range(3):
                assert await lend(alma) == "71"
                await asyncio.sleep(0.02)
            assert len(heads) == 3

    asyncio.run(run())


@pytest.mark.parametrize(
    ("identifier", "encoded"),
    [
        ("50%", b"50%25"),
        ("a b", b"a%20b"),
        ("ä", b"%C3%A4"),
        ("a+b", b"a%2Bb"),
        ("a?b#c", b"a%3Fb%23c"),
        ("a;b", b"a%3Bb"),
        ("%2F", b"%252F"),
        ('"o\'k"', b"%22o%27k%22"),
        ("a\\b", b"a%5Cb"),
    ],
)
def test_identifiers_arrive_as_they_are(identifier: str, encoded: bytes) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(http(LOAN))

    async def run() -> None:
        async with listening(answer) as (alma, heads):
            await lend(alma, identifier)
            assert heads[0].startswith(
                b"POST /almaws/v1/users/" + encoded + b"/loans?item_barcode=B1 HTTP/1.1\r\n"
            )

    asyncio.run(run())


def test_follows_no_redirection_and_keeps_the_connection() -> None:
    location = "Location: /almaws/v1/bibs/99/holdings/22/items/23\r\n"
    writers = set()

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        writer.write(http(b"", "302 Found", location))

    async def run() -> None:
        async with listening(answer) as (alma, heads):
            for _ in range(5):
                assert await alma.find_item("B1") == ItemIds("99", "22", "23")
            assert len(heads) == 5

    asyncio.run(run())
    assert len(writers) == 1


def test_asks_this_machine_without_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(http(LOAN))

    async def run() -> None:
        async with listening(answer) as (alma, _):
            assert await lend(alma) == "71"

    asyncio.run(run())
