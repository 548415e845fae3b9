"""How SQL writes names and values, in the dialects that dumps are written in."""

from __future__ import annotations

import re
from functools import lru_cache

NAME = r'(?:`[^`]{1,256}+`|"[^"]{1,256}+"|\[[^\]]{1,256}+\]|[\w$]++)'

_LONGEST_NUMBER = 18
_ESCAPED = {mark: re.compile(rf"\\(.)|{mark}{mark}", re.DOTALL) for mark in "'\""}
_CONTROL = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}


class Grammar:
    """The patterns of a script. With ``escapes`` a backslash in a string escapes what follows, as
    in MySQL; without, it stands for itself.

    None of them backtracks into what it has matched, so each is linear in the text.
    """

    def __init__(self, *, escapes: bool) -> None:
        self._escapes = escapes
        strings = "|".join(_string(mark, escapes=escapes) for mark in "'\"")
        self._value = (
            rf"(?:{strings}|(?:_\w++\s*+|[BbEeNnXx])(?:{strings})|[^\s'\"(),;][^'\"(),;]*+)"
        )
        inner = rf"[^'\"();]++|{strings}"
        nested = rf"\((?:{inner}|\((?:{inner})*+\))*+\)"
        self.anything = re.compile(rf"(?:[^;'\"`]++|`[^`]*+`|{strings})*+", re.DOTALL)
        """Up to a semicolon, or to a string that has no end."""
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

    def literal(self, value: str) -> str | int | bytes | None:
        """What a value is that stands so in a row: text, a number, bytes, or NULL."""
        if value[0] == "'" and "\\" not in value and value.count("'") == 2:
            return value[1:-1]
        return _literal(value, escapes=self._escapes)


def bare_name(name: str) -> str:
    """A name without what is put around it."""
    return name[1:-1] if name[0] in '`"[' else name


def _string(mark: str, *, escapes: bool) -> str:
    plain = rf"[^{mark}\\]" if escapes else f"[^{mark}]"
    other = rf"\\.|{mark}{mark}" if escapes else f"{mark}{mark}"
    return f"{mark}{plain}*+(?:(?:{other}){plain}*+)*+{mark}"


@lru_cache(maxsize=64)
def _row(value: str, width: int, wanted: frozenset[int]) -> re.Pattern[str]:
    between = r"\s*+,\s*+"
    values = between.join(f"({value})" if column in wanted else value for column in range(width))
    return re.compile(rf"\s*+\(\s*+{values}\s*+\)\s*+([,;]?+)", re.DOTALL)


@lru_cache(maxsize=1024)
def _literal(value: str, *, escapes: bool) -> str | int | bytes | None:
    mark = value[-1]
    if mark not in "'\"":
        return _bare_literal(value.strip())
    start = value.index(mark)
    text = value[start + 1 : -1]
    prefix = value[:start].strip().lower()
    if prefix in ("b", "x"):
        return _bare_literal(f"0{prefix}{text}")
    if "\\" in text and (escapes or prefix == "e"):
        return _ESCAPED[mark].sub(_unescaped, text)
    return text.replace(mark * 2, mark)


def _unescaped(found: re.Match[str]) -> str:
    sign = found[1] or found[0][0]  # without a backslash it is a doubled mark
    return _CONTROL.get(sign, sign) if found[1] else sign


def _bare_literal(text: str) -> str | int | bytes | None:
    small = text.lower()
    if small == "null":
        return None
    if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER:
        return int(text)
    try:
        if small.startswith("0x"):
            return bytes.fromhex(text[2:])
        if small.startswith("0b"):
            return str(int(text[2:], 2))
    except ValueError:
        return text
    return text
