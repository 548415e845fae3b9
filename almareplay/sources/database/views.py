"""Views of a SQLite file that may take without end to look into."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MOST_VIEWS = 100
_MOST_SELECTS = 4
_WORD = re.compile(r"\w+")


def intricate_views(views: Iterable[tuple[str, str]]) -> list[str]:
    """Those of the views, given as name and statement, that may take without end to look into.

    Views of views, or WITH in one, can multiply with every step; SQLite works that out before it
    begins to count its instructions, so that nothing would stop it.
    """
    known = [(name, set(_words(name)), _words(statement)) for name, statement in views]
    if len(known) > _MOST_VIEWS:
        return [name for name, _, _ in known]
    return [
        name
        for name, own, words in known
        if words.count("select") > _MOST_SELECTS
        or "with" in words
        or any(other <= set(words) for _, other, _ in known if other != own)
    ]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
