"""Calls over TLS, on a real socket: as to the real Alma, with a certificate of this test's own."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from almareplay.alma.client import Alma, open_transport
from almareplay.alma.connection import connections
from almareplay.alma.errors import Effect, Unavailable, Unreachable
from tests.alma.listening import LOAN, http, lend


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and a certificate for 127.0.0.1 that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Calder")])
    now = datetime.now(UTC)
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    plain = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(key.private_bytes(*plain) + signed.public_bytes(plain[0]))
    return path


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine trusts the certificate."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(certificate)
    monkeypatch.setattr(connections, "_ssl_context", lambda: trusting)
    yield


@asynccontextmanager
async def serving(certificate: Path, serve: Any, **plain: Any) -> AsyncIterator[Alma]:
    """An `Alma` at a server whose every connection ``serve`` sees to."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(closing, "127.0.0.1", 0, ssl=context)
    at = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    plain = {"per_second": 1000.0, "reserve": 0, "fail_fast": True} | plain
    async with server, open_transport(at, "key", **plain) as transport:
        yield Alma(transport)


async def one_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if b"content-length" in line)
    return head + await reader.readexactly(int(length.split(b":")[1]))


@pytest.mark.usefixtures("trusted")
def test_many_calls_go_over_one_connection(certificate: Path) -> None:
    requests: list[list[bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append([])
        while True:
            requests[-1].append(await one_request(reader))
            writer.write(http(LOAN[:-1] + b', "title": "' + b"x" * 2**20 + b'"}'))

    async def run() -> list[Any]:
        async with serving(certificate, serve) as alma:
            return [await lend(alma) for _ in range(5)]

    assert asyncio.run(run()) == ["71"] * 5
    assert [len(of_connection) for of_connection in requests] == [5]
    assert all(b'"FRONT"' in request for request in requests[0])


@pytest.mark.usefixtures("trusted")
def test_a_connection_that_the_server_closed_while_idle_is_made_anew(certificate: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await one_request(reader)
        writer.write(http(LOAN))
        await writer.drain()

    async def run() -> list[Any]:
        async with serving(certificate, serve) as alma:
            lent = []
            for _ in range(3):
                lent.append(await lend(alma))
                await asyncio.sleep(0.05)
            return lent

    assert asyncio.run(run()) == ["71"] * 3


@pytest.mark.usefixtures("trusted")
def test_an_answer_that_breaks_off_leaves_the_effect_unknown(certificate: Path) -> None:
    sent = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent.append(await one_request(reader))
        writer.write(http(LOAN)[:-5])
        await writer.drain()
        writer.transport.abort()

    async def run() -> Any:
        async with serving(certificate, serve) as alma:
            return await lend(alma)

    error = asyncio.run(run())
    assert type(error) is Unavailable
    assert (error.effect, len(sent)) == (Effect.UNKNOWN, 1)


def test_to_a_certificate_that_nobody_trusts_nothing_is_sent(certificate: Path) -> None:
    sent = []

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        sent.append(await one_request(reader))

    async def run() -> Any:
        async with serving(certificate, serve) as alma:
            return await lend(alma)

    error = asyncio.run(run())
    assert isinstance(error, Unreachable)
    assert error.why == "its certificate is not trusted here"
    assert (error.effect, sent) == (Effect.NOT_SENT, [])


@pytest.mark.usefixtures("trusted")
def test_a_handshake_that_is_never_answered_is_a_connection_that_was_never_made() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def run() -> Any:
        async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
            at = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            opened = open_transport(
                at, "key", per_second=1000, reserve=0, timeout_seconds=0.2, fail_fast=True
            )
            async with opened as transport:
                return await lend(Alma(transport))

    error = asyncio.run(run())
    assert isinstance(error, Unreachable)
    assert error.why == "no connection can be made in time"
    assert error.effect is Effect.NOT_SENT
