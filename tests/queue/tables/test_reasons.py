"""Reasons in the queue: stored as values, and sentences of older versions shown as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.outcomes.reasons import SENTENCES, all_in_words
from almareplay.queue.tables.reasons import encoded, stored_in_words
from almareplay.transactions import Notes, Reason

WITHOUT_PARAMETERS = sorted(code for code, words in SENTENCES.items() if "{" not in words)
reasons = st.one_of(
    st.builds(Reason, st.sampled_from(WITHOUT_PARAMETERS)),
    st.builds(lambda text: Reason("due_date").quoting(text), st.text()),
    st.builds(lambda cells: Reason.of("other_width", cells=cells, width=3), st.integers()),
)


@given(st.lists(reasons, max_size=4).map(tuple))
def test_what_is_stored_says_the_same(said: Notes) -> None:
    assert stored_in_words(encoded(said)) == all_in_words(said)
    assert len(encoded(said).splitlines()) == len(said), "added to another it is a line of its own"


def test_a_row_without_notes_stores_nothing() -> None:
    assert encoded(()) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no item barcode",
        'the desk map has no "["x"]"',
        '["never_heard_of", {}]',
        '["other_width", {"cells": 2}]',
        '["no_item"]',
        '["no_item", {"one": 1}, 2]',
        '["no_item", 3]',
        "[1, {}]",
        "two\nlines",
    ],
)
def test_what_an_older_version_has_stored_stays_as_it_is(text: str) -> None:
    assert stored_in_words(text) == text


def test_a_reason_behind_a_sentence_of_an_older_version() -> None:
    text = f"retried after refused\n{encoded((Reason('no_item'),))}"
    assert stored_in_words(text) == "retried after refused; no item barcode"
