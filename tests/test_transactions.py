"""The vocabulary: when two identifiers are one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.transactions import identifier_key, same_identifier

ONE_SIGN, TWO_SIGNS = "\u00e9t\u00e9-7", "e\u0301te\u0301-7"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONE_SIGN, TWO_SIGNS),
        (ONE_SIGN.upper(), TWO_SIGNS),
        ("QUILL.O", "quill.o"),
        ("STRASSE", "stra\u00dfe"),
        ("\u01f0-1", "J\u030c-1"),  # whose capital is two signs only
    ],
)
def test_one_identifier_written_in_two_ways(one: str, other: str) -> None:
    assert same_identifier(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("ete-7", ONE_SIGN), ("0017", "17"), ("a b", "ab"), ("1", "\u00b9")]
)
def test_different_identifiers(one: str, other: str) -> None:
    assert not same_identifier(one, other)


@given(st.text(max_size=12))
def test_a_key_is_its_own_and_that_of_every_composition(text: str) -> None:
    key = identifier_key(text)
    assert identifier_key(key) == key
    assert {identifier_key(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")} == {key}
