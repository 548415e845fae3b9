"""What is still to be done about rows that have their outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from almareplay.outcomes import Outcome, Result
from almareplay.queue.errors import HoldLost
from almareplay.queue.reading import queries
from almareplay.queue.replaying.attempts import Fate, Write, store_fate, store_intent
from almareplay.queue.replaying.follow_ups import (
    Fine,
    FollowUp,
    Task,
    fines_of_row,
    open_follow_ups,
    store_done,
    store_fines,
)
from almareplay.queue.replaying.hold import Hold, release_hold, take_hold
from almareplay.queue.replaying.journal import store_result
from tests.reasons import said

if TYPE_CHECKING:
    from tests.queue.conftest import Station

NOON = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DUE_DATE = FollowUp(Task.DUE_DATE, "ida", "71", NOON, NOON, NOON + 28 * DAY, NOON + 14 * DAY)
FINE = FollowUp(Task.FINE, "ida", "71", NOON, NOON, NOON - DAY)


@pytest.fixture
def hold(station: Station) -> Hold:
    station.load("12:00 L i1 p1", "12:02 R i2", "12:03 R i3")
    return take_hold(station.queue, station.run)


def _settled(station: Station, hold: Hold, row: int, *what: FollowUp) -> None:
    intent = store_intent(station.queue, hold, row, Write.SCAN_IN, NOON, loan_id="71")
    result = Result(Outcome.RETURNED, notes=said("first"))
    store_result(station.queue, hold, row, result, intent=intent, follow_ups=what)


def test_what_is_stored_with_an_outcome_stays_open_until_it_is_done(
    station: Station, hold: Hold
) -> None:
    _settled(station, hold, 2, FINE)
    _settled(station, hold, 1, DUE_DATE)
    first, second = open_follow_ups(station.queue, station.run)
    assert (first.row.row, first.what, second.row.row, second.what) == (2, FINE, 1, DUE_DATE)
    assert [each.what for each in open_follow_ups(station.queue, station.run, 1)] == [DUE_DATE]
    assert open_follow_ups(station.queue, station.run, 3) == []
    work = queries.work_left(station.queue, station.run)
    assert (work.rows, work.follow_ups) == (1, 2)
    due = NOON + 20 * DAY
    store_done(station.queue, hold, second, notes=said("set back"), due_date=due)
    store_done(station.queue, hold, first, notes=())
    assert open_follow_ups(station.queue, station.run) == []
    assert queries.work_left(station.queue, station.run).follow_ups == 0
    report = {row.row: row for row in station.report()}
    assert (report[1].note, report[1].due_date) == ("first; set back", due)
    assert (report[2].note, report[2].due_date) == ("first", None)


def test_what_a_lost_answer_has_left_to_do_is_stored_once(station: Station, hold: Hold) -> None:
    intent = store_intent(station.queue, hold, 1, Write.SCAN_IN, NOON, loan_id="71")
    for _ in range(2):  # by the process that lost the run as well
        store_fate(station.queue, station.run, intent, Fate.DONE, follow_ups=[FINE])
    assert [each.what for each in open_follow_ups(station.queue, station.run)] == [FINE]


def test_fines_are_known_by_their_id(station: Station, hold: Hold) -> None:
    _settled(station, hold, 2, FINE)
    (task,) = open_follow_ups(station.queue, station.run)
    fine = Fine("98", Decimal("0.30"), "USD", "whole")
    store_fines(station.queue, hold, task, [fine, replace(fine, fee_id="99", wrong="part")])
    waived = replace(fine, waived_at=NOON)
    store_fines(station.queue, hold, task, [waived])
    found = sorted(fines_of_row(station.queue, station.run, 2), key=lambda each: each.fee_id)
    assert found == [waived, replace(fine, fee_id="99", wrong="part")]
    assert fines_of_row(station.queue, station.run, 1) == []


def test_who_has_lost_the_run_stores_nothing(station: Station, hold: Hold) -> None:
    _settled(station, hold, 2, FINE)
    (task,) = open_follow_ups(station.queue, station.run)
    release_hold(station.queue, hold)
    take_hold(station.queue, station.run)
    with pytest.raises(HoldLost):
        store_done(station.queue, hold, task, notes=said("too late"))
    with pytest.raises(HoldLost):
        store_fines(station.queue, hold, task, [Fine("98", Decimal(1), "USD", "whole")])
    assert [each.what for each in open_follow_ups(station.queue, station.run)] == [FINE]
    assert fines_of_row(station.queue, station.run, 2) == []
