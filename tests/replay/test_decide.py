"""What to do with a row: the design's table, and what no decision may ever do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.alma.answers.responses import ItemState
from almareplay.outcomes import Disposition, Outcome
from almareplay.replay.decide import GUARDED, UNGUARDED, Action, Decision, decide, later_minute
from almareplay.replay.lane import Borrowed
from almareplay.replay.policy import Guard, OnLoanElsewhere, Policy
from almareplay.transactions import Kind
from tests.replay.cases import (
    EARLIER,
    FULL,
    LATER,
    MINUTE_BEGINS,
    MINUTE_ENDS,
    MONDAY,
    NOON,
    REPORT,
    SUNDAY,
    SUPERSEDED,
    TUESDAY,
    UNCERTAIN,
    UNGUARDED_POLICY,
    item,
    lent,
    row,
)

RETURN_FIRST = Policy(on_loan_elsewhere=OnLoanElsewhere.RETURN_FIRST)
TABLE = [
    # row, when the active loan was made, to the row's patron; action, outcome
    (Kind.RETURN, None, False, Action.SCAN_IN, Outcome.NOT_ON_LOAN),
    (Kind.RETURN, EARLIER, False, Action.SCAN_IN, Outcome.RETURNED),
    (Kind.RETURN, MINUTE_BEGINS, False, Action.SCAN_IN, Outcome.RETURNED),
    (Kind.RETURN, MINUTE_ENDS, False, Action.SCAN_IN, Outcome.RETURNED),
    (Kind.RETURN, LATER, False, Action.NOTHING, Outcome.SUPERSEDED),
    (Kind.LOAN, None, False, Action.LOAN, Outcome.LOANED),
    (Kind.LOAN, LATER, True, Action.NOTHING, Outcome.ALREADY_LOANED),
    (Kind.LOAN, MINUTE_BEGINS, True, Action.NOTHING, Outcome.ALREADY_LOANED),
    (Kind.LOAN, MINUTE_ENDS, True, Action.NOTHING, Outcome.ALREADY_LOANED),
    (Kind.LOAN, EARLIER, True, Action.RENEW, Outcome.RENEWED),
    (Kind.LOAN, LATER, False, Action.NOTHING, Outcome.SUPERSEDED),
    (Kind.LOAN, MINUTE_ENDS, False, Action.NOTHING, Outcome.ON_LOAN_TO_OTHER),
    (Kind.LOAN, EARLIER, False, Action.NOTHING, Outcome.ON_LOAN_TO_OTHER),
]


@pytest.mark.parametrize(("kind", "made_at", "same_patron", "action", "outcome"), TABLE)
def test_the_table_of_the_design(
    kind: Kind, made_at: datetime | None, same_patron: bool, action: Action, outcome: Outcome
) -> None:
    loan = None if made_at is None else lent(made_at, same_patron)
    decision = decide(row(kind), item(loan), REPORT)
    assert decision == Decision(action, outcome)


@pytest.mark.parametrize(("kind", "made_at", "same_patron", "action", "outcome"), TABLE)
def test_return_first_changes_only_an_earlier_loan_to_somebody_else(
    kind: Kind, made_at: datetime | None, same_patron: bool, action: Action, outcome: Outcome
) -> None:
    loan = None if made_at is None else lent(made_at, same_patron)
    decision = decide(row(kind), item(loan), RETURN_FIRST)
    if outcome is Outcome.ON_LOAN_TO_OTHER:
        assert decision == Decision(Action.RETURN_FIRST, Outcome.LOANED)
    else:
        assert decision == Decision(action, outcome)


ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-7)), timezone(timedelta(hours=5.5))])
MOMENTS = st.builds(
    lambda seconds, zone: (NOON + timedelta(seconds=seconds)).astimezone(zone),
    st.floats(-300, 300),
    ZONES,
)
KINDS = st.sampled_from(Kind)
GUARDS = st.sampled_from([Guard.ACTIVE, Guard.FULL])
POLICIES = st.builds(Policy, GUARDS, st.sampled_from(OnLoanElsewhere))


@given(KINDS, MOMENTS, st.none() | st.builds(lent, MOMENTS, st.booleans()), POLICIES)
def test_every_row_is_decided_and_nothing_is_moved_backwards(
    kind: Kind, captured_at: datetime, loan: Borrowed | None, policy: Policy
) -> None:
    action, outcome, _ = decide(row(kind, captured_at), item(loan), policy)
    same_patron = loan is not None and loan.to_patron
    after = loan is not None and later_minute(loan.made_at, captured_at)
    if after:
        assert action is Action.NOTHING
    if action is Action.NOTHING:
        assert outcome.disposition in (Disposition.NO_CHANGE, Disposition.ATTENTION)
    if kind is Kind.RETURN:
        assert action in (Action.SCAN_IN, Action.NOTHING)
    if action is Action.RENEW:
        assert loan is not None and same_patron
    if action is Action.LOAN:
        assert loan is None
    if action is Action.RETURN_FIRST:
        assert policy.on_loan_elsewhere is OnLoanElsewhere.RETURN_FIRST and not same_patron


def minute_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


@given(KINDS, MOMENTS, MOMENTS, st.booleans(), POLICIES)
def test_minutes_decide_and_not_seconds(
    kind: Kind, captured_at: datetime, made_at: datetime, same_patron: bool, policy: Policy
) -> None:
    def decided(captured_at: datetime, made_at: datetime) -> Decision:
        return decide(row(kind, captured_at), item(lent(made_at, same_patron)), policy)

    exact = decided(captured_at, made_at)
    assert decided(minute_of(captured_at), minute_of(made_at)) == exact


@given(MOMENTS, MOMENTS)
def test_after_means_a_later_minute(one: datetime, other: datetime) -> None:
    assert later_minute(one, other) == (minute_of(one) > minute_of(other))


LEND = Decision(Action.LOAN, Outcome.LOANED)
RENEW = Decision(Action.RENEW, Outcome.RENEWED)
SCAN = Decision(Action.SCAN_IN, Outcome.NOT_ON_LOAN)
REOPENED = Policy(reopened_at=NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("policy", "decision", "process_type", "changed", "expected"),
    [
        # A loan of an item that is not on loan, changed on the day of the reopening or after.
        (REOPENED, LEND, "", SUNDAY, LEND[:2]),
        (REOPENED, LEND, "", MONDAY, UNCERTAIN),
        (REOPENED, LEND, "TRANSIT", TUESDAY, UNCERTAIN),
        (REOPENED, LEND, "", None, LEND[:2]),
        (REOPENED, RENEW, "LOAN", TUESDAY, RENEW[:2]),
        (REOPENED, SCAN, "HOLDSHELF", TUESDAY, SCAN[:2]),
        # On its way since a later day.
        (FULL, LEND, "HOLDSHELF", MONDAY, LEND[:2]),
        (FULL, LEND, "HOLDSHELF", TUESDAY, UNCERTAIN),
        (FULL, LEND, "TRANSIT", TUESDAY, UNCERTAIN),
        (FULL, SCAN, "TRANSIT", MONDAY, SCAN[:2]),
        (FULL, SCAN, "TRANSIT", TUESDAY, SUPERSEDED),
        (FULL, SCAN, "TRANSIT", None, SCAN[:2]),
        (FULL, LEND, "", TUESDAY, LEND[:2]),
        # Looked for: as decided, and told.
        (FULL, LEND, "MISSING", TUESDAY, LEND[:2]),
        (FULL, SCAN, "LOST_LOAN", TUESDAY, SCAN[:2]),
        (FULL, RENEW, "CLAIM_RETURNED_LOAN", TUESDAY, RENEW[:2]),
        # Nobody has asked for the state.
        (REPORT, LEND, "HOLDSHELF", TUESDAY, LEND[:2]),
    ],
)
def test_the_table_of_the_states_of_an_item(
    policy: Policy,
    decision: Decision,
    process_type: str,
    changed: date | None,
    expected: tuple[Action, Outcome],
) -> None:
    state = ItemState("0", process_type, "MAIN", False, "", "", "", changed)
    kind = Kind.RETURN if decision is SCAN else Kind.LOAN
    loan = lent(EARLIER, to_patron=True) if decision is RENEW else None
    decided = decide(row(kind), item(loan, state=state), policy)
    assert decided[:2] == expected
    looked_for = process_type in ("MISSING", "LOST_LOAN", "CLAIM_RETURNED_LOAN")
    assert bool(decided.notes) == (expected != decision[:2] or looked_for)
    # What the run itself has made of the state tells nothing.
    acted = decide(row(kind), item(loan, state=state, acted=True), policy)
    assert acted == Decision(*decision[:2])


@pytest.mark.parametrize(("hours", "day"), [(-7, TUESDAY), (9, MONDAY)])
def test_the_day_of_a_change_may_be_that_of_the_library_or_of_utc(hours: int, day: date) -> None:
    zone = timezone(timedelta(hours=hours))
    evening = datetime(2026, 9, 14, 20, 0, tzinfo=zone)
    morning = datetime(2026, 9, 15, 7, 0, tzinfo=zone)
    moved = ItemState("0", "TRANSIT", "MAIN", False, "", "", "", day)
    assert decide(row(Kind.RETURN, evening), item(state=moved), FULL) == SCAN
    reopened = Policy(reopened_at=morning)
    assert decide(row(Kind.LOAN, evening), item(state=moved), reopened)[:2] == UNCERTAIN


@pytest.mark.parametrize(
    ("kind", "loan", "expected"),
    [
        (Kind.RETURN, None, (Action.SCAN_IN, Outcome.RETURNED)),
        (Kind.RETURN, lent(LATER), (Action.SCAN_IN, Outcome.RETURNED)),
        (Kind.LOAN, None, LEND[:2]),
        # Nobody has compared: Alma's answer tells.
        (Kind.LOAN, Borrowed("71", "", EARLIER), LEND[:2]),
        # A rehearsal has.
        (Kind.LOAN, lent(EARLIER, to_patron=True), (Action.LOAN, Outcome.ALREADY_LOANED)),
        (Kind.LOAN, lent(LATER, to_patron=True), (Action.LOAN, Outcome.ALREADY_LOANED)),
        (Kind.LOAN, lent(EARLIER), (Action.LOAN, Outcome.ON_LOAN_TO_OTHER)),
        (Kind.LOAN, lent(LATER), (Action.LOAN, Outcome.ON_LOAN_TO_OTHER)),
    ],
)
def test_without_a_look_all_is_posted(
    kind: Kind, loan: Borrowed | None, expected: tuple[Action, Outcome]
) -> None:
    assert decide(row(kind), item(loan), UNGUARDED_POLICY) == Decision(*expected)


def test_every_rule_stands_in_a_table_and_says_what_it_is_about() -> None:
    rules = [*GUARDED, *UNGUARDED]
    assert all(rule.__doc__ for rule in rules)
    assert len({rule.__name__ for rule in rules}) == 13
