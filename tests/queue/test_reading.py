"""What a run holds, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from almareplay.outcomes import Outcome, Result
from almareplay.queue import reading
from almareplay.queue.hold import take_hold
from almareplay.queue.journal import Call, store_intent, store_result
from almareplay.queue.reading import Work

if TYPE_CHECKING:
    from tests.queue.conftest import Station

EVERY = [outcome for outcome in Outcome if outcome is not Outcome.PENDING]


@pytest.fixture
def replayed(station: Station) -> Station:
    """A run with a row of every outcome: row 1 has the first of EVERY, and so on."""
    station.load(*(f"12:00 L i{n} p{n}" for n, _ in enumerate(EVERY, start=1)))
    hold = take_hold(station.queue, station.run)
    for row, outcome in enumerate(EVERY, start=1):
        intent = store_intent(station.queue, hold, row, Call.LOAN, None)
        result = Result(outcome, "401", "words", "E02", "71", destination="shelf", note="a note")
        store_result(station.queue, hold, row, result, intent=intent)
    return station


def test_outcomes_are_counted_in_their_order(replayed: Station) -> None:
    replayed.load("12:01 L a p", "12:01 L b p", file="more.dat")
    counts = reading.outcomes(replayed.queue, replayed.run)
    assert counts == {outcome: 1 if outcome in EVERY else 2 for outcome in Outcome}
    assert list(counts) == list(Outcome)


def test_what_is_left_to_do(station: Station) -> None:
    assert reading.work_left(station.queue, station.run) == Work(0, 0, 0, 0)
    station.load("12:00 L i1 p1", "12:05 R I1", "12:00 L i2 p1", "bad", "12:00 L i2 p1")
    hold = take_hold(station.queue, station.run)
    store_intent(station.queue, hold, 1, Call.LOAN, None)
    work = reading.work_left(station.queue, station.run)
    assert work == Work(loans=2, returns=1, items=2, lost_answers=1)
    assert work.rows == 3


def test_places_are_those_of_the_rows_to_be_posted(station: Station) -> None:
    station.load("12:00 L i1 p1", "12:00 L i2 p1", "bad", "12:00 L i3 p1")
    hold = take_hold(station.queue, station.run)
    store_result(station.queue, hold, 1, Result(Outcome.LOANED))
    assert reading.places(station.queue, station.run) == {("MAIN", "FRONT"): 2}


def test_the_report_joins_what_there_is_to_note(station: Station) -> None:
    station.load("12:00 L i1 p1")
    station.load("12:00 R i1", file="annex.dat")
    hold = take_hold(station.queue, station.run)
    store_result(station.queue, hold, 2, Result(Outcome.NOT_ON_LOAN, note="a note"))
    returned, lent = station.report()
    assert returned.note == "a note; the order of this item's rows within the minute is a guess"
    assert lent.note == "the order of this item's rows within the minute is a guess"
    assert lent.advice == Outcome.PENDING.advice
