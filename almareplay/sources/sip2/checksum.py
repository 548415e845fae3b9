"""Checksums of SIP2 messages, and the ways of their own in which some programs sum them up.

By the protocol all bytes up to the checksum, and the checksum, are 0 together in 16 bits. Programs
are known that count the line's end too, leave the tail (sequence number and all) out, or take the
ones' complement. What misses 0 by the same amount in message after message was summed up so, and
not damaged.
"""

from __future__ import annotations

from typing import NamedTuple

from almareplay.sources.sip2.message import Message
from almareplay.transactions import Reason

DAMAGED = Reason("wrong_checksum")

_ENOUGH = 3
"""Messages that must miss by the same amount to show a way of summing up, one or two being chance;
of two patrons or items at least, as one patron's id may have been changed in all of them."""

_TAIL = sum(b"AYAZ")


class _Way(NamedTuple):
    """A way of summing up, by what its sums are off; with or without the message's tail."""

    of_answers: bool
    without_tail: bool
    excess: int


class Checksums:
    """Tells which messages of a log are damaged, once all of them have been looked at."""

    def __init__(self) -> None:
        self._fitting = {True: 0, False: 0}
        self._counts: dict[_Way, int] = {}
        self._identifiers: dict[_Way, set[str]] = {}

    def look_at(self, message: Message) -> None:
        """Takes in a message; the same one is to come only once."""
        if message.excess == 0:
            self._fitting[message.is_answer] += 1
        for way in _ways(message):
            self._counts[way] = self._counts.get(way, 0) + 1
            seen = self._identifiers.setdefault(way, set())
            if len(seen) < _ENOUGH:
                seen.add(message.fields.get("AA") or message.fields.get("AB", ""))

    @property
    def have_ways_of_their_own(self) -> bool:
        """Whether messages were summed up otherwise than the protocol says."""
        return any(self._is_usual(way) for way in self._counts)

    def damaged(self, message: Message) -> bool:
        """Whether the message has a checksum that shows it damaged."""
        return bool(message.excess) and not any(map(self._is_usual, _ways(message)))

    def _is_usual(self, way: _Way) -> bool:
        enough = max(_ENOUGH, self._fitting[way.of_answers] + 1)
        return self._counts.get(way, 0) >= enough and len(self._identifiers[way]) > 1


def _ways(message: Message) -> list[_Way]:
    """In which ways the message may have been summed up, where it is not as the protocol says."""
    if not message.excess:
        return []
    ways = [_Way(message.is_answer, without_tail=False, excess=message.excess)]
    if message.sequence:
        without = (message.excess - _TAIL - ord(message.sequence)) % 0x10000
        ways.append(_Way(message.is_answer, without_tail=True, excess=without))
    return ways
