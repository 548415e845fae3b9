"""Answers that are about another item, patron or loan than was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from almareplay.outcomes import Outcome, ReportRow
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.reading.report_rows import report_rows
from almareplay.queue.store import Queue
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Loan, Patron, World
from almareplay.transactions import Kind, Transaction
from tests.replay.virtual import KEY, VirtualClock, line_to, replay_virtually

ZONE = ZoneInfo("America/Los_Angeles")
START = datetime(2026, 9, 14, 9, 0, tzinfo=ZONE)
DESK = ("MAIN", "DEFAULT_CIRC_DESK", "desk.dat")


@pytest.fixture
def queue(new_queue: str) -> Iterator[Queue]:
    with Queue.open(new_queue, create=True) as queue:
        yield queue


@pytest.fixture
def alma() -> Simulator:
    before = START - timedelta(days=9)
    world = World(
        patrons=[Patron("ida", {"BARCODE": "2101"}), Patron("ulf", {"BARCODE": "2102"})],
        items=[Item(f"item{number}", "MAIN") for number in (1, 2, 3)],
        loans=[Loan("ida", "item3", before, before + timedelta(days=28))],
    )
    return Simulator(world, key=KEY, per_second=0, daily_limit=0)


def captured(minute: int, kind: Kind, item: str, patron: str = "") -> Transaction:
    at = START + timedelta(minutes=minute)
    return Transaction(kind, at, False, item, patron, *DESK, minute + 1)


def replayed(
    queue: Queue, alma: Simulator, tamper: Callable[[dict[str, Any]], None], *rows: Transaction
) -> list[ReportRow]:
    """Replay rows; the answer to the last row's first call that writes is tampered with."""
    run = queue.start_run("main")
    load_file(queue, run, CaptureFile("desk.dat", "0" * 64, ".dat"), list(rows))
    through, last = line_to(alma), rows[-1]
    done: list[httpx.Request] = []

    async def line(request: httpx.Request) -> httpx.Response:
        answer = await through(request)
        await answer.aread()
        body = json.loads(answer.content) if answer.content.startswith(b"{") else {}
        about = body.get("item_barcode") or body.get("item_data", {}).get("barcode")
        if request.method != "POST" or about != last.item_barcode or done:
            return answer
        done.append(request)
        tamper(body)
        headers = {"Content-Type": "application/json", "Date": answer.headers["Date"]}
        return httpx.Response(200, json=body, headers=headers)

    replay_virtually(queue, run, VirtualClock(), line, simulator=alma)
    assert len(done) == 1
    return list(report_rows(queue, run))


def effects(alma: Simulator, item: str) -> list[str]:
    return [each.type for each in alma.record.effects if each.item_barcode == item]


def test_a_loan_of_another_item_is_looked_for_and_found(queue: Queue, alma: Simulator) -> None:
    def tamper(body: dict[str, Any]) -> None:
        body.update(item_barcode="item2", loan_id="9999")

    (row,) = replayed(queue, alma, tamper, captured(0, Kind.LOAN, "item1", "ida"))
    loan = alma.world.loans_of_item(alma.world.items[0])[0]
    assert (row.outcome, row.loan_id) == (Outcome.LOANED, loan.loan_id)
    assert effects(alma, "item1") == ["loan"]


def test_a_loan_to_another_patron_is_looked_for_and_found(queue: Queue, alma: Simulator) -> None:
    """Both cards have led to a patron before: this answer is the other one's."""
    rows = [
        captured(0, Kind.LOAN, "item1", "2101"),
        captured(1, Kind.LOAN, "item2", "2102"),
        captured(2, Kind.RETURN, "item2"),
        captured(3, Kind.LOAN, "item2", "2102"),
    ]

    def tamper(body: dict[str, Any]) -> None:
        body.update(user_id="ida", loan_id="9999")

    told = replayed(queue, alma, tamper, *rows[:2])
    loan = alma.world.active_loan(alma.world.items[1])
    assert loan is not None
    assert (told[1].outcome, told[1].loan_id) == (Outcome.LOANED, loan.loan_id)
    assert effects(alma, "item2") == ["loan"]


def test_a_renewal_of_another_loan_is_looked_for_and_found(queue: Queue, alma: Simulator) -> None:
    def tamper(body: dict[str, Any]) -> None:
        body.update(loan_id="9999")

    (row,) = replayed(queue, alma, tamper, captured(0, Kind.LOAN, "item3", "ida"))
    assert (row.outcome, row.loan_id) == (Outcome.RENEWED, alma.world.loans[0].loan_id)
    assert effects(alma, "item3") == ["renew"]


def test_a_scan_of_another_item_is_looked_for_and_found(queue: Queue, alma: Simulator) -> None:
    def tamper(body: dict[str, Any]) -> None:
        body["item_data"].update(pid="9999", barcode="item2")

    (row,) = replayed(queue, alma, tamper, captured(0, Kind.RETURN, "item3"))
    assert row.outcome is Outcome.RETURNED
    assert row.note == "Alma's answer was lost; reading Alma showed that it was done"
    assert effects(alma, "item3") == ["return"]


def test_a_renewal_that_did_not_happen_is_refused_although_alma_says_200(
    queue: Queue, alma: Simulator
) -> None:
    before = alma.world.loans[0].due_date

    def tamper(body: dict[str, Any]) -> None:
        body.pop("last_renew_date")
        body.update(due_date=f"{before:%Y-%m-%dT%H:%M:%S}Z")
        body["last_renew_status"] = {"value": "401822;", "desc": "Not renewed: item is requested"}

    alma.world.loans[0].due_date = before.astimezone(ZoneInfo("UTC"))
    before = alma.world.loans[0].due_date
    (row,) = replayed(queue, alma, tamper, captured(0, Kind.LOAN, "item3", "ida"))
    assert (row.outcome, row.alma_code) == (Outcome.REFUSED, "401822")
    assert row.alma_message == "Not renewed: item is requested"
