"""Every outcome has its disposition, as the design has it, and its advice."""

from __future__ import annotations

import re

import pytest

from almareplay.outcomes import Disposition, Outcome
from almareplay.queue.reading.lists import FINES

DESIGN = {
    Disposition.APPLIED: {"loaned", "renewed", "returned"},
    Disposition.NO_CHANGE: {
        "already_loaned",
        "not_on_loan",
        "superseded",
        "duplicate",
        "cancelled",
    },
    Disposition.ATTENTION: {
        *("patron_not_found", "patron_blocked", "patron_expired", "patron_limit"),
        *("patron_inactive", "item_not_found", "item_not_loanable", "on_loan_to_other"),
        *("other_copy_on_loan", "desk_refused", "refused"),
    },
    Disposition.REJECTED: {"invalid"},
    Disposition.UNRESOLVED: {"uncertain", "held_back", "unavailable"},
    Disposition.PENDING: {"pending"},
}


def test_the_outcomes_are_those_of_the_design() -> None:
    found = {
        disposition: {each.value for each in Outcome if each.disposition is disposition}
        for disposition in Disposition
    }
    assert found == DESIGN


@pytest.mark.parametrize("outcome", Outcome)
def test_advice_is_words_for_staff(outcome: Outcome) -> None:
    assert outcome.advice.endswith(".")
    assert outcome.advice[0].isupper()


def test_no_two_outcomes_advise_the_same() -> None:
    assert len({outcome.advice for outcome in Outcome}) == len(Outcome)


@pytest.mark.parametrize("outcome", Outcome)
def test_advice_before_a_replay_speaks_of_nothing_that_was_done(outcome: Outcome) -> None:
    advice = outcome.advice_before
    assert advice.endswith(".")
    assert advice[0].isupper()
    assert not re.search(
        r"\b(record (the|it)|was not sent|was posted|posted:|was scanned|retry)\b", advice
    )
    if outcome.disposition in (Disposition.ATTENTION, Disposition.REJECTED):
        assert advice.startswith("Before the replay: ")


ADVICE = [words for each in Outcome for words in (each.advice, each.advice_before)]


@pytest.mark.parametrize("words", [*ADVICE, *FINES.values()])
def test_staff_are_told_of_no_command_and_no_outcome_by_its_name(words: str) -> None:
    assert not re.search(r"--|_|\b(retry|dismiss|rehearse|correct --)\b", words)
