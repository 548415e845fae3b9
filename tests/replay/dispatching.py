"""Rows for a dispatcher, and settlings of the tests' own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from almareplay.queue.rows import Order, QueuedRow
from almareplay.replay.dispatch import Dispatch, Settle, Turn
from almareplay.transactions import Kind

NOON = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)


def rows(*said: str) -> list[QueuedRow]:
    """Rows in captured order, written as ``L item patron`` or ``R item``, numbered from 1."""
    return [
        QueuedRow(
            row=number,
            order=Order(1, number, number),
            kind=Kind.LOAN if kind == "L" else Kind.RETURN,
            captured_at=NOON + timedelta(minutes=number),
            item_barcode=item,
            item_key=item,
            patron_id=patron[0] if patron else "",
            library="MAIN",
            circ_desk="FRONT",
        )
        for number, (kind, item, *patron) in enumerate(map(str.split, said), start=1)
    ]


async def stream(
    rows: Iterable[QueuedRow], end: Exception | None = None
) -> AsyncIterator[QueuedRow]:
    for row in rows:
        await asyncio.sleep(0)
        yield row
    if end is not None:
        raise end


@dataclass
class Log:
    """What began and ended, in order."""

    events: list[tuple[str, int]] = field(default_factory=list)

    def began(self) -> list[int]:
        return [row for event, row in self.events if event == "began"]

    def ended(self) -> list[int]:
        return [row for event, row in self.events if event == "ended"]

    def in_turn(self, earlier: int, later: int) -> bool:
        """Whether one row had ended when the other began."""
        return self.events.index(("ended", earlier)) < self.events.index(("began", later))

    def settling(self, pauses: Callable[[int], int]) -> Settle:
        """A settling that takes so many turns of the loop."""

        async def settle(turn: Turn) -> bool:
            self.events.append(("began", turn.row.row))
            for _ in range(pauses(turn.row.row)):
                await asyncio.sleep(0)
            self.events.append(("ended", turn.row.row))
            return True

        return settle


def run(
    settle: Settle, rows: AsyncIterator[QueuedRow], stopping: asyncio.Event | None = None
) -> Dispatch:
    async def dispatched() -> Dispatch:
        dispatch = Dispatch(settle, stopping or asyncio.Event())
        async with asyncio.timeout(5):
            await dispatch.run(rows)
        return dispatch

    return asyncio.run(dispatched())
