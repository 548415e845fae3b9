"""Waits that end when a stop is asked for."""

from __future__ import annotations

import asyncio
from types import TracebackType

from almareplay.alma.errors import Stopped

_WORDS = "Stopped before this was sent to Alma."


class Stop:
    """The stop of a run, for the calls that are not sent yet. Who asks for it sets ``asked``."""

    def __init__(self, asked: asyncio.Event) -> None:
        self._asked = asked
        self._waits: set[asyncio.Timeout] = set()

    def check(self) -> None:
        """Raises `Stopped` where the stop has been asked for."""
        if self._asked.is_set():
            raise Stopped(_WORDS)

    def ends(self) -> UnlessStopped:
        """A context in which waiting ends with `Stopped` as soon as the stop is asked for."""
        return UnlessStopped(self, self._waits)

    async def end_waits(self) -> None:
        """Waits for the stop and then ends the wait of every call that is not sent yet."""
        await self._asked.wait()
        for wait in self._waits:
            wait.reschedule(asyncio.get_running_loop().time())


class UnlessStopped:
    """One wait. (A class of its own: every call passes here, and what `contextlib` makes of a
    function takes several times as long.)"""

    def __init__(self, stop: Stop, waits: set[asyncio.Timeout]) -> None:
        self._stop = stop
        self._waits = waits

    async def __aenter__(self) -> None:
        self._stop.check()
        self._wait = asyncio.timeout(None)
        await self._wait.__aenter__()
        self._waits.add(self._wait)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._waits.discard(self._wait)
        try:
            await self._wait.__aexit__(kind, error, traceback)
        except TimeoutError:
            raise Stopped(_WORDS) from None
