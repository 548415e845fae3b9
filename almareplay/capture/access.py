"""Who may read and write: the pairing code, the tokens of stations, and a limit on guesses."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_DIGITS = 8


def new_code() -> str:
    """A pairing code, as it is shown: ``1234-5678``. Digits, since they are on every keyboard and
    are read aloud in every language."""
    digits = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    return f"{digits[:4]}-{digits[4:]}"


def same_code(one: str, other: str) -> bool:
    """Whether two codes are one, however they are written: with blanks, or without the hyphen."""
    return hmac.compare_digest(_signs(one), _signs(other))


def _signs(code: str) -> bytes:
    return "".join(each for each in code if each.isalnum()).encode("utf-8", "replace")


def new_token() -> str:
    """A token for a station: 256 random bits."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """The SHA-256 of a token in hex, which is all of it that is stored."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


_FREE_GUESSES = 3
_LONGEST_PAUSE = 300.0
_MOST_CLIENTS = 10_000


@dataclass
class Guesses:
    """The wrong codes of each client: after three of them it has to pause, twice as long after each
    further one, up to five minutes. ``clock`` tells seconds."""

    clock: Callable[[], float] = time.monotonic
    _wrong: dict[str, tuple[int, float]] = field(default_factory=dict)

    def pause(self, client: str) -> int:
        """How many seconds a client has still to wait before it may try; 0 where it may now."""
        _, until = self._wrong.get(_whose(client), (0, 0.0))
        return max(0, math.ceil(until - self.clock()))

    def wrong(self, client: str) -> None:
        """A client has given a wrong code."""
        whose = _whose(client)
        number = self._wrong.pop(whose, (0, 0.0))[0] + 1
        further = number - _FREE_GUESSES
        pause = min(2.0**further, _LONGEST_PAUSE) if further >= 0 else 0.0
        # The last to guess stands last: those that were longest silent are forgotten first.
        self._wrong[whose] = (min(number, 60), self.clock() + pause)
        while len(self._wrong) > _MOST_CLIENTS:
            del self._wrong[next(iter(self._wrong))]

    def right(self, client: str) -> None:
        """A client has given the code."""
        self._wrong.pop(_whose(client), None)


def _whose(client: str) -> str:
    """The network of an address in IPv6, of which a computer has as many as it likes."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if address.version == 4:
        return client
    return str(ipaddress.ip_network((address, 64), strict=False))
