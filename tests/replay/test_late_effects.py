"""Calls whose answers are lost and that Alma carries out up to a minute after they were sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from almareplay.outcomes import Disposition
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.reading import queries
from almareplay.queue.store import Queue
from almareplay.settings import Settings
from almareplay.simulator.faults import Fault
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Loan, Patron, World
from almareplay.transactions import Kind, Transaction
from tests.replay.virtual import KEY, VirtualClock, line_to, replay_virtually

ITEMS, PATRONS = 12, 5
ZONE = ZoneInfo("America/Los_Angeles")
DEFAULT = Settings.model_fields["settle_seconds"].default


def rows(dice: Random) -> list[Transaction]:
    """Each item is returned, lent, returned … so that an effect too many would show."""
    start = datetime(2026, 9, 14, 9, 0, tzinfo=ZONE)
    made: list[Transaction] = []
    lent = {item: item % 2 == 0 for item in range(ITEMS)}
    for minute in range(3 * ITEMS):
        item = dice.randrange(ITEMS)
        kind = Kind.RETURN if lent[item] else Kind.LOAN
        lent[item] = not lent[item]
        patron = f"patron{dice.randrange(PATRONS)}" if kind is Kind.LOAN else ""
        at = start + timedelta(minutes=minute)
        desk = ("MAIN", "DEFAULT_CIRC_DESK", "desk.dat", minute + 1)
        made.append(Transaction(kind, at, False, f"item{item}", patron, *desk))
    return made


def world() -> World:
    """Every second item is on loan since before the outage."""
    before = datetime(2026, 9, 1, 12, 0, tzinfo=ZONE)
    return World(
        patrons=[Patron(f"patron{number}") for number in range(PATRONS)],
        items=[Item(f"item{number}", "MAIN") for number in range(ITEMS)],
        loans=[
            Loan(f"patron{item % PATRONS}", f"item{item}", before, before + timedelta(days=28))
            for item in range(0, ITEMS, 2)
        ],
    )


@pytest.fixture
def queue(new_queue: str) -> Iterator[Queue]:
    with Queue.open(new_queue, create=True) as queue:
        yield queue


def replayed(queue: Queue, seed: int, faults: list[Fault], settle_seconds: float) -> Simulator:
    run, captured = queue.start_run("main"), rows(Random(seed))
    load_file(queue, run, CaptureFile("desk.dat", "0" * 64, ".dat"), captured)
    simulator = Simulator(world(), key=KEY, per_second=0, daily_limit=0, seed=seed)
    simulator.faults.set(faults)
    replay_virtually(
        queue,
        run,
        VirtualClock(),
        line_to(simulator),
        settle_seconds=settle_seconds,
        simulator=simulator,
    )
    return simulator


def effects_in_order(simulator: Simulator) -> dict[str, list[tuple[str, str]]]:
    """What happened to each item, with the patron of a loan."""
    done: dict[str, list[tuple[str, str]]] = {}
    for each in simulator.record.effects:
        if each.type in ("loan", "return", "renew", "scan"):
            patron = each.patron_id if each.type == "loan" else ""
            done.setdefault(each.item_barcode, []).append((each.type, patron))
    return done


def expected(captured: list[Transaction]) -> dict[str, list[tuple[str, str]]]:
    """What the captures say of each item."""
    done: dict[str, list[tuple[str, str]]] = {}
    for row in captured:
        done.setdefault(row.item_barcode, []).append((row.kind.value, row.patron_id))
    return done


def late(seconds: float, probability: float = 0.15) -> Fault:
    return Fault("cut_then_effect", match="any_post", probability=probability, delay=seconds)


SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (0, 2, 3, 4, 5))]


@pytest.mark.parametrize("seed", SEEDS)
def test_effects_up_to_a_minute_late_are_neither_doubled_nor_do_they_undo_anything(
    queue: Queue, seed: int
) -> None:
    faults = [late(seconds) for seconds in (1, 20, 40, 52, 60)]
    simulator = replayed(queue, seed, faults, DEFAULT)
    assert sum(rule["struck"] for rule in simulator.faults.plain()) > 5
    assert effects_in_order(simulator) == expected(rows(Random(seed)))
    outcomes = queries.outcomes(queue, queue.run("main"))
    assert {each.disposition for each in outcomes} == {Disposition.APPLIED}


@pytest.mark.slow
def test_with_a_pause_too_short_they_are(queue: Queue) -> None:
    """What the pause is for: without it the same effects come twice."""
    simulator = replayed(queue, 3, [late(40, 0.6)], settle_seconds=10.0)
    assert effects_in_order(simulator) != expected(rows(Random(3)))


def test_the_pause_counts_from_the_sending(queue: Queue) -> None:
    """An answer that is waited for until the time-out has used up most of the pause."""
    run = queue.start_run("main")
    start = datetime(2026, 9, 14, 9, 0, tzinfo=ZONE)
    row = ("item1", "patron1", "MAIN", "DEFAULT_CIRC_DESK", "desk.dat", 1)
    load_file(
        queue, run, CaptureFile("d", "0" * 64, ".dat"), [Transaction(Kind.LOAN, start, False, *row)]
    )
    simulator = Simulator(world(), key=KEY, per_second=0, daily_limit=0)
    simulator.faults.set([Fault("silence", match="loan", times=1)])
    seconds = replay_virtually(queue, run, VirtualClock(), line_to(simulator), simulator=simulator)
    assert 75 <= seconds < 80
    assert effects_in_order(simulator) == {"item1": [("loan", "patron1")]}
