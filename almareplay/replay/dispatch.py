"""Rows in replay order, side by side across items and patrons, never within an item, and phase
after phase."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from almareplay.queue.rows import QueuedRow
from almareplay.transactions import Kind, identifier_key

# How many rows may be under way or waiting for others: more than any patron or item has in a row,
# so that a long queue behind one of them does not keep the rest of the library waiting.
WINDOW = 1_000

Settle = Callable[["Turn"], Awaitable[bool]]
"""Bring one row to its outcome; False where it stays pending because the run is stopping."""


class Turn:
    """A row under way, with its ``rank`` in replay order (the first row that is started has 0)."""

    def __init__(self, row: QueuedRow, rank: int, dispatch: Dispatch) -> None:
        self.row = row
        self.rank = rank
        self.patron = identifier_key(row.patron_id)
        # True when the row has its outcome, False when it stays pending.
        self.ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._dispatch = dispatch

    def is_first(self) -> bool:
        """Whether every row captured earlier is settled."""
        return self._dispatch.first() is self

    async def becomes_first(self) -> bool:
        """Wait until every row captured earlier is settled; False when the run stops before."""
        return await self._dispatch.wait_until_first(self)


class Dispatch:
    """Starts each row when the rows it depends on are settled.

    A row depends on the earlier rows of its item, a loan also on the earlier rows of its patron:
    their order decides which loan meets the patron's limit; and the first row of a phase on all
    rows of the phases before it.
    """

    def __init__(self, settle: Settle, stopping: asyncio.Event) -> None:
        self.stopping = stopping
        self._settle = settle
        self._failure: BaseException | None = None
        self._begun = 0
        self._open: dict[int, Turn] = {}
        self._last_of_item: dict[str, Turn] = {}
        self._open_of_patron: dict[str, set[Turn]] = {}
        self._progress = asyncio.Condition()
        self._window = asyncio.Semaphore(WINDOW)

    def stop(self, failure: BaseException | None = None) -> None:
        """Start no more rows; those under way end before their next call."""
        self._failure = self._failure or failure
        self.stopping.set()

    def first(self) -> Turn | None:
        """The earliest row under way that is not settled."""
        return next(iter(self._open.values()), None)

    async def wait_until_first(self, turn: Turn) -> bool:
        """Wait until this row is the earliest that is not settled; False when stopping."""
        async with self._progress:
            await self._progress.wait_for(
                lambda: self.first() is turn or self.stopping.is_set(),
            )
        return not self.stopping.is_set()

    async def wait_for_the_first(self, ahead: int) -> None:
        """Wait until fewer than ``ahead`` rows have begun from the earliest that is not settled
        on, that one included; or until the run stops."""

        def near() -> bool:
            first = self.first()
            return first is None or self._begun - first.rank < ahead or self.stopping.is_set()

        async with self._progress:
            await self._progress.wait_for(near)

    async def run(self, rows: AsyncIterator[QueuedRow]) -> None:
        """Settle all rows, which come in replay order.

        When settling one raises, or ``rows`` does, no further row is started, those under way end
        before their next call, and then the first error is raised.
        """
        async with asyncio.TaskGroup() as under_way:
            try:
                phase = None
                async for row in rows:
                    if row.order.phase != phase:
                        await self._wait_until_all_are_settled()
                        phase = row.order.phase
                    await self._window.acquire()
                    if self.stopping.is_set():
                        break
                    turn = Turn(row, self._begun, self)
                    self._begun += 1
                    under_way.create_task(self._take(turn, self._enter(turn)))
            except Exception as error:  # noqa: BLE001 (as below: the calls in flight end first)
                self.stop(error)
        if self._failure is not None:
            raise self._failure

    async def _wait_until_all_are_settled(self) -> None:
        async with self._progress:
            await self._progress.wait_for(lambda: not self._open or self.stopping.is_set())

    def _enter(self, turn: Turn) -> list[Turn]:
        """Note a row as under way and tell on which rows it depends."""
        row = turn.row
        needed = []
        if row.item_key in self._last_of_item:
            needed.append(self._last_of_item[row.item_key])
        if row.kind is Kind.LOAN:
            needed.extend(self._open_of_patron.get(turn.patron, ()))
        self._open[turn.rank] = turn
        self._last_of_item[row.item_key] = turn
        if turn.patron:
            self._open_of_patron.setdefault(turn.patron, set()).add(turn)
        return needed

    async def _take(self, turn: Turn, needed: list[Turn]) -> None:
        settled = False
        try:
            # A row whose predecessor stays pending stays pending as well, whatever it would be.
            if all([await earlier.ended for earlier in needed]):
                settled = await self._settle(turn)
        except Exception as error:  # noqa: BLE001 (kept and raised by run, after the others ended)
            self.stop(error)
        finally:
            turn.ended.set_result(settled)
            await self._leave(turn, settled)

    async def _leave(self, turn: Turn, settled: bool) -> None:
        if self._last_of_item.get(turn.row.item_key) is turn:
            del self._last_of_item[turn.row.item_key]
        if turn.patron:
            of_patron = self._open_of_patron[turn.patron]
            of_patron.discard(turn)
            if not of_patron:
                del self._open_of_patron[turn.patron]
        if settled:
            del self._open[turn.rank]
        self._window.release()
        async with self._progress:
            self._progress.notify_all()
