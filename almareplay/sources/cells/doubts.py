"""What is wrong with an item or a patron, by what it says or by what stands beside it."""

from __future__ import annotations

from almareplay.transactions import same_identifier

SAME = "item and patron are the same number: was one of them scanned twice?"
NO_ITEM = "no item barcode"
NO_PATRON = "a loan without a patron"
WORDS = "words stand where the patron id belongs: a name, or a piece of a title?"


def like_name(text: str) -> bool:
    """Whether text is words, as a person's name or a title is, and no identifier."""
    return (" " in text or "," in text) and not any(sign.isdigit() for sign in text)


def doubt(item: str, patron: str) -> str:
    """Why an item and a patron cannot be right together; empty where they can."""
    if like_name(patron):
        return WORDS
    return SAME if patron and same_identifier(item, patron) else ""
