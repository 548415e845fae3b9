"""``python -m tests.benchmarks.quick_alma``: answers loans as fast as one process can.

The simulator keeps a world and checks what it is asked, which takes longer than the engine does.
This one knows nothing: every loan is made, with the barcode and the patron of its address.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from itertools import count
from urllib.parse import parse_qs, unquote, urlsplit


class _Answers(asyncio.Protocol):
    """One connection, whose requests are answered one after another."""

    loans = count(1)

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._received = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._received = b""
        answer = _answer(head, next(self.loans))
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _answer(head: bytes, number: int) -> bytes:
    target = head.split(b" ", 2)[1].decode()
    split = urlsplit(target)
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    loan = {
        "loan_id": str(number),
        "circ_desk": {"value": "DEFAULT_CIRC_DESK", "desc": "Desk"},
        "library": {"value": "MAIN", "desc": "Main Library"},
        "user_id": unquote(split.path.split("/")[4]),
        "item_barcode": parse_qs(split.query)["item_barcode"][0],
        "due_date": now,
        "loan_status": "ACTIVE",
        "loan_date": now,
        "process_status": "NORMAL",
        "mms_id": f"99{number:08d}",
        "holding_id": f"22{number:08d}",
        "item_id": f"23{number:08d}",
        "title": f"Title {number}",
        "author": "Calder",
        "description": None,
        "call_number": "QA 76",
        "item_policy": {"value": None, "description": None},
        "location_code": {"value": "STACKS", "name": "STACKS"},
        "last_renew_status": {"value": None, "desc": ""},
    }
    body = json.dumps(loan).encode()
    lines = (
        "HTTP/1.1 200 OK",
        "Content-Type: application/json;charset=UTF-8",
        f"Content-Length: {len(body)}",
        f"Date: {datetime.now(UTC):%a, %d %b %Y %H:%M:%S GMT}",
        "X-Exl-Api-Remaining: 900000",
        "",
        "",
    )
    return "\r\n".join(lines).encode() + body


async def _serve(latency: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Answers(latency), "127.0.0.1", 0, backlog=1000)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
