"""The words with which people and tools write loan and return."""

from __future__ import annotations

import re
from functools import lru_cache

from almareplay.sources.cells.folding import folded, spellings
from almareplay.sources.languages import LANGUAGES
from almareplay.transactions import Kind, Notes, Reason

RENEWAL = Reason("renewal")
"""Offline desks have no renewals: they are recorded as loans."""

_KINDS: dict[str, tuple[Kind, Notes]] = {
    spelling.replace(" ", ""): meaning
    for words in LANGUAGES.values()
    for alternatives, meaning in (
        (words.loan, (Kind.LOAN, ())),
        (words.returned, (Kind.RETURN, ())),
        (words.renewal, (Kind.LOAN, (RENEWAL,))),
    )
    for word in alternatives.split("|")
    for spelling in spellings(word)
}


@lru_cache(maxsize=1024)
def read_kind(text: str) -> tuple[Kind | None, Notes]:
    """The kind that a cell names, and notes; no kind where it is blank or names none."""
    return _KINDS.get(re.sub(r"[\W_]", "", folded(text)), (None, ()))
