"""Every outcome has its disposition, as the design has it, and its advice."""

from __future__ import annotations

import pytest

from almareplay.outcomes import Disposition, Outcome

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
