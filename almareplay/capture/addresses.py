"""Where the server can be reached: addresses of this machine, and sockets on them."""

from __future__ import annotations

import errno
import ipaddress
import re
import socket
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import psutil

from almareplay.transactions import AlmaReplayError

LOOPBACK = "127.0.0.1"
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")


class AddressError(AlmaReplayError):
    """The server cannot listen where it is to."""


class Listening(NamedTuple):
    """Sockets that listen, the port of all of them, and the addresses under which they are reached,
    as text: the one to print first."""

    sockets: Sequence[socket.socket]
    port: int
    addresses: Sequence[str]

    @property
    def is_private(self) -> bool:
        """Whether only this machine reaches them."""
        return all(map(_is_loopback, self.addresses))

    @property
    def has_loopback(self) -> bool:
        """Whether this machine reaches them as ``localhost``."""
        return any(map(_is_loopback, self.addresses))


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


def listen(host: str, port: int) -> Listening:
    """Listen on an address, or a name, of this machine; ``0.0.0.0`` and ``::`` are all of its
    addresses. Port 0 takes a free one. Raises AddressError."""
    families = _resolved(host)
    sockets: list[socket.socket] = []
    addresses: list[str] = []
    try:
        for family, address in families:
            sockets.append(made := _socket(family, address, port))
            port = made.getsockname()[1]
            addresses += _reached(family, address)
    except OSError as error:
        for each in sockets:
            each.close()
        raise AddressError(_why(error, host, port)) from error
    return Listening(sockets, port, list(dict.fromkeys(addresses)))


def _resolved(host: str) -> list[tuple[int, str]]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressError(
            f"The address {host} is not known here. Name an address of this machine with --host: "
            f"{_of_this_machine()}."
        ) from error
    # A link-local address has its interface behind it, which no other machine knows.
    pairs = dict.fromkeys((int(family), str(at[0])) for family, _, _, _, at in found)
    return [pair for pair in pairs if "%" not in pair[1]]


def _socket(family: int, address: str, port: int) -> socket.socket:
    # asyncio turns Nagle's delays off only on sockets that name their protocol.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, port))
        made.listen(256)
    except OSError:
        made.close()
        raise
    return made


def _reached(family: int, address: str) -> list[str]:
    """The addresses under which a socket on this address is reached."""
    if not ipaddress.ip_address(address).is_unspecified:
        return [address]
    return [*own_addresses(family)] or [address]


def own_addresses(family: int) -> Iterator[str]:
    """The addresses of this machine in a family; those that only it reaches last."""
    found = [
        each.address
        for interface in psutil.net_if_addrs().values()
        for each in interface
        if each.family == family and "%" not in each.address
    ]
    yield from sorted(found, key=_is_loopback)


def _of_this_machine() -> str:
    others = [each for each in own_addresses(socket.AF_INET) if each != LOOPBACK]
    return ", ".join(others) or LOOPBACK


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken. Name another one with --port, or 0 for a free one."
    if error.errno == errno.EADDRNOTAVAIL:
        return (
            f"The address {host} is none of this machine. Its addresses are: {_of_this_machine()}."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is not yours to use. Name one from 1024 on with --port."
    return f"The server cannot listen on {host}, port {port}: {error.strerror}."


def is_name(host: str) -> bool:
    """Whether this is a name, and no address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def own_name() -> str:
    """The name of this machine, as it stands in addresses; empty where it is no such name."""
    name = socket.gethostname().lower().rstrip(".")
    return name if _NAME.fullmatch(name) and name != "localhost" else ""


def host_of(name: str, port: int, scheme: str) -> str:
    """A name or an address as it stands in the header ``Host``."""
    host = f"[{name}]" if ":" in name else name
    return host if port == {"http": 80, "https": 443}[scheme] else f"{host}:{port}"
