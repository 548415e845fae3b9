"""What a run holds, for people; and second tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from almareplay.outcomes import Disposition, Outcome, Result
from almareplay.queue import reading
from almareplay.queue.errors import NotRetryable
from almareplay.queue.hold import take_hold
from almareplay.queue.journal import Call, store_intent, store_result
from almareplay.queue.reading import Work

if TYPE_CHECKING:
    from tests.queue.conftest import Station

EVERY = [outcome for outcome in Outcome if outcome is not Outcome.PENDING]
RETRYABLE = {
    outcome
    for outcome in Outcome
    if outcome.disposition in (Disposition.ATTENTION, Disposition.UNRESOLVED)
}


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


def test_a_retry_takes_what_staff_or_time_can_mend(replayed: Station) -> None:
    assert reading.retry(replayed.queue, replayed.run) == len(RETRYABLE)
    pending = {EVERY[row - 1] for row, now in replayed.outcomes().items() if now is Outcome.PENDING}
    assert pending == RETRYABLE
    assert reading.retry(replayed.queue, replayed.run) == 0


def test_a_retried_row_is_as_new_but_for_its_attempts(replayed: Station) -> None:
    number = EVERY.index(Outcome.PATRON_BLOCKED) + 1
    assert reading.retry(replayed.queue, replayed.run, rows=[number]) == 1
    row = next(row for row in replayed.report() if row.row == number)
    assert row.outcome is Outcome.PENDING
    assert (row.alma_code, row.alma_message, row.tracking_id, row.loan_id) == ("", "", "", "")
    assert (row.destination, row.note, row.completed_at, row.attempts) == ("", "", None, 1)


def test_a_retry_by_outcome_and_by_row(replayed: Station) -> None:
    limit, gone = (EVERY.index(each) + 1 for each in (Outcome.PATRON_LIMIT, Outcome.UNAVAILABLE))
    changed = reading.retry(
        replayed.queue, replayed.run, outcomes=[Outcome.PATRON_LIMIT], rows=[gone]
    )
    assert changed == 2
    assert {row.row for row in replayed.pending()} == {limit, gone}


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - RETRYABLE))
def test_what_is_settled_is_not_retried(replayed: Station, outcome: Outcome) -> None:
    with pytest.raises(NotRetryable, match=outcome):
        reading.retry(replayed.queue, replayed.run, outcomes=[outcome])
    if outcome in EVERY:
        row = EVERY.index(outcome) + 1
        blocked = EVERY.index(Outcome.PATRON_BLOCKED) + 1
        with pytest.raises(NotRetryable, match=f"Row {row} is {outcome}"):
            reading.retry(replayed.queue, replayed.run, rows=[blocked, row])
    assert replayed.pending() == []


def test_a_row_that_is_not_there_is_not_retried(replayed: Station) -> None:
    with pytest.raises(NotRetryable, match="no row 999"):
        reading.retry(replayed.queue, replayed.run, rows=[999])


def test_retries_keep_to_their_run(replayed: Station) -> None:
    night = replayed.queue.start_run("night")
    assert reading.retry(replayed.queue, night) == 0
    with pytest.raises(NotRetryable, match="no row 1"):
        reading.retry(replayed.queue, night, rows=[1])
    assert replayed.pending() == []
