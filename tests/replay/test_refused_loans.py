"""Loans that Alma refuses for what their patrons have, as long as an earlier return may lift it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from almareplay.outcomes import Outcome
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.reading import queries
from almareplay.queue.store import Queue
from almareplay.replay.dispatch import Turn
from almareplay.replay.policy import Guard, Policy
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Loan, Patron, World
from almareplay.transactions import Kind, Transaction
from tests.replay.dispatching import Log, rows, run, stream
from tests.replay.virtual import KEY, VirtualClock, line_to, replay_virtually

PATRONS = 40
START = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
LATENCY = 0.3
PER_SECOND = 100


def captured() -> Iterator[Transaction]:
    """The first patron's only loan comes back; then every patron borrows an item."""
    said = [(Kind.RETURN, "old0", "")]
    said += [(Kind.LOAN, f"new{number}", f"patron{number}") for number in range(PATRONS)]
    for line, (kind, item, patron) in enumerate(said, start=1):
        yield Transaction(
            *(kind, START + timedelta(minutes=line), False, item, patron),
            *("MAIN", "DEFAULT_CIRC_DESK", "desk.dat", line),
        )


def at_their_limits() -> World:
    """Every patron may have one item, and has it."""
    names = [f"{age}{number}" for age in ("old", "new") for number in range(PATRONS)]
    lent, due = START - timedelta(days=7), START + timedelta(days=7)
    return World(
        patrons=[Patron(f"patron{number}", loan_limit=1) for number in range(PATRONS)],
        items=[Item(name, "MAIN") for name in names],
        loans=[Loan(f"patron{number}", f"old{number}", lent, due) for number in range(PATRONS)],
    )


def test_an_earlier_return_lifts_a_limit_and_the_others_do_not_wait_one_after_another(
    tmp_path: Path,
) -> None:
    simulator = Simulator(at_their_limits(), key=KEY, per_second=0, latency=LATENCY)
    calls: list[str] = []
    line = line_to(simulator)

    async def noted(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        return await line(request)

    with Queue.open(f"sqlite:///{tmp_path / 'queue.db'}", create=True) as queue:
        of_run = queue.start_run("main")
        load_file(queue, of_run, CaptureFile("desk.dat", "0" * 64, ".dat"), captured())
        seconds = replay_virtually(
            *(queue, of_run, VirtualClock(), noted),
            policy=Policy(guard=Guard.OFF),
            simulator=simulator,
            per_second=PER_SECOND,
        )
        outcomes = queries.outcomes(queue, of_run)
    assert outcomes == {
        Outcome.RETURNED: 1,
        Outcome.LOANED: 1,
        Outcome.PATRON_LIMIT: PATRONS - 1,
    }
    # Twice for each loan: before the return was done, and after the first loan was.
    assert sum(path.endswith("/loans") for path in calls) <= 3 * PATRONS
    assert seconds < 8 * LATENCY < PATRONS * LATENCY


async def until(happened: Callable[[], bool]) -> None:
    while not happened():  # noqa: ASYNC110 (there is no event that tells)
        await asyncio.sleep(0)


def test_a_refusal_counts_at_once_where_everything_before_is_settled() -> None:
    counts: list[bool] = []

    async def settle(turn: Turn) -> bool:
        if turn.row.row == 1:
            await until(lambda: len(counts) == 1)
        else:
            counts.append(turn.is_last_word(turn.mark()))
            await until(lambda: turn.mark() is not None)
            counts.append(turn.is_last_word(turn.mark()))
        return True

    run(settle, stream(rows("R i1", "L i2 p2")))
    assert counts == [False, True]


def test_a_refusal_does_not_count_while_an_earlier_row_may_have_effects() -> None:
    log = Log()
    plain = log.settling(lambda row: 3 * row)
    again: list[int] = []

    async def settle(turn: Turn) -> bool:
        if turn.row.row == 3:
            mark = turn.mark()
            assert not turn.is_last_word(mark)
            assert await turn.becomes_last_word(mark) is False
            again.extend(log.ended())
        return await plain(turn)

    run(settle, stream(rows("L i1 p1", "L i2 p2", "L i3 p3", "L i4 p4")))
    assert {1, 2} <= set(again)
    assert sorted(log.ended()) == [1, 2, 3, 4]


@pytest.mark.parametrize("lent", [None, 2, 3])
def test_those_that_were_refused_are_called_again_together_and_settled_in_order(
    lent: int | None,
) -> None:
    """One of them may be lent then, which may lift what keeps the later ones."""
    again, once_more = asyncio.Barrier(3), asyncio.Barrier(4 - (lent or 3))
    calls: list[int] = []
    ended: list[int] = []

    async def settle(turn: Turn) -> bool:
        number = turn.row.row
        counts: bool | None = number == 1
        if counts:
            await until(lambda: calls.count(4) == 1)
        while not counts:
            mark = turn.mark()
            calls.append(number)
            if calls.count(number) == 2:
                await again.wait()
                if number == lent:
                    return True
            if calls.count(number) == 3:
                await once_more.wait()
            counts = await turn.becomes_last_word(mark)
        turn.had_effect = False
        ended.append(number)
        return True

    run(settle, stream(rows("R i1", "L i2 p2", "L i3 p3", "L i4 p4")))
    later = [number for number in (2, 3, 4) if lent is not None and number > lent]
    assert sorted(calls) == sorted([2, 3, 4] * 2 + later)
    assert ended == [number for number in (1, 2, 3, 4) if number != lent]
