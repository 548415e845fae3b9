"""Rows that staff dismiss, and what stays of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from almareplay.outcomes import DISMISSED, Outcome, Result
from almareplay.queue.errors import NotDismissible, NotRetryable
from almareplay.queue.purging.runs import purge_run, standing
from almareplay.queue.reading import queries
from almareplay.queue.replaying.journal import lane_history, store_result
from almareplay.queue.staff import settling
from tests.queue.settled import EVERY, PENDING, RETRYABLE, held, retry, row_of, without_answer

if TYPE_CHECKING:
    from tests.queue.conftest import Station


def test_a_dismissed_row_keeps_its_outcome_and_is_left_to_nobody(replayed: Station) -> None:
    open_rows = {row.row for row in replayed.report() if row.to_do}
    blocked = EVERY.index(Outcome.PATRON_BLOCKED) + 1
    settling.dismiss(replayed.queue, replayed.run, open_rows, "at the desk")
    row = row_of(replayed, blocked)
    assert (row.outcome, row.alma_code, row.to_do) == (Outcome.PATRON_BLOCKED, "401", False)
    assert (row.advice, row.note) == (DISMISSED, "dismissed: at the desk; so")
    stands = standing(replayed.queue, replayed.run)
    assert stands.dismissed == {
        each: 1 for each in Outcome if each in RETRYABLE or each is Outcome.INVALID
    }
    assert set(stands.to_do) == set(Outcome) - set(stands.dismissed)
    assert retry(replayed) == retry(replayed, Outcome.PATRON_BLOCKED) == (0, 0)

    settling.dismiss(replayed.queue, replayed.run, [blocked], "by phone")
    assert row_of(replayed, blocked).note == "dismissed: by phone; so"
    invalid = EVERY.index(Outcome.INVALID) + 1
    assert retry(replayed, rows=(blocked, invalid)) == (1, 1)
    assert [(row_of(replayed, each).outcome, row_of(replayed, each).dismissed) for each in
            (blocked, invalid)] == [(Outcome.PENDING, False), (Outcome.INVALID, False)]  # fmt: skip


@pytest.mark.parametrize("outcome", [Outcome.LOANED, Outcome.DUPLICATE])
def test_what_leaves_nothing_to_do_is_not_dismissed(replayed: Station, outcome: Outcome) -> None:
    row = [*EVERY, Outcome.PENDING].index(outcome) + 1
    blocked = EVERY.index(Outcome.PATRON_BLOCKED) + 1
    with pytest.raises(NotDismissible, match=f"Row {row} is {outcome}: there is nothing"):
        settling.dismiss(replayed.queue, replayed.run, [blocked, row], "done")
    with pytest.raises(NotDismissible, match=f"Rows that are {outcome} leave nothing"):
        settling.dismiss(replayed.queue, replayed.run, [blocked], "done", outcomes=[outcome])
    assert row_of(replayed, blocked).to_do


def test_rows_are_dismissed_by_their_outcome(replayed: Station) -> None:
    limit, gone = (EVERY.index(each) + 1 for each in (Outcome.PATRON_LIMIT, Outcome.UNAVAILABLE))
    settling.dismiss(replayed.queue, replayed.run, [limit], "by phone")
    outcomes = [Outcome.PATRON_LIMIT, Outcome.PATRON_BLOCKED]
    done = settling.dismiss(replayed.queue, replayed.run, [gone], "done", outcomes=outcomes)
    # What was dismissed before keeps its note.
    assert (done, row_of(replayed, limit).note) == (2, "dismissed: by phone; so")
    assert standing(replayed.queue, replayed.run).dismissed == {
        outcome: 1 for outcome in Outcome if outcome in (*outcomes, Outcome.UNAVAILABLE)
    }


def test_a_pending_row_that_is_dismissed_is_posted_by_nobody(replayed: Station) -> None:
    before = queries.work_left(replayed.queue, replayed.run)
    settling.dismiss(replayed.queue, replayed.run, [PENDING], "tried the scanner")
    row = row_of(replayed, PENDING)
    assert (row.outcome, row.dismissed, row.to_do) == (Outcome.PENDING, True, False)
    assert row.note == "dismissed: tried the scanner"
    assert replayed.pending() == []
    assert before.rows - queries.work_left(replayed.queue, replayed.run).rows == 1
    assert queries.places(replayed.queue, replayed.run) == {}
    assert queries.first_and_last(replayed.queue, replayed.run, 3) == ([], [])
    stands = standing(replayed.queue, replayed.run)
    assert (stands.left_to_replay, stands.dismissed) == ("", {Outcome.PENDING: 1})
    purge_run(replayed.queue, replayed.run)


def test_a_dismissed_pending_row_is_taken_up_again(replayed: Station) -> None:
    settling.dismiss(replayed.queue, replayed.run, [PENDING], "tried the scanner")
    assert retry(replayed, rows=(PENDING,)) == (1, 0)
    assert [row.row for row in replayed.pending()] == [PENDING]
    assert row_of(replayed, PENDING).note == ""
    with pytest.raises(NotRetryable):
        retry(replayed, rows=(PENDING,))


def test_no_earlier_row_of_an_item_is_given_up_in_silence(station: Station) -> None:
    """A replay posts nothing that comes before what is settled: the book would stay on loan."""
    station.load("12:00 R i1", "12:30 L i1 p1", "12:40 R i2", "12:50 R i1")
    with pytest.raises(NotDismissible, match=r"Row 2 comes after row 1 .*dismiss both"):
        settling.dismiss(station.queue, station.run, [2, 3], "tried the scanner")
    assert {row.row for row in station.pending()} == {1, 2, 3, 4}
    settling.dismiss(station.queue, station.run, [1, 2], "tried the scanner")
    assert {row.row for row in station.pending()} == {3, 4}
    # An earlier row that is loaded later keeps nobody from dismissing others.
    station.load("11:00 R i1", file="late.dat")
    settling.dismiss(station.queue, station.run, [3], "done")


def test_a_dismissed_row_holds_nothing_back(station: Station) -> None:
    station.load("12:00 L i1 p1", "12:05 R i1")
    without_answer(station, 1)
    with held(station) as hold:
        store_result(station.queue, hold, 1, Result(Outcome.UNCERTAIN))
        store_result(station.queue, hold, 2, Result(Outcome.HELD_BACK))
    settling.dismiss(station.queue, station.run, [1], "at the desk")
    history = lane_history(station.queue, station.run, "i1")
    assert [row for _, row in history.unresolved] == [2]
    assert [row for _, row in history.dismissed] == [1]
    # What was captured before it comes too late now, for a loan would stay on the patron.
    assert history.settled is not None and history.settled[1] == 1
    assert queries.work_left(station.queue, station.run).lost_answers == 0
    settling.retry(station.queue, station.run, rows=[1])
    assert queries.work_left(station.queue, station.run).lost_answers == 1
