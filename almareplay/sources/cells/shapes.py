"""By what numbers of items, of patrons and of other things differ: their shape."""

from __future__ import annotations

import re

from almareplay.transactions import identifier_key

Shape = tuple[int, str]
"""Of digits: how many, and the first. Of letters and digits: 0, and the text with 9 for each run of
digits."""

BARCODE_LIKE = re.compile(r"[0-9]{5}")
"""Five digits in a row: no heading, title or remark has them."""

_DIGITS = re.compile(r"[0-9]+")


def shape(text: str) -> Shape | None:
    """The shape of an identifier; None for text without any digit, which has none."""
    if text.isdecimal():
        return len(text), text[0]
    if not _DIGITS.search(text):
        return None
    return 0, _DIGITS.sub("9", identifier_key(text))


def pattern(text: str) -> str:
    """What text looks like, for messages, that must not quote it: each digit as 9, each letter as
    x. At most 40 characters."""
    short = text if len(text) <= 40 else text[:39] + "…"
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", short))
