"""Several at once: on a queue that many processes and threads use, whatever the database.

All wait for each other before they begin; what only sometimes goes wrong is tried several times.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

R = TypeVar("R")

THREADS = 4
TRIES = 3


def at_once(work: Callable[[int], R], number: int = THREADS) -> list[R | Exception]:
    """What so many threads come to that begin together; what one raises is what it comes to."""
    together = threading.Barrier(number)

    def begin(which: int) -> R | Exception:
        together.wait()
        try:
            return work(which)
        except Exception as error:  # noqa: BLE001 (looked at by the test)
            return error

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(begin, range(number)))
