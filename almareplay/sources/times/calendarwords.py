"""The words of the calendar and the clock, in the languages of libraries."""

from __future__ import annotations

import re
from collections.abc import Iterable

from almareplay.sources.cells.folding import folded, spellings
from almareplay.sources.languages import LANGUAGES


def _of_all(name: str) -> set[str]:
    return {
        folded(word)
        for words in LANGUAGES.values()
        for word in getattr(words, name).split("|")
        if word
    }


def any_of(words: Iterable[str]) -> str:
    """A pattern for one of the words, the longest that fits."""
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))


MONTHS = {
    spelling: number
    for words in LANGUAGES.values()
    for number, names in enumerate(words.months.split(), 1)
    for name in names.split("|")
    for spelling in spellings(name)
}
"""The number of each month's name."""

WEEKDAY = re.compile(rf"(?:{any_of(_of_all('weekdays'))})(?![^\W_])[.,]?\s*")
AT = re.compile(rf"(?:{any_of(_of_all('at'))})(?![^\W_])\.?\s*")

FORENOON = _of_all("forenoon") - {"a", "am"}
AFTERNOON = _of_all("afternoon") - {"p", "pm"}
"""But for English, whose dots may stand anywhere."""
