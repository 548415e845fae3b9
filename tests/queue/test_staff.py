"""What staff change: tried again, corrected, dismissed; and what each row was before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from almareplay.outcomes import DISMISSED, Disposition, Outcome, ReportRow, Result
from almareplay.queue import queries, staff
from almareplay.queue.attempts import Fate, Write, store_intent
from almareplay.queue.correcting import correct
from almareplay.queue.errors import (
    NotCorrectable,
    NotDismissible,
    NotRetryable,
    QueueError,
    RowMissing,
    RunHeld,
)
from almareplay.queue.hold import Hold, release_hold, take_hold
from almareplay.queue.journal import lane_history, store_result
from almareplay.queue.purging import purge_run, standing
from almareplay.queue.schema import changes
from almareplay.queue.staff import Retried
from almareplay.queue.unloading import unload_file
from almareplay.reports.anonymous import Names, anonymous, number_patrons

if TYPE_CHECKING:
    from tests.queue.conftest import Station

EVERY = [outcome for outcome in Outcome if outcome is not Outcome.PENDING]
PENDING = len(EVERY) + 1
RETRYABLE = {
    outcome
    for outcome in Outcome
    if outcome.disposition in (Disposition.ATTENTION, Disposition.UNRESOLVED)
}


@contextmanager
def held(station: Station) -> Iterator[Hold]:
    hold = take_hold(station.queue, station.run)
    yield hold
    release_hold(station.queue, hold)


def settled(station: Station, row: int, result: Result) -> None:
    """A replay brings a row to its outcome, by a call."""
    with held(station) as hold:
        intent = store_intent(station.queue, hold, row, Write.LOAN, None)
        fate = Fate.DONE if result.outcome is Outcome.LOANED else Fate.REFUSED
        store_result(station.queue, hold, row, result, intent=intent, fate=fate)


@pytest.fixture
def replayed(station: Station) -> Station:
    """A run with a row of every outcome: row 1 has the first of EVERY, and so on; PENDING last."""
    station.load(*(f"12:00 L i{n} p{n}" for n in range(1, PENDING + 1)))
    with held(station) as hold:
        for row, outcome in enumerate(EVERY, start=1):
            result = Result(outcome, "401", "words", "E02", "71", destination="shelf", note="so")
            store_result(station.queue, hold, row, result)
    return station


def row_of(station: Station, number: int) -> ReportRow:
    return next(row for row in station.report() if row.row == number)


def retry(station: Station, *outcomes: Outcome, rows: tuple[int, ...] = ()) -> Retried:
    return staff.retry(station.queue, station.run, outcomes=outcomes, rows=rows)


def test_a_retry_takes_what_staff_or_time_can_mend(replayed: Station) -> None:
    assert retry(replayed) == (len(RETRYABLE), 0)
    pending = {row.row for row in replayed.pending()} - {PENDING}
    assert {EVERY[row - 1] for row in pending} == RETRYABLE
    assert retry(replayed) == (0, 0)


def test_a_retried_row_is_as_new_but_says_what_it_was(replayed: Station) -> None:
    number = EVERY.index(Outcome.PATRON_BLOCKED) + 1
    retry(replayed, rows=(number,))
    row = row_of(replayed, number)
    assert row.outcome is Outcome.PENDING
    assert (row.alma_code, row.alma_message, row.tracking_id, row.loan_id) == ("", "", "", "")
    assert (row.destination, row.note, row.completed_at) == (
        "",
        "retried after patron_blocked",
        None,
    )
    settled(replayed, number, Result(Outcome.PATRON_LIMIT, note="the limit is 5"))
    retry(replayed, rows=(number,))
    settled(replayed, number, Result(Outcome.LOANED))
    assert row_of(replayed, number).note == "retried after patron_limit"


def test_a_retry_by_outcome_and_by_row(replayed: Station) -> None:
    limit, gone = (EVERY.index(each) + 1 for each in (Outcome.PATRON_LIMIT, Outcome.UNAVAILABLE))
    assert retry(replayed, Outcome.PATRON_LIMIT, rows=(gone,)).pending == 2
    assert {row.row for row in replayed.pending()} == {limit, gone, PENDING}


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - RETRYABLE))
def test_what_is_settled_is_not_retried(replayed: Station, outcome: Outcome) -> None:
    with pytest.raises(NotRetryable, match=outcome):
        retry(replayed, outcome)
    row = [*EVERY, Outcome.PENDING].index(outcome) + 1
    blocked = EVERY.index(Outcome.PATRON_BLOCKED) + 1
    with pytest.raises(NotRetryable, match=f"Row {row} is {outcome}"):
        retry(replayed, rows=(blocked, row))
    assert [row.row for row in replayed.pending()] == [PENDING]


def test_changes_keep_to_their_run(replayed: Station) -> None:
    with pytest.raises(RowMissing, match=rf"no row 999; it has rows 1 to {PENDING}\.$"):
        retry(replayed, rows=(999,))
    night = replayed.queue.start_run("night")
    assert staff.retry(replayed.queue, night) == (0, 0)
    with pytest.raises(RowMissing, match="no row 1; it has none yet"):
        staff.dismiss(replayed.queue, night, [1], "done")
    assert [row.row for row in replayed.pending()] == [PENDING]


DOES: dict[str, Callable[[Station, int], object]] = {
    "retry": lambda station, row: retry(station, rows=(row,)),
    "retry all": lambda station, _: retry(station),
    "correct": lambda station, row: correct(station.queue, station.run, row, patron_id="new"),
    "dismiss": lambda station, row: staff.dismiss(station.queue, station.run, [row], "done"),
}


@pytest.mark.parametrize("does", DOES.values(), ids=DOES.keys())
def test_nothing_changes_while_the_run_is_replayed(
    replayed: Station, does: Callable[[Station, int], object]
) -> None:
    before = replayed.report()
    blocked = EVERY.index(Outcome.PATRON_BLOCKED) + 1
    with held(replayed), pytest.raises(RunHeld):
        does(replayed, blocked)
    assert replayed.report() == before
    does(replayed, blocked)
    assert replayed.report() != before


def test_a_corrected_row_goes_out_with_the_new_id_and_says_so(station: Station) -> None:
    station.load("12:00 L i1 wrong")
    settled(station, 1, Result(Outcome.PATRON_NOT_FOUND, "401890", "no user wrong", "E1"))
    correct(station.queue, station.run, 1, patron_id="right")
    (queued,) = station.pending()
    assert queued.patron_id == "right"
    settled(station, 1, Result(Outcome.LOANED, loan_id="7"))
    (row,) = station.report()
    assert (row.outcome, row.patron_id, row.alma_message) == (Outcome.LOANED, "right", "")
    assert row.note.startswith("patron id corrected on 20")
    assert "right" not in row.note and "wrong" not in row.note


def without_answer(station: Station, row: int) -> None:
    with held(station) as hold:
        store_intent(station.queue, hold, row, Write.LOAN, None)


def test_what_cannot_be_corrected_says_why(station: Station) -> None:
    station.load(*(f"12:00 L i{n} secret" for n in range(1, 6)), "12:00 R i6", "bad")
    settled(station, 1, Result(Outcome.LOANED))
    with held(station) as hold:
        store_result(station.queue, hold, 2, Result(Outcome.UNCERTAIN))
        store_result(station.queue, hold, 3, Result(Outcome.PATRON_NOT_FOUND))
    without_answer(station, 4)
    staff.dismiss(station.queue, station.run, [3], "done")
    before = station.report()
    for row, patron_id, words in (
        (1, "other", "Row 1 is loaned: there is nothing left"),
        (2, "other", "Row 2 is uncertain: what became of it must be found out .* retry --row 2"),
        (3, "other", "Row 3 was dismissed: .*retry --row 3"),
        (4, "other", "Row 4 has a call without an answer: .* Do 'almareplay replay' first"),
        (5, "SECRET", "Row 5 says this already: nothing was changed"),
        (6, "other", "Row 6 is a return"),
        (7, "other", "Row 7 could not be read: record it by hand, then dismiss it"),
    ):
        with pytest.raises(NotCorrectable, match=words) as refused:
            correct(station.queue, station.run, row, patron_id=patron_id)
        assert "secret" not in str(refused.value).casefold()
    assert station.report() == before


def test_a_capture_that_has_grown_does_not_bring_the_mistyped_id_back(station: Station) -> None:
    """Otherwise the loan would be posted a second time, to whoever has the mistyped number."""
    station.load("12:00 L i1 wrong")
    correct(station.queue, station.run, 1, patron_id="right")
    assert station.load("12:00 L i1 wrong", "12:30 L i2 p2", file="grown.dat").duplicates == 1
    assert {row.row: row.patron_id for row in station.pending()} == {1: "right", 3: "p2"}


def test_a_row_that_is_taken_out_takes_its_changes_with_it(station: Station) -> None:
    station.load("12:00 L i1 wrong")
    correct(station.queue, station.run, 1, patron_id="right")
    unload_file(station.queue, station.run, "desk.dat")
    with station.queue.reading() as connection:
        assert connection.execute(changes.select()).all() == []


def test_an_anonymous_report_knows_every_id_that_a_row_has_had(station: Station) -> None:
    station.load("12:00 L i1 A1", "12:00 L i2 B1")

    def names() -> dict[str, str]:
        return number_patrons(queries.patron_ids(station.queue, station.run))

    first = names()
    for row, patron_id in ((1, "A2"), (2, "B2"), (1, "A3")):
        correct(station.queue, station.run, row, patron_id=patron_id)
        # A patron has the same number in every report.
        assert names().items() >= first.items()
        first = names()
    assert [*first] == ["a1", "b1", "a2", "b2", "a3"]
    settled(station, 1, Result(Outcome.REFUSED, note="A1 has it"))
    settled(station, 2, Result(Outcome.REFUSED))
    staff.dismiss(station.queue, station.run, [2], "Mrs B1 came by")
    told = list(anonymous(station.report(), Names(first)))
    assert told[0].note.startswith("patron 1 has it")
    assert (told[1].note, told[1].to_do) == ("dismissed", False)


def test_a_dismissed_row_keeps_its_outcome_and_is_left_to_nobody(replayed: Station) -> None:
    open_rows = {row.row for row in replayed.report() if row.to_do}
    blocked = EVERY.index(Outcome.PATRON_BLOCKED) + 1
    staff.dismiss(replayed.queue, replayed.run, open_rows, "at the desk")
    row = row_of(replayed, blocked)
    assert (row.outcome, row.alma_code, row.to_do) == (Outcome.PATRON_BLOCKED, "401", False)
    assert (row.advice, row.note) == (DISMISSED, "dismissed: at the desk; so")
    stands = standing(replayed.queue, replayed.run)
    assert stands.dismissed == {
        each: 1 for each in Outcome if each in RETRYABLE or each is Outcome.INVALID
    }
    assert set(stands.to_do) == set(Outcome) - set(stands.dismissed)
    assert retry(replayed) == retry(replayed, Outcome.PATRON_BLOCKED) == (0, 0)

    staff.dismiss(replayed.queue, replayed.run, [blocked], "by phone")
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
        staff.dismiss(replayed.queue, replayed.run, [blocked, row], "done")
    with pytest.raises(NotDismissible, match=f"Rows that are {outcome} leave nothing"):
        staff.dismiss(replayed.queue, replayed.run, [blocked], "done", outcomes=[outcome])
    assert row_of(replayed, blocked).to_do


def test_rows_are_dismissed_by_their_outcome(replayed: Station) -> None:
    limit, gone = (EVERY.index(each) + 1 for each in (Outcome.PATRON_LIMIT, Outcome.UNAVAILABLE))
    staff.dismiss(replayed.queue, replayed.run, [limit], "by phone")
    outcomes = [Outcome.PATRON_LIMIT, Outcome.PATRON_BLOCKED]
    done = staff.dismiss(replayed.queue, replayed.run, [gone], "done", outcomes=outcomes)
    # What was dismissed before keeps its note.
    assert (done, row_of(replayed, limit).note) == (2, "dismissed: by phone; so")
    assert standing(replayed.queue, replayed.run).dismissed == {
        outcome: 1 for outcome in Outcome if outcome in (*outcomes, Outcome.UNAVAILABLE)
    }


def test_a_pending_row_that_is_dismissed_is_posted_by_nobody(replayed: Station) -> None:
    before = queries.work_left(replayed.queue, replayed.run)
    staff.dismiss(replayed.queue, replayed.run, [PENDING], "tried the scanner")
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
    staff.dismiss(replayed.queue, replayed.run, [PENDING], "tried the scanner")
    assert retry(replayed, rows=(PENDING,)) == (1, 0)
    assert [row.row for row in replayed.pending()] == [PENDING]
    assert row_of(replayed, PENDING).note == ""
    with pytest.raises(NotRetryable):
        retry(replayed, rows=(PENDING,))


def test_no_earlier_row_of_an_item_is_given_up_in_silence(station: Station) -> None:
    """A replay posts nothing that comes before what is settled: the book would stay on loan."""
    station.load("12:00 R i1", "12:30 L i1 p1", "12:40 R i2", "12:50 R i1")
    with pytest.raises(NotDismissible, match=r"Row 2 comes after row 1 .*dismiss both"):
        staff.dismiss(station.queue, station.run, [2, 3], "tried the scanner")
    assert {row.row for row in station.pending()} == {1, 2, 3, 4}
    staff.dismiss(station.queue, station.run, [1, 2], "tried the scanner")
    assert {row.row for row in station.pending()} == {3, 4}
    # An earlier row that is loaded later keeps nobody from dismissing others.
    station.load("11:00 R i1", file="late.dat")
    staff.dismiss(station.queue, station.run, [3], "done")


def test_a_dismissed_row_holds_nothing_back(station: Station) -> None:
    station.load("12:00 L i1 p1", "12:05 R i1")
    without_answer(station, 1)
    with held(station) as hold:
        store_result(station.queue, hold, 1, Result(Outcome.UNCERTAIN))
        store_result(station.queue, hold, 2, Result(Outcome.HELD_BACK))
    staff.dismiss(station.queue, station.run, [1], "at the desk")
    history = lane_history(station.queue, station.run, "i1")
    assert [row for _, row in history.unresolved] == [2]
    assert [row for _, row in history.dismissed] == [1]
    # What was captured before it comes too late now, for a loan would stay on the patron.
    assert history.settled is not None and history.settled[1] == 1
    assert queries.work_left(station.queue, station.run).lost_answers == 0
    staff.retry(station.queue, station.run, rows=[1])
    assert queries.work_left(station.queue, station.run).lost_answers == 1


def test_all_or_nothing_is_changed(replayed: Station) -> None:
    before = replayed.report()
    for changes_ in (
        lambda: retry(replayed, rows=(EVERY.index(Outcome.REFUSED) + 1, 999)),
        lambda: staff.dismiss(replayed.queue, replayed.run, [1, 999], "done"),
    ):
        with pytest.raises(QueueError):
            changes_()
    assert replayed.report() == before
