"""What almareplay asks of Alma without changing anything: one method a call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from almareplay.alma.addressing import address
from almareplay.alma.answers import responses
from almareplay.alma.answers.codes import OF_FEES
from almareplay.alma.answers.fees import Fee, read_fees
from almareplay.alma.answers.fields import Page
from almareplay.alma.answers.institution import (
    CircDesk,
    Institution,
    Library,
    read_circ_desks,
    read_institution,
    read_libraries,
)
from almareplay.alma.answers.patron import Patron, read_patron
from almareplay.alma.answers.responses import ItemIds, ItemLoan, ItemState
from almareplay.alma.call import Answer, Call, key_test
from almareplay.alma.transport import Transport

_PAGE = 100  # members; Alma's largest page

T = TypeVar("T")


class AlmaReader:
    """The questions. It has no way to write.

    ``rank`` is the place of the asking row in the order of replay: lower ones leave first. Every
    method raises the errors of `almareplay.alma.errors`; ``Unavailable`` only after several tries.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    @property
    def calls_left(self) -> int | None:
        """Calls the institution has left today; ``None`` where Alma has not said it yet."""
        return self.transport.calls_left

    def alma_now(self) -> datetime | None:
        """A lower bound of Alma's present time, aware UTC; None before Alma has told it."""
        return self.transport.alma_now()

    async def find_item(self, barcode: str, *, rank: int = 0) -> ItemIds:
        """The ids of the item with this barcode: they stand in a redirection that is not followed.

        Raises `Refusal` (``item_not_found``) where there is none.
        """

        def ids(answer: Answer) -> ItemIds | None:
            if answer.location:
                return responses.read_location(answer.location)
            return responses.read_item_ids(answer.body)

        target = address("items", item_barcode=barcode)
        return await self.transport.send(
            Call("find item", "GET", target, ids, rank, redirects=True)
        )

    async def item(self, ids: ItemIds, *, rank: int = 0) -> ItemState:
        """The state of an item."""
        target = address(*item_path(ids))
        return await self.transport.send(
            Call("item", "GET", target, lambda a: responses.read_item_state(a.body), rank)
        )

    async def active_loans(self, item: ItemIds, *, rank: int = 0) -> list[ItemLoan]:
        """The loans that are open on an item: one or none; in no order."""
        return await self._loans("loans of item", item_path(item), "Active", rank)

    async def completed_loans(self, item: ItemIds, *, rank: int = 0) -> list[ItemLoan]:
        """The loans of an item that are over, as far as Alma has not anonymized them."""
        return await self._loans("loans of item", item_path(item), "Complete", rank)

    async def loans_of_patron(self, user_id: str, *, rank: int = 0) -> list[ItemLoan]:
        """What a patron has on loan now."""
        return await self._loans("loans of patron", ("users", user_id), "Active", rank)

    async def _loans(
        self, operation: str, owner: tuple[str, ...], status: str, rank: int
    ) -> list[ItemLoan]:
        async def page(**part: str) -> Page[ItemLoan]:
            target = address(*owner, "loans", loan_status=status, **part)
            return await self.transport.send(
                Call(operation, "GET", target, lambda a: responses.read_loans(a.body), rank)
            )

        return await _every(page, lambda loan: loan.loan_id)

    async def loan_of(self, user_id: str, loan_id: str, *, rank: int = 0) -> ItemLoan:
        """A patron's loan, active or over.

        For a loan that is not there (any more) Alma's documentation names a general error only, and
        that raises `Unavailable` as if Alma were down: where the item is known, ask for its loans.
        """
        target = address("users", user_id, "loans", loan_id)
        return await self.transport.send(
            Call("loan of patron", "GET", target, lambda a: responses.read_loan(a.body), rank)
        )

    async def patron(
        self,
        patron_id: str,
        *,
        rank: int = 0,
        user_id_type: str | None = None,
        account: bool = False,
    ) -> Patron:
        """The patron with this identifier: of whatever kind, or of the kind ``user_id_type`` names
        (a code of the institution's table of identifier types). With ``account`` also what the
        patron may do and has: blocks, role and number of loans.

        Where a network manages its users centrally, this read creates the patron's local record in
        Alma, or brings it up to date (documented).
        Raises `Refusal` (``patron_not_found``) where there is none.
        """
        how = {"expand": "loans"} if account else {"view": "brief"}
        target = address("users", patron_id, **how, **of_type(user_id_type))
        return await self.transport.send(
            Call("patron", "GET", target, lambda a: read_patron(a.body), rank)
        )

    async def fees(self, user_id: str, *, rank: int = 0) -> list[Fee]:
        """A patron's active fines and fees, all in one answer: this list has no pages in Alma."""
        target = address("users", user_id, "fees", status="ACTIVE")
        return await self.transport.send(
            Call("fees", "GET", target, lambda a: read_fees(a.body), rank, outcomes=OF_FEES)
        )

    async def test(self, area: str, *, writing: bool = False) -> None:
        """Raises `KeyRefused` where the key may not read in ``users``, ``bibs`` or ``conf``; with
        ``writing``, where it may not write there. Changes nothing either way (documented)."""
        await self.transport.send(key_test(area, writing=writing))

    async def institution(self) -> Institution:
        """Which Alma this is."""
        target = address("conf", "general")
        return await self.transport.send(
            Call("institution", "GET", target, lambda a: read_institution(a.body))
        )

    async def libraries(self) -> list[Library]:
        """The institution's libraries."""
        target = address("conf", "libraries")
        return await self.transport.send(
            Call("libraries", "GET", target, lambda a: read_libraries(a.body))
        )

    async def circ_desks(self, library_code: str) -> list[CircDesk]:
        """All circulation desks of a library; Alma gives the first ten unless asked for more
        (documented)."""

        async def page(**part: str) -> Page[CircDesk]:
            target = address("conf", "libraries", library_code, "circ-desks", **part)
            return await self.transport.send(
                Call("circulation desks", "GET", target, lambda a: read_circ_desks(a.body))
            )

        return await _every(page, lambda desk: desk.code)


async def _every(read: Callable[..., Awaitable[Page[T]]], key: Callable[[T], str]) -> list[T]:
    """All members of a list that comes in pages, each once.

    A page that brings nothing new is the last: a release of Alma's once ignored where a page was
    to begin (documented).
    """
    found: dict[str, T] = {}
    offset = 0
    while True:
        members, total = await read(limit=str(_PAGE), offset=str(offset))
        fresh = {key(member): member for member in members if key(member) not in found}
        found.update(fresh)
        # A page may be shorter than what was asked for.
        offset += len(members)
        if not fresh or (total is not None and offset >= total):
            return list(found.values())


def item_path(ids: ItemIds) -> tuple[str, ...]:
    """The segments of an item's address."""
    return ("bibs", ids.mms_id, "holdings", ids.holding_id, "items", ids.item_pid)


def of_type(user_id_type: str | None) -> dict[str, str]:
    """The query that says of what kind a patron's identifier is; ``None``: of any unique one."""
    return {} if user_id_type is None else {"user_id_type": user_id_type}
