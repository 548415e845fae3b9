"""Time that passes at once, and a connection to an Alma that each test invents."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
import respx

from almareplay.alma.client import Alma, open_transport
from almareplay.alma.errors import AlmaError
from tests.alma.fake_alma import FakeAlma

T = TypeVar("T")

BASE_URL = "https://alma.example"
KEY = "l7xx0secret0key"


class _PassingSelector(selectors.DefaultSelector):
    """Lets time pass where the event loop would wait for it."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready: list[Any] = super().select(0)
        if not ready:
            assert timeout is not None, "everything waits, and nothing will ever happen"
            self.passed += max(0.0, timeout)
        return ready


class _PassingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.passing = _PassingSelector()
        super().__init__(self.passing)

    def time(self) -> float:
        return 1000.0 + self.passing.passed


class VirtualClock:
    """A clock whose time passes as soon as everybody waits for it.

    ``overshoots`` are the seconds by which the next sleeps last too long, over and over.
    """

    def __init__(self) -> None:
        self.start = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
        self.overshoots: Iterator[float] | None = None
        self._jumped = 0.0
        self._loop: _PassingLoop | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        def factory() -> _PassingLoop:
            self._loop = _PassingLoop()
            return self._loop

        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(work)

    def monotonic(self) -> float:
        return (self._loop.time() if self._loop else 1000.0) + self._jumped

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.monotonic() - 1000.0)

    def jump(self, seconds: float) -> None:
        self._jumped += seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds + (next(self.overshoots) if self.overshoots else 0.0))


Connect = Callable[..., AbstractAsyncContextManager[Alma]]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(scope="session")
def new_clock() -> Callable[[], VirtualClock]:
    """For property tests, where each example needs its own."""
    return VirtualClock


@pytest.fixture
def alma_mock() -> Iterator[respx.MockRouter]:
    """The Alma on the other side of `connect`; paths begin after ``/almaws/v1``."""
    with respx.mock(base_url=f"{BASE_URL}/almaws/v1", assert_all_called=False) as router:
        yield router


@pytest.fixture
def connect(clock: VirtualClock) -> Connect:
    """An `Alma` on the virtual clock; keyword arguments are those of `open_transport`."""

    @asynccontextmanager
    async def connected(**plain: Any) -> AsyncIterator[Alma]:
        options: dict[str, Any] = {"per_second": 10.0, "reserve": 0, "clock": clock}
        async with open_transport(BASE_URL, KEY, **(options | plain)) as transport:
            yield Alma(transport)

    return connected


@pytest.fixture
def fake(alma_mock: respx.MockRouter, clock: Any) -> FakeAlma:
    return FakeAlma(alma_mock, clock)


@pytest.fixture
def run(clock: Any, connect: Any) -> Any:
    """Runs ``work(alma)`` on the virtual clock and gives its result, or the error it ended in."""

    def ran(work: Callable[[Alma], Awaitable[Any]], **plain: Any) -> Any:
        async def go() -> Any:
            async with connect(**plain) as alma:
                try:
                    return await work(alma)
                except AlmaError as error:
                    return error

        return clock.run(go())

    return ran


@pytest.fixture
def ask(clock: Any, connect: Any) -> Callable[[Callable[[Alma], Awaitable[Any]]], Any]:
    """Puts one question to the Alma of `alma_mock`."""

    def asked(question: Callable[[Alma], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            async with connect() as alma:
                return await question(alma)

        return clock.run(run())

    return asked
