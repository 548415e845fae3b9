"""Where Alma's API is, and with what key it may be asked."""

from __future__ import annotations

HOSTS = {
    "na": "https://api-na.hosted.exlibrisgroup.com",
    "eu": "https://api-eu.hosted.exlibrisgroup.com",
    "ap": "https://api-ap.hosted.exlibrisgroup.com",
    "ca": "https://api-ca.hosted.exlibrisgroup.com",
    "cn": "https://api-cn.hosted.exlibrisgroup.com.cn",
}
"""Scheme and host of the API by region (documented: "Calling the Alma APIs")."""

_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


def is_this_machine(host: str) -> bool:
    """Whether a host, as `httpx.URL` has it, means the machine that almareplay runs on.

    Only such a host may be talked to without encryption, and it is never reached through a proxy.
    Other ways of writing the same addresses are left out: what they mean depends on the system.
    """
    return host in _THIS_MACHINE


def can_be_key(key: str) -> bool:
    """Whether a text can be an API key: it stands in a header, as ASCII without blanks."""
    return key.isascii() and key.isprintable() and key != "" and " " not in key
