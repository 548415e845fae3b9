"""A server on a real socket that answers as a test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from almareplay.alma.answers.responses import ItemIds
from almareplay.alma.client import Alma, open_transport
from almareplay.alma.errors import AlmaError

LOAN = json.dumps({"loan_id": "71", "user_id": "berta"}).encode()
TEST = b"GET /almaws/v1/bibs/test"
Respond = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


def http(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


@asynccontextmanager
async def listening(respond: Respond, **plain: Any) -> AsyncIterator[tuple[Alma, list[bytes]]]:
    """An `Alma` at a server that keeps the heads of requests and answers as ``respond`` does.

    The gateway's test call is answered by itself, and is not kept.
    """
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [
                    line for line in head.lower().split(b"\r\n") if b"content-length" in line
                ]
                if lengths:
                    await reader.readexactly(int(lengths[0].split(b":")[1]))
                if head.startswith(TEST):
                    writer.write(http(b"{}"))
                else:
                    heads.append(head)
                    await respond(head, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    plain = {"per_second": 1000.0, "reserve": 0, "timeout_seconds": 5.0} | plain
    async with server, open_transport(f"http://127.0.0.1:{port}", "key", **plain) as transport:
        yield Alma(transport), heads


async def lend(alma: Alma, patron_id: str = "berta") -> Any:
    try:
        loan = await alma.loan(
            patron_id,
            "B1",
            "MAIN",
            "FRONT",
            item=ItemIds("99", "22", "23"),
            rank=0,
            confirm=None,
        )
    except AlmaError as error:
        return error
    return loan.loan_id
