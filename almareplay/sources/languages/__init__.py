"""The words of the languages of libraries: of table headers, of loan and return, of the calendar.

This is the table that a translator extends: a language is one entry of the modules ``west``,
``north`` and ``east``. Case and accents do not matter (``Rückgabe`` stands for ``RUCKGABE`` and
``Rueckgabe`` too). Alternatives are divided by ``|``; in the headers ``;`` goes from the surest
wordings to the vaguest.
"""

from almareplay.sources.languages.east import EAST
from almareplay.sources.languages.north import NORTH
from almareplay.sources.languages.west import WEST

LANGUAGES = {**WEST, **NORTH, **EAST}
"""What each language calls things."""

__all__ = ["LANGUAGES"]
