"""What to do with a row: pure functions over the row, its item in Alma, and the policy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple

from almareplay.alma.answers import ItemLoan, ItemState
from almareplay.outcomes import Outcome
from almareplay.replay.due_dates import DueDates
from almareplay.replay.fines import Fines
from almareplay.transactions import Kind


class Guard(StrEnum):
    """How much is read before the first effect on an item."""

    ACTIVE = "active"
    FULL = "full"
    OFF = "off"


class OnLoanElsewhere(StrEnum):
    """What to do with a loan whose item Alma has on an earlier loan to somebody else."""

    REPORT = "report"
    RETURN_FIRST = "return-first"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user decided about doubtful rows, and about what the time of the call makes of them.

    ``reopened_at`` (aware) is when the desks went back to work with Alma, None where they have not.
    ``waive_reason`` is a code of the institution's table FineFeeTransactionReason. ``user_id_type``
    is the kind of identifier that the captured patron ids are, None for any.
    """

    guard: Guard = Guard.ACTIVE
    on_loan_elsewhere: OnLoanElsewhere = OnLoanElsewhere.REPORT
    due_dates: DueDates = DueDates.ALMA
    fines: Fines = Fines.REPORT
    waive_reason: str = ""
    place_on_hold_shelf: bool = False
    reopened_at: datetime | None = None
    user_id_type: str | None = None
    generate_linked_user: bool = False

    @property
    def reads_state(self) -> bool:
        """Whether the state of an item counts besides its loans."""
        return self.guard is Guard.FULL or self.reopened_at is not None


@dataclass(frozen=True, slots=True)
class Borrowed:
    """The active loan of an item.

    ``made_at`` (aware) is when Alma says it was made; for a loan that the run made it is the
    captured time of its row, because only then are both on one clock. ``user_id`` is the primary
    id of the patron. The dates are aware UTC.
    """

    loan_id: str
    user_id: str
    made_at: datetime
    due_date: datetime | None = None
    last_renew_date: datetime | None = None


class Action(StrEnum):
    """What a row asks of Alma."""

    NOTHING = "nothing"
    LOAN = "loan"
    SCAN_IN = "scan in"
    RENEW = "renew"
    RETURN_FIRST = "scan in, then loan"


class Decision(NamedTuple):
    """What to do, and the outcome that the row has when that is done, with a note for staff."""

    action: Action
    outcome: Outcome
    note: str = ""


def later_minute(one: datetime, other: datetime) -> bool:
    """Whether ``one`` lies in a later minute than ``other``: desks record whole minutes."""
    return one.timestamp() // 60 > other.timestamp() // 60


def decide(
    kind: Kind, captured_at: datetime, loan: Borrowed | None, *, same_patron: bool, policy: Policy
) -> Decision:
    """Decide about a row, given the active loan of its item.

    ``same_patron`` tells whether the loan is to the row's patron; it counts only where there is a
    loan and the row is one. The table is that of the design:

    ======  ====================================  =======================================
    row     active loan                           action, outcome
    ======  ====================================  =======================================
    return  none                                  scan in, ``not_on_loan``
    return  made before                           scan in, ``returned``
    return  made after                            nothing, ``superseded``
    loan    none                                  loan, ``loaned``
    loan    same patron, this minute or after     nothing, ``already_loaned``
    loan    same patron, earlier minute           renew, ``renewed``
    loan    another patron, after                 nothing, ``superseded``
    loan    another patron, before                nothing, ``on_loan_to_other``, or return first
    ======  ====================================  =======================================
    """
    if kind is Kind.RETURN:
        if loan is None:
            return Decision(Action.SCAN_IN, Outcome.NOT_ON_LOAN)
        if later_minute(loan.made_at, captured_at):
            return Decision(Action.NOTHING, Outcome.SUPERSEDED)
        return Decision(Action.SCAN_IN, Outcome.RETURNED)
    if loan is None:
        return Decision(Action.LOAN, Outcome.LOANED)
    if same_patron:
        if later_minute(captured_at, loan.made_at):
            return Decision(Action.RENEW, Outcome.RENEWED)
        return Decision(Action.NOTHING, Outcome.ALREADY_LOANED)
    if later_minute(loan.made_at, captured_at):
        return Decision(Action.NOTHING, Outcome.SUPERSEDED)
    if policy.on_loan_elsewhere is OnLoanElsewhere.RETURN_FIRST:
        return Decision(Action.RETURN_FIRST, Outcome.LOANED)
    return Decision(Action.NOTHING, Outcome.ON_LOAN_TO_OTHER)


_ON_ITS_WAY = {"HOLDSHELF": "on the hold shelf", "TRANSIT": "in transit"}
_LOOKED_FOR = {
    "MISSING": "missing",
    "LOST_LOAN": "lost",
    "LOST_LOAN_AND_PAID": "lost and paid",
    "CLAIM_RETURNED_LOAN": "claimed returned",
}
_LOOK = "look at the item's history in Alma"


def decide_by_state(
    kind: Kind, captured_at: datetime, decision: Decision, state: ItemState, policy: Policy
) -> Decision:
    """Decide again about a row that would be posted, given the state of its item.

    ``captured_at`` and ``reopened_at`` are in the zone of the library. Alma tells only the day on
    which an item changed: on the day of the reopening it counts as since then, on the day of the
    capture as before it.

    ======  ===========================================  ==========================================
    row     state of the item                            action, outcome
    ======  ===========================================  ==========================================
    loan    not on loan, changed since ``reopened_at``   nothing, ``uncertain``
    loan    on its way since a later day (guard full)    nothing, ``uncertain``
    return  on its way since a later day (guard full)    nothing, ``superseded``
    any     missing, lost, claimed returned              as decided, with a note
    any     any other                                    as decided
    ======  ===========================================  ==========================================
    """
    changed = state.modification_date
    if (
        policy.reopened_at is not None
        and decision.action is Action.LOAN
        and changed is not None
        and changed >= min(_days(policy.reopened_at))
    ):
        note = "not posted: not on loan in Alma, and changed since the desks reopened; " + _LOOK
        return Decision(Action.NOTHING, Outcome.UNCERTAIN, note)
    if policy.guard is not Guard.FULL:
        return decision
    later = changed is not None and changed > max(_days(captured_at))
    if (place := _ON_ITS_WAY.get(state.process_type)) and later:
        if kind is Kind.RETURN:
            note = f"the item is {place} in Alma, and was changed there on a later day"
            return Decision(Action.NOTHING, Outcome.SUPERSEDED, note)
        note = f"not posted: {place} in Alma, and changed there on a later day; {_LOOK}"
        return Decision(Action.NOTHING, Outcome.UNCERTAIN, note)
    if found := _LOOKED_FOR.get(state.process_type):
        return decision._replace(note=f"Alma had the item as {found}")
    return decision


def _days(moment: datetime) -> tuple[date, date]:
    """The day of a moment at the library and in UTC: Alma does not say which of them it tells."""
    return moment.date(), moment.astimezone(UTC).date()


def without_looking(kind: Kind, decision: Decision) -> Decision:
    """What the decision becomes with ``--guard off``: all is posted, and Alma alone refuses."""
    if kind is Kind.RETURN:
        return Decision(Action.SCAN_IN, Outcome.RETURNED)
    if decision.outcome in (Outcome.RENEWED, Outcome.ALREADY_LOANED):
        return Decision(Action.LOAN, Outcome.ALREADY_LOANED)
    if decision.outcome is Outcome.LOANED and decision.action is Action.LOAN:
        return decision
    return Decision(Action.LOAN, Outcome.ON_LOAN_TO_OTHER)


def overtaken(captured_at: datetime, completed: Iterable[ItemLoan]) -> bool:
    """Whether completed loans, none of them the run's own, show that something happened to the
    item after the captured time."""
    return any(
        moment is not None and later_minute(moment, captured_at)
        for loan in completed
        for moment in (loan.loan_date, loan.return_date)
    )
