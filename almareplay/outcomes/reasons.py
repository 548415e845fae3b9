"""Reasons in words: the one place where a code becomes a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from almareplay.outcomes.reading_words import READING
from almareplay.outcomes.replay_words import REPLAY
from almareplay.transactions import Reason, joined

SENTENCES: Mapping[str, str] = READING | REPLAY
"""The sentence of each code, with its parameters in braces."""


@lru_cache(maxsize=4096)
def in_words(reason: Reason) -> str:
    """The sentence of a reason, without its full stop; what it quotes comes at the end."""
    parameters = dict(reason.parameters)
    sentence = SENTENCES[reason.code].format_map(parameters)
    return f"{sentence}: {parameters['quoted']}" if "quoted" in parameters else sentence


def all_in_words(reasons: Iterable[Reason]) -> str:
    """The sentences of some reasons as one text; empty where there are none."""
    return joined(*map(in_words, reasons))
