"""Phases: all of one is in Alma before the first call for a row of the next, whatever fails."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from almareplay.outcomes import Outcome
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.reading.report_rows import report_rows
from almareplay.queue.replaying.phases import items_out_of_order, phase_under_way, phases_of
from almareplay.queue.store import Queue, Run
from almareplay.replay.dispatch import Dispatch, Turn
from almareplay.simulator.faults import Fault
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Patron, World
from almareplay.transactions import Kind, Transaction
from tests.replay.dispatching import rows, stream
from tests.replay.virtual import KEY, Line, VirtualClock, line_to, replay_virtually

NOON = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
PLACE = ("MAIN", "DEFAULT_CIRC_DESK")


def lent(item: str, patron: str, minute: int) -> Transaction:
    at = NOON + timedelta(minutes=minute)
    return Transaction(Kind.LOAN, at, False, item, patron, *PLACE, "desk.dat", 1)


def returned(item: str, minute: int) -> Transaction:
    return lent(item, "", minute)._replace(kind=Kind.RETURN)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with Queue.open(f"sqlite:///{tmp_path / 'q.db'}", create=True) as queue:
        yield queue


def load(queue: Queue, phase: int, read: Sequence[Transaction]) -> Run:
    run = queue.start_run("main")
    file = CaptureFile(f"phase{phase}.dat", f"{phase}" * 64, ".dat", phase=phase)
    load_file(queue, run, file, read)
    return run


def alma(items: Sequence[str]) -> Simulator:
    world = World(patrons=[Patron("ida"), Patron("otto")], items=[Item(i, "MAIN") for i in items])
    return Simulator(world, key=KEY, per_second=0, daily_limit=0)


class _Dies:
    """Lets so many calls through to Alma; then the process is at its end."""

    def __init__(self, alma: Line, after: int) -> None:
        self._alma, self._left = alma, after

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self._left -= 1
        if self._left < 0:
            raise RuntimeError("killed")
        answer = await self._alma(request)
        await asyncio.sleep(1)
        return answer


def test_no_call_of_a_phase_before_the_last_effect_of_the_one_before(queue: Queue) -> None:
    first = [f"ill{number}" for number in range(12)]
    then = [f"own{number}" for number in range(12)]
    # What goes first was captured last, and what goes then was loaded first.
    load(queue, 2, [lent(item, "otto", number) for number, item in enumerate(then)])
    run = load(queue, 1, [lent(item, "ida", 60 + number) for number, item in enumerate(first)])
    assert phase_under_way(phases_of(queue, run)) == 1
    simulator = alma([*first, *then])
    simulator.faults.set([Fault("cut_after", match="loan", probability=0.3)])
    for calls in (10, 16, 12):
        with pytest.raises(RuntimeError, match="killed"):
            replay_virtually(queue, run, VirtualClock(), _Dies(line_to(simulator), calls))
    replay_virtually(queue, run, VirtualClock(), _Dies(line_to(simulator), 1_000))
    assert simulator.record.summary()["by_fault"]["cut_after"] > 2
    assert {row.outcome for row in report_rows(queue, run)} == {Outcome.LOANED}
    assert [(phase.number, phase.left) for phase in phases_of(queue, run)] == [(1, 0), (2, 0)]
    effects = simulator.record.effects
    assert sorted(each.item_barcode for each in effects) == sorted([*first, *then])
    last = max(each.request for each in effects if each.item_barcode in first)
    named = {
        each.n: parse_qs(each.query).get("item_barcode", [""])[0]
        for each in simulator.record.requests
    }
    assert last < min(n for n, barcode in named.items() if barcode in then)


def test_a_row_that_goes_later_but_was_captured_before_is_overtaken(queue: Queue) -> None:
    # Otto has the book between two of the first phase, and has brought it back long since.
    load(queue, 1, [lent("book", "ida", 0), returned("book", 60)])
    run = load(queue, 2, [lent("book", "otto", 30), lent("book", "otto", 90)])
    assert items_out_of_order(queue, run) == 1
    simulator = alma(["book"])
    replay_virtually(queue, run, VirtualClock(), line_to(simulator))
    became = {row.row: (row.outcome, row.phase) for row in report_rows(queue, run)}
    assert became == {
        1: (Outcome.LOANED, 1),
        2: (Outcome.RETURNED, 1),
        3: (Outcome.SUPERSEDED, 2),
        4: (Outcome.LOANED, 2),
    }
    assert [each.patron_id for each in simulator.record.effects if each.type == "loan"] == [
        "ida",
        "otto",
    ]


def test_an_unresolved_row_holds_up_its_own_item_only(queue: Queue) -> None:
    load(queue, 1, [lent("stuck", "ida", 0)])
    run = load(queue, 2, [lent("stuck", "otto", -30), lent("free", "otto", 30)])
    simulator = alma(["stuck", "free"])
    away = Fault("http_5xx", match="find_item")

    class _FirstFails:
        async def __call__(self, request: httpx.Request) -> httpx.Response:
            stuck = parse_qs(request.url.query.decode()).get("item_barcode") == ["stuck"]
            simulator.faults.set([away] if stuck else [])
            return await line(request)

    line = line_to(simulator)
    replay_virtually(queue, run, VirtualClock(), _FirstFails())
    became = {row.row: row.outcome for row in report_rows(queue, run)}
    assert became == {1: Outcome.UNAVAILABLE, 2: Outcome.HELD_BACK, 3: Outcome.LOANED}


def test_what_both_phases_have_is_done_in_the_first(queue: Queue) -> None:
    all_of_it = [returned("ill", 0), lent("own", "ida", 5)]
    load(queue, 2, all_of_it)
    run = load(queue, 1, all_of_it[:1])
    assert items_out_of_order(queue, run) == 0
    assert [(row.row, row.outcome) for row in report_rows(queue, run)] == [
        (3, Outcome.PENDING),
        (1, Outcome.DUPLICATE),
        (2, Outcome.PENDING),
    ]


def test_what_goes_first_repeats_nothing_that_goes_later(queue: Queue) -> None:
    load(queue, 2, [returned("ill", 0)])
    run = load(queue, 1, [returned("ill", 1)])
    assert [row.outcome for row in report_rows(queue, run)] == [Outcome.PENDING] * 2
    simulator = alma(["ill"])
    replay_virtually(queue, run, VirtualClock(), line_to(simulator))
    became = {row.row: row.outcome for row in report_rows(queue, run)}
    assert became == {2: Outcome.NOT_ON_LOAN, 1: Outcome.SUPERSEDED}


def test_a_phase_begins_when_the_last_row_before_it_has_ended() -> None:
    first, second, third = rows("L a p", "L b q", "L c r")
    queued = [first, second, third._replace(order=third.order._replace(phase=2))]
    under_way: set[int] = set()
    beside: list[set[int]] = []

    async def settle(turn: Turn) -> bool:
        beside.append(set(under_way))
        under_way.add(turn.row.row)
        await asyncio.sleep(0.001 * turn.row.row)
        under_way.discard(turn.row.row)
        return True

    asyncio.run(Dispatch(settle, asyncio.Event()).run(stream(queued)))
    assert beside == [set(), {1}, set()]


def test_a_run_that_is_stopped_between_phases_begins_no_other() -> None:
    first, second = rows("L a p", "L b q")
    stopping, begun = asyncio.Event(), []

    async def settle(turn: Turn) -> bool:
        begun.append(turn.row.row)
        stopping.set()
        return False

    queued = [first, second._replace(order=second.order._replace(phase=2))]
    asyncio.run(Dispatch(settle, stopping).run(stream(queued)))
    assert begun == [1]
