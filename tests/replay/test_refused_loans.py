"""Loans that Alma refuses for what their patrons have, as long as an earlier return may lift it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from almareplay.outcomes import Outcome
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.reading import queries
from almareplay.queue.store import Queue
from almareplay.replay.policy import Guard, Policy
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Loan, Patron, World
from almareplay.transactions import Kind, Transaction
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
        run = queue.start_run("main")
        load_file(queue, run, CaptureFile("desk.dat", "0" * 64, ".dat"), captured())
        seconds = replay_virtually(
            *(queue, run, VirtualClock(), noted),
            policy=Policy(guard=Guard.OFF),
            simulator=simulator,
            per_second=PER_SECOND,
        )
        outcomes = queries.outcomes(queue, run)
    assert outcomes == {
        Outcome.RETURNED: 1,
        Outcome.LOANED: 1,
        Outcome.PATRON_LIMIT: PATRONS - 1,
    }
    # Twice for each loan: before the return was done, and after the first loan was.
    assert sum(path.endswith("/loans") for path in calls) <= 3 * PATRONS
    assert seconds < 8 * LATENCY < PATRONS * LATENCY
