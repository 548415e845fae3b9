"""What must become of a capture: the rules of reading and of replay, written down once more.

Nothing here comes from the engine. Which order rows of one minute have is often a guess, so the
model does not make it: it judges the order that the report shows, and predicts outcomes in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from almareplay.outcomes import Outcome
from almareplay.simulator.world import Item, Library, Patron, World
from almareplay.transactions import Kind
from tests.chaos.order import Row, minute_of

Guard = Literal["active", "off"]


class Event(NamedTuple):
    """An effect that Alma must show: ``loan``, ``return``, ``renew``, or ``scan`` for a scan-in
    that closes no loan; ``patron`` is a primary id."""

    type: str
    patron: str
    library: str
    circ_desk: str


class Expected(NamedTuple):
    """What must become of a row."""

    outcome: Outcome
    events: tuple[Event, ...] = ()


@dataclass
class _Out:
    """An item on loan: to whom, and since which minute, on the clock of whoever lent it."""

    patron: Patron
    minute: int
    renewals: int = 0


@dataclass
class Model:
    """Alma as the rules say it becomes, row after row in replay order."""

    world: World
    return_first: bool = False
    guard: Guard = "active"
    out: dict[str, _Out] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for loan in self.world.loans:
            if loan.return_date is None:
                patron = self._known(loan.patron_id)
                minute = minute_of(loan.loan_date)
                self.out[loan.item_barcode.casefold()] = _Out(patron, minute, loan.renewals)

    def settle(self, row: Row) -> Expected:
        """What must become of the next row; from then on the model counts it as done."""
        item = self.world.item(row.item)
        if item is None:
            return Expected(Outcome.ITEM_NOT_FOUND)
        if self.guard == "off":
            return self._unguarded(row, item)
        return self._return(row) if row.kind is Kind.RETURN else self._loan(row, item)

    def _return(self, row: Row) -> Expected:
        loan = self.out.get(row.item)
        if loan and loan.minute > row.minute:
            return Expected(Outcome.SUPERSEDED)
        outcome = Outcome.RETURNED if loan else Outcome.NOT_ON_LOAN
        return Expected(outcome, (self._scan_in(row),))

    def _scan_in(self, row: Row) -> Event:
        loan = self.out.pop(row.item, None)
        if loan is None:
            return Event("scan", "", row.library, row.circ_desk)
        return Event("return", loan.patron.primary_id, row.library, row.circ_desk)

    def _loan(self, row: Row, item: Item) -> Expected:
        loan = self.out.get(row.item)
        if loan is None:
            return self._lend(row, item)
        patron = self.world.patron(row.patron)
        if patron is None:
            return Expected(Outcome.PATRON_NOT_FOUND)
        if patron is loan.patron:
            if loan.minute >= row.minute:
                return Expected(Outcome.ALREADY_LOANED)
            return self._renew(item, loan)
        if loan.minute > row.minute:
            return Expected(Outcome.SUPERSEDED)
        if not self.return_first:
            return Expected(Outcome.ON_LOAN_TO_OTHER)
        returned = self._scan_in(row)
        lent = self._lend(row, item)
        return Expected(lent.outcome, (returned, *lent.events))

    def _lend(self, row: Row, item: Item) -> Expected:
        patron = self.world.patron(row.patron)
        if patron is None:
            return Expected(Outcome.PATRON_NOT_FOUND)
        refusal = self._refusal(row, item, patron)
        if refusal is not None:
            return Expected(refusal)
        self.out[row.item] = _Out(patron, row.minute)
        return Expected(
            Outcome.LOANED, (Event("loan", patron.primary_id, row.library, row.circ_desk),)
        )

    def _refusal(self, row: Row, item: Item, patron: Patron) -> Outcome | None:
        """Why Alma would not lend the item, which is not on loan."""
        policy = self.world.policy(item.policy)
        held = sum(loan.patron is patron for loan in self.out.values())
        lends_for = self._desk_lends_for(row)
        refusals: list[tuple[Outcome, Callable[[], bool]]] = [
            (
                Outcome.PATRON_INACTIVE,
                lambda: patron.status != "ACTIVE" or not patron.patron_role,
            ),
            (Outcome.PATRON_EXPIRED, lambda: _expired(patron)),
            (Outcome.PATRON_BLOCKED, lambda: bool(patron.blocks)),
            (
                Outcome.DESK_REFUSED,
                lambda: lends_for is not None and item.library not in lends_for,
            ),
            (Outcome.ITEM_NOT_LOANABLE, lambda: policy is None or not policy.loanable),
            (
                Outcome.PATRON_LIMIT,
                lambda: patron.loan_limit is not None and held >= patron.loan_limit,
            ),
        ]
        return next((outcome for outcome, holds in refusals if holds()), None)

    def _desk_lends_for(self, row: Row) -> list[str] | None:
        library = self.world.library(row.library)
        assert isinstance(library, Library), "captures have only desks that are there"
        return next(desk.lends_for for desk in library.desks if desk.code == row.circ_desk)

    def _renew(self, item: Item, loan: _Out) -> Expected:
        policy = self.world.policy(item.policy)
        assert policy is not None, "every item has its policy"
        wanted = any(
            request.patron_id != loan.patron.primary_id
            for request in self.world.requests_of_item(item)
        )
        spent = loan.renewals >= policy.max_renewals
        if spent or wanted or loan.patron.blocks or _expired(loan.patron):
            return Expected(Outcome.REFUSED)
        loan.renewals += 1
        # A renewal is recorded where the loan was made.
        return Expected(Outcome.RENEWED, (Event("renew", loan.patron.primary_id, "", ""),))

    def _unguarded(self, row: Row, item: Item) -> Expected:
        if row.kind is Kind.RETURN:
            return Expected(Outcome.RETURNED, (self._scan_in(row),))
        loan, patron = self.out.get(row.item), self.world.patron(row.patron)
        if loan is None or patron is None:
            return self._lend(row, item)
        del self.out[row.item]
        troubled = self._refusal(row, item, patron)
        self.out[row.item] = loan
        if troubled in (Outcome.PATRON_INACTIVE, Outcome.PATRON_EXPIRED, Outcome.PATRON_BLOCKED):
            return Expected(troubled)
        same = patron is loan.patron
        return Expected(Outcome.ALREADY_LOANED if same else Outcome.ON_LOAN_TO_OTHER)

    def _known(self, patron_id: str) -> Patron:
        patron = self.world.patron(patron_id)
        assert patron is not None, "every loan of a world has its patron"
        return patron


def _expired(patron: Patron) -> bool:
    return patron.expiry_date < datetime.now(UTC).date()
