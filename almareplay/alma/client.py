"""What almareplay asks of Alma: one method a call, and the connection that they share."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

import httpx

from almareplay.alma import answers
from almareplay.alma.addressing import address, fits_path
from almareplay.alma.answers import (
    CircDesk,
    Institution,
    ItemIds,
    ItemLoan,
    ItemState,
    Library,
    Patron,
    ScanIn,
)
from almareplay.alma.call import Answer, Call, Confirm, key_test
from almareplay.alma.errors import Effect, KeyRefused
from almareplay.alma.pace import Clock, Pace, SystemClock
from almareplay.alma.wire import CONNECT_SECONDS, Event, Traffic, Wire

T = TypeVar("T")

_PAGE = 100  # loans; Alma's largest page


class AlmaReader:
    """The questions. It has no way to write.

    ``rank`` is the place of the asking row in the order of replay: lower ones leave first. Every
    method raises the errors of `almareplay.alma.errors`; ``Unavailable`` only after several tries.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    @property
    def calls_left(self) -> int | None:
        """Calls the institution has left today; ``None`` where Alma has not said it yet."""
        return self.wire.calls_left

    def alma_now(self) -> datetime | None:
        """A lower bound of Alma's present time, aware UTC; None before Alma has told it."""
        return self.wire.alma_now()

    async def find_item(self, barcode: str, *, rank: int = 0) -> ItemIds:
        """The ids of the item with this barcode: they stand in a redirection that is not followed.

        Raises `Refusal` (``item_not_found``) where there is none.
        """

        def ids(answer: Answer) -> ItemIds | None:
            if answer.location:
                return answers.read_location(answer.location)
            return answers.read_item_ids(answer.body)

        target = address("items", item_barcode=barcode)
        return await self.wire.send(Call("find item", "GET", target, ids, rank, redirects=True))

    async def item(self, ids: ItemIds, *, rank: int = 0) -> ItemState:
        """The state of an item."""
        target = address(*_item(ids))
        return await self.wire.send(
            Call("item", "GET", target, lambda a: answers.read_item_state(a.body), rank)
        )

    async def active_loans(self, item: ItemIds, *, rank: int = 0) -> list[ItemLoan]:
        """The loans that are open on an item: one or none."""
        return await self._loans(item, "Active", rank)

    async def completed_loans(self, item: ItemIds, *, rank: int = 0) -> list[ItemLoan]:
        """The loans of an item that are over, as far as Alma has not anonymized them."""
        return await self._loans(item, "Complete", rank)

    async def _loans(self, item: ItemIds, status: str, rank: int) -> list[ItemLoan]:
        loans: dict[str, ItemLoan] = {}
        offset = 0
        while True:
            target = address(
                *_item(item), "loans", loan_status=status, limit=str(_PAGE), offset=str(offset)
            )
            page, total = await self.wire.send(
                Call("loans of item", "GET", target, lambda a: answers.read_loans(a.body), rank)
            )
            fresh = {loan.loan_id: loan for loan in page if loan.loan_id not in loans}
            loans.update(fresh)
            offset += _PAGE
            done = len(page) < _PAGE if total is None else offset >= total
            if done or not fresh:
                return list(loans.values())

    async def patron(self, patron_id: str, *, rank: int = 0) -> Patron:
        """The patron with this identifier, of whatever kind.

        Raises `Refusal` (``patron_not_found``) where there is none.
        """
        target = address("users", patron_id, expand="none")
        return await self.wire.send(
            Call("patron", "GET", target, lambda a: answers.read_patron(a.body), rank)
        )

    async def test(self, area: str) -> None:
        """Raises `KeyRefused` where the key is not good for ``users``, ``bibs`` or ``conf``."""
        await self.wire.send(key_test(area))

    async def institution(self) -> Institution:
        """Which Alma this is."""
        target = address("conf", "general")
        return await self.wire.send(
            Call("institution", "GET", target, lambda a: answers.read_institution(a.body))
        )

    async def libraries(self) -> list[Library]:
        """The institution's libraries."""
        target = address("conf", "libraries")
        return await self.wire.send(
            Call("libraries", "GET", target, lambda a: answers.read_libraries(a.body))
        )

    async def circ_desks(self, library_code: str) -> list[CircDesk]:
        """The circulation desks of a library."""
        target = address("conf", "libraries", library_code, "circ-desks")
        return await self.wire.send(
            Call("circulation desks", "GET", target, lambda a: answers.read_circ_desks(a.body))
        )


class Alma(AlmaReader):
    """The questions and the writes.

    No write can be repeated without effect: where its answer is lost, `Unavailable` with the
    effect ``unknown`` is raised at once, and only the item's loans tell. ``confirm`` is awaited
    right before each sending; what it raises keeps the call from being sent.
    """

    async def loan(
        self,
        patron_id: str,
        item_barcode: str,
        library: str,
        circ_desk: str,
        *,
        item: ItemIds | None,
        rank: int,
        confirm: Confirm | None,
    ) -> ItemLoan:
        """Lends an item at a circulation desk; the loan's date is the moment of the call.

        A patron id with a slash can stand in no path: then the call goes through the item, whose
        ids must be known, else `Unaddressable` is raised.
        """
        if item is None or fits_path(patron_id):
            target = address("users", patron_id, "loans", item_barcode=item_barcode)
        else:
            target = address(*_item(item), "loans", user_id=patron_id)
        body = {"circ_desk": {"value": circ_desk}, "library": {"value": library}}
        return await self._write("loan", target, answers.read_loan, rank, confirm, body)

    async def scan_in(
        self,
        item: ItemIds,
        library: str,
        circ_desk: str,
        *,
        rank: int,
        confirm: Confirm | None,
    ) -> ScanIn:
        """Scans an item in at a circulation desk, not as an in-house use.

        The answer does not say whether that closed a loan.
        """
        target = address(
            *_item(item),
            op="scan",
            library=library,
            circ_desk=circ_desk,
            register_in_house_use="false",
        )
        return await self._write("scan in", target, answers.read_scan_in, rank, confirm)

    async def renew(
        self, user_id: str, loan_id: str, *, rank: int, confirm: Confirm | None
    ) -> ItemLoan:
        """Renews a loan: its due date and ``last_renew_date`` move, its ``loan_date`` stays."""
        target = address("users", user_id, "loans", loan_id, op="renew")
        return await self._write("renew", target, answers.read_loan, rank, confirm)

    async def _write(
        self,
        operation: str,
        target: str,
        read: Callable[[answers.Body], T | None],
        rank: int,
        confirm: Confirm | None,
        body: dict[str, Any] | None = None,
    ) -> T:
        return await self.wire.send(
            Call(operation, "POST", target, lambda a: read(a.body), rank, body, confirm)
        )


def _item(ids: ItemIds) -> tuple[str, ...]:
    return ("bibs", ids.mms_id, "holdings", ids.holding_id, "items", ids.item_pid)


@asynccontextmanager
async def open_wire(
    base_url: str,
    key: str,
    *,
    per_second: float,
    reserve: int,
    timeout_seconds: float = 60.0,
    give_up_after: float | None = None,
    wait: bool = False,
    in_flight: int | None = None,
    clock: Clock | None = None,
    stopping: asyncio.Event | None = None,
    on_event: Callable[[Event], None] | None = None,
    on_call: Callable[[Traffic], None] | None = None,
) -> AsyncIterator[Wire]:
    """The connection to one Alma, for `Alma` and `AlmaReader`; closed at the end.

    ``base_url`` is scheme and host. ``per_second`` is the pace in calls a second, ``reserve`` the
    calls a day left to everyone else; with ``wait`` the day's end is slept through, else
    `DailyLimit` is raised. ``timeout_seconds`` is for one answer, ``give_up_after`` the seconds
    after which an outage ends in `AlmaGone` (``None``: never). As soon as ``stopping`` is set,
    calls that are not sent yet raise `Stopped`. Raises `KeyRefused` for a key that cannot be one.
    """
    if not (key.isascii() and key.isprintable() and key.strip() == key != ""):
        words = "The API key has characters that no key has: copy it again."
        raise KeyRefused(words, effect=Effect.NOT_SENT)
    clock = clock or SystemClock()
    pace = Pace(per_second, clock, in_flight)
    async with httpx.AsyncClient(
        base_url=base_url,
        headers={"Authorization": f"apikey {key}", "Accept": "application/json"},
        timeout=httpx.Timeout(
            timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds), pool=None
        ),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=pace.in_flight),
        trust_env=not _is_this_machine(httpx.URL(base_url).host),
    ) as client:
        wire = Wire(
            client,
            pace,
            clock,
            reserve=reserve,
            wait=wait,
            answer_within=timeout_seconds,
            give_up_after=give_up_after,
            stopping=stopping,
            on_event=on_event,
            on_call=on_call,
        )
        watch = asyncio.create_task(wire.stop_when_told())
        try:
            yield wire
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch


def _is_this_machine(host: str) -> bool:
    """Whether a proxy from the environment would lead astray."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
