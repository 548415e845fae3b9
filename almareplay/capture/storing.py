"""Storing what stations send, many requests with one commit.

A commit waits for the disk. What arrives meanwhile goes there with the next one, so that fifty
stations wait hardly longer than one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from almareplay.queue.captures.events import Delivery, Stored

MOST_DELIVERIES = 50
"""Of one commit: others that use the queue wait for no more."""

Store = Callable[[Sequence[Delivery]], list[Stored]]
"""Stores deliveries, all or none, and answers what became of each. Called in a thread."""


class GroupCommit:
    """Stores deliveries as they come, those of a moment together."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[Delivery, asyncio.Future[Stored]]] = []
        self._work: asyncio.Task[None] | None = None

    async def store(self, delivery: Delivery) -> Stored:
        """Store a delivery: what is answered is on disk. Raises what the store raises: then nothing
        of it is stored."""
        answer: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, answer))
        if self._work is None:
            self._work = asyncio.create_task(self._store_all())
        return await answer

    async def _store_all(self) -> None:
        while self._waiting:
            some = self._waiting[:MOST_DELIVERIES]
            del self._waiting[:MOST_DELIVERIES]
            error: BaseException | None = None
            stored: list[Stored] = []
            try:
                stored = await asyncio.to_thread(self._store, [delivery for delivery, _ in some])
            except Exception as failed:  # noqa: BLE001 (all who wait are told)
                error = failed
            for number, (_, answer) in enumerate(some):
                if answer.done():
                    continue
                if error is not None:
                    answer.set_exception(error)
                else:
                    answer.set_result(stored[number])
        self._work = None
