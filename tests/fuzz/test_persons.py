"""A few captures of known truth, damaged: no row lends to a person who took nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from almareplay.transactions import InvalidRow, Kind, Reason
from tests.fuzz.feed import check_persons
from tests.fuzz.persons import KINDS, Loan, wrong


@pytest.mark.parametrize("kind", KINDS)
def test_no_row_has_a_wrong_person(kind: str, tmp_path: Path) -> None:
    dice = random.Random(f"{kind} 1")
    for _ in range(60):
        check_persons(tmp_path / "capture", KINDS[kind](dice), dice)


def test_a_wrong_person_would_be_seen(tmp_path: Path) -> None:
    dice = random.Random(1)
    given = KINDS["quoting"](dice)
    others = frozenset(Loan(loan.item, f"2{loan.item[1:]}") for loan in given.truth)
    with pytest.raises(AssertionError, match="quoting"):
        check_persons(tmp_path / "capture", given._replace(truth=others), dice)


def test_a_name_would_be_seen() -> None:
    row = InvalidRow(Reason("no_item"), "desk.csv", 2, Kind.LOAN, None, "", "quill")
    assert wrong([row], frozenset()) == [row]
