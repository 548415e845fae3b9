"""What staff change: tried again and corrected; and what each row was before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from almareplay.outcomes import Outcome, Result
from almareplay.queue.errors import NotCorrectable, NotRetryable, QueueError, RowMissing, RunHeld
from almareplay.queue.loading.unloading import unload_file
from almareplay.queue.reading import queries
from almareplay.queue.replaying.attempts import Fate, Write, store_intent
from almareplay.queue.replaying.journal import store_result
from almareplay.queue.staff import settling
from almareplay.queue.staff.correcting import correct
from almareplay.queue.tables.schema import changes
from almareplay.reports.anonymous import Names, anonymous, number_patrons
from tests.queue.settled import EVERY, PENDING, RETRYABLE, held, retry, row_of, without_answer
from tests.reasons import said

if TYPE_CHECKING:
    from tests.queue.conftest import Station


def settled(station: Station, row: int, result: Result) -> None:
    """A replay brings a row to its outcome, by a call."""
    with held(station) as hold:
        intent = store_intent(station.queue, hold, row, Write.LOAN, None)
        fate = Fate.DONE if result.outcome is Outcome.LOANED else Fate.REFUSED
        store_result(station.queue, hold, row, result, intent=intent, fate=fate)


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
    settled(replayed, number, Result(Outcome.PATRON_LIMIT, notes=said("the limit is 5")))
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
    assert settling.retry(replayed.queue, night) == (0, 0)
    with pytest.raises(RowMissing, match="no row 1; it has none yet"):
        settling.dismiss(replayed.queue, night, [1], "done")
    assert [row.row for row in replayed.pending()] == [PENDING]


DOES: dict[str, Callable[[Station, int], object]] = {
    "retry": lambda station, row: retry(station, rows=(row,)),
    "retry all": lambda station, _: retry(station),
    "correct": lambda station, row: correct(station.queue, station.run, row, patron_id="new"),
    "dismiss": lambda station, row: settling.dismiss(station.queue, station.run, [row], "done"),
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


def test_what_cannot_be_corrected_says_why(station: Station) -> None:
    station.load(*(f"12:00 L i{n} secret" for n in range(1, 6)), "12:00 R i6", "bad")
    settled(station, 1, Result(Outcome.LOANED))
    with held(station) as hold:
        store_result(station.queue, hold, 2, Result(Outcome.UNCERTAIN))
        store_result(station.queue, hold, 3, Result(Outcome.PATRON_NOT_FOUND))
    without_answer(station, 4)
    settling.dismiss(station.queue, station.run, [3], "done")
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
    settled(station, 1, Result(Outcome.REFUSED, notes=said("A1 has it")))
    settled(station, 2, Result(Outcome.REFUSED))
    settling.dismiss(station.queue, station.run, [2], "Mrs B1 came by")
    told = list(anonymous(station.report(), Names(first)))
    assert told[0].note.startswith("patron 1 has it")
    assert (told[1].note, told[1].to_do) == ("dismissed", False)


def test_all_or_nothing_is_changed(replayed: Station) -> None:
    before = replayed.report()
    for changes_ in (
        lambda: retry(replayed, rows=(EVERY.index(Outcome.REFUSED) + 1, 999)),
        lambda: settling.dismiss(replayed.queue, replayed.run, [1, 999], "done"),
    ):
        with pytest.raises(QueueError):
            changes_()
    assert replayed.report() == before
