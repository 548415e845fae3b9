"""What reading Alma cannot tell about a row, and the evidence that tells it all the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from almareplay.alma.answers.responses import ItemLoan, ItemState
from almareplay.replay.rehearsal.accounts import Account

MANY_LOANS = 10
"""From so many loans on a patron may meet a limit: Alma's limits are not readable."""

# Of an item policy under which nothing has ever been lent, so many items make a rule.
_A_RULE = 5
# A desk that lends so small a part of its loans from another library is not known to do it.
_SELDOM = 1 / 30


class Doubt(StrEnum):
    """Why reading cannot tell the outcome of a row."""

    TERMS = "no loan in Alma shows that items under this item policy are lent"
    HOLD = "somebody waits for the item, perhaps this patron"
    DESK = "no loan in Alma shows that this desk lends items of the item's library"
    LIMIT = "the patron may reach a limit of loans, which Alma does not show"
    RENEWALS = "the loan was renewed before, and Alma does not show how often it may be"
    INACTIVE = "Alma may refuse to renew for a patron who is not active"
    REASON = "Alma may name another reason for its refusal"
    ORDER = "an item that is returned later may be back in Alma before this loan"
    EARLIER = "it depends on an earlier row of the item that is likely only"
    PATRON = "the patron cannot be looked up under this identifier"
    NETWORK = "the network may know this patron"


@dataclass(slots=True)
class Evidence:
    """What the loans in Alma show of its rules.

    ``lent`` are the item policies under which something is or was lent; ``policies`` counts the
    items read by their policy. ``lends`` are desks with the libraries whose items they have lent;
    ``to_lend`` counts the loans of the run in the same way: library, desk, library of the item.
    """

    lent: set[str] = field(default_factory=set)
    policies: Counter[str] = field(default_factory=Counter)
    lends: set[tuple[str, str, str]] = field(default_factory=set)
    to_lend: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, loan: ItemLoan, state: ItemState) -> None:
        """A loan in Alma, active or over, of an item whose state is known."""
        self.lent.add(state.policy)
        self.lends.add((loan.library, loan.circ_desk, state.library))

    def terms_unknown(self, policy: str) -> bool:
        """Whether nothing shows that items under the policy are lent at all."""
        return bool(policy) and policy not in self.lent

    def never_lent(self, policy: str) -> bool:
        """Whether so many items of the policy are without a loan, and other items are not, that it
        looks like a rule."""
        others = self.lent - {""}
        return bool(others) and self.terms_unknown(policy) and self.policies[policy] >= _A_RULE

    def desk_unknown(self, library: str, desk: str, owner: str) -> bool:
        """Whether nothing shows that the desk lends items of the library ``owner``: neither loans
        in Alma nor its own custom during the outage."""
        if not owner or owner == library or (library, desk, owner) in self.lends:
            return False
        custom = (number for place, number in self.to_lend.items() if place[:2] == (library, desk))
        return self.to_lend[library, desk, owner] < _SELDOM * sum(custom)


def limit_unknown(account: Account) -> bool:
    """Whether one loan more may meet a limit: many loans, and more than the patron has had."""
    return account.now + 1 >= MANY_LOANS and account.now + 1 > account.at_first
