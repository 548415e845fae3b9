"""What a rehearsal keeps in memory."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import respx

from almareplay.alma.client import AlmaReader, open_transport
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.store import Queue
from almareplay.replay.journal import JournalReader
from almareplay.replay.policy import Policy
from almareplay.replay.rehearsal.rehearse import Rehearsal, rehearse
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Patron, World
from almareplay.transactions import Kind, Transaction
from tests.alma.fake_alma import first_byte_leaves
from tests.replay.virtual import HERE, KEY, URL, line_to


def test_each_lane_is_closed_when_the_last_row_of_its_item_is_forecast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    close_lane = JournalReader.close_lane

    def closing(journal: JournalReader, item_key: str) -> None:
        closed.append(item_key)
        close_lane(journal, item_key)

    monkeypatch.setattr(JournalReader, "close_lane", closing)
    found = _rehearsed(tmp_path / "queue.db")
    assert len(found.predictions) == 5
    assert closed == ["item1", "item0", "item2"]


def _rehearsed(queue_file: Path) -> Rehearsal:
    """A rehearsal of loans and returns of three items."""
    begin = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
    rows = [
        Transaction(
            *(kind, begin + timedelta(minutes=line), False, f"item{item}", "patron"),
            *("MAIN", "DEFAULT_CIRC_DESK", "desk.dat", line),
        )
        for line, (kind, item) in enumerate(
            [
                (Kind.LOAN, 0),
                (Kind.LOAN, 1),
                (Kind.RETURN, 1),
                (Kind.RETURN, 0),
                (Kind.LOAN, 2),
            ],
            start=1,
        )
    ]
    world = World(patrons=[Patron("patron")], items=[Item(f"item{n}", "MAIN") for n in range(3)])
    line = line_to(Simulator(world, key=KEY, per_second=0, daily_limit=0))

    async def leaves(request: httpx.Request) -> httpx.Response:
        await first_byte_leaves(request)
        return await line(request)

    async def run() -> Rehearsal:
        async with open_transport(URL, KEY, per_second=1000, reserve=0) as transport:
            return await rehearse(
                queue,
                queue.run("main"),
                AlmaReader(transport),
                Policy(),
                instance=HERE,
                stopping=asyncio.Event(),
                on_read=lambda: None,
            )

    with (
        respx.mock(assert_all_called=False) as router,
        Queue.open(f"sqlite:///{queue_file}", create=True) as queue,
    ):
        router.route().mock(side_effect=leaves)
        file = CaptureFile("desk.dat", "0" * 64, ".dat")
        load_file(queue, queue.start_run("main"), file, iter(rows))
        return asyncio.run(run())
