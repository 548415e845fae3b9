"""Whether a renewal has happened, by Alma's word on it and by the dates of the loan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from almareplay.alma.answers.responses import ItemLoan
from almareplay.outcomes import Outcome
from almareplay.replay.lane import Borrowed
from almareplay.replay.renewal import refusal_of, was_renewed

LENT = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
DUE = LENT + timedelta(days=28)
LATER = DUE + timedelta(days=7)
ONCE = LENT + timedelta(days=3)
BEFORE = Borrowed("71", "ida", LENT, DUE, None)
UNMOVED = ItemLoan("71", "ida", "i1", "MAIN", "D", LENT, DUE, None, None, "ACTIVE", "NORMAL", "")


@pytest.mark.parametrize(
    ("before", "answer", "renewed"),
    [
        (BEFORE, replace(UNMOVED, last_renew_status="401193;"), True),
        (BEFORE, replace(UNMOVED, due_date=LATER), True),
        (BEFORE, replace(UNMOVED, last_renew_date=ONCE), True),
        # The due date cannot move on a loan that is due at the end of a term.
        (BEFORE, replace(UNMOVED, last_renew_date=ONCE, last_renew_status="401193;"), True),
        (BEFORE, UNMOVED, False),
        (BEFORE, replace(UNMOVED, last_renew_status="401822;"), False),
        (BEFORE, replace(UNMOVED, due_date=None), False),
        (replace(BEFORE, last_renew_date=ONCE), replace(UNMOVED, last_renew_date=ONCE), False),
        (replace(BEFORE, due_date=None), UNMOVED, False),
    ],
)
def test_a_renewal_counts_by_its_status_or_by_moved_dates(
    before: Borrowed, answer: ItemLoan, renewed: bool
) -> None:
    assert was_renewed(before, answer) is renewed


@pytest.mark.parametrize(
    ("status", "words", "code", "message"),
    [
        ("401822;", "Item is requested", "401822", "Item is requested"),
        ("", "", "", "Alma answered without renewing the loan."),
        ("no", "", "", "Alma answered without renewing the loan."),
    ],
)
def test_what_did_not_happen_is_a_refusal_in_almas_words(
    status: str, words: str, code: str, message: str
) -> None:
    refusal = refusal_of(replace(UNMOVED, last_renew_status=status, last_renew_message=words))
    assert (refusal.outcome, refusal.code, refusal.message) == (Outcome.REFUSED, code, message)
