"""Rows that something later has overtaken: in Alma, in the run, or by the hands of staff."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from almareplay.alma.answers.responses import ItemLoan, ItemState
from almareplay.outcomes import Outcome
from almareplay.queue.replaying.journal import LaneHistory
from almareplay.queue.rows import Order
from almareplay.replay.decide import Action, Case, decide, overtaken_in_alma
from almareplay.replay.lane import Lane
from almareplay.transactions import Kind, Reason
from tests.replay.cases import (
    EARLIER,
    FULL,
    LATER,
    MINUTE_ENDS,
    REPORT,
    SUPERSEDED,
    TUESDAY,
    UNCERTAIN,
    UNGUARDED_POLICY,
    item,
    lent,
    row,
)


def over(loan_id: str, lent_at: datetime | None, returned_at: datetime | None) -> ItemLoan:
    return ItemLoan(
        loan_id=loan_id,
        user_id="berta",
        item_barcode="i1",
        library="MAIN",
        circ_desk="FRONT",
        loan_date=lent_at,
        due_date=None,
        return_date=returned_at,
        last_renew_date=None,
        loan_status="COMPLETE",
        process_status="NORMAL",
        title="Lichens",
    )


@pytest.mark.parametrize(
    ("completed", "expected"),
    [
        ([], False),
        ([over("1", EARLIER, EARLIER)], False),
        ([over("1", EARLIER, MINUTE_ENDS)], False),
        ([over("1", EARLIER, LATER)], True),
        ([over("1", LATER, LATER)], True),
        ([over("1", EARLIER, EARLIER), over("2", EARLIER, LATER)], True),
        ([over("1", None, None)], False),
        ([over("1", LATER, None)], True),
    ],
)
def test_completed_loans_show_what_happened_since(
    completed: list[ItemLoan], expected: bool
) -> None:
    for kind in Kind:
        case = Case(row(kind), item(completed=completed), FULL)
        assert (overtaken_in_alma(case) is not None) is expected


def test_what_the_run_itself_did_overtakes_no_row() -> None:
    completed = [over("1", EARLIER, LATER), over("2", LATER, LATER), over("3", EARLIER, LATER)]
    history = LaneHistory({"2": EARLIER}, {"1"}, [LATER], "", None, [])
    by_run = Lane(history, looked=True, completed=completed)
    assert decide(row(Kind.LOAN), by_run, FULL).action is Action.LOAN
    somebody = Lane(LaneHistory({"2": EARLIER}, {"1"}, [], "", None, []), completed=completed)
    assert decide(row(Kind.LOAN), somebody, FULL)[:2] == SUPERSEDED


def settled_after(**history: Any) -> Lane:
    """An item on an earlier loan to the row's patron, of which row 7, a later one, is settled."""
    lane = item(lent(EARLIER, to_patron=True))
    return replace(lane, history=replace(lane.history, settled=(Order(1, 7, 7), 7), **history))


def test_a_row_that_a_later_one_of_the_run_has_overtaken_is_not_posted() -> None:
    for policy in (REPORT, FULL, UNGUARDED_POLICY):
        for kind in Kind:
            decision = decide(row(kind), settled_after(), policy)
            assert decision[:2] == SUPERSEDED
            assert decision.notes == (Reason.of("later_row_settled", row=7),)
    # What Alma shows already needs no act.
    lane = replace(settled_after(), loan=lent(LATER, to_patron=True))
    assert decide(row(Kind.LOAN), lane, REPORT).outcome is Outcome.ALREADY_LOANED


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        (Kind.LOAN, {"loan": lent(LATER)}),
        (Kind.RETURN, {"loan": lent(LATER)}),
        (Kind.LOAN, {"completed": [over("1", EARLIER, LATER)]}),
        (Kind.RETURN, {"state": ItemState("0", "TRANSIT", "MAIN", False, "", "", "", TUESDAY)}),
    ],
)
def test_what_staff_settled_by_hand_may_be_what_overtakes_a_row(
    kind: Kind, known: dict[str, Any]
) -> None:
    lane = item(**known)
    assert decide(row(kind), lane, FULL)[:2] == SUPERSEDED
    by_hand = replace(lane, history=replace(lane.history, dismissed=[(Order(1, 3, 3), 3)]))
    decision = decide(row(kind), by_hand, FULL)
    assert decision[:2] == UNCERTAIN
    assert decision.notes == (Reason.of("perhaps_by_hand", row=3),)
    later = replace(by_hand, history=replace(by_hand.history, settled=(Order(1, 7, 7), 7)))
    assert decide(row(kind), later, FULL)[:2] == SUPERSEDED
    # A row that was settled by hand later is no earlier one.
    after = replace(lane, history=replace(lane.history, dismissed=[(Order(1, 9, 9), 9)]))
    assert decide(row(kind), after, FULL)[:2] == SUPERSEDED
