"""A worker: looks at the runs that are due, several side by side, until it is stopped."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

from almareplay.consortium.jobs import Listener, make_tables
from almareplay.consortium.look import Look, LookOptions
from almareplay.queue.consortium.submissions import Blocked, Later, ToDo, to_do
from almareplay.queue.errors import QueueError
from almareplay.queue.store import Queue, Run

SWEEP_SECONDS = 3.0
# For so long a run that is due is left to whoever hears of it by a job.
_LEFT_TO_JOBS = timedelta(seconds=5)
_LISTENS_AGAIN_SECONDS = 5.0


class Worker:
    """Looks at the runs of a queue that are due, at most ``concurrency`` of them side by side.

    It hears of them by jobs, and looks for them itself every few seconds: no run waits for a job
    that was lost, or for a worker that died.
    """

    def __init__(self, queue: Queue, address: str, concurrency: int, options: LookOptions) -> None:
        self._queue = queue
        self._concurrency = concurrency
        self._options = options
        self._stopping = options.stopping
        self._listener = Listener(address, concurrency, self._hear)
        self.failures: Counter[tuple[str, str]] = Counter()
        """Looks that ended before their runs did, by institution and the kind of their end."""
        self._ended_calls: Counter[str] = Counter()
        self._looks: dict[Run, Look] = {}
        self._tasks: dict[Run, asyncio.Task[None]] = {}
        self._swept_at = time.monotonic()
        self._troubled = False

    async def work(self, *, drain: bool, stop_within: float) -> bool:
        """Work until the stop is asked for; with ``drain`` until nothing is due or under way, here
        or elsewhere. Then the looks that are under way come to their ends within so many seconds:
        the answer is whether all did. Raises QueueError where the queue cannot be used at the
        beginning."""
        await asyncio.to_thread(make_tables, self._queue)
        asyncio.get_running_loop().set_default_executor(
            ThreadPoolExecutor(2 * self._concurrency + 4, thread_name_prefix="queue")
        )
        listening = asyncio.create_task(self._listen())
        await self._sweep_on(drain=drain)
        self._stopping.set()
        _, left = await asyncio.wait([listening, *self._tasks.values()], timeout=stop_within)
        return not left

    @property
    def looks(self) -> list[Look]:
        """The looks that are under way."""
        return [*self._looks.values()]

    @property
    def calls(self) -> Counter[str]:
        """The calls that it has made, by institution."""
        under_way = {look.run.institution: look.calls_made for look in self.looks}
        return self._ended_calls + Counter(under_way)

    @property
    def seconds_since_sweep(self) -> float:
        """How long ago it last saw what is due."""
        return time.monotonic() - self._swept_at

    async def _sweep_on(self, *, drain: bool) -> None:
        while not self._stopping.is_set():
            try:
                found = await asyncio.to_thread(to_do, self._queue)
            except QueueError as error:
                self._tell_trouble(str(error))
            else:
                self._swept_at, self._troubled = time.monotonic(), False
                if drain and not (found.due or found.held or self._tasks):
                    return
                self._take_overdue(found)
            await self._pause(SWEEP_SECONDS)

    def _take_overdue(self, found: ToDo) -> None:
        for each in found.due:
            if each.overdue >= _LEFT_TO_JOBS:
                self._begin(each.run)

    async def _hear(self, institution: str) -> None:
        """Look at what is due of an institution, and return when that has ended."""
        try:
            found = await asyncio.to_thread(to_do, self._queue)
        except QueueError as error:
            self._tell_trouble(str(error))
            return
        mine = [self._begin(each.run) for each in found.due if each.run.institution == institution]
        begun = [task for task in mine if task]
        if begun:
            await asyncio.wait(begun)

    def _begin(self, run: Run) -> asyncio.Task[None] | None:
        """Begin to look at a run; None where enough is under way, or this already."""
        if self._stopping.is_set() or run in self._tasks or len(self._tasks) >= self._concurrency:
            return None
        self._looks[run] = look = Look(self._queue, run, self._options)
        self._tasks[run] = task = asyncio.create_task(self._look(look))
        return task

    async def _look(self, look: Look) -> None:
        institution = look.run.institution
        try:
            end = await look.look()
        except QueueError as error:
            self._tell_trouble(str(error))
        else:
            if isinstance(end, Later | Blocked):
                self.failures[institution, type(end).__name__.lower()] += 1
        finally:
            del self._looks[look.run], self._tasks[look.run]
            self._ended_calls[institution] += look.calls_made

    async def _listen(self) -> None:
        """Hear jobs, also after the database was away."""
        while not self._stopping.is_set():
            try:
                await self._listener.listen(self._stopping)
            except Exception as error:  # noqa: BLE001 (what is due is found by sweeps as well)
                self._tell_trouble(f"No jobs are heard for now ({type(error).__name__}).")
            await self._pause(_LISTENS_AGAIN_SECONDS)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def _tell_trouble(self, words: str) -> None:
        if not self._troubled:
            self._troubled = True
            self._options.watcher.trouble(None, words)
