"""The queue's work of a run under way, done in a thread of its own, many pieces in one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple, TypeVar

from almareplay.queue.errors import QueueError
from almareplay.queue.store import Queue, Run

R = TypeVar("R")


class _Work(NamedTuple):
    """A piece of work and who waits for it."""

    do: Callable[[Queue], Any]
    writes: bool
    done: asyncio.Future[Any]


class GroupCommit:
    """Does one piece of work after another; what comes while others are done waits and is then done
    in one transaction, so that one commit serves them all. All of it is of one run."""

    def __init__(self, queue: Queue, run: Run) -> None:
        self._queue = queue
        self._run = run
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="queue")
        self._waiting: list[_Work] = []
        self._works = False

    async def do(self, work: Callable[[Queue], R], *, writes: bool) -> R:
        """The result of the work, or what it raises; what it writes is on disk then."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Work(work, writes, done))
        if not self._works:
            self._begin()
        return await done

    def do_sometime(self, work: Callable[[Queue], object]) -> None:
        """Has work done that writes, for which nobody waits and which raises nothing."""
        self._waiting.append(_Work(work, True, asyncio.get_running_loop().create_future()))
        if not self._works:
            self._begin()

    def close(self) -> None:
        """Waits for the work under way, and has the rest of it done."""
        self._thread.shutdown()
        works, self._waiting = self._waiting, []
        _done_together(self._queue, self._run, works)

    def _begin(self) -> None:
        works, self._waiting = self._waiting, []
        self._works = True
        loop = asyncio.get_running_loop()
        together = loop.run_in_executor(self._thread, _done_together, self._queue, self._run, works)
        together.add_done_callback(partial(self._end, works))

    def _end(self, works: list[_Work], together: asyncio.Future[list[Any]]) -> None:
        self._works = False
        if self._waiting:
            self._begin()
        for work, result in zip(works, together.result(), strict=True):
            if work.done.done():  # whoever waited was cancelled
                continue
            if isinstance(result, Exception):
                work.done.set_exception(result)
            else:
                work.done.set_result(result)


def _done_together(queue: Queue, run: Run, works: list[_Work]) -> list[Any]:
    """The results of the works; that of one that failed is its error, and nothing of it is stored.

    What the queue refuses together it is not asked again, work by work: each would wait as long for
    a database that is locked, and of a commit whose answer was lost nobody knows whether it was
    done. The run stops with that. Where a work fails for a reason of its own, such as a row that
    has become a repetition, nothing of any is stored, and each is done by itself.
    """
    if len(works) > 1:
        writes = any(work.writes for work in works)
        try:
            with queue.together(run, writes=writes) as all_:
                return [work.do(all_) for work in works]
        except QueueError as error:
            return [error] * len(works)
        except Exception:  # noqa: BLE001, S110 (which of them it was is seen when each is done)
            pass
    return [_done_alone(queue, work) for work in works]


def _done_alone(queue: Queue, work: _Work) -> Any:
    try:
        return work.do(queue)
    except Exception as error:  # noqa: BLE001 (raised where it is waited for)
        return error
