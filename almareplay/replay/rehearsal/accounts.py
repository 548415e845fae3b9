"""What patrons would have on loan while the rows of a run go by: pure counting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from almareplay.alma.answers.patron import Patron
from almareplay.alma.answers.responses import ItemLoan
from almareplay.transactions import identifier_key


@dataclass(slots=True)
class Account:
    """A patron's loans: how many Alma has at the beginning, how many they are now, and the most
    that they were so far. ``titles`` are the MMS ids of the items on loan, by item; ``doubtful``
    are those of the items that the patron may not have at all."""

    at_first: int
    now: int
    most: int
    titles: dict[str, str] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, patron: Patron, loans: Iterable[ItemLoan]) -> Account:
        """The account of a patron with these active loans, as far as they could be read."""
        titles = {identifier_key(loan.item_barcode): loan.mms_id for loan in loans}
        held = len(titles) if patron.active_loans is None else patron.active_loans
        return cls(held, held, held, titles)

    def lent(self, item: str, mms_id: str, *, doubtful: bool) -> None:
        """The patron gets an item, or may get it."""
        if item not in self.titles:
            self.now += 1
            self.most = max(self.most, self.now)
        self.titles[item] = mms_id
        if doubtful:
            self.doubtful.add(item)

    def returned(self, item: str) -> None:
        """The patron has the item no more, if it was on this account."""
        if self.titles.pop(item, None) is not None:
            self.now = max(0, self.now - 1)
        self.doubtful.discard(item)

    def copies(self, item: str, mms_id: str) -> list[str]:
        """The other items of the same title that the patron has."""
        return [other for other, title in self.titles.items() if title == mms_id and other != item]
