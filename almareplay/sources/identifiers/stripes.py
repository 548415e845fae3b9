"""The text of a card's magnetic stripe, of which only the number is kept: never the name.

Track 1 is ``%B``, number, ``^``, name, ``^``, further data, ``?``; track 2 is ``;``, number, ``=``,
further data, ``?``. Source: ISO/IEC 7811-2 and 7813.
"""

from __future__ import annotations

import re

UNREAD = re.compile(r"[%;+]E\?")

_TRACK_1 = re.compile(r"%(?:[A-Za-z]?([0-9]{5,19})\^[^?^]*(?:\^[^?]*)?|([0-9]{5,19}))\?")
_TRACK_2 = re.compile(r"[;+]([0-9]{5,19})(?:=[^?]*)?\?")
_TRACKS = re.compile(rf"(?:{_TRACK_1.pattern})?(?:{_TRACK_2.pattern})?.?")
_LIKE_A_STRIPE = re.compile(r"%[A-Za-z]?[0-9]{5,}\S*\?|;[0-9]{5,}[=?]|\^|[0-9]{5,}=[0-9]*\?")


def number_on_stripe(text: str) -> str | None:
    """The number, where the text is one or both tracks and they agree."""
    found = _TRACKS.fullmatch(text)
    numbers = {number for number in found.groups() if number} if found else set()
    return numbers.pop() if len(numbers) == 1 else None


def part_of_stripe(text: str) -> str | None:
    """What looks like a stripe's text, be it whole or not."""
    found = _LIKE_A_STRIPE.search(text)
    return found[0] if found else None
