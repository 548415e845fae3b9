"""Reasons are values, and each has its sentence in one place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import almareplay
from almareplay.outcomes.reasons import SENTENCES, all_in_words, in_words
from almareplay.sources.identifiers.damages import DAMAGES
from almareplay.transactions import CANCELLED, Reason

PACKAGE = Path(almareplay.__file__).parent
SAID = {"reading_words.py", "replay_words.py"}


@cache
def modules() -> list[str]:
    """The text of the modules of the package, but for those with the sentences."""
    return [path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if path.name not in SAID]


def parameters_of(code: str) -> set[str]:
    """The names in braces of a code's sentence."""
    return {name for _, name, _, _ in Formatter().parse(SENTENCES[code]) if name is not None}


def texts(node: ast.expr) -> Iterator[str]:
    """The texts that an expression can be, as far as they are written there."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from (*texts(body), *texts(other))


def made() -> Iterator[tuple[str, set[str]]]:
    """The codes and parameters of the reasons that are made in the package."""
    for text in modules():
        for node in ast.walk(ast.parse(text if "Reason" in text else "")):
            match node:
                case ast.Call(func=ast.Name(id="Reason"), args=[code]):
                    yield from ((text, set()) for text in texts(code))
                case ast.Call(func=ast.Attribute(value=ast.Name(id="Reason"), attr="of")):
                    given = {each.arg for each in node.keywords if each.arg is not None}
                    yield from ((text, given) for text in texts(node.args[0]))


def test_every_reason_that_is_made_has_a_sentence_for_its_parameters() -> None:
    codes = list(made())
    assert len(codes) > 100
    for code, parameters in codes:
        assert parameters == parameters_of(code), code
    assert {code for code, _ in codes} >= CANCELLED


def test_every_damage_has_a_sentence_that_says_of_what() -> None:
    for damage in DAMAGES:
        assert parameters_of(damage.code) == {"what"}, damage.code


def test_no_sentence_is_left_over() -> None:
    written = {word for text in modules() for word in re.findall(r'"(\w+)"', text)}
    assert set(SENTENCES) - written == set()


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_ends_without_its_full_stop_and_stands_on_one_line(code: str) -> None:
    sentence = SENTENCES[code]
    assert sentence == " ".join(sentence.split())
    assert not sentence.endswith((".", ";", ":")) or code == "perhaps_codabar"


def test_what_is_quoted_ends_the_sentence_and_makes_no_other_reason() -> None:
    plain = Reason.of("dat_digits", digits=13)
    quoting = plain.quoting("2026{0}: 1")
    assert in_words(quoting) == f"{in_words(plain)}: 2026{{0}}: 1"
    assert quoting != plain
    assert quoting.unquoted == plain == plain.unquoted


def test_several_reasons_are_one_text() -> None:
    assert all_in_words(()) == ""
    assert all_in_words((Reason("no_item"), Reason("header"))) == "no item barcode; header"
