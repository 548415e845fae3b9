"""Ids that the queue has kept and that are those of another item by now, or of none: no item but
that with the barcode is lent or scanned in, and a row comes to what it would have come to."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from almareplay.alma.responses import ItemIds
from almareplay.outcomes import Outcome, ReportRow
from almareplay.queue import item_ids
from almareplay.queue.errors import QueueError
from almareplay.queue.item_ids import Ids, keep_ids, kept_ids
from almareplay.queue.loading import CaptureFile, load_file
from almareplay.queue.report_rows import report_rows
from almareplay.queue.store import Queue, Run
from almareplay.replay.journal import JournalReader
from almareplay.replay.policy import Guard, OnLoanElsewhere, Policy
from almareplay.simulator import bodies
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Loan, Patron, World
from almareplay.transactions import AlmaInstance, Kind, Transaction
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


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Queue.open(f"sqlite:///{tmp_path / 'q.db'}", create=True) as queue:
        yield Library(queue)


def refusal(code: str, status: int = 400) -> httpx.Response:
    body = {"errorsExist": True, "errorList": {"error": [{"errorCode": code, "errorMessage": ""}]}}
    headers = {"Content-Type": "application/json"}
    return httpx.Response(status, content=json.dumps(body), headers=headers)


def test_ids_that_are_right_are_not_asked_for(library: Library) -> None:
    library.lent(library.book, "ida")
    kept = library.ids_of(library.book)
    rows = library.replays(kept, (RETURN, ""), (LOAN, "ulf"), (RETURN, ""))
    assert [row.outcome for row in rows] == [Outcome.RETURNED, Outcome.LOANED, Outcome.RETURNED]
    assert library.calls() == {"item_loans": 1, "scan_in": 2, "loan": 1}


def test_a_loan_of_an_item_in_its_place_takes_two_calls(library: Library) -> None:
    rows = library.replays(library.ids_of(library.book), (LOAN, "ida"), (RETURN, ""))
    assert [row.outcome for row in rows] == [Outcome.LOANED, Outcome.RETURNED]
    assert library.calls() == {"item_loans": 1, "loan": 1, "scan_in": 1}


def test_unguarded_each_row_takes_one_call(library: Library) -> None:
    library.lent(library.book, "ida")
    kept = library.ids_of(library.book)
    rows = library.replays(kept, (RETURN, ""), (LOAN, "ulf"), (RETURN, ""), policy=UNGUARDED)
    assert [row.outcome for row in rows] == [Outcome.RETURNED, Outcome.LOANED, Outcome.RETURNED]
    assert library.calls() == {"scan_in": 2, "loan": 1}


def test_a_return_of_what_nobody_has_is_sent_once_its_barcode_was_asked_for(
    library: Library,
) -> None:
    (row,) = library.replays(library.ids_of(library.book), (RETURN, ""))
    assert row.outcome is Outcome.NOT_ON_LOAN
    assert library.calls() == {"item_loans": 1, "find_item": 1, "scan_in": 1}


@pytest.mark.parametrize("policy", GUARDED)
@pytest.mark.parametrize("other_is_lent", [False, True])
@pytest.mark.parametrize(
    ("kind", "had_by", "outcome", "effects"),
    [
        (RETURN, "", Outcome.NOT_ON_LOAN, ["scan"]),
        (RETURN, "ida", Outcome.RETURNED, ["return"]),
        (LOAN, "", Outcome.LOANED, ["loan"]),
        (LOAN, "ida", Outcome.RENEWED, ["renew"]),
        (LOAN, "ulf", Outcome.ON_LOAN_TO_OTHER, []),
    ],
)
def test_guarded_the_item_that_had_the_barcode_before_is_never_touched(
    library: Library,
    kind: Kind,
    had_by: str,
    outcome: Outcome,
    effects: list[str],
    other_is_lent: bool,
    policy: Policy,
) -> None:
    library.book.modification_date = library.other.modification_date = LENT.date()
    if had_by:
        library.lent(library.book, had_by)
    if other_is_lent:
        library.lent(library.other, "ida")
    kept = library.ids_of(library.other)
    (row,) = library.replays(kept, (kind, "ida" if kind is LOAN else ""), policy=policy)
    assert row.outcome is outcome
    assert library.effects(library.book) == effects
    assert library.effects(library.other) == []


def test_what_somebody_borrowed_since_is_not_taken_back(library: Library) -> None:
    library.lent(library.book, "ulf", START + timedelta(hours=3))
    (row,) = library.replays(library.ids_of(library.other), (LOAN, "ida"))
    assert row.outcome is Outcome.SUPERSEDED
    assert library.effects(library.book) == []


@pytest.mark.parametrize("left_out", [(), ("item_id",), ("holding_id",), ("item_id", "holding_id")])
def test_what_a_loan_answers_tells_which_item_was_lent(
    library: Library, left_out: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded answers lack some of the ids."""
    whole = bodies.loan_body
    monkeypatch.setattr(
        "almareplay.simulator.circulation.loan_body",
        lambda *args, **how: {k: v for k, v in whole(*args, **how).items() if k not in left_out},
    )
    rows = library.replays(library.ids_of(library.other), (LOAN, "ida"), (RETURN, ""))
    assert [row.outcome for row in rows] == [Outcome.LOANED, Outcome.RETURNED]
    assert library.effects(library.book) == ["loan", "return"]
    assert library.effects(library.other) == []
    assert kept_ids(library.queue, library.run, HERE, "book") == library.ids_of(library.book)


def test_many_ids_are_stored_while_they_are_found(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[int] = []
    real = item_ids.keep_ids

    def keep(queue: Queue, run: Run, alma: AlmaInstance, found: dict[str, Ids]) -> None:
        stored.append(len(found))
        real(queue, run, alma, found)

    monkeypatch.setattr(item_ids, "keep_ids", keep)
    with JournalReader(library.queue, library.run, HERE) as journal:
        for number in range(450):
            journal.keep_ids(f"i{number}", ItemIds("99", "22", f"23{number}"))
    assert stored == [200, 200, 50]
    assert kept_ids(library.queue, library.run, HERE, "i449") == ("99", "22", "23449")


def test_rows_after_a_refused_loan_are_of_the_item_with_the_barcode(library: Library) -> None:
    library.alma.world.patrons[0].status = "INACTIVE"
    kept = library.ids_of(library.other)
    rows = library.replays(kept, (LOAN, "ida"), (RETURN, ""), (LOAN, "ulf"), (RETURN, ""))
    assert [row.outcome for row in rows] == [
        Outcome.PATRON_INACTIVE,
        Outcome.NOT_ON_LOAN,
        Outcome.LOANED,
        Outcome.RETURNED,
    ]
    assert library.effects(library.other) == []


@pytest.mark.parametrize("policy", [Policy(), UNGUARDED])
def test_a_patron_id_with_a_slash_is_lent_to_by_ids_that_are_certain(
    library: Library, policy: Policy
) -> None:
    (row,) = library.replays(library.ids_of(library.other), (LOAN, "dept/7"), policy=policy)
    assert row.outcome is Outcome.LOANED
    assert library.effects(library.other) == []


def test_first_returned_for_another_patron_is_the_item_with_the_barcode(library: Library) -> None:
    library.lent(library.book, "ulf")
    policy = Policy(on_loan_elsewhere=OnLoanElsewhere.RETURN_FIRST)
    (row,) = library.replays(library.ids_of(library.other), (LOAN, "ida"), policy=policy)
    assert row.outcome is Outcome.LOANED
    assert library.effects(library.book) == ["return", "loan"]
    assert library.effects(library.other) == []


@pytest.mark.parametrize("other_is_lent", [False, True])
def test_unguarded_a_scan_of_another_item_is_told_and_the_right_one_scanned(
    library: Library, other_is_lent: bool
) -> None:
    """Without a look nothing shows it before; the answer to the scan has the other's barcode."""
    library.lent(library.book, "ida")
    if other_is_lent:
        library.lent(library.other, "ulf")
    kept = library.ids_of(library.other)
    rows = library.replays(kept, (RETURN, ""), (LOAN, "ulf"), policy=UNGUARDED)
    assert [row.outcome for row in rows] == [Outcome.RETURNED, Outcome.LOANED]
    assert library.effects(library.book) == ["return", "loan"]
    assert library.effects(library.other) == ["return" if other_is_lent else "scan"]
    assert rows[0].note == (
        "item other was scanned in by mistake, as it had this barcode before: see that it is where "
        "it belongs, and lend it again to whoever has it"
    )
    assert kept_ids(library.queue, library.run, HERE, "book") == library.ids_of(library.book)


@pytest.mark.parametrize("policy", [*GUARDED, UNGUARDED])
@pytest.mark.parametrize("kind", [LOAN, RETURN])
@pytest.mark.parametrize("moved", ["record", "holding"])
def test_ids_that_alma_no_longer_knows_are_found_anew(
    library: Library, moved: str, kind: Kind, policy: Policy
) -> None:
    library.book.modification_date = LENT.date()
    if kind is RETURN:
        library.lent(library.book, "ida")
    mms_id, _, pid = library.ids_of(library.book)
    kept = GONE if moved == "record" else (mms_id, "2299", pid)
    (row,) = library.replays(kept, (kind, "ida" if kind is LOAN else ""), policy=policy)
    assert row.outcome is (Outcome.LOANED if kind is LOAN else Outcome.RETURNED)
    assert library.calls()["find_item"] == (policy is not UNGUARDED or kind is RETURN)
    assert len(library.effects(library.book)) == 1
    assert kept_ids(library.queue, library.run, HERE, "book") == library.ids_of(library.book)


@pytest.mark.parametrize(
    "answer", [refusal("401652"), refusal("60340"), httpx.Response(404, text="Not Found")]
)
def test_whatever_alma_says_of_the_loans_of_ids_that_are_no_more(
    library: Library, answer: httpx.Response
) -> None:
    """Documented is a general error only, which is what Alma says when it is down as well."""
    library.lent(library.book, "ida")
    library.answers["GET"] = answer
    (row,) = library.replays(GONE, (RETURN, ""))
    assert row.outcome is Outcome.RETURNED
    assert library.calls()["find_item"] == 1


def test_a_holding_that_only_a_scan_minds_is_found_anew(library: Library) -> None:
    """A read may do with a wrong holding, a scan does not."""
    library.lent(library.book, "ida")
    mms_id, _, pid = library.ids_of(library.book)
    (loan,) = library.alma.world.loans
    item_loan: dict[str, Any] = {
        "loan_id": loan.loan_id,
        "user_id": "ida",
        "item_barcode": "book",
        "loan_date": f"{LENT:%Y-%m-%dT%H:%M:%SZ}",
        "item_id": pid,
    }
    found = {"item_loan": [item_loan], "total_record_count": 1}
    library.answers["GET"] = httpx.Response(200, json=found)
    (row,) = library.replays((mms_id, "2299", pid), (RETURN, ""))
    assert row.outcome is Outcome.RETURNED
    assert library.effects(library.book) == ["return"]


def test_an_item_that_is_gone_from_alma_is_not_found(library: Library) -> None:
    library.alma.world._items.pop("book")
    library.alma.world._items_by_pid.pop(library.book.pid)
    rows = library.replays(library.ids_of(library.book), (RETURN, ""), (LOAN, "ida"))
    assert [row.outcome for row in rows] == [Outcome.ITEM_NOT_FOUND, Outcome.ITEM_NOT_FOUND]


def test_ids_that_cannot_be_stored_end_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise QueueError("The disk is full.")

    monkeypatch.setattr(item_ids, "keep_ids", fails)
    caplog.set_level(logging.INFO, "almareplay.replay")
    (row,) = library.replays(None, (RETURN, ""))
    assert row.outcome is Outcome.NOT_ON_LOAN
    assert "ids were not kept (items: 1): QueueError" in caplog.text
