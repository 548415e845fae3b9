"""A replay while a share of all calls fails before its effect, reads and writes alike."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from almareplay.outcomes import Disposition, Outcome
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.reading import queries
from almareplay.queue.store import Queue
from almareplay.simulator.faults import Fault
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Patron, World
from almareplay.transactions import Kind, Transaction
from tests.replay.virtual import KEY, VirtualClock, line_to, replay_virtually

ITEMS = 40
ROWS = 2 * ITEMS
PATRONS = 23
START = datetime(2026, 9, 14, 9, 0, tzinfo=ZoneInfo("America/Los_Angeles"))


def rows() -> list[Transaction]:
    """Every item is lent, and all of them are returned in the order in which they were lent."""
    lent = [(Kind.LOAN, item, f"patron{item % PATRONS}") for item in range(ITEMS)]
    returned = [(Kind.RETURN, item, "") for item in range(ITEMS)]
    return [
        Transaction(
            *(kind, START + timedelta(minutes=line), False, f"item{item}", patron),
            *("MAIN", "DEFAULT_CIRC_DESK", "desk.dat", line),
        )
        for line, (kind, item, patron) in enumerate(lent + returned, start=1)
    ]


class Replayed(NamedTuple):
    """What came of a replay: its seconds, the outcomes with their numbers, and the stand-in."""

    seconds: float
    outcomes: dict[Outcome, int]
    simulator: Simulator


def replayed(queue_file: Path, share: float) -> Replayed:
    """Replay the rows while this share of the calls fails."""
    world = World(
        patrons=[Patron(f"patron{number}") for number in range(PATRONS)],
        items=[Item(f"item{number}", "MAIN") for number in range(ITEMS)],
    )
    simulator = Simulator(world, key=KEY, per_second=0, daily_limit=0, latency=0.3, seed=1)
    half = share / 2
    simulator.faults.set(
        [
            Fault("http_5xx", status=503, body="text", probability=half),
            # Asked only where the first does not strike.
            Fault("cut_before", probability=half / (1 - half)),
        ]
    )
    with Queue.open(f"sqlite:///{queue_file}", create=True) as queue:
        run = queue.start_run("main")
        load_file(queue, run, CaptureFile("desk.dat", "0" * 64, ".dat"), rows())
        seconds = replay_virtually(
            *(queue, run, VirtualClock(), line_to(simulator)),
            settle_seconds=0.3,  # what is measured are the calls
            simulator=simulator,
        )
        return Replayed(seconds, queries.outcomes(queue, run), simulator)


@pytest.mark.parametrize(
    ("share", "at_most"), [pytest.param(0.15, 2.0, marks=pytest.mark.slow), (0.33, 4.0)]
)
def test_a_replay_goes_on_while_others_are_answered_and_does_everything_once(
    tmp_path: Path, share: float, at_most: float
) -> None:
    alone = replayed(tmp_path / "alone.db", 0.0)
    run = replayed(tmp_path / "half-alive.db", share)
    assert sum(rule["struck"] for rule in run.simulator.faults.plain()) > share * ROWS
    assert run.seconds <= at_most * alone.seconds
    done: dict[str, list[str]] = defaultdict(list)
    for effect in run.simulator.record.effects:
        done[effect.item_barcode].append(effect.type)
    assert {tuple(types) for types in done.values()} <= {("loan",), ("loan", "return")}
    assert sum(run.outcomes.values()) == ROWS
    # A write that fails five times by chance is left to staff, and what follows it.
    applied = sum(n for each, n in run.outcomes.items() if each.disposition is Disposition.APPLIED)
    assert applied == sum(len(types) for types in done.values()) >= ROWS - 6
