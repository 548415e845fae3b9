from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx

from almareplay.alma.answers import ItemIds, read_loan
from almareplay.alma.client import Alma
from almareplay.alma.errors import (
    AlmaError,
    AlmaGone,
    DailyLimit,
    Effect,
    KeyRefused,
    PerSecondLimit,
    Refusal,
    Stopped,
    Unavailable,
)
from almareplay.alma.outage import Back, Gone, OutageEvent, StillGone
from almareplay.alma.pace import FullPace, SlowedDown
from almareplay.alma.wire import Traffic

ITEM = ItemIds("99", "22", "23")
DUE = datetime(2031, 5, 6, tzinfo=UTC)
LOAN = httpx.Response(200, json={"loan_id": "71", "user_id": "berta"})
NO_LOANS = httpx.Response(200, json={"total_record_count": 0})
INSTITUTION = httpx.Response(200, json={"institution": {"value": "01"}})
SLOW = httpx.Response(429, json={"errorList": {"error": [{"errorCode": "PER_SECOND_THRESHOLD"}]}})
OVER = httpx.Response(429, json={"errorList": {"error": [{"errorCode": "DAILY_THRESHOLD"}]}})
REFUSED = httpx.Response(400, json={"errorList": {"error": [{"errorCode": "401861"}]}})
GENERAL = httpx.Response(400, json={"errorList": {"error": [{"errorCode": "401652"}]}})
DOWN = httpx.Response(503, html="<html>down</html>")

Answers = Iterable[httpx.Response | type[Exception]]


async def lend(alma: Alma, confirm: Callable[[], Awaitable[None]] | None = None) -> str:
    loan = await alma.loan("berta", "B1", "MAIN", "FRONT", item=ITEM, rank=0, confirm=confirm)
    return loan.loan_id


async def look(alma: Alma, rank: int = 0) -> int:
    return len(await alma.active_loans(ITEM, rank=rank))


class FakeAlma:
    """Answers loans and looks from lists, the last answer over and over, and keeps the times."""

    def __init__(self, router: respx.MockRouter, clock: Any) -> None:
        self._clock = clock
        self._router = router
        self.calls: list[tuple[float, str]] = []
        self.takes = 0.05
        self.answer("loan", "POST", "/users/berta/loans", LOAN)
        self.answer("look", "GET", "/bibs/99/holdings/22/items/23/loans", NO_LOANS)
        self.answer("institution", "GET", "/conf/general", INSTITUTION)
        self.answer("test", "GET", "/bibs/test", httpx.Response(200))

    def answer(self, name: str, method: str, path: str, *answers: Any) -> None:
        rest = list(answers)

        async def respond(request: httpx.Request) -> httpx.Response:
            self.calls.append((self._clock.monotonic() - 1000.0, name))
            answer = rest.pop(0) if len(rest) > 1 else rest[0]
            await asyncio.sleep(self.takes)
            if isinstance(answer, httpx.Response):
                return answer
            raise answer("GET /almaws/v1/users/berta apikey l7xx", request=request)

        self._router.route(method=method, path=path).mock(side_effect=respond)

    def loans(self, *answers: Any) -> None:
        self.answer("loan", "POST", "/users/berta/loans", *answers)

    def looks(self, *answers: Any) -> None:
        self.answer("look", "GET", "/bibs/99/holdings/22/items/23/loans", *answers)

    @property
    def names(self) -> list[str]:
        return [name for _, name in self.calls]


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


def test_a_slowed_pace_is_told_and_its_end(fake: FakeAlma, run: Any, clock: Any) -> None:
    told: list[Any] = []
    fake.loans(SLOW, LOAN)

    async def work(alma: Alma) -> None:
        await lend(alma)
        await look(alma)
        await clock.sleep(11)
        await look(alma)
        await look(alma)

    run(work, on_event=told.append)
    assert told == [SlowedDown(5.0), FullPace(10.0)]


LOST = [
    (httpx.Response(500), "500"),
    (httpx.Response(502, text="bad gateway"), "502"),
    (GENERAL, "401652"),
    (httpx.Response(200, html="<html>maintenance</html>"), "200"),
    (httpx.Response(200, json={}), "200"),
    (httpx.Response(200, json=[LOAN.json()]), "200"),
    (httpx.Response(302, headers={"Location": "/login"}), "302"),
    (httpx.Response(307, headers={"Location": "/almaws/v1/users/berta/loans"}), "307"),
    (httpx.Response(404, text="Not Found"), "404"),
    (httpx.ReadTimeout, "in time"),
    (httpx.WriteTimeout, "in time"),
    (httpx.ReadError, "broke"),
    (httpx.WriteError, "broke"),
    (httpx.CloseError, "broke"),
    (httpx.RemoteProtocolError, "broke"),
    (httpx.LocalProtocolError, "broke"),
    (httpx.DecodingError, "broke"),
]


@pytest.mark.parametrize(("lost", "words"), LOST)
def test_a_write_whose_answer_is_lost_is_never_sent_again(
    fake: FakeAlma, run: Any, lost: Any, words: str
) -> None:
    fake.loans(lost, LOAN)
    error = run(lend)
    assert type(error) is Unavailable
    assert error.effect is Effect.UNKNOWN
    assert words in str(error)
    assert fake.names == ["loan"]


@pytest.mark.parametrize("lost", [DOWN, GENERAL, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_a_lost_answer_of_one_write_is_asked_about_before_the_next_call(
    fake: FakeAlma, run: Any, lost: Any
) -> None:
    fake.loans(lost, LOAN)

    async def work(alma: Alma) -> Any:
        await look(alma)
        with pytest.raises(Unavailable):
            await lend(alma)
        return await lend(alma)

    assert run(work) == "71"
    assert fake.names == ["look", "loan", "look", "loan"]


@pytest.mark.parametrize(
    "nothing_done", [SLOW, httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout]
)
def test_a_write_that_did_nothing_is_sent_again_and_confirmed_again(
    fake: FakeAlma, run: Any, nothing_done: Any
) -> None:
    fake.loans(nothing_done, nothing_done, LOAN)
    confirmed = []

    async def confirm() -> None:
        confirmed.append(len([name for name in fake.names if name == "loan"]))

    assert run(lambda alma: lend(alma, confirm)) == "71"
    assert confirmed == [0, 1, 2]


def test_too_many_calls_a_second_never_use_a_call_up(fake: FakeAlma, run: Any) -> None:
    fake.loans(*[SLOW] * 30, LOAN)
    seen: list[Traffic] = []
    assert run(lend, on_call=seen.append) == "71"
    assert fake.names == ["loan"] * 31
    assert seen[0].pace == 5
    assert min(traffic.pace for traffic in seen) == 1


def test_a_write_that_is_not_confirmed_is_not_sent(
    fake: FakeAlma, clock: Any, connect: Any
) -> None:
    class NotOurs(Exception):
        pass

    async def confirm() -> None:
        raise NotOurs

    async def work() -> str:
        async with connect(in_flight=1) as alma:
            with pytest.raises(NotOurs):
                await lend(alma, confirm)
            assert fake.names == []
            return await lend(alma)

    assert clock.run(work()) == "71"


@pytest.mark.parametrize("refused", [REFUSED, httpx.Response(403)])
def test_a_refusal_is_not_repeated(fake: FakeAlma, run: Any, refused: Any) -> None:
    fake.loans(refused)
    fake.looks(refused)
    assert isinstance(run(lend), Refusal | KeyRefused)
    assert isinstance(run(look), Refusal | KeyRefused)
    assert fake.names == ["loan", "look"]


def test_a_read_that_fails_on_its_own_is_tried_five_times(fake: FakeAlma, run: Any) -> None:
    fake.looks(GENERAL)

    async def work(alma: Alma) -> Any:
        await alma.institution()
        return await look(alma)

    error = run(work)
    assert type(error) is Unavailable
    assert error.code == "401652"
    assert fake.names == ["institution"] + ["look", "institution"] * 5


@pytest.mark.parametrize(("lost", "words"), LOST)
def test_a_repeatable_write_is_tried_like_a_read_and_never_as_a_probe(
    fake: FakeAlma, run: Any, lost: Any, words: str
) -> None:
    loan = read_loan(LOAN.json())
    assert loan is not None

    async def work(alma: Alma) -> Any:
        await change(alma)
        fake.answer("change", "PUT", "/users/berta/loans/71", lost)
        return await change(alma)

    async def change(alma: Alma) -> Any:
        return await alma.change_due_date(loan, DUE, rank=0, confirm=None)

    fake.answer("change", "PUT", "/users/berta/loans/71", LOAN)
    error = run(work)
    assert (type(error), error.effect) == (Unavailable, Effect.UNKNOWN)
    assert words in str(error)
    assert fake.names.count("change") == 1 + 5
    assert set(fake.names) == {"change", "test"}


def test_a_read_that_failed_on_its_own_for_a_while_succeeds(fake: FakeAlma, run: Any) -> None:
    fake.looks(httpx.ReadTimeout, DOWN, httpx.ConnectError, NO_LOANS)
    assert run(look) == 0
    assert fake.names == ["look", "test"] * 3 + ["look"]


@pytest.mark.parametrize("broken", [DOWN, httpx.ReadTimeout, httpx.ConnectError])
def test_a_read_that_alone_fails_does_not_keep_the_gate_shut(
    fake: FakeAlma, run: Any, broken: Any
) -> None:
    """Although it was answered before, and is therefore among the probes."""
    fake.looks(NO_LOANS, broken)

    async def work(alma: Alma) -> Any:
        await alma.institution()
        await look(alma)
        with pytest.raises(Unavailable):
            await look(alma)
        return await lend(alma)

    assert run(work, give_up_after=900) == "71"


def test_an_outage_stops_all_calls_and_uses_none_up(fake: FakeAlma, run: Any) -> None:
    fake.answer("institution", "GET", "/conf/general", INSTITUTION, *[DOWN] * 7, INSTITUTION)
    fake.looks(*[httpx.ReadTimeout] * 4, NO_LOANS)
    fake.takes = 2.0
    events: list[OutageEvent] = []

    async def work(alma: Alma) -> Any:
        await alma.institution()
        return await asyncio.gather(*(look(alma, rank) for rank in range(30)))

    assert run(work, on_event=events.append, in_flight=4) == [0] * 30
    assert [type(event) for event in events] == [Gone] + [StillGone] * 7 + [Back]
    assert {name for time, name in fake.calls if 4.0 < time < 60} == {"institution"}
    assert fake.names.count("institution") == 9
    assert fake.names.count("look") == 34


def test_an_outage_does_not_count_as_a_try(fake: FakeAlma, run: Any) -> None:
    """A read that fails at the end of each of eight outages, more often than it may on its own."""
    fake.looks(*[DOWN] * 8, NO_LOANS)
    fake.answer("test", "GET", "/bibs/test", *[DOWN, httpx.Response(200)] * 8)
    assert run(look) == 0
    assert fake.names.count("look") == 9


def test_what_waits_for_its_turn_when_alma_goes_stays(fake: FakeAlma, run: Any) -> None:
    fake.loans(httpx.ReadError, LOAN)
    fake.answer("test", "GET", "/bibs/test", DOWN, DOWN, httpx.Response(200))

    async def work(alma: Alma) -> Any:
        return await asyncio.gather(*(lend(alma) for _ in range(20)), return_exceptions=True)

    results = run(work, per_second=1)
    assert [type(result) for result in results] == [Unavailable] + [str] * 19
    assert fake.names[:5] == ["loan", "test", "test", "test", "loan"]


def test_every_call_that_waits_gets_to_know_that_alma_stays_away(fake: FakeAlma, run: Any) -> None:
    fake.loans(httpx.ConnectError)
    fake.answer("test", "GET", "/bibs/test", httpx.ConnectError)

    async def work(alma: Alma) -> Any:
        return await asyncio.gather(*(lend(alma) for _ in range(10)), return_exceptions=True)

    errors = run(work, give_up_after=900)
    assert {type(error) for error in errors} == {AlmaGone}
    assert {error.effect for error in errors} == {Effect.NOT_SENT}
    assert fake.names.count("loan") <= 2
    assert 900 <= fake.calls[-1][0] < 905


def test_a_key_refused_on_a_probe_ends_the_wait_of_all(fake: FakeAlma, run: Any) -> None:
    fake.looks(DOWN)
    fake.answer("test", "GET", "/bibs/test", DOWN, httpx.Response(401))

    async def work(alma: Alma) -> Any:
        return await asyncio.gather(*(look(alma) for _ in range(5)), return_exceptions=True)

    assert {type(error) for error in run(work)} == {KeyRefused}


def remaining(left: int, date: str = "") -> httpx.Response:
    headers = {"x-exl-api-REMAINING": str(left)} | ({"Date": date} if date else {})
    return httpx.Response(200, json=LOAN.json(), headers=headers)


def test_stops_at_the_reserve_to_the_call(fake: FakeAlma, run: Any) -> None:
    fake.loans(remaining(105), LOAN)

    async def work(alma: Alma) -> Any:
        await lend(alma)
        results = await asyncio.gather(*(lend(alma) for _ in range(20)), return_exceptions=True)
        assert alma.calls_left == 100
        return results

    results = run(work, reserve=100)
    assert [type(result) for result in results] == [str] * 5 + [DailyLimit] * 15
    assert {error.effect for error in results[5:]} == {Effect.NOT_SENT}
    assert len(fake.calls) == 6


def test_calls_that_never_left_are_not_counted(fake: FakeAlma, run: Any) -> None:
    fake.loans(remaining(105), httpx.ConnectError, LOAN)

    async def work(alma: Alma) -> Any:
        await lend(alma)
        await lend(alma)
        return alma.calls_left

    assert run(work) == 103  # the failed call is no call; the probe after it is


def test_the_daily_limit_ends_it_and_no_further_call_is_made(fake: FakeAlma, run: Any) -> None:
    fake.loans(OVER)

    async def work(alma: Alma) -> Any:
        first = await asyncio.gather(lend(alma), return_exceptions=True)
        return first + await asyncio.gather(lend(alma), look(alma), return_exceptions=True)

    errors = run(work)
    assert [type(error) for error in errors] == [DailyLimit] * 3
    assert [error.effect for error in errors] == [Effect.REFUSED] + [Effect.NOT_SENT] * 2
    assert fake.names == ["loan"]


def test_goes_on_after_midnight_at_alma_where_it_is_to_wait(fake: FakeAlma, run: Any) -> None:
    over = httpx.Response(
        429, content=OVER.content, headers={"Date": "Mon, 02 Mar 2026 23:00:00 GMT"}
    )
    fake.loans(over, remaining(5000))

    async def work(alma: Alma) -> Any:
        loan_id = await lend(alma)
        return loan_id, alma.calls_left, alma.alma_now()

    loan_id, left, now = run(work, wait=True, reserve=10)
    assert (loan_id, left) == ("71", 5000)
    assert datetime(2026, 3, 3, tzinfo=UTC) < now < datetime(2026, 3, 3, 0, 2, tzinfo=UTC)


def test_keeps_almas_time(fake: FakeAlma, run: Any) -> None:
    fake.loans(remaining(10, "Mon, 02 Mar 2026 08:00:00 GMT"))

    async def work(alma: Alma) -> Any:
        before = alma.alma_now()
        await lend(alma)
        await asyncio.sleep(5)
        return before, alma.alma_now()

    assert run(work) == (None, datetime(2026, 3, 2, 8, 0, 5, tzinfo=UTC))


def test_tells_of_the_traffic(fake: FakeAlma, run: Any) -> None:
    fake.loans(remaining(105), LOAN)
    seen: list[Traffic] = []

    async def work(alma: Alma) -> Any:
        await lend(alma)
        return await lend(alma)

    run(work, on_call=seen.append)
    assert seen == [Traffic(10, 105, 1), Traffic(10, 104, 2)]


async def at_the_gate(alma: Alma, fake: FakeAlma) -> None:
    fake.looks(DOWN)
    fake.answer("test", "GET", "/bibs/test", DOWN)
    await look(alma)


async def at_the_pace(alma: Alma, fake: FakeAlma) -> None:
    fake.looks(SLOW)
    await look(alma)


async def until_midnight(alma: Alma, fake: FakeAlma) -> None:
    fake.looks(OVER)
    await look(alma)


async def between_tries(alma: Alma, fake: FakeAlma) -> None:
    fake.looks(DOWN)
    await look(alma)


@pytest.mark.parametrize("waiting", [at_the_gate, at_the_pace, until_midnight, between_tries])
@pytest.mark.parametrize("after", [0.0, 0.6, 2.5])
def test_a_stop_ends_every_wait_at_once(
    fake: FakeAlma, clock: Any, connect: Any, waiting: Any, after: float
) -> None:
    async def work() -> float:
        stopping = asyncio.Event()
        async with connect(stopping=stopping, wait=True, per_second=1.0) as alma:
            waits = [asyncio.create_task(waiting(alma, fake)) for _ in range(5)]
            await asyncio.sleep(after)
            stopping.set()
            told = clock.monotonic()
            errors = await asyncio.gather(*waits, return_exceptions=True)
            assert {type(error) for error in errors} == {Stopped}
            calls = len(fake.calls)
            with pytest.raises(Stopped):
                await lend(alma)
            assert len(fake.calls) == calls
            stopped: float = clock.monotonic() - told
            return stopped

    assert clock.run(work()) <= fake.takes


def test_a_stop_lets_calls_in_flight_finish(fake: FakeAlma, clock: Any, connect: Any) -> None:
    fake.takes = 3.0

    async def work() -> Any:
        stopping = asyncio.Event()
        async with connect(stopping=stopping) as alma:
            calls = [asyncio.create_task(lend(alma)) for _ in range(10)]
            await asyncio.sleep(0.25)
            stopping.set()
            return await asyncio.gather(*calls, return_exceptions=True)

    results = clock.run(work())
    assert results[:3] == ["71"] * 3
    assert {type(error) for error in results[3:]} == {Stopped}
    assert len(fake.calls) == 3


def test_a_stop_during_the_confirmation_keeps_the_call_back(
    fake: FakeAlma, clock: Any, connect: Any
) -> None:
    async def work() -> None:
        stopping = asyncio.Event()

        async def confirm() -> None:
            stopping.set()

        async with connect(stopping=stopping) as alma:
            with pytest.raises(Stopped):
                await lend(alma, confirm)

    clock.run(work())
    assert fake.names == []


def test_an_answer_that_never_ends_is_given_up(fake: FakeAlma, run: Any, clock: Any) -> None:
    fake.takes = 100_000
    fake.loans(LOAN)
    error = run(lend, timeout_seconds=20)
    assert type(error) is Unavailable
    assert error.effect is Effect.UNKNOWN
    assert clock.monotonic() - 1000 <= 31


def test_calls_leave_by_rank_and_within_the_pace(fake: FakeAlma, run: Any) -> None:
    async def work(alma: Alma) -> Any:
        await asyncio.gather(*(look(alma, rank) for rank in (9, 5, 7) * 20))

    run(work, per_second=15)
    times = [time for time, _ in fake.calls]
    assert all(late - early > 1.0 for early, late in zip(times, times[15:], strict=False))
    assert 59 / (times[-1] - times[0]) >= 0.96 * 15


def test_a_limit_met_by_a_burst_slows_the_pace_once(fake: FakeAlma, run: Any) -> None:
    fake.takes = 0.5
    fake.looks(*[SLOW] * 4, NO_LOANS)
    seen: list[Traffic] = []

    async def work(alma: Alma) -> Any:
        return await asyncio.gather(*(look(alma) for _ in range(4)))

    assert run(work, on_call=seen.append) == [0] * 4
    assert min(traffic.pace for traffic in seen) == 5
    assert PerSecondLimit.usual_effect is Effect.REFUSED
