"""A run whose kept ids are those of another item by now, or of none."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx

from almareplay.outcomes import ReportRow
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.reading.report_rows import report_rows
from almareplay.queue.replaying.item_ids import Ids, keep_ids
from almareplay.queue.store import Queue, Run
from almareplay.replay.policy import Guard, Policy
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Loan, Patron, World
from almareplay.transactions import Kind, Transaction
from tests.replay.virtual import HERE, KEY, VirtualClock, line_to, replay_virtually

LOAN, RETURN = Kind.LOAN, Kind.RETURN
START = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
LENT = START - timedelta(days=9)
GONE: Ids = ("9999", "2299", "2399")
UNGUARDED = Policy(guard=Guard.OFF)
GUARDED = [Policy(), Policy(guard=Guard.FULL), Policy(reopened_at=START + timedelta(days=3))]


class Library:
    """A run of a few rows, and an Alma in which ``book`` has the barcode that they name; ``other``
    had it when the ids were found."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.run: Run = queue.start_run("main")
        self.book, self.other = Item("book", "MAIN"), Item("other", "MAIN")
        world = World(
            patrons=[Patron("ida"), Patron("ulf"), Patron("dept/7")], items=[self.book, self.other]
        )
        self.alma = Simulator(world, key=KEY, per_second=0, daily_limit=0)
        self.clock = VirtualClock()
        # What a call by the ids that are kept meets, by method; as in Alma where none is named.
        self.answers: dict[str, httpx.Response] = {}

    def lent(self, item: Item, patron: str, at: datetime = LENT) -> None:
        self.alma.world.add_loan(Loan(patron, item.barcode, at, at + timedelta(days=28)))

    def ids_of(self, item: Item) -> Ids:
        return item.mms_id, item.holding_id, item.pid

    def replays(
        self, kept: Ids | None, *rows: tuple[Kind, str], policy: Policy | None = None
    ) -> list[ReportRow]:
        """Replay rows of the book, whose ids are kept to be these; a clock's minute is a row's."""
        captured = [
            Transaction(
                kind, START + timedelta(minutes=10 * number), False, "book", patron,
                "MAIN", "DEFAULT_CIRC_DESK", "desk.dat", number + 1,
            )
            for number, (kind, patron) in enumerate(rows)
        ]  # fmt: skip
        load_file(self.queue, self.run, CaptureFile("desk.dat", "0" * 64, ".dat"), captured)
        if kept is not None:
            keep_ids(self.queue, self.run, HERE, {"book": kept})
        through = line_to(self.alma)

        async def line(request: httpx.Request) -> httpx.Response:
            is_kept = kept is not None and f"/{kept[1]}/items/{kept[2]}" in request.url.path
            if is_kept and request.method in self.answers:
                return self.answers[request.method]
            return await through(request)

        replay_virtually(self.queue, self.run, self.clock, line, simulator=self.alma, policy=policy)
        return list(report_rows(self.queue, self.run))

    def effects(self, item: Item) -> list[str]:
        mine = (each for each in self.alma.record.effects if each.item_barcode == item.barcode)
        return [each.type for each in mine]

    def calls(self) -> Counter[str]:
        return Counter(request.operation for request in self.alma.record.requests)


def refusal(code: str, status: int = 400) -> httpx.Response:
    body = {"errorsExist": True, "errorList": {"error": [{"errorCode": code, "errorMessage": ""}]}}
    headers = {"Content-Type": "application/json"}
    return httpx.Response(status, content=json.dumps(body), headers=headers)
