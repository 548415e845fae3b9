"""A replay on a clock of its own.

The engine, the queue's file, the HTTP client and the stand-in Alma are the real ones; only time and
the socket between the last two are not.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, TypeVarTuple

import httpx
import respx
from respx.handlers import ASGIHandler

from almareplay.alma.client import Alma, open_transport
from almareplay.queue.store import Queue, Run
from almareplay.replay.engine import Replaying, replay
from almareplay.replay.policy import Policy
from almareplay.simulator.server import Simulator
from almareplay.transactions import AlmaInstance
from tests.alma.fake_alma import first_byte_leaves

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

URL = "http://127.0.0.1:1"
KEY = "simulator-key"
HERE = AlmaInstance("01CALDER_INST", "Calder University", "sandbox", "127.0.0.1")

Line = Callable[[httpx.Request], Awaitable[httpx.Response]]
"""What stands between the client and the stand-in."""


class _Selector(selectors.DefaultSelector):
    """Waits for threads in real time; where nobody works, it lets time pass instead of waiting."""

    passed = 0.0
    at_work = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None or (self.at_work and timeout > 0):
            return super().select(None)
        ready: list[Any] = super().select(0)
        if not ready:
            self.passed += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.selector = _Selector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.passed

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        self.selector.at_work += 1
        done = super().run_in_executor(executor, func, *args)
        done.add_done_callback(self._back)
        return done

    def _back(self, _done: object) -> None:
        self.selector.at_work -= 1

    async def shutdown_default_executor(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 (as the base has it)
    ) -> None:
        # Python 3.12 and later give up on threads after five minutes, which pass at once here.
        await super().shutdown_default_executor()


class VirtualClock:
    """The time of the loop, which passes only where all wait; ``slept`` (seconds) is added."""

    begin = datetime(2026, 9, 15, 6, 0, tzinfo=UTC)
    slept = 0.0

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() + self.slept

    def now(self) -> datetime:
        return self.begin + timedelta(seconds=self.monotonic())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _NoSocket:
    """What the simulator can do to a connection, here where there is none."""

    served = 0

    def __init__(self) -> None:
        self._is_cut = False

    def cut(self) -> None:
        self._is_cut = True

    async def gone(self, _receive: object) -> None:
        if self._is_cut:
            raise httpx.ReadError("the line was cut")
        await asyncio.Event().wait()


class _OnNoSocket:
    """The simulator's application, where its server would tell it of the connection."""

    def __init__(self, simulator: Simulator) -> None:
        self._app = simulator._app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app({**scope, "state": {"connection": _NoSocket()}}, receive, send)


def line_to(simulator: Simulator) -> Line:
    """Calls to a simulator that has no socket."""
    return ASGIHandler(_OnNoSocket(simulator))


def replay_virtually(
    queue: Queue,
    run: Run,
    clock: VirtualClock,
    line: Line,
    *,
    settle_seconds: float = 75.0,
    policy: Policy | None = None,
    simulator: Simulator | None = None,
    per_second: float = 15,
) -> float:
    """Replay a run, and answer how many seconds that took.

    The clock of a ``simulator`` that is named goes with the loop's time as well.
    """

    async def night() -> float:
        stopping = asyncio.Event()
        async with open_transport(
            URL, KEY, per_second=per_second, reserve=0, clock=clock, stopping=stopping
        ) as transport:
            how = Replaying(
                instance=HERE,
                policy=policy or Policy(),
                settle_seconds=settle_seconds,
                zone=UTC,
                clock=clock,
                stopping=stopping,
                on_settled=lambda _row, _outcome: None,
            )
            keeps_time = asyncio.create_task(_keep_time(simulator, clock))
            await replay(queue, run, Alma(transport), how)
            keeps_time.cancel()
        return clock.monotonic()

    async def leaves(request: httpx.Request) -> httpx.Response:
        await first_byte_leaves(request)
        return await line(request)

    with respx.mock(assert_all_called=False) as router:
        router.route().mock(side_effect=leaves)
        with asyncio.Runner(loop_factory=_Loop) as runner:
            return runner.run(night())


async def _keep_time(simulator: Simulator | None, clock: VirtualClock) -> None:
    while simulator is not None:
        simulator.clock.freeze(clock.now())
        await clock.sleep(2.0)
