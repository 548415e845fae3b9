"""Reasons as a column of text keeps them: one a line, as JSON of its code and its parameters.

A line that is not so written is that of an older almareplay, which kept sentences.
"""

from __future__ import annotations

import json
from functools import lru_cache

from sqlalchemy import ColumnElement, literal

from almareplay.outcomes.reasons import in_words
from almareplay.transactions import Notes, Reason, joined


@lru_cache(maxsize=4096)  # thousands of rows have the same few
def encoded(reasons: Notes) -> str:
    """The text to be stored for these reasons; empty where there are none."""
    return "\n".join(json.dumps([code, dict(parameters)]) for code, parameters in reasons)


def encoded_with(code: str, name: str, value: ColumnElement[str]) -> ColumnElement[str]:
    """The text to be stored for a reason whose one parameter is a column of plain words."""
    before, _, behind = encoded((Reason.of(code, **{name: "?"}),)).partition("?")
    return literal(before) + value + literal(behind)


def added(before: str, more: str) -> str:
    """What is stored already, with more behind it."""
    return "\n".join(filter(None, (before, more)))


def stored_in_words(text: str, without: frozenset[str] = frozenset()) -> str:
    """The sentences of what is stored, ``without`` those of some codes; what an older version has
    stored stays as it is."""
    if '["' not in text:
        return text
    return joined(*(_line_in_words(line, without) for line in text.split("\n")))


@lru_cache(maxsize=4096)
def _line_in_words(line: str, without: frozenset[str]) -> str:
    try:
        code, parameters = json.loads(line)
        return "" if code in without else in_words(Reason.of(code, **parameters))
    except (ValueError, TypeError, KeyError):
        return line
