"""Which hosts are the machine that almareplay runs on."""

from __future__ import annotations

_NAMES = ("127.0.0.1", "::1", "localhost")


def is_this_machine(host: str) -> bool:
    """Whether a host, as `httpx.URL` has it, means this machine.

    Only such a host may be talked to without encryption, and it is never reached through a proxy.
    Other ways of writing the same addresses are left out: what they mean depends on the system.
    """
    return host in _NAMES
