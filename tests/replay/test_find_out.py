"""What reading tells after a lost answer, where the item changes between two reads."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from almareplay.alma.answers.responses import ItemIds, ItemLoan
from almareplay.alma.limits.rate_limiter import SystemClock
from almareplay.queue.replaying.attempts import Intent, Write
from almareplay.queue.replaying.journal import LaneHistory
from almareplay.queue.rows import Order, QueuedRow
from almareplay.replay.find_out import Effects, Found
from almareplay.replay.lane import Attempt, Lane
from almareplay.replay.patrons import Patrons
from almareplay.replay.policy import Policy
from almareplay.replay.read import LaneReader
from almareplay.transactions import Kind

NOW = datetime(2026, 9, 15, 8, 0, tzinfo=UTC)
OURS = ItemLoan(
    "71", "ida", "i1", "MAIN", "DESK", NOW, NOW + timedelta(days=28), None, None, "ACTIVE", "", ""
)
ROW = QueuedRow(
    1, Order(1, 0, 1), Kind.LOAN, NOW - timedelta(days=1), "i1", "i1", "ida", "MAIN", "DESK"
)


class _KeepsNothing:
    """A journal without ids of items."""

    async def kept_ids(self, _item_key: str) -> None:
        return None

    def keep_ids(self, _item_key: str, _ids: ItemIds) -> None:
        pass


class _ComesAndGoes:
    """A reader of an Alma that carries out our loan after two reads; after the third a live desk
    takes the item back."""

    def __init__(self) -> None:
        self.reads = 0

    async def find_item(self, _barcode: str, *, rank: int) -> ItemIds:
        return ItemIds("99", "22", "23")

    async def active_loans(self, _item: ItemIds, *, rank: int) -> list[ItemLoan]:
        self.reads += 1
        return [OURS] if self.reads == 3 else []

    async def completed_loans(self, _item: ItemIds, *, rank: int) -> list[ItemLoan]:
        self.reads += 1
        ended = replace(OURS, return_date=NOW + timedelta(seconds=1), loan_status="COMPLETE")
        return [ended] if self.reads > 3 else []


def test_a_loan_that_ends_between_two_reads_is_seen_all_the_same() -> None:
    reader = _ComesAndGoes()
    found = _found(reader, settled_in=0.001)
    assert found is not None
    assert found.loan is not None
    assert found.loan.loan_id == "71"


def test_what_a_call_did_that_was_over_before_is_read_once() -> None:
    """After a restart the calls that were lost left long ago: nothing of them is still to come."""
    reader = _ComesAndGoes()
    assert _found(reader, settled_in=-60.0) is None
    assert reader.reads == 2  # of the loans that are active, and of those that are over


def _found(reader: _ComesAndGoes, *, settled_in: float) -> Found | None:
    """The effect that is found of a call that is over in so many seconds."""
    alma, clock = cast(Any, reader), SystemClock()
    patrons = Patrons(alma)
    lanes = LaneReader(alma, cast(Any, _KeepsNothing()), Policy(), patrons)
    attempt = Attempt(ROW, Lane(LaneHistory({}, set(), [], None, None, [])))
    intent = Intent(1, 1, Write.LOAN, NOW, NOW, loan_id="")

    async def find_out() -> Found | None:
        effects = Effects(lanes, patrons, clock, asyncio.Event())
        return await effects.find(attempt, intent, clock.monotonic() + settled_in)

    return asyncio.run(find_out())
