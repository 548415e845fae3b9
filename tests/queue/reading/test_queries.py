"""What a run holds, for people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from almareplay.outcomes import Outcome, Result
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.reading import queries
from almareplay.queue.reading.queries import Work
from almareplay.queue.reading.report_rows import report_rows
from almareplay.queue.reading.row_history import Settled, history_of
from almareplay.queue.replaying.attempts import Write, store_intent
from almareplay.queue.replaying.hold import release_hold, take_hold
from almareplay.queue.replaying.journal import store_result
from almareplay.queue.staff.settling import retry
from almareplay.transactions import Transaction
from tests.reasons import said

if TYPE_CHECKING:
    from tests.queue.conftest import Station

EVERY = [outcome for outcome in Outcome if outcome is not Outcome.PENDING]


@pytest.fixture
def replayed(station: Station) -> Station:
    """A run with a row of every outcome: row 1 has the first of EVERY, and so on."""
    station.load(*(f"12:00 L i{n} p{n}" for n, _ in enumerate(EVERY, start=1)))
    hold = take_hold(station.queue, station.run)
    for row, outcome in enumerate(EVERY, start=1):
        intent = store_intent(station.queue, hold, row, Write.LOAN, None)
        result = Result(
            outcome, "401", "words", "E02", "71", destination="shelf", notes=said("a note")
        )
        store_result(station.queue, hold, row, result, intent=intent)
    return station


def test_outcomes_are_counted_in_their_order(replayed: Station) -> None:
    replayed.load("12:01 L a p", "12:01 L b p", file="more.dat")
    counts = queries.outcomes(replayed.queue, replayed.run)
    assert counts == {outcome: 1 if outcome in EVERY else 2 for outcome in Outcome}
    assert list(counts) == list(Outcome)


def test_what_is_left_to_do(station: Station) -> None:
    assert queries.work_left(station.queue, station.run) == Work(0, 0, 0, 0)
    station.load("12:00 L i1 p1", "12:05 R I1", "12:00 L i2 p1", "bad", "12:00 L i2 p1")
    hold = take_hold(station.queue, station.run)
    store_intent(station.queue, hold, 1, Write.LOAN, None)
    work = queries.work_left(station.queue, station.run)
    assert work == Work(loans=2, returns=1, items=2, lost_answers=1)
    assert work.rows == 3


def test_places_are_those_of_the_rows_to_be_posted(station: Station) -> None:
    station.load("12:00 L i1 p1", "12:00 L i2 p1", "bad", "12:00 L i3 p1")
    hold = take_hold(station.queue, station.run)
    store_result(station.queue, hold, 1, Result(Outcome.LOANED))
    assert queries.places(station.queue, station.run) == {("MAIN", "FRONT"): 2}


def test_the_report_joins_what_there_is_to_note(station: Station) -> None:
    station.load("12:00 L i1 p1")
    station.load("12:00 R i1", file="annex.dat")
    hold = take_hold(station.queue, station.run)
    store_result(station.queue, hold, 2, Result(Outcome.NOT_ON_LOAN, notes=said("a note")))
    returned, lent = station.report()
    assert returned.note == "a note; the order of this item's rows within the minute is a guess"
    assert lent.note == "the order of this item's rows within the minute is a guess"
    assert lent.advice == Outcome.PENDING.advice


OREGON = "America/Los_Angeles"


def test_all_times_are_those_of_the_library_over_the_change_of_the_clocks(station: Station) -> None:
    file = CaptureFile("desk.dat", "1" * 64, "test capture", flags={"timezone": OREGON})
    load_file(station.queue, station.run, file, station.rows("16:02 L i1 p1", "bad"))
    hold = take_hold(station.queue, station.run)
    due = datetime(2026, 11, 3, 7, 59, tzinfo=UTC)
    store_result(station.queue, hold, 1, Result(Outcome.LOANED, due_date=due))
    lent, unread = station.report()
    assert [str(at) for at in (lent.captured_at, lent.due_date)] == [
        "2026-09-14 09:02:00-07:00",
        "2026-11-02 23:59:00-08:00",
    ]
    assert (lent.completed_at and lent.completed_at.tzinfo) == ZoneInfo(OREGON)
    assert unread.captured_at is None
    told = report_rows(station.queue, station.run, ZoneInfo("Asia/Kolkata"))
    assert str(next(told).due_date) == "2026-11-03 13:29:00+05:30"


def test_a_zone_that_this_machine_does_not_know_is_what_it_was_ahead_of_utc(
    station: Station,
) -> None:
    file = CaptureFile("desk.dat", "1" * 64, "test capture", flags={"timezone": "Moon/Crater"})
    (row,) = station.rows("16:02 L i1 p1")
    assert isinstance(row, Transaction)
    at = row.captured_at.astimezone(ZoneInfo(OREGON))
    load_file(station.queue, station.run, file, [row._replace(captured_at=at)])
    (lent,) = station.report()
    assert str(lent.captured_at) == "2026-09-14 09:02:00-07:00"


@pytest.fixture
def taken(station: Station) -> Station:
    """A run with a loan (row 1) of an item that another patron has."""
    station.load("12:00 L i1 p1")
    hold = take_hold(station.queue, station.run)
    store_result(station.queue, hold, 1, TAKEN)
    release_hold(station.queue, hold)
    return station


SINCE, DUE = datetime(2026, 9, 1, 9, 2, tzinfo=UTC), datetime(2026, 10, 12, 22, tzinfo=UTC)
TAKEN = Result(
    Outcome.ON_LOAN_TO_OTHER,
    due_date=DUE,
    notes=said("seen"),
    on_loan_to="k77",
    on_loan_since=SINCE,
)
SAID = "on loan to k77 since 1 Sep 2026 09:02, due 12 Oct 2026 22:00; seen"


def test_an_item_that_another_has_says_who_since_when_and_until_when(taken: Station) -> None:
    (row,) = taken.report()
    assert (row.note, row.due_date) == (SAID, DUE)
    (named,) = report_rows(taken.queue, taken.run, name_of=lambda _: "borrower 1")
    assert named.note == SAID.replace("k77", "borrower 1")
    assert [*queries.borrowers(taken.queue, taken.run)] == ["k77"]
    foreseen = row._replace(note="assumed").as_if(TAKEN, ZoneInfo(OREGON))
    assert foreseen.note == (
        "on loan to k77 since 1 Sep 2026 02:02, due 12 Oct 2026 15:00; seen; assumed"
    )


@pytest.mark.parametrize(
    ("unknown", "said"),
    [
        ({"on_loan_since": None}, "on loan to k77, due 12 Oct 2026 22:00; seen"),
        ({"due_date": None}, "on loan to k77 since 1 Sep 2026 09:02; seen"),
        ({"on_loan_to": ""}, "seen"),
    ],
)
def test_what_alma_does_not_tell_of_the_loan_of_another_is_left_out(
    station: Station, unknown: dict[str, None], said: str
) -> None:
    station.load("12:00 L i1 p1")
    hold = take_hold(station.queue, station.run)
    store_result(station.queue, hold, 1, replace(TAKEN, **unknown))  # type: ignore[arg-type]
    assert station.report()[0].note == said


def test_a_second_try_forgets_the_loan_of_another_and_the_story_keeps_it(taken: Station) -> None:
    retry(taken.queue, taken.run, rows=[1])
    (row,) = taken.report()
    assert (row.note, row.due_date) == ("retried after on_loan_to_other", None)
    story = history_of(taken.queue, taken.run, 1, UTC)
    (settled,) = (event for event in story.events if isinstance(event, Settled))
    assert settled.note == SAID
    # Whoever was numbered in an anonymous report is numbered alike in the next.
    assert [*queries.borrowers(taken.queue, taken.run)] == ["k77"]
