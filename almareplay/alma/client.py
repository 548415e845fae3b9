"""The Alma that can be written to, one method a call, and the connection to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from almareplay.alma.addressing import address, fits_path
from almareplay.alma.answers import responses
from almareplay.alma.answers.codes import OF_FEES
from almareplay.alma.answers.fees import Fee, read_fee
from almareplay.alma.answers.fields import Body
from almareplay.alma.answers.responses import ItemIds, ItemLoan, ScanIn
from almareplay.alma.call import Call, Confirm
from almareplay.alma.connection.endpoint import endpoint_at
from almareplay.alma.connection.hosts import can_be_key
from almareplay.alma.errors import Effect, KeyRefused
from almareplay.alma.limits.rate_limiter import Clock, RateLimiter, SystemClock
from almareplay.alma.limits.shared_calls import SharedCalls
from almareplay.alma.reader import AlmaReader, item_path, of_type
from almareplay.alma.transport import Event, Traffic, Transport
from almareplay.outcomes import Outcome

__all__ = ["Alma", "AlmaReader", "open_transport"]

T = TypeVar("T")


class Alma(AlmaReader):
    """The questions and the writes.

    A write that is not said to be repeatable is never repeated: where its answer is lost,
    `Unavailable` with the effect ``unknown`` is raised at once, and only reading tells what it did.
    ``confirm`` is awaited right before each sending; what it raises keeps the call from being sent.
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
        user_id_type: str | None = None,
        generate_linked_user: bool = False,
    ) -> ItemLoan:
        """Lends an item at a circulation desk; the loan's date is the moment of the call.

        ``user_id_type`` is as in `patron`. With ``generate_linked_user`` a patron whom only another
        institution of the network knows is given a linked account here; Ex Libris must have enabled
        that, for networks whose identifiers are unique.
        A patron id with a slash can stand in no path: then the call goes through the item, whose
        ids must be known, else `Unaddressable` is raised. No account can be linked there
        (documented: the call has no such parameter).
        """
        query = of_type(user_id_type)
        if item is None or fits_path(patron_id):
            if generate_linked_user:
                query["generate_linked_user"] = "true"
            target = address("users", patron_id, "loans", item_barcode=item_barcode, **query)
        else:
            target = address(*item_path(item), "loans", user_id=patron_id, **query)
        body = {"circ_desk": {"value": circ_desk}, "library": {"value": library}}
        return await self._post("loan", target, responses.read_loan, rank, confirm, body)

    async def scan_in(
        self,
        item: ItemIds,
        library: str,
        circ_desk: str,
        *,
        rank: int,
        confirm: Confirm | None,
        place_on_hold_shelf: bool = False,
    ) -> ScanIn:
        """Scans an item in at a circulation desk, not as an in-house use.

        The answer does not say whether that closed a loan. A requested item that is to be picked up
        here is put in processing, and a second scan puts it on the hold shelf; with
        ``place_on_hold_shelf`` the first one does.
        """
        target = address(
            *item_path(item),
            op="scan",
            library=library,
            circ_desk=circ_desk,
            register_in_house_use="false",
            **({"place_on_hold_shelf": "true"} if place_on_hold_shelf else {}),
        )
        return await self._post("scan in", target, responses.read_scan_in, rank, confirm)

    async def renew(
        self,
        user_id: str,
        loan_id: str,
        *,
        item: ItemIds | None = None,
        rank: int,
        confirm: Confirm | None,
    ) -> ItemLoan:
        """Renews a loan: its due date and ``last_renew_date`` move, its ``loan_date`` stays.

        An answer need not mean that it was renewed (client code): ``last_renew_status`` or moved
        dates tell. ``user_id`` is the loan's own, a primary id. ``item`` serves one with a slash,
        as in `loan`.
        """
        if item is None or fits_path(user_id):
            target = address("users", user_id, "loans", loan_id, op="renew")
        else:
            target = address(*item_path(item), "loans", loan_id, op="renew")
        return await self._post("renew", target, responses.read_loan, rank, confirm)

    async def change_due_date(
        self,
        loan: ItemLoan,
        due: datetime,
        *,
        item: ItemIds | None = None,
        rank: int,
        confirm: Confirm | None,
    ) -> ItemLoan:
        """Gives an active loan another due date, aware, rounded up to the second.

        Repeatable: with a lost answer it is sent again like a read. A `Refusal` after that (401681,
        the due date is past by now) does not tell whether the first sending was done. ``item``
        serves a patron id with a slash, as in `loan`.
        """
        if item is None or fits_path(loan.user_id):
            target = address("users", loan.user_id, "loans", loan.loan_id)
        else:
            target = address(*item_path(item), "loans", loan.loan_id)
        whole = due.astimezone(UTC) + timedelta(microseconds=-due.microsecond % 1_000_000)
        # Alma writes ``ACTIVE`` (recorded), and takes back only ``Active`` (client code).
        body = loan.body | {"due_date": f"{whole:%Y-%m-%dT%H:%M:%SZ}", "loan_status": "Active"}
        return await self.transport.send(
            Call(
                "change due date",
                "PUT",
                target,
                lambda a: responses.read_loan(a.body),
                rank,
                body,
                confirm,
                idempotent=True,
            )
        )

    async def waive(
        self,
        user_id: str,
        fee_id: str,
        *,
        amount: Decimal,
        reason: str,
        comment: str,
        rank: int,
        confirm: Confirm | None,
    ) -> Fee:
        """Waives a sum of a fee, and gives the fee as it is then.

        ``amount`` is the fee's balance where all of it is to go: the word ``ALL`` is documented for
        all fees of a user at once only. ``reason`` is a code of the institution's table of reasons
        (FineFeeTransactionReason); neither it nor ``comment`` may be empty.
        """
        target = address(
            "users",
            user_id,
            "fees",
            fee_id,
            op="waive",
            amount=f"{amount:f}",
            reason=reason,
            comment=comment,
        )
        return await self._post("waive", target, read_fee, rank, confirm, outcomes=OF_FEES)

    async def _post(
        self,
        operation: str,
        target: str,
        read: Callable[[Body], T | None],
        rank: int,
        confirm: Confirm | None,
        body: dict[str, Any] | None = None,
        outcomes: Mapping[str, Outcome] | None = None,
    ) -> T:
        return await self.transport.send(
            Call(
                operation,
                "POST",
                target,
                lambda a: read(a.body),
                rank,
                body,
                confirm,
                outcomes=outcomes or {},
            )
        )


@asynccontextmanager
async def open_transport(
    base_url: str,
    key: str,
    *,
    per_second: float,
    reserve: int,
    timeout_seconds: float = 60.0,
    give_up_after: float | None = None,
    fail_fast: bool = False,
    wait: bool = False,
    in_flight: int | None = None,
    pool: SharedCalls | None = None,
    clock: Clock | None = None,
    stopping: asyncio.Event | None = None,
    on_event: Callable[[Event], None] | None = None,
    on_call: Callable[[Traffic], None] | None = None,
) -> AsyncIterator[Transport]:
    """The connection to one Alma, for `Alma` and `AlmaReader`; closed at the end.

    ``base_url`` is scheme and host. ``per_second`` is the pace in calls a second, ``reserve`` the
    calls a day left to everyone else; with ``wait`` the day's end is slept through, else
    `DailyLimit` is raised. ``timeout_seconds`` is for one answer, ``give_up_after`` the seconds
    after which an outage ends in `AlmaGone` (``None``: never); with ``fail_fast`` a connection that
    cannot be made ends in `Unreachable` at once. Where the institution shares its calls a day with
    others, each call is one of its ``pool``. As soon as ``stopping`` is set, calls that are not
    sent yet raise `Stopped`. Raises `KeyRefused` for a key that cannot be one.
    """
    if not can_be_key(key):
        words = "The API key has characters that no key has: copy it again."
        raise KeyRefused(words, effect=Effect.NOT_SENT)
    clock = clock or SystemClock()
    pace = RateLimiter(per_second, clock, in_flight)
    async with endpoint_at(base_url, key, timeout_seconds) as endpoint:
        transport = Transport(
            endpoint,
            pace,
            clock,
            reserve=reserve,
            wait=wait,
            answer_within=timeout_seconds,
            give_up_after=give_up_after,
            fail_fast=fail_fast,
            pool=pool,
            stopping=stopping,
            on_event=on_event,
            on_call=on_call,
        )
        watch = asyncio.create_task(transport.stop.end_waits())
        try:
            yield transport
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
            await transport.close()
