"""What the words of a header mean, in the languages of libraries."""

from __future__ import annotations

import re

from almareplay.sources.cells.folding import spellings, words_of
from almareplay.sources.languages import LANGUAGES
from almareplay.sources.times.datetimes import Cell

OTHER = "other"
"""The field of columns that are known and not read: titles, names, due dates."""

VAGUE_RANK = 2
"""From this rank on a header may as well mean something else: Type of book, Patron's name."""

_FIELDS = {
    "item_barcode": "item",
    "patron_id": "patron",
    "kind": "kind",
    "captured_at": "captured_at",
    "date": "date",
    "time": "time",
    "library": "library",
    "circ_desk": "desk",
    OTHER: "other",
}
_MEANINGS: dict[str, tuple[str, int]] = {"saved": ("saved", 0)} | {
    spelling: (field, rank)
    for words in reversed(LANGUAGES.values())  # where two disagree, the first language is right
    for field, name in _FIELDS.items()
    for rank, wordings in enumerate(getattr(words, name).split(";"))
    for wording in wordings.split("|")
    for spelling in spellings(wording)
    if spelling
}
_NUMBERED = re.compile(r"(?<![^\W\d_])\s*\b[0-9]{1,2}\b|(?<=[^\W\d_])[0-9]{1,2}\b")


def wording(cell: Cell) -> str:
    """A header as it is compared: small letters without accents, and single blanks."""
    return words_of(cell) if isinstance(cell, str) else ""


def meaning(word: str) -> tuple[str, int] | None:
    """The field that a wording names, and its rank from 0, the surest; None for all others."""
    return _MEANINGS.get(word)


def without_number(word: str) -> str:
    """The wording of a header that counts its like: ``item barcode`` of ``item barcode 2``."""
    return " ".join(_NUMBERED.sub(" ", word).split())
