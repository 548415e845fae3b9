"""What a replay would come to, in numbers: the sum of a rehearsal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from almareplay.outcomes import Outcome
from almareplay.queue.rows import QueuedRow
from almareplay.replay.rehearsal.accounts import Account
from almareplay.replay.rehearsal.forecast import Forecast
from almareplay.replay.rehearsal.uncertainty import MANY_LOANS, Doubt
from almareplay.transactions import identifier_key


@dataclass(slots=True)
class Plan:
    """The rows that were forecast, counted. No patron is named.

    ``outcomes`` counts rows by predicted outcome, ``doubts`` those that are likely only by the
    first reason for it. ``items`` are the keys of all barcodes, ``unknown_items`` the barcodes that
    Alma does not know, in replay order. ``near_limit`` is the number of patrons who would have
    `MANY_LOANS` or more at some time, ``most_loans`` the largest number of loans among all.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    doubts: Counter[Doubt] = field(default_factory=Counter)
    items: set[str] = field(default_factory=set)
    unknown_items: dict[str, str] = field(default_factory=dict)
    unknown_patrons: int = 0
    near_limit: int = 0
    most_loans: int = 0

    @property
    def rows(self) -> int:
        """All rows that were forecast."""
        return self.outcomes.total()

    @property
    def likely(self) -> int:
        """The rows whose outcome is likely only."""
        return self.doubts.total()


def plan_of(rows: Iterable[tuple[QueuedRow, Forecast]], accounts: Iterable[Account]) -> Plan:
    """The plan of rows with their forecasts, and of the patrons' accounts after them."""
    plan, strangers = Plan(), set()
    for row, forecast in rows:
        plan.items.add(row.item_key)
        plan.outcomes[forecast.outcome] += 1
        plan.doubts.update(forecast.doubts[:1])
        if forecast.outcome is Outcome.ITEM_NOT_FOUND:
            plan.unknown_items.setdefault(row.item_key, row.item_barcode)
        if forecast.outcome is Outcome.PATRON_NOT_FOUND:
            strangers.add(identifier_key(row.patron_id))
    plan.unknown_patrons = len(strangers)
    most = [account.most for account in accounts]
    plan.near_limit = sum(number >= MANY_LOANS for number in most)
    plan.most_loans = max(most, default=0)
    return plan
