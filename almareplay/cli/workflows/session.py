"""One command's time with Alma: its loop, its connection, and a stop that is safe."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from types import FrameType
from typing import Any, Protocol, TypeVar

from almareplay.alma.client import open_transport
from almareplay.alma.limits.shared_calls import SharedCalls
from almareplay.alma.transport import Event, Traffic, Transport
from almareplay.cli.console.exits import Exit
from almareplay.cli.console.log import note
from almareplay.cli.console.output import messages
from almareplay.replay.check import CheckResult
from almareplay.settings import Settings
from almareplay.transactions import AlmaInstance

T = TypeVar("T")

# A closed terminal ends a run as gently as a stop does.
_STOPS = [signal.SIGINT, signal.SIGTERM] + ([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])


class Watcher(Protocol):
    """Is told what happens between here and Alma."""

    def waits(self, event: Event) -> None:
        """Alma slowed the calls, went away, came back …, or the calls of the day are used up."""

    def traffic(self, traffic: Traffic) -> None:
        """A call was answered."""


def instance_of(findings: CheckResult, settings: Settings) -> AlmaInstance:
    """Which Alma a command talks to: as Alma says it, or as set where the key may not ask that."""
    return findings.instance(settings.environment, settings.require_base_url())


@contextmanager
def stops_gently(stop: Callable[[], None]) -> Iterator[None]:
    """Within, each signal that asks for an end calls ``stop``; the second leaves at once.

    Leaving at once is safe: an intent without an answer is reconciled by the next start.
    """
    signalled = False

    def heed(number: int, _frame: FrameType | None) -> None:
        nonlocal signalled
        if number == getattr(signal, "SIGHUP", None):
            messages.fall_silent()
        elif signalled:
            messages.show_cursor()
            note("ended", exit_code=Exit.INTERRUPTED)
            os._exit(Exit.INTERRUPTED)
        signalled = True
        stop()

    # What is ignored stays ignored: nohup asks for that, and shells do for background jobs.
    heard = [each for each in _STOPS if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, heed) for each in heard}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class Session:
    """A loop with an open wire to Alma, between whose pieces of work the user can be asked.

    ``watcher`` may be set at any time. ``stopping`` is set by the first signal, and by a failure;
    ``stopping_signalled`` only by the signal.
    """

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self.stopping = asyncio.Event()
        self.stopping_signalled = False
        self.watcher: Watcher | None = None
        self.transport: Transport

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a piece of work to its end."""
        return self._runner.run(work)

    def waits(self, event: Event) -> None:
        """Alma went away, came back …, or the calls of the day are used up."""
        if self.watcher is not None:
            self.watcher.waits(event)

    def traffic(self, traffic: Traffic) -> None:
        """A call was answered."""
        if self.watcher is not None:
            self.watcher.traffic(traffic)

    @contextmanager
    def stops_gently(self, on_stop: Callable[[], None]) -> Iterator[None]:
        """Within, the first signal sets ``stopping``; the second leaves at once."""
        loop = self._runner.get_loop()

        def stop() -> None:
            self.stopping_signalled = True
            loop.call_soon_threadsafe(self.stopping.set)
            on_stop()

        with stops_gently(stop):
            yield


@contextmanager
def open_session(
    settings: Settings,
    *,
    wait: bool = False,
    give_up_after: float | None = None,
    fail_fast: bool = False,
    pool: SharedCalls | None = None,
) -> Iterator[Session]:
    """Open a session with the Alma of the settings. Raises SettingsError and AlmaError.

    ``wait`` sleeps through the end of the daily calls; ``give_up_after`` is in seconds, and with
    ``fail_fast`` a connection that cannot be made is not waited for. Calls are taken from ``pool``
    where the institution is in one.
    """
    key, base_url = settings.require_key(), settings.require_base_url()
    with asyncio.Runner() as runner:
        session = Session(runner)
        stack = AsyncExitStack()
        session.transport = session.do(
            stack.enter_async_context(
                open_transport(
                    base_url,
                    key,
                    per_second=settings.pace,
                    reserve=settings.daily_reserve,
                    timeout_seconds=settings.timeout_seconds,
                    give_up_after=give_up_after,
                    fail_fast=fail_fast,
                    wait=wait,
                    pool=pool,
                    stopping=session.stopping,
                    on_event=session.waits,
                    on_call=session.traffic,
                )
            )
        )
        try:
            yield session
        finally:
            session.do(stack.aclose())
