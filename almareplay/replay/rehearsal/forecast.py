"""What becomes of each row, from what was read of Alma and what the rows before it would do.

It asks nothing: the reading is done when the first row is forecast.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from almareplay.alma.answers.patron import Patron
from almareplay.alma.answers.responses import ItemState
from almareplay.outcomes import Outcome
from almareplay.queue.rows import Order, QueuedRow
from almareplay.replay.decide import Action, Decision
from almareplay.replay.lane import Borrowed, Lane
from almareplay.replay.policy import Guard, OnLoanElsewhere, Policy
from almareplay.replay.rehearsal.accounts import Account
from almareplay.replay.rehearsal.uncertainty import Doubt, Evidence, limit_unknown
from almareplay.transactions import Kind, Notes, Reason, identifier_key

_HOW = {
    Outcome.PATRON_EXPIRED: (Reason("of_patron_record"),),
    Outcome.PATRON_INACTIVE: (Reason("of_patron_record"),),
    Outcome.PATRON_BLOCKED: (Reason("of_patron_record"),),
    Outcome.OTHER_COPY_ON_LOAN: (Reason("of_patron_loans"),),
}
_LOST = ("LOST_LOAN", "LOST_LOAN_AND_PAID", "CLAIM_RETURNED_LOAN")


@dataclass(slots=True)
class Seen:
    """What a rehearsal has read of Alma: the states of items by the key of their barcode, the
    accounts of patrons by the key of their primary id.

    ``given_back`` has the last row of each item that may scan it in.
    """

    states: dict[str, ItemState] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=Evidence)
    given_back: dict[str, Order] = field(default_factory=dict)

    def row(self, row: QueuedRow, policy: Policy) -> None:
        """A row of the run, the rows in replay order."""
        state = self.states.get(row.item_key)
        if row.kind is Kind.LOAN and state is not None:
            self.evidence.to_lend[row.library, row.circ_desk, state.library] += 1
        if row.kind is Kind.RETURN or policy.on_loan_elsewhere is OnLoanElsewhere.RETURN_FIRST:
            self.given_back[row.item_key] = row.order


class Forecast(NamedTuple):
    """The outcome that a row will have; or will probably have, where there are doubts."""

    outcome: Outcome
    doubts: tuple[Doubt, ...] = ()
    notes: Notes = ()


class Forecaster:
    """Goes through the rows of a run in replay order; each leaves its effects on those after it."""

    def __init__(self, seen: Seen, policy: Policy) -> None:
        self._seen = seen
        self._policy = policy
        # Items of which nobody knows whether they were lent by their last row, and who has them.
        self._doubtful: set[str] = set()
        self._borrowers: dict[str, str] = {}
        self._scanned: set[str] = set()

    def forecast(
        self, row: QueuedRow, lane: Lane, decision: Decision, patron: Patron | None
    ) -> Forecast:
        """The outcome of a row that was decided about; ``lane`` and accounts are as it leaves them.

        ``patron`` is who borrows, None on a return and where the patron cannot be looked up.
        """
        after_doubt = row.item_key in self._doubtful
        match decision.action:
            case Action.NOTHING:
                made = Forecast(decision.outcome)
            case Action.SCAN_IN:
                self._give_back(row.item_key, lane)
                made = Forecast(decision.outcome)
                # A scan without a look has one outcome, whoever has the item.
                after_doubt &= self._policy.guard is not Guard.OFF
            case Action.RENEW:
                made = self._renew(row, lane, decision, patron)
            case Action.LOAN | Action.RETURN_FIRST:
                made = self._lend(row, lane, decision, patron)
        doubts = (Doubt.EARLIER, *made.doubts) if after_doubt else made.doubts
        return Forecast(made.outcome, tuple(dict.fromkeys(doubts)), made.notes or decision.notes)

    def _give_back(self, item: str, lane: Lane) -> None:
        had_it = {identifier_key(lane.loan.user_id)} if lane.loan else set()
        if item in self._borrowers:
            had_it.add(self._borrowers.pop(item))
        for user in had_it:
            if user in self._seen.accounts:
                self._seen.accounts[user].returned(item)
        self._doubtful.discard(item)
        self._scanned.add(item)
        lane.returned()

    def _renew(
        self, row: QueuedRow, lane: Lane, decision: Decision, patron: Patron | None
    ) -> Forecast:
        state = self._seen.states.get(row.item_key)
        lost = state is not None and state.process_type in _LOST and lane.untouched
        refusals = patron_refusals(patron, row.captured_at)
        if lost or Outcome.PATRON_BLOCKED in refusals or Outcome.PATRON_EXPIRED in refusals:
            return Forecast(Outcome.REFUSED, notes=(Reason("no_renewal"),))
        loan = lane.loan
        if state is not None and state.requested:
            return Forecast(Outcome.REFUSED, (Doubt.HOLD,))
        doubts = []
        if loan is not None and loan.last_renew_date is not None:
            doubts.append(Doubt.RENEWALS)
        if refusals:
            doubts.append(Doubt.INACTIVE)
        if patron is None:
            doubts.append(Doubt.PATRON)
        if loan is not None:
            lane.loan = replace(loan, last_renew_date=datetime.now(UTC))
        lane.acted = True
        return Forecast(decision.outcome, tuple(doubts))

    def _lend(
        self, row: QueuedRow, lane: Lane, decision: Decision, patron: Patron | None
    ) -> Forecast:
        item, mms_id = row.item_key, lane.ids.mms_id if lane.ids else ""
        if decision.action is Action.RETURN_FIRST:
            self._give_back(item, lane)
        account = self._seen.accounts.get(identifier_key(patron.primary_id)) if patron else None
        copies = account.copies(item, mms_id) if account and mms_id else []
        of_patron, of_item = patron_refusals(patron, row.captured_at), []
        if decision.outcome is not Outcome.LOANED:
            of_item.append(decision.outcome)
        likely, doubts = self._doubts_of_item(row, lane)
        if account is not None and copies:
            if copy_doubts := self._doubts_of_copies(row, account, copies):
                doubts += copy_doubts
                likely = likely or Outcome.OTHER_COPY_ON_LOAN
            else:
                of_item.append(Outcome.OTHER_COPY_ON_LOAN)
        if account is not None and limit_unknown(account):
            doubts.append(Doubt.LIMIT)
        if patron is None:
            linked = self._policy.generate_linked_user
            doubts.append(Doubt.NETWORK if linked else Doubt.PATRON)
        if of_patron or of_item:
            # Alma looks at the patron first, in which order at what else is not known.
            several = len(of_patron) > 1 or (not of_patron and (len(of_item) > 1 or doubts))
            first = (of_patron or of_item)[0]
            return Forecast(first, (Doubt.REASON,) if several else (), _HOW.get(first, ()))
        outcome = likely or Outcome.LOANED
        doubtful = bool(doubts) or item in self._doubtful
        self._lent(row, lane, patron, account, outcome, doubtful=doubtful)
        return Forecast(outcome, tuple(doubts))

    def _doubts_of_item(self, row: QueuedRow, lane: Lane) -> tuple[Outcome | None, list[Doubt]]:
        """Why the item may not be lent, and the outcome that is likely then."""
        state = self._seen.states.get(row.item_key)
        if state is None:
            return None, []
        likely, doubts, evidence = None, [], self._seen.evidence
        if evidence.desk_unknown(row.library, row.circ_desk, state.library):
            doubts.append(Doubt.DESK)
        if evidence.terms_unknown(state.policy):
            doubts.append(Doubt.TERMS)
            if evidence.never_lent(state.policy):
                likely = Outcome.ITEM_NOT_LOANABLE
        on_shelf = state.process_type == "HOLDSHELF" and lane.untouched
        if on_shelf or (state.requested and row.item_key in self._scanned):
            doubts.append(Doubt.HOLD)
            if on_shelf or self._policy.place_on_hold_shelf:
                likely = Outcome.ITEM_NOT_LOANABLE
        return likely, doubts

    def _doubts_of_copies(
        self, row: QueuedRow, account: Account, copies: Iterable[str]
    ) -> list[Doubt]:
        """Why other copies of the title may yet be no reason to refuse; none: one of them is."""
        doubts = []
        for copy in copies:
            back = self._seen.given_back.get(copy)
            if copy in account.doubtful:
                doubts.append(Doubt.EARLIER)
            elif back is not None and back > row.order:
                doubts.append(Doubt.ORDER)
            else:
                return []
        return doubts

    def _lent(
        self,
        row: QueuedRow,
        lane: Lane,
        patron: Patron | None,
        account: Account | None,
        outcome: Outcome,
        *,
        doubtful: bool,
    ) -> None:
        item, mms_id = row.item_key, lane.ids.mms_id if lane.ids else ""
        user = patron.primary_id if patron else row.patron_id
        if account is not None and (outcome is Outcome.LOANED or doubtful):
            account.lent(item, mms_id, doubtful=doubtful)
            self._borrowers[item] = identifier_key(user)
        if doubtful:
            self._doubtful.add(item)
        if outcome is Outcome.LOANED:
            lane.looked = lane.acted = True
            lane.loan = Borrowed("", user, row.captured_at)


def patron_refusals(patron: Patron | None, captured_at: datetime) -> list[Outcome]:
    """Why Alma lends nothing to a patron, by the record."""
    if patron is None:
        return []
    refusals = []
    if patron.status == "INACTIVE" or patron.patron_role is False:
        refusals.append(Outcome.PATRON_INACTIVE)
    today = datetime.now(captured_at.tzinfo).date()
    if patron.expiry_date is not None and patron.expiry_date < today:
        refusals.append(Outcome.PATRON_EXPIRED)
    if patron.blocks:
        refusals.append(Outcome.PATRON_BLOCKED)
    return refusals
