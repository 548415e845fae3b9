"""Words in the form in which they are compared: small letters without accents."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not take apart.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "ı": "i", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d"})
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


def folded(text: str) -> str:
    """The text in small letters and without accents; figures and signs stay."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def words_of(text: str) -> str:
    """The words and numbers of a text, folded and with single blanks between them."""
    return " ".join(re.findall(r"[^\W_]+", folded(text)))


def spellings(word: str) -> set[str]:
    """A word of a table as people may write it: without its accents, or with ``ue`` for ``ü``."""
    return {words_of(word), words_of(word.casefold().translate(_WRITTEN_OUT))}
