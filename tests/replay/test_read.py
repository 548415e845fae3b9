"""Reads that go side by side, and what is made of answers that do not fit together."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from almareplay.alma.answers.responses import ItemIds, ItemLoan, ItemState
from almareplay.alma.errors import AlmaGone, Refusal
from almareplay.queue.replaying.journal import LaneHistory
from almareplay.queue.rows import Order, QueuedRow
from almareplay.replay.lane import Attempt, Lane
from almareplay.replay.patrons import Patrons
from almareplay.replay.policy import Guard, Policy
from almareplay.replay.read import LaneReader
from almareplay.replay.side_by_side import both, every
from almareplay.transactions import Kind

NOW = datetime(2026, 9, 15, 8, 0, tzinfo=UTC)
ROW = QueuedRow(1, Order(1, 0, 1), Kind.LOAN, NOW, "i1", "i1", "ida", "MAIN", "DESK")
OUT = ItemState("0", "LOAN", "MAIN", False, "", "", "", NOW.date(), barcode="i1")
BACK = ItemState("1", "", "MAIN", False, "", "", "", NOW.date(), barcode="i1")


class _Journal:
    async def kept_ids(self, _item_key: str) -> None:
        return None

    def keep_ids(self, _item_key: str, _ids: ItemIds) -> None:
        pass


class _ComesBack:
    """An Alma in which nobody has the item, whose state says so from the second answer on. Its
    loans are answered only when the state was asked for."""

    def __init__(self) -> None:
        self.states = [OUT, BACK]
        self._asked = asyncio.Event()

    async def find_item(self, _barcode: str, *, rank: int) -> ItemIds:
        return ItemIds("99", "22", "23")

    async def active_loans(self, _item: ItemIds, *, rank: int) -> list[ItemLoan]:
        await self._asked.wait()
        return []

    async def completed_loans(self, _item: ItemIds, *, rank: int) -> list[ItemLoan]:
        return []

    async def item(self, _item: ItemIds, *, rank: int) -> ItemState:
        self._asked.set()
        return self.states.pop(0)


def test_state_and_loans_go_side_by_side_and_the_state_is_never_older_than_a_return() -> None:
    async def looked() -> Lane:
        alma = cast(Any, _ComesBack())
        policy = Policy(guard=Guard.FULL)
        reader = LaneReader(alma, cast(Any, _Journal()), policy, Patrons(alma))
        attempt = Attempt(ROW, Lane(LaneHistory({}, set(), [], None, None, [])))
        async with asyncio.timeout(10):
            await reader.look(attempt)
        assert alma.states == []
        return attempt.lane

    lane = asyncio.run(looked())
    assert (lane.loan, lane.state) == (None, BACK)


def test_an_error_is_raised_when_all_questions_have_ended() -> None:
    ended: list[str] = []

    async def fails() -> int:
        raise Refusal("no")

    async def gone() -> int:
        raise AlmaGone("gone")

    async def answers() -> str:
        await asyncio.sleep(0)
        ended.append("yes")
        return "yes"

    async def ask() -> None:
        with pytest.raises(Refusal):
            await both(fails(), answers())
        with pytest.raises(AlmaGone):
            await every([gone(), fails()])
        assert ended == ["yes"]
        assert await both(answers(), answers()) == ("yes", "yes")
        assert await every([answers(), answers()]) == ["yes", "yes"]

    asyncio.run(ask())
