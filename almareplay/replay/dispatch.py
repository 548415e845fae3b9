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
    """A row under way, with its ``rank`` in replay order (the first row that is started has 0).

    ``had_effect`` is whether it may have had an effect in Alma, known when it is settled.
    """

    def __init__(self, row: QueuedRow, rank: int, dispatch: Dispatch) -> None:
        self.row = row
        self.rank = rank
        self.patron = identifier_key(row.patron_id)
        self.had_effect = True
        # True when the row has its outcome, False when it stays pending.
        self.ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._dispatch = dispatch

    def mark(self) -> int | None:
        """What is kept of the moment of a call that an earlier row may keep from being refused;
        None where one is under way that Alma has not refused so far."""
        return self._dispatch.mark(self)

    def is_last_word(self, mark: int | None) -> bool:
        """Whether a refusal of the call of that moment counts: all rows captured earlier are
        settled, and none has had an effect since."""
        return self._dispatch.is_last_word(self, mark)

    async def becomes_last_word(self, mark: int | None) -> bool | None:
        """Wait until a refusal counts; False where the call is to be made again, and None where the
        run stops before that is known."""
        return await self._dispatch.wait_for_last_word(self, mark)


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
        # In replay order: the rows that are not settled; of them those that were not refused yet.
        self._open: dict[int, Turn] = {}
        self._unrefused: dict[int, Turn] = {}
        # The ranks of rows that were refused first and have had an effect since.
        self._lent_after_all: list[int] = []
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

    def mark(self, turn: Turn) -> int | None:
        """See `Turn`."""
        return None if self._others_come_before(turn) else len(self._lent_after_all)

    def is_last_word(self, turn: Turn, mark: int | None) -> bool:
        """See `Turn`."""
        return mark is not None and self.first() is turn and not self._may_pass_now(turn, mark)

    async def wait_for_last_word(self, turn: Turn, mark: int | None) -> bool | None:
        """See `Turn`. Calls that only wait for each other are made again side by side."""
        self._unrefused.pop(turn.rank, None)

        def is_known() -> bool:
            again = self._may_pass_now(turn, mark)
            return again or self.first() is turn or self.stopping.is_set()

        async with self._progress:
            self._progress.notify_all()
            await self._progress.wait_for(is_known)
        return None if self.stopping.is_set() else self.is_last_word(turn, mark)

    def _others_come_before(self, turn: Turn) -> bool:
        return next(iter(self._unrefused), turn.rank) < turn.rank

    def _may_pass_now(self, turn: Turn, mark: int | None) -> bool:
        """Whether a call that was refused is to be made again."""
        if mark is None:
            return not self._others_come_before(turn)
        return any(rank < turn.rank for rank in self._lent_after_all[mark:])

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
        self._open[turn.rank] = self._unrefused[turn.rank] = turn
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
            if self._unrefused.pop(turn.rank, None) is None and turn.had_effect:
                self._lent_after_all.append(turn.rank)
        self._window.release()
        async with self._progress:
            self._progress.notify_all()
