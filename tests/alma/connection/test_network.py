"""What leaves on a real socket, and when."""

from __future__ import annotations

import asyncio

from almareplay.alma.client import Alma, open_transport
from tests.alma.listening import LOAN, http, lend


def test_a_request_leaves_in_one_piece() -> None:
    pieces: list[bytes] = []

    class Serving(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self._transport = transport

        def data_received(self, data: bytes) -> None:
            pieces.append(data)
            self._transport.write(http(LOAN))

    async def run() -> list[str]:
        server = await asyncio.get_running_loop().create_server(Serving, "127.0.0.1", 0)
        at = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, open_transport(at, "key", per_second=1000, reserve=0) as transport:
            return [await lend(Alma(transport)) for _ in range(2)]

    assert asyncio.run(run()) == ["71", "71"]
    assert len(pieces) == 2
    for piece in pieces:
        assert piece.startswith(b"POST /almaws/v1/users/berta/loans?item_barcode=B1 HTTP/1.1\r\n")
        assert piece.endswith(b'"library": {"value": "MAIN"}}')
