"""What reading cannot tell, what tells it all the same, and what patrons would have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from almareplay.alma.answers.patron import Patron
from almareplay.alma.answers.responses import ItemLoan, ItemState
from almareplay.outcomes import Outcome
from almareplay.replay.rehearsal.accounts import Account
from almareplay.replay.rehearsal.forecast import patron_refusals
from almareplay.replay.rehearsal.uncertainty import MANY_LOANS, Evidence, limit_unknown

NOW = datetime.now(UTC)
STATE = ItemState("1", "", "LAW", False, "", "", "", None, policy="BOOK")


def loan(barcode: str, mms_id: str = "", **fields: Any) -> ItemLoan:
    place = fields.pop("library", "MAIN"), fields.pop("circ_desk", "FRONT")
    return ItemLoan(
        *("71", "berta", barcode, *place, NOW, None, None, None, "ACTIVE", "NORMAL", ""),
        mms_id=mms_id,
        **fields,
    )


def patron(active_loans: int | None = None, **fields: Any) -> Patron:
    known: dict[str, Any] = {
        "status": "ACTIVE",
        "expiry_date": None,
        "blocks": (),
        "identifiers": (),
    }
    return Patron("berta", **(known | fields), active_loans=active_loans)


def test_an_account_follows_loans_and_returns() -> None:
    account = Account.of(patron(), [loan("A1", "99")])
    account.lent("b2", "99", doubtful=True)
    account.lent("b2", "99", doubtful=True)
    assert (account.at_first, account.now, account.most) == (1, 2, 2)
    assert account.copies("b3", "99") == ["a1", "b2"]
    assert account.copies("a1", "99") == ["b2"]
    for item in ("a1", "b2", "never had"):
        account.returned(item)
    assert (account.now, account.most, account.titles, account.doubtful) == (0, 2, {}, set())


def test_more_loans_than_were_listed_are_believed() -> None:
    assert Account.of(patron(7), []).now == 7


@pytest.mark.parametrize(
    ("had", "now", "unknown"),
    [
        (0, MANY_LOANS - 2, False),
        (0, MANY_LOANS - 1, True),
        (40, 39, False),  # had so many before: one was brought back
        (40, 40, True),
    ],
)
def test_a_limit_is_met_with_many_loans_and_more_than_before(
    had: int, now: int, unknown: bool
) -> None:
    assert limit_unknown(Account(had, now, now)) is unknown


def test_terms_are_known_by_a_loan_under_them() -> None:
    evidence = Evidence()
    evidence.policies.update(BOOK=20, GAME=4, MAP=5)
    assert evidence.terms_unknown("BOOK")
    assert not evidence.never_lent("MAP")  # nothing is on loan at all
    evidence.add(loan("A1"), replace(STATE, policy="BOOK"))
    assert (evidence.never_lent("GAME"), evidence.never_lent("MAP")) == (False, True)
    assert not evidence.terms_unknown("BOOK")
    assert not evidence.terms_unknown("")  # Alma gave no policy: nothing to doubt


def test_a_desk_is_known_by_its_loans_and_by_its_custom() -> None:
    evidence = Evidence()
    evidence.to_lend.update({("MAIN", "FRONT", "MAIN"): 70, ("MAIN", "FRONT", "LAW"): 2})
    assert not evidence.desk_unknown("MAIN", "FRONT", "MAIN")
    assert evidence.desk_unknown("MAIN", "FRONT", "LAW")
    evidence.to_lend["MAIN", "FRONT", "LAW"] = 10
    assert not evidence.desk_unknown("MAIN", "FRONT", "LAW")
    evidence.to_lend["MAIN", "FRONT", "LAW"] = 2
    evidence.add(loan("A1"), STATE)
    assert not evidence.desk_unknown("MAIN", "FRONT", "LAW")


@pytest.mark.parametrize(
    ("record", "refusals"),
    [
        ({}, []),
        ({"patron_role": None}, []),
        ({"patron_role": False}, [Outcome.PATRON_INACTIVE]),
        ({"status": "INACTIVE"}, [Outcome.PATRON_INACTIVE]),
        ({"expiry_date": date(2020, 1, 1)}, [Outcome.PATRON_EXPIRED]),
        ({"blocks": ("Lost card",)}, [Outcome.PATRON_BLOCKED]),
        (
            {"blocks": ("Lost card",), "expiry_date": date(2020, 1, 1)},
            [Outcome.PATRON_EXPIRED, Outcome.PATRON_BLOCKED],
        ),
    ],
)
def test_a_record_shows_why_nothing_is_lent(
    record: dict[str, Any], refusals: list[Outcome]
) -> None:
    assert patron_refusals(patron(**record), NOW) == refusals
