"""What is wrong with an item or a patron, by what it says or by what stands beside it."""

from __future__ import annotations

from almareplay.transactions import Reason

NO_KIND = Reason("no_kind")
NO_ITEM = Reason("no_item")
NO_PATRON = Reason("no_patron")
SAME = Reason("same_number")
WORDS = Reason("words_for_patron")


def like_name(text: str) -> bool:
    """Whether text is words, as a person's name or a title is, and no identifier."""
    return (" " in text or "," in text) and not any(sign.isdigit() for sign in text)
