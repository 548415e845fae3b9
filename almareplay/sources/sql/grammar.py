"""How SQL writes names and values, in the dialects that dumps are written in."""

from __future__ import annotations

import re
from functools import lru_cache

NAME = r'(?:`[^`]{1,256}+`|"[^"]{1,256}+"|\[[^\]]{1,256}+\]|[\w$]++)'

TABLE = rf"(?:{NAME}\s*+\.\s*+)*({NAME})"
"""A table's name, with those of its schema and database before it or without."""

_TAG_BEGIN = r"(?<![\w$])\$(?:[^\W\d]\w{0,62}+)?"
_TAG = rf"{_TAG_BEGIN}\$"

DEEPEST = 8
"""So many parentheses may stand inside each other in a value."""


class Grammar:
    """The patterns of a script. With ``escapes`` a backslash in a string escapes what follows, as
    in MySQL; without, it stands for itself, and ``$$`` or ``$tag$`` can stand around a string, as
    in PostgreSQL.

    None of them backtracks into what it has matched, so each is linear in the text.
    """

    def __init__(self, *, escapes: bool) -> None:
        self.escapes = escapes
        strings = "|".join(_string(mark, escapes=escapes) for mark in "'\"")
        self.string = strings
        """A string, without what may stand before it."""
        inner = rf"[^'\"();]++|{strings}"
        nested = rf"\((?:{inner})*+\)"
        for _ in range(DEEPEST - 1):
            nested = rf"\((?:{inner}|{nested})*+\)"
        plain = rf"(?:{strings}|[^\s'\"(),;][^'\"(),;]*+)(?=\s*+[,)])"
        self._value = rf"(?>{plain}|(?:[^'\"(),;]++|{strings}|{nested})++)"
        dollar = "" if escapes else "$"
        plain = rf"[^;'\"`{dollar}]++" + ("" if escapes else rf"|(?!{_TAG_BEGIN}(?:\$|\Z))\$")
        self.anything = re.compile(rf"(?:{plain}|`[^`]*+`|{strings})*+", re.DOTALL)
        """Up to a semicolon, to a string that has no end, or to one between dollar signs."""
        self.mark = re.compile("[;'\"`]" if escapes else f"[;'\"`]|{_TAG}")
        """What ``anything`` ends at: of a tag, no more than half may be at hand."""
        self.open_row = re.compile(rf"\((?:{inner}|{nested})*+", re.DOTALL)
        """A row without its closing parenthesis, whatever its values."""
        self.definition = re.compile(
            rf"(?:[^'\"`(),]++|`[^`]*+`|{strings}|{nested})*+([,)])", re.DOTALL
        )
        """A column or key of a CREATE TABLE, and the sign behind it."""
        self.rest_of_string = {
            mark: re.compile(
                rf"(?:[^{mark}\\]++|\\.|{mark}{mark})*+"
                if escapes and mark != "`"
                else rf"(?:[^{mark}]++|{mark}{mark})*+",
                re.DOTALL,
            )
            for mark in "'\"`"
        }

    def row(self, width: int, wanted: frozenset[int]) -> re.Pattern[str]:
        """A row of so many values, with a group for each one that is wanted and one for its end."""
        return _row(self._value, width, wanted)


def bare_name(name: str) -> str:
    """A name without what is put around it."""
    return name[1:-1] if name[0] in '`"[' else name


@lru_cache(maxsize=64)
def bare_names(listed: str) -> tuple[str, ...]:
    """The names of a list in parentheses; none where there is no list."""
    return tuple(bare_name(name) for name in re.findall(NAME, listed))


def _string(mark: str, *, escapes: bool) -> str:
    plain = rf"[^{mark}\\]" if escapes else f"[^{mark}]"
    other = rf"\\.|{mark}{mark}" if escapes else f"{mark}{mark}"
    return f"{mark}{plain}*+(?:(?:{other}){plain}*+)*+{mark}"


@lru_cache(maxsize=64)
def _row(value: str, width: int, wanted: frozenset[int]) -> re.Pattern[str]:
    between = r"\s*+,\s*+"
    values = between.join(f"({value})" if column in wanted else value for column in range(width))
    return re.compile(rf"\s*+\(\s*+{values}\s*+\)\s*+([,;]?+)", re.DOTALL)
