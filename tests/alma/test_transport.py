"""What becomes of one call: tried again, refused, lost, confirmed."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import httpx
import pytest

from almareplay.alma.answers.responses import read_loan
from almareplay.alma.client import Alma
from almareplay.alma.errors import (
    Effect,
    KeyRefused,
    Refusal,
    Unavailable,
)
from almareplay.alma.limits.rate_limiter import FullPace, SlowedDown
from almareplay.alma.transport import Traffic
from tests.alma.fake_alma import (
    DOWN,
    DUE,
    GENERAL,
    LOAN,
    NO_LOANS,
    REFUSED,
    SLOW,
    FakeAlma,
    first_byte_leaves,
    lend,
    look,
)


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
@pytest.mark.parametrize(("quiet_for", "asked"), [(0, []), (60, ["look"])])
def test_only_where_nothing_was_answered_lately_a_lost_answer_is_asked_about_before_the_next_call(
    fake: FakeAlma, run: Any, clock: Any, lost: Any, quiet_for: float, asked: list[str]
) -> None:
    fake.loans(lost, LOAN)

    async def work(alma: Alma) -> Any:
        await look(alma)
        await clock.sleep(quiet_for)
        with pytest.raises(Unavailable):
            await lend(alma)
        return await lend(alma)

    assert run(work) == "71"
    assert fake.names == ["look", "loan", *asked, "loan"]


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
    # Only what leaves is confirmed, right before it does.
    assert confirmed == ([0, 1, 2] if nothing_done is SLOW else [2])


@pytest.mark.parametrize("nothing_done", [httpx.ConnectError, httpx.ConnectTimeout])
def test_while_others_are_answered_a_write_that_did_nothing_is_sent_again_at_once(
    fake: FakeAlma, run: Any, clock: Any, nothing_done: Any
) -> None:
    fake.loans(nothing_done, nothing_done, LOAN)
    confirmed = []

    async def confirm() -> None:
        confirmed.append(clock.monotonic())

    async def work(alma: Alma) -> Any:
        await look(alma)
        return await lend(alma, confirm)

    assert run(work) == "71"
    assert fake.names == ["look", "loan", "loan", "loan"]
    assert len(confirmed) == 1  # the one that left
    assert fake.calls[-1][0] < 1


def test_too_many_calls_a_second_are_no_sign_that_alma_works(fake: FakeAlma, run: Any) -> None:
    """The gateway says it, before anything behind it is asked."""
    fake.looks(*[SLOW] * 6, DOWN, NO_LOANS)

    async def work(alma: Alma) -> Any:
        await alma.institution()
        return await look(alma)

    assert run(work) == 0
    assert fake.calls[-2][0] > 5
    assert fake.names == ["institution"] + ["look"] * 7 + ["institution", "look"]


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


def test_a_call_is_over_in_time_from_its_first_byte_on(
    alma_mock: Any, run: Any, clock: Any
) -> None:
    """The time it takes to connect is not the answer's: a lease must outlast the call."""
    left: list[float] = []

    async def hangs(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(6)
        await first_byte_leaves(request)
        left.append(clock.monotonic())
        await asyncio.sleep(1000)
        raise AssertionError

    alma_mock.post("/users/berta/loans").mock(side_effect=hangs)

    ended: list[float] = []

    async def work(alma: Alma) -> None:
        try:
            await lend(alma)
        finally:
            ended.append(clock.monotonic())

    assert isinstance(run(work, timeout_seconds=20.0), Unavailable)
    assert ended[0] - left[0] == pytest.approx(20.0)


@pytest.mark.parametrize("refused", [REFUSED, httpx.Response(403)])
def test_a_refusal_is_not_repeated(fake: FakeAlma, run: Any, refused: Any) -> None:
    fake.loans(refused)
    fake.looks(refused)
    assert isinstance(run(lend), Refusal | KeyRefused)
    assert isinstance(run(look), Refusal | KeyRefused)
    assert fake.names == ["loan", "look"]


def test_a_read_that_fails_on_its_own_is_tried_eight_times(fake: FakeAlma, run: Any) -> None:
    """Three times again at once, then after growing pauses. As nothing else is answered in them, a
    probe asks whether Alma is there."""
    fake.looks(GENERAL)

    async def work(alma: Alma) -> Any:
        await alma.institution()
        return await look(alma)

    error = run(work)
    assert type(error) is Unavailable
    assert error.code == "401652"
    assert fake.names.count("look") == 8
    at = [time for time, name in fake.calls if name == "look"]
    pauses = [late - early for early, late in pairwise(at)]
    assert pauses == pytest.approx([0, 0, 0, 1, 2, 4, 8], abs=0.5)
    assert fake.names.count("institution") == 1 + 1


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
    assert fake.names.count("change") == 1 + 8
    assert set(fake.names) == {"change", "test"}


def test_a_read_that_failed_on_its_own_for_a_while_succeeds(fake: FakeAlma, run: Any) -> None:
    fake.looks(httpx.ReadTimeout, DOWN, httpx.ConnectError, NO_LOANS)
    assert run(look) == 0
    assert fake.names == ["look", "test"] + ["look"] * 3


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
