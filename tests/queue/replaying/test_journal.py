"""What a replay reads and writes: rows in order, intents and fates, what the run did to an item."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from almareplay.outcomes import Outcome, Result
from almareplay.queue.replaying.attempts import Fate, Write, attempts_of, store_fate, store_intent
from almareplay.queue.replaying.hold import Hold, take_hold
from almareplay.queue.replaying.journal import lane_history, pending_rows, store_result
from tests.reasons import said

if TYPE_CHECKING:
    from tests.queue.conftest import Station

NOON = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def hold(station: Station) -> Hold:
    return take_hold(station.queue, station.run)


def test_pending_rows_come_in_replay_order_page_by_page(station: Station) -> None:
    station.load("12:03 L i1 p1", "12:01 R i2", "bad", "12:00 L i3 p1", "12:01 R i2")
    station.load("12:02:30 L i4 p1", "12:01 L i5 p2", file="annex.dat")
    first = pending_rows(station.queue, station.run, after=None, limit=2)
    rest = pending_rows(station.queue, station.run, after=first[-1].order, limit=9)
    assert [row.row for row in first] == [4, 2]
    assert [row.row for row in rest] == [7, 6, 1]
    assert pending_rows(station.queue, station.run, after=rest[-1].order, limit=9) == []


def test_a_row_is_what_was_captured(station: Station) -> None:
    station.load("12:00:30 L Item1 Patron1")
    (row,) = station.pending()
    assert row.captured_at == NOON + timedelta(seconds=30)
    assert (row.item_barcode, row.item_key, row.patron_id) == ("Item1", "item1", "Patron1")
    assert (row.library, row.circ_desk) == ("MAIN", "FRONT")


def test_an_intent_is_on_disk_before_its_fate(station: Station, hold: Hold) -> None:
    station.load("12:00 L i1 p1")
    intent = store_intent(
        station.queue, hold, 1, Write.RENEW, NOON, loan_id="71", due_date=NOON, last_renew_date=NOON
    )
    assert attempts_of(station.queue, station.run, 1) == [(intent, None)]
    assert (intent.loan_id, intent.due_date, intent.alma_time) == ("71", NOON, NOON)
    store_fate(station.queue, station.run, intent, Fate.NO_EFFECT)
    again = store_intent(station.queue, hold, 1, Write.LOAN, None)
    assert again.loan_id is None
    assert attempts_of(station.queue, station.run, 1) == [(intent, Fate.NO_EFFECT), (again, None)]


def test_nobody_had_looked_is_not_no_loan(station: Station, hold: Hold) -> None:
    station.load("12:00 R i1")
    for loan_id in (None, ""):
        store_intent(station.queue, hold, 1, Write.SCAN_IN, NOON, loan_id=loan_id)
    made = attempts_of(station.queue, station.run, 1)
    assert [intent.loan_id for intent, _ in made] == [None, ""]


def test_an_outcome_is_stored_with_all_that_alma_said(station: Station, hold: Hold) -> None:
    station.load("12:00 R i1")
    intent = store_intent(station.queue, hold, 1, Write.SCAN_IN, NOON, loan_id="71")
    result = Result(
        Outcome.RETURNED,
        alma_code="0",
        alma_message="words",
        tracking_id="E02-1",
        loan_id="71",
        due_date=NOON,
        destination="hold shelf",
        notes=said("a note"),
    )
    store_result(station.queue, hold, 1, result, intent=intent)
    (row,) = station.report()
    assert (row.outcome, row.alma_code, row.alma_message) == (Outcome.RETURNED, "0", "words")
    assert (row.tracking_id, row.loan_id, row.due_date) == ("E02-1", "71", NOON)
    assert (row.destination, row.note, row.attempts) == ("hold shelf", "a note", 1)
    assert row.completed_at is not None and row.completed_at.utcoffset() == timedelta(0)
    assert attempts_of(station.queue, station.run, 1) == [(intent, Fate.DONE)]
    assert station.pending() == []


def test_an_item_remembers_what_the_run_did_to_it(station: Station, hold: Hold) -> None:
    station.load(
        "12:00 R i1",
        "12:02 L I1 p1",
        "12:04 R i1",
        "12:06 L i1 p2",
        "12:08 R i1",
        "12:08 R i1",
        "12:00 L other p9",
    )
    for row, call, result in (
        (1, Write.SCAN_IN, Result(Outcome.RETURNED)),
        (2, Write.LOAN, Result(Outcome.LOANED, loan_id="82")),
        (3, Write.SCAN_IN, Result(Outcome.UNCERTAIN)),
        (7, Write.LOAN, Result(Outcome.LOANED, loan_id="99")),
    ):
        intent = store_intent(station.queue, hold, row, call, NOON, loan_id=f"before {row}")
        store_result(station.queue, hold, row, result, intent=intent)
    store_result(station.queue, hold, 4, Result(Outcome.HELD_BACK))
    history = lane_history(station.queue, station.run, "i1")
    orders = {row.row: row.order for row in station.pending()}
    assert list(orders) == [5]
    assert history.loans == {"82": NOON + timedelta(minutes=2)}
    assert history.closed == {"before 1", "before 3"}
    assert history.settled is not None and history.settled[1] == 2
    assert [row for _, row in history.unresolved] == [3, 4]
    assert history.unresolved[-1][0] < orders[5]


def test_a_refused_call_closed_nothing(station: Station, hold: Hold) -> None:
    station.load("12:00 R i1")
    intent = store_intent(station.queue, hold, 1, Write.SCAN_IN, NOON, loan_id="71")
    refused = Result(Outcome.REFUSED)
    store_result(station.queue, hold, 1, refused, intent=intent, fate=Fate.REFUSED)
    history = lane_history(station.queue, station.run, "i1")
    assert (history.closed, history.settled, history.unresolved) == (set(), None, [])
