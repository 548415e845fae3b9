"""What to do with a row: one ordered table of rules over the row, its item in Alma, the policy.

Pure functions, the same for a replay and a rehearsal. The first rule that has an answer decides.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple

from almareplay.outcomes import Outcome
from almareplay.queue.rows import QueuedRow
from almareplay.replay.lane import Lane
from almareplay.replay.policy import Guard, OnLoanElsewhere, Policy
from almareplay.transactions import Kind, Notes, Reason


class Action(StrEnum):
    """What a row asks of Alma."""

    NOTHING = "nothing"
    LOAN = "loan"
    SCAN_IN = "scan in"
    RENEW = "renew"
    RETURN_FIRST = "scan in, then loan"


class Decision(NamedTuple):
    """What to do, and the outcome that the row has when that is done, with notes for staff."""

    action: Action
    outcome: Outcome
    notes: Notes = ()


class Case(NamedTuple):
    """What is decided about: a row, what is known of its item, and what the user decided."""

    row: QueuedRow
    item: Lane
    policy: Policy


Rule = Callable[[Case], Decision | None]
"""Decides about a row, or leaves that to the rules after it."""


def decide(row: QueuedRow, item: Lane, policy: Policy) -> Decision:
    """Decide about a row by the table of the policy's guard.

    Guarded, the item's active loan must be known, and where there is one and the row is a loan,
    whether it is to the row's patron. Raises nothing: the last rules leave no row undecided.
    """
    case = Case(row, item, policy)
    rules = UNGUARDED if policy.guard is Guard.OFF else GUARDED
    return next(made for rule in rules if (made := rule(case)) is not None)


def later_minute(one: datetime, other: datetime) -> bool:
    """Whether ``one`` lies in a later minute than ``other``: desks record whole minutes."""
    return one.timestamp() // 60 > other.timestamp() // 60


# What Alma shows already, or shows to have come later.


def already_lent(case: Case) -> Decision | None:
    """A loan that its patron has in Alma since the captured minute, or a later one."""
    row, item, _ = case
    if row.kind is Kind.RETURN or item.loan is None or not item.loan.to_patron:
        return None
    if later_minute(row.captured_at, item.loan.made_at):
        return None
    return Decision(Action.NOTHING, Outcome.ALREADY_LOANED)


def lent_since(case: Case) -> Decision | None:
    """A row whose item Alma has on a loan that was made after it, to anybody else."""
    row, item, _ = case
    if item.loan is None or (row.kind is Kind.LOAN and item.loan.to_patron):
        return None
    return _overtaken(row, item) if later_minute(item.loan.made_at, row.captured_at) else None


def on_loan_to_other(case: Case) -> Decision | None:
    """A loan of an item that somebody else has, which is only reported."""
    row, item, policy = case
    reported = policy.on_loan_elsewhere is OnLoanElsewhere.REPORT
    if row.kind is Kind.LOAN and item.loan and not item.loan.to_patron and reported:
        return Decision(Action.NOTHING, Outcome.ON_LOAN_TO_OTHER)
    return None


def overtaken_in_run(case: Case) -> Decision | None:
    """A row that comes when a later one of its item is settled."""
    row, item, _ = case
    settled = _settled_later(row, item)
    if settled is None:
        return None
    note = Reason.of("later_row_settled", row=settled)
    return Decision(Action.NOTHING, Outcome.SUPERSEDED, (note,))


def overtaken_in_alma(case: Case) -> Decision | None:
    """A row after which the item was lent or returned, by the loans that are over (guard full)."""
    row, item, _ = case
    for loan in item.completed or ():
        moments = (loan.loan_date, loan.return_date)
        if not item.by_run(loan) and any(
            moment is not None and later_minute(moment, row.captured_at) for moment in moments
        ):
            return _overtaken(row, item, Reason("later_in_alma"))
    return None


# What the state of the item tells. Alma says only the day on which it changed: on the day of the
# reopening that counts as since then, on the day of the capture as before it.

_ON_ITS_WAY = {"HOLDSHELF": "on the hold shelf", "TRANSIT": "in transit"}
_LOOKED_FOR = {
    "MISSING": "missing",
    "LOST_LOAN": "lost",
    "LOST_LOAN_AND_PAID": "lost and paid",
    "CLAIM_RETURNED_LOAN": "claimed returned",
}


def changed_since_reopening(case: Case) -> Decision | None:
    """A loan of an item that is on loan to nobody, and has changed since the desks reopened."""
    row, item, policy = case
    changed = _changed(item)
    if row.kind is not Kind.LOAN or item.loan or changed is None or policy.reopened_at is None:
        return None
    if changed < min(_days(policy.reopened_at)):
        return None
    return Decision(Action.NOTHING, Outcome.UNCERTAIN, (Reason("changed_since_reopening"),))


def on_its_way(case: Case) -> Decision | None:
    """A row of an item on the hold shelf or in transit since a later day (guard full)."""
    row, item, policy = case
    changed = _changed(item)
    place = _ON_ITS_WAY.get(item.state.process_type) if item.state else None
    if policy.guard is not Guard.FULL or changed is None or place is None:
        return None
    if changed <= max(_days(row.captured_at)):
        return None
    if row.kind is Kind.RETURN:
        return _overtaken(row, item, Reason.of("on_its_way", place=place))
    note = Reason.of("not_lent_on_its_way", place=place)
    return Decision(Action.NOTHING, Outcome.UNCERTAIN, (note,))


# What is posted.


def scan_in(case: Case) -> Decision | None:
    """A return, of an item on loan or not: it may be asked for by somebody."""
    row, item, policy = case
    if row.kind is Kind.LOAN:
        return None
    outcome = Outcome.RETURNED if item.loan else Outcome.NOT_ON_LOAN
    return Decision(Action.SCAN_IN, outcome, _looked_for(item, policy))


def lend(case: Case) -> Decision | None:
    """A loan of an item that nobody has."""
    _, item, policy = case
    if item.loan:
        return None
    return Decision(Action.LOAN, Outcome.LOANED, _looked_for(item, policy))


def renew(case: Case) -> Decision | None:
    """A loan to the patron who has the item: a desk clerk records a renewal as a loan."""
    _, item, policy = case
    if item.loan and item.loan.to_patron:
        return Decision(Action.RENEW, Outcome.RENEWED, _looked_for(item, policy))
    return None


def return_first(case: Case) -> Decision | None:
    """A loan of an item that somebody else had before and must have brought back."""
    _, item, policy = case
    return Decision(Action.RETURN_FIRST, Outcome.LOANED, _looked_for(item, policy))


# Without a look, all is posted and Alma alone refuses. A rehearsal has looked all the same, and
# the outcome is what Alma's refusal will be.


def scan_in_unseen(case: Case) -> Decision | None:
    """A return: whether there was a loan to end is not known."""
    row = case.row
    return Decision(Action.SCAN_IN, Outcome.RETURNED) if row.kind is Kind.RETURN else None


def lend_unseen(case: Case) -> Decision | None:
    """A loan, which Alma refuses where somebody has the item."""
    item = case.item
    if item.loan is None or item.loan.to_patron is None:
        return Decision(Action.LOAN, Outcome.LOANED)
    refused = Outcome.ALREADY_LOANED if item.loan.to_patron else Outcome.ON_LOAN_TO_OTHER
    return Decision(Action.LOAN, refused)


GUARDED: tuple[Rule, ...] = (
    already_lent,
    lent_since,
    on_loan_to_other,
    overtaken_in_run,
    overtaken_in_alma,
    changed_since_reopening,
    on_its_way,
    scan_in,
    lend,
    renew,
    return_first,
)
"""
====================================================  ==================  =========================
row and what is known                                 action              outcome
====================================================  ==================  =========================
loan; on loan to its patron, this minute or after     nothing             ``already_loaned``
any; on loan to somebody since a later minute         nothing             ``superseded``, as below
loan; on loan to somebody else (to be reported)       nothing             ``on_loan_to_other``
any; a later row of the item is settled               nothing             ``superseded``
any; a loan or return after it is over (guard full)   nothing             ``superseded``, as below
loan; changed since the desks reopened                nothing             ``uncertain``
return; on its way since a later day (guard full)     nothing             ``superseded``, as below
loan; on its way since a later day (guard full)       nothing             ``uncertain``
return; on loan                                       scan in             ``returned``
return; not on loan                                   scan in             ``not_on_loan``
loan; not on loan                                     loan                ``loaned``
loan; on loan to its patron, an earlier minute        renew               ``renewed``
loan; on loan to somebody else (return first)         scan in, then loan  ``loaned``
====================================================  ==================  =========================

Where staff have settled an earlier row of the item by hand, what overtakes a row in Alma may be
that: ``superseded`` becomes ``uncertain``.
"""

UNGUARDED: tuple[Rule, ...] = (overtaken_in_run, scan_in_unseen, lend_unseen)
"""
====================================================  ==================  =========================
any; a later row of the item is settled               nothing             ``superseded``
return                                                scan in             ``returned``
loan                                                  loan                ``loaned``, or refused
====================================================  ==================  =========================
"""


def _overtaken(row: QueuedRow, item: Lane, *notes: Reason) -> Decision:
    """A row that something later in Alma has overtaken; that may be what staff have done by hand
    for an earlier row of the item, which Alma dates by the hand."""
    place = row.order.captured
    before = [number for order, number in item.history.dismissed if order.captured < place]
    if not before or _settled_later(row, item) is not None:
        return Decision(Action.NOTHING, Outcome.SUPERSEDED, notes)
    by_hand = Reason.of("perhaps_by_hand", row=before[-1])
    return Decision(Action.NOTHING, Outcome.UNCERTAIN, (by_hand,))


def _settled_later(row: QueuedRow, item: Lane) -> int | None:
    """The number of the settled row of the item that was captured last, where that was after this
    one: of another phase or retried, it may have gone first."""
    settled = item.history.settled
    return settled[1] if settled and settled[0].captured >= row.order.captured else None


def _changed(item: Lane) -> date | None:
    """The day on which somebody else changed the item, where its state was read and counts."""
    return item.state.modification_date if item.state and item.untouched else None


def _looked_for(item: Lane, policy: Policy) -> Notes:
    """A note on an item that turns up (guard full)."""
    if policy.guard is not Guard.FULL or item.state is None or not item.untouched:
        return ()
    found = _LOOKED_FOR.get(item.state.process_type)
    return (Reason.of("was_looked_for", state=found),) if found else ()


def _days(moment: datetime) -> tuple[date, date]:
    """The day of a moment at the library and in UTC: Alma does not say which of them it tells."""
    return moment.date(), moment.astimezone(UTC).date()
