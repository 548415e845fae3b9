"""``python -m tests.benchmarks.quick_alma``: answers loans as fast as one process can.

The simulator keeps a world and checks what it is asked, which takes longer than the engine does.
This one knows nothing: every barcode is that of an item which nobody has, and every loan is made,
with the barcode and the patron of its address. When the calls of each key arrived, in seconds, it
says at ``/arrivals``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime
from itertools import count
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

_GENERAL = {
    "institution": {"value": "01CALDER_INST", "desc": "Calder University"},
    "environment_type": {"value": "SANDBOX", "desc": "Sandbox"},
}
_LIBRARIES = {"library": [{"code": "MAIN", "name": "Main Library"}], "total_record_count": 1}
_DESKS = {
    "circ_desk": [{"code": "DEFAULT_CIRC_DESK", "name": "Desk"}],
    "total_record_count": 1,
}
_NO_LOANS = {"total_record_count": 0}


class _Answers(asyncio.Protocol):
    """One connection, whose requests are answered one after another."""

    loans: ClassVar = count(1)
    arrivals: ClassVar[defaultdict[str, list[float]]] = defaultdict(list)

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
        if not found or len(body) < int(_header(head, b"content-length") or 0):
            return
        self._received = b""
        if head.startswith(b"GET /arrivals"):
            self._transport.write(_written("200 OK", self.arrivals))
            return
        key = _header(head, b"authorization").decode().rpartition(" ")[2]
        self.arrivals[key].append(time.monotonic())
        answer = _answer(head, self.loans)
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _header(head: bytes, wanted: bytes) -> bytes:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == wanted:
            return value.strip()
    return b""


def _answer(head: bytes, loans: count[int]) -> bytes:
    method, target, _ = head.decode().split(" ", 2)
    split = urlsplit(target)
    path = split.path.removeprefix("/almaws/v1").split("/")[1:]
    query = parse_qs(split.query)
    match method, path:
        case "POST", ["users", patron, "loans"]:
            return _written("200 OK", _loan(unquote(patron), query["item_barcode"][0], next(loans)))
        case "GET", ["items"]:
            mms_id, holding_id, pid = _ids(query["item_barcode"][0])
            place = f"/almaws/v1/bibs/{mms_id}/holdings/{holding_id}/items/{pid}"
            return _written("302 Found", None, f"Location: {place}")
        case "GET", ["bibs", _, "holdings", _, "items", _, "loans"]:
            return _written("200 OK", _NO_LOANS)
        case "GET", ["conf", "general"]:
            return _written("200 OK", _GENERAL)
        case "GET", ["conf", "libraries"]:
            return _written("200 OK", _LIBRARIES)
        case "GET", ["conf", "libraries", "MAIN", "circ-desks"]:
            return _written("200 OK", _DESKS)
        case _, [_, "test"] | ["users", "operation", "test"]:
            return _written("200 OK", None)
    return _written("404 Not Found", None)


def _ids(barcode: str) -> tuple[str, str, str]:
    return f"99{barcode}", f"22{barcode}", f"23{barcode}"


def _loan(patron: str, barcode: str, number: int) -> dict[str, Any]:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    mms_id, holding_id, pid = _ids(barcode)
    return {
        "loan_id": str(number),
        "circ_desk": {"value": "DEFAULT_CIRC_DESK", "desc": "Desk"},
        "library": {"value": "MAIN", "desc": "Main Library"},
        "user_id": patron,
        "item_barcode": barcode,
        "due_date": now,
        "loan_status": "ACTIVE",
        "loan_date": now,
        "process_status": "NORMAL",
        "mms_id": mms_id,
        "holding_id": holding_id,
        "item_id": pid,
        "title": f"Title {number}",
        "author": "Calder",
        "description": None,
        "call_number": "QA 76",
        "item_policy": {"value": None, "description": None},
        "location_code": {"value": "STACKS", "name": "STACKS"},
        "last_renew_status": {"value": None, "desc": ""},
    }


def _written(status: str, said: object, *headers: str) -> bytes:
    body = b"" if said is None else json.dumps(said).encode()
    lines = (
        f"HTTP/1.1 {status}",
        "Content-Type: application/json;charset=UTF-8",
        f"Content-Length: {len(body)}",
        f"Date: {datetime.now(UTC):%a, %d %b %Y %H:%M:%S GMT}",
        "X-Exl-Api-Remaining: 900000",
        *headers,
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
