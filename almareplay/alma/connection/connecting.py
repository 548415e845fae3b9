"""Why no connection could be made, in words."""

from __future__ import annotations

import errno
import re
import socket
import ssl

import httpx

_BY_NUMBER = {
    errno.ECONNREFUSED: "it refuses the connection",
    errno.ENETUNREACH: "the network does not lead there",
    errno.EHOSTUNREACH: "the network does not lead there",
    errno.ECONNRESET: "it closes the connection at once",
}
_NUMBER = re.compile(r"\[Errno (\d+)\]")


def cause_of(error: httpx.TransportError) -> str:
    """What kept a connection from being made: words that follow a colon, without any address."""
    if isinstance(error, httpx.TimeoutException):
        return "no connection can be made in time"
    if isinstance(error, httpx.ProxyError):
        return "the proxy of this machine does not lead there"
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return "no host has this name"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "its certificate is not trusted here"
        if isinstance(cause, ssl.SSLError):
            return "no encrypted connection is possible"
        if isinstance(cause, OSError):
            # Of several addresses asyncio tells the errors in words only.
            said = _NUMBER.search(str(cause))
            number = cause.errno or (int(said[1]) if said else None)
            if number in _BY_NUMBER:
                return _BY_NUMBER[number]
    return "no connection can be made"


def _causes(error: BaseException) -> list[BaseException]:
    """An error and all that led to it; a host with several addresses has several causes."""
    found = [error]
    for each in found:
        grouped = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        led_to_it = [*grouped, each.__cause__ or each.__context__]
        # An error that was raised once more can be its own cause.
        found += [cause for cause in led_to_it if cause is not None and cause not in found]
    return found
