"""What a value in a dump is: a string, a number, or a function of them.

Dumps are no programs, but some write a value as a function: SQLite a text with line breaks
(``replace``, ``unistr``, ``char``), Adminer a bit (``CONV(…) + 0``), others a blob. These are
worked out here, and no others: a value that only the database could tell is none.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from almareplay.sources.sql.grammar import Grammar

Value = str | int | bytes | None

LONGEST_NUMBER = 18
"""Digits of what is taken as a number; more are left as text."""

_LONGEST_TEXT = 65_536
"""Characters that a function may give: ``replace`` in itself could fill the memory."""

_ESCAPED = {mark: re.compile(rf"\\(.)|{mark}{mark}", re.DOTALL) for mark in "'\""}
_CONTROL = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}
_IN_UNISTR = re.compile(
    r"\\(?:(\\)|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|\+([0-9A-Fa-f]{6})|([0-9A-Fa-f]{4}))"
)


class UnreadableValueError(ValueError):
    """A value that cannot be worked out; ``str()`` is what it is, as "now()", without the data."""


class Values:
    """Reads the values of one script by its grammar."""

    def __init__(self, grammar: Grammar) -> None:
        self._escapes = grammar.escapes
        prefix = r"(_\w++\s*+|[BbEeNnXx])?"
        self._string = re.compile(f"{prefix}({grammar.string})", re.DOTALL)
        self._token = re.compile(
            rf"\s*+(?:(?P<string>{prefix}(?:{grammar.string}))|(?P<number>0[xX][0-9A-Fa-f]*+"
            rf"|[0-9]++(?:\.[0-9]*+)?(?:[eE][+-]?[0-9]++)?)|(?P<name>[A-Za-z_][\w.]*+)"
            r"|(?P<sign>\|\||::|[-+(),*]))",
            re.DOTALL,
        )
        self._read = lru_cache(maxsize=1024)(self._value)

    def value(self, text: str) -> Value:
        """What stands so in a row: text, a number, bytes, or NULL. Raises UnreadableValueError."""
        if text[0] == "'" == text[-1] and "\\" not in text and text.count("'") == 2:
            return text[1:-1]
        return self._read(text)

    def _value(self, text: str) -> Value:
        text = text.strip()
        if found := self._string.fullmatch(text):
            return self.of_string(found[2], (found[1] or "").strip().lower())
        if "(" in text or "|" in text or "'" in text:
            return _Expression(self, text).value()
        return _of_word(text)

    def of_string(self, quoted: str, prefix: str) -> Value:
        """A string without its quotation marks, in the sense of what stands before it."""
        mark, text = quoted[0], quoted[1:-1]
        if prefix in ("b", "x"):
            return _of_word(f"0{prefix}{text}")
        if "\\" in text and (self._escapes or prefix == "e"):
            return _ESCAPED[mark].sub(_unescaped, text)
        return text.replace(mark * 2, mark)

    def tokens(self, text: str) -> list[tuple[str, str]]:
        """The tokens of an expression, each as its sort and its text."""
        tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text):
            found = self._token.match(text, place)
            if not found or not found.lastgroup:
                raise UnreadableValueError("an expression")
            tokens.append((found.lastgroup, found[found.lastgroup]))
            place = found.end()
        return tokens

    def of_token(self, sort: str, text: str) -> Value:
        """The value of a string, a number or a word."""
        if sort == "string" and (found := self._string.fullmatch(text)):
            return self.of_string(found[2], (found[1] or "").strip().lower())
        return _of_word(text)


class _Expression:
    """An expression, read from left to right: terms, and ``||``, ``+`` and ``-`` between them."""

    def __init__(self, values: Values, text: str) -> None:
        self._values = values
        self._tokens = values.tokens(text)
        self._at = 0

    def value(self) -> Value:
        value = self._sum()
        if self._at < len(self._tokens):
            raise UnreadableValueError("an expression")
        return value

    def _sum(self) -> Value:
        value = self._term()
        while (sign := self._peek()) in ("||", "+", "-"):
            self._at += 1
            other = self._term()
            if sign == "||":
                value = None if value is None or other is None else _text(value) + _text(other)
            else:
                value = _number(value) + (_number(other) if sign == "+" else -_number(other))
        return value

    def _term(self) -> Value:
        sort, text = self._next()
        if text == "(" and sort == "sign":
            value = self._sum()
            self._expect(")")
        elif sort == "sign" and text in "+-" and self._at < len(self._tokens):
            number = _number(self._values.of_token(*self._next()))
            value = number if text == "+" else -number
        elif sort == "sign":
            raise UnreadableValueError("an expression")
        elif sort == "name" and self._peek() == "(":
            value = self._function(text)
        else:
            value = self._values.of_token(sort, text)
        if self._peek() == "::":  # a type of PostgreSQL
            while self._peek() not in ("", ",", ")", "||"):
                self._at += 1
        return value

    def _function(self, name: str) -> Value:
        self._expect("(")
        known = _FUNCTIONS.get(name.lower())
        if known is None:
            raise UnreadableValueError(f"{name.lower()[:40]}()")
        arguments: list[Value] = []
        while self._peek() != ")":
            arguments.append(self._sum())
            if self._peek() == ",":
                self._at += 1
            elif self._peek().lower() in ("as", "using"):  # a type or character set
                while self._peek() not in (")", ""):
                    self._at += 1
        self._expect(")")
        try:
            value = None if None in arguments else known(*arguments)
        except (ValueError, TypeError, OverflowError) as error:
            raise UnreadableValueError(f"{name.lower()}()") from error
        if isinstance(value, str | bytes) and len(value) > _LONGEST_TEXT:
            raise UnreadableValueError(f"{name.lower()}()")
        return value

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise UnreadableValueError("an expression")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, sign: str) -> None:
        if self._next()[1] != sign:
            raise UnreadableValueError("an expression")


def _unescaped(found: re.Match[str]) -> str:
    sign = found[1] or found[0][0]  # without a backslash it is a doubled mark
    return _CONTROL.get(sign, sign) if found[1] else sign


def _of_word(text: str) -> Value:
    """A number, NULL, or a word that is left as it is."""
    small = text.lower()
    if small == "null":
        return None
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER:
        return int(text)
    try:
        if small.startswith("0x"):
            return bytes.fromhex(text[2:])
        if small.startswith("0b"):
            return str(int(text[2:], 2))
    except ValueError:
        return text
    return text


def _text(value: Value) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def _number(value: Value) -> int:
    try:
        return int(_text(value))
    except ValueError as error:
        raise UnreadableValueError("a sum") from error


def _replace(text: Value, old: Value, new: Value) -> str:
    found, put = _text(old), _text(new)
    whole = _text(text)
    if found and len(whole) + whole.count(found) * len(put) > _LONGEST_TEXT:
        raise ValueError
    return whole.replace(found, put) if found else whole


def _char(*codes: Value) -> str:
    return "".join(chr(_number(code)) for code in codes)


def _unistr(text: Value) -> str:
    return _IN_UNISTR.sub(
        lambda found: found[1] or chr(int(next(filter(None, found.groups()[1:])), 16)), _text(text)
    )


def _conv(text: Value, base: Value, to: Value) -> int:
    if _number(to) != 10:
        raise ValueError
    return int(_text(text), _number(base))


_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "replace": _replace,
    "char": _char,
    "chr": _char,
    "unistr": _unistr,
    "unhex": lambda text: bytes.fromhex(_text(text)),
    "from_base64": lambda text: binascii.a2b_base64(_text(text)),
    "conv": _conv,
    "concat": lambda *texts: "".join(map(_text, texts)),
    "cast": lambda value: value,
    "convert": lambda value: value,
}
"""By their names in small letters. Sources: SQLite, "Built-In Scalar SQL Functions"; MySQL,
"String Functions and Operators"; Adminer's exports."""
