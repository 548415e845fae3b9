"""Against a real socket: how much of an answer is taken."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest

from almareplay.alma.errors import Effect, Unavailable
from tests.alma.listening import LOAN, Respond, http, lend, listening


def gzipped(body: bytes) -> bytes:
    return http(gzip.compress(body), headers="Content-Encoding: gzip\r\n")


async def whole(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(gzipped(LOAN[:-1] + b', "title": "' + b"x" * 2**20 + b'"}'))


async def bomb(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Some kilobytes that become a hundred megabytes."""
    writer.write(gzipped(b"[" + b" " * 100 * 2**20))


async def endless(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await writer.drain()


def test_a_megabyte_is_an_answer() -> None:
    async def run() -> Any:
        async with listening(whole) as (alma, _):
            return await lend(alma)

    assert asyncio.run(run()) == "71"


@pytest.mark.parametrize("respond", [bomb, endless])
def test_more_than_alma_ever_answers_has_an_unknown_effect(respond: Respond) -> None:
    async def run() -> Any:
        # To make the bomb takes seconds where others use the machine.
        async with listening(respond, timeout_seconds=60.0) as (alma, heads):
            return await lend(alma), len(heads)

    error, sent = asyncio.run(run())
    assert isinstance(error, Unavailable)
    assert (error.effect, sent) == (Effect.UNKNOWN, 1)
    assert "too long to be one of Alma's" in str(error)


def test_says_who_asks_and_takes_only_what_is_unpacked_within_bounds() -> None:
    async def run() -> Any:
        async with listening(whole) as (alma, heads):
            await lend(alma)
            return heads[0].lower()

    head = asyncio.run(run())
    assert b"user-agent: almareplay\r\n" in head
    assert b"accept-encoding: gzip, deflate\r\n" in head
