"""Barcode and kind put right: the row moves to another lane, and every promise holds in both."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almareplay.outcomes import Outcome, Result
from almareplay.queue.errors import NotCorrectable, RowMissing
from almareplay.queue.loading.unloading import unload_file
from almareplay.queue.reading.lists import pull_list
from almareplay.queue.replaying.attempts import Fate, Write, store_intent
from almareplay.queue.replaying.hold import release_hold, take_hold
from almareplay.queue.replaying.journal import lane_history, pending_rows, store_result
from almareplay.queue.rows import Order
from almareplay.queue.staff import settling
from almareplay.queue.staff.correcting import correct
from almareplay.transactions import Kind
from tests.examples import examples

if TYPE_CHECKING:
    from tests.queue.conftest import Station


def settled(
    station: Station, row: int, outcome: Outcome, *calls: tuple[Write, Fate | None]
) -> None:
    """A replay brings a row to its outcome, by these calls."""
    hold = take_hold(station.queue, station.run)
    for call, fate in calls[:-1]:
        intent = store_intent(station.queue, hold, row, call, None)
        before = Result(Outcome.PENDING)
        store_result(station.queue, hold, row, before, intent=intent, fate=fate or Fate.DONE)
    if calls:
        call, fate = calls[-1]
        intent = store_intent(station.queue, hold, row, call, None, loan_id="")
        if fate is not None:
            store_result(station.queue, hold, row, Result(outcome), intent=intent, fate=fate)
    else:
        store_result(station.queue, hold, row, Result(outcome))
    release_hold(station.queue, hold)


def pending(station: Station) -> list[tuple[int, str, str, str]]:
    """What would be posted, in its order."""
    return [(row.row, row.kind, row.item_barcode, row.patron_id) for row in station.pending()]


def note_of(station: Station, number: int) -> str:
    return next(row.note for row in station.report() if row.row == number)


def test_a_barcode_put_right_moves_the_row_to_the_other_item(station: Station) -> None:
    station.load("12:00 L wrong p1", "12:30 R right", "12:40 L right p2")
    settled(station, 1, Outcome.ITEM_NOT_FOUND)
    done = correct(station.queue, station.run, 1, item_barcode="right")
    assert (done.what, done.outcome, done.note) == ("item barcode", Outcome.PENDING, "")
    assert pending(station) == [
        (1, "loan", "right", "p1"),
        (2, "return", "right", ""),
        (3, "loan", "right", "p2"),
    ]
    settled(station, 1, Outcome.LOANED, (Write.LOAN, Fate.DONE))
    assert lane_history(station.queue, station.run, "right").settled is not None
    assert lane_history(station.queue, station.run, "wrong").settled is None
    assert note_of(station, 1).startswith("item barcode corrected on 20")


def test_what_was_posted_of_the_other_item_stays_and_the_row_knows_that_it_is_late(
    station: Station,
) -> None:
    station.load("12:00 L wrong p1", "12:30 R right")
    settled(station, 1, Outcome.ITEM_NOT_FOUND)
    settled(station, 2, Outcome.RETURNED, (Write.SCAN_IN, Fate.DONE))
    correct(station.queue, station.run, 1, item_barcode="right")
    assert station.outcomes() == {1: Outcome.PENDING, 2: Outcome.RETURNED}
    history = lane_history(station.queue, station.run, "right")
    # By this a replay does not lend what came back since.
    (row,) = station.pending()
    assert history.settled is not None
    assert history.settled[1] == 2
    assert row.order < history.settled[0]


def test_a_row_that_now_repeats_another_is_not_posted_twice(station: Station) -> None:
    station.load("12:00:10 L right p1", "12:00:40 L wrong p1")
    done = correct(station.queue, station.run, 2, item_barcode="RIGHT")
    assert (done.outcome, done.note) == (Outcome.DUPLICATE, "the same as row 1")
    assert pending(station) == [(1, "loan", "right", "p1")]


def test_a_refused_row_that_now_repeats_another_is_not_posted_either(station: Station) -> None:
    station.load("12:00:10 L right p1", "12:00:40 L wrong p1")
    settled(station, 2, Outcome.REFUSED, (Write.LOAN, Fate.REFUSED))
    done = correct(station.queue, station.run, 2, item_barcode="right")
    assert done.outcome is Outcome.DUPLICATE


def test_what_repeated_the_mistake_stays_a_repetition(station: Station) -> None:
    station.load("12:00:10 L wrong p1", "12:00:40 L wrong p1", "12:00:50 R other")
    correct(station.queue, station.run, 1, item_barcode="right")
    assert pending(station) == [(1, "loan", "right", "p1"), (3, "return", "other", "")]
    assert note_of(station, 2) == "the same as row 1"


@pytest.mark.parametrize("to", [{"item_barcode": "right"}, {"kind": Kind.RETURN}])
def test_a_capture_that_has_grown_does_not_bring_the_mistake_back(
    station: Station, to: dict[str, str | Kind]
) -> None:
    station.load("12:00 L wrong p1")
    correct(station.queue, station.run, 1, **to)  # type: ignore[arg-type]  # as the parameters are
    once = pending(station)
    grown = station.load("12:00 L wrong p1", "12:30 L i2 p2", file="grown.dat")
    assert grown.duplicates == 1
    assert pending(station) == [*once, (3, "loan", "i2", "p2")]
    # Corrected again, and loaded once more.
    correct(station.queue, station.run, 1, item_barcode="righter")
    assert station.load("12:00 L wrong p1", file="again.dat").duplicates == 1


def test_a_file_taken_out_takes_with_it_what_made_others_repetitions(station: Station) -> None:
    station.load("12:00 L wrong p1")
    correct(station.queue, station.run, 1, item_barcode="right")
    station.load("12:00 L wrong p1", file="grown.dat")
    assert pending(station) == [(1, "loan", "right", "p1")]
    unload_file(station.queue, station.run, "desk.dat")
    assert pending(station) == [(2, "loan", "wrong", "p1")]


def test_the_kind_put_right_changes_the_order_within_a_minute(station: Station) -> None:
    station.load("12:00 L i1 p1")
    station.load("12:00 L i1 p2", file="annex.dat")
    correct(station.queue, station.run, 2, kind=Kind.RETURN)
    # Of two files, the return comes first.
    assert [row for row, *_ in pending(station)] == [2, 1]
    correct(station.queue, station.run, 2, kind=Kind.LOAN)
    assert [row for row, *_ in pending(station)] == [1, 2]


def test_a_return_becomes_a_loan_only_with_a_patron(station: Station) -> None:
    station.load("12:00 R i1")
    with pytest.raises(NotCorrectable, match="loan without a patron"):
        correct(station.queue, station.run, 1, kind=Kind.LOAN)
    done = correct(station.queue, station.run, 1, kind=Kind.LOAN, patron_id="p1")
    assert (done.what, pending(station)) == ("patron id and kind", [(1, "loan", "i1", "p1")])


def test_the_report_says_all_that_was_corrected(station: Station) -> None:
    station.load("12:00 L wrong p1")
    correct(station.queue, station.run, 1, kind=Kind.RETURN)
    correct(station.queue, station.run, 1, item_barcode="right")
    assert note_of(station, 1).startswith("item barcode and kind corrected on 20")


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ({"patron_id": "I1"}, "Row 1 has this as its item barcode"),
        ({"item_barcode": "SECRET"}, "Row 1 has this as its patron id"),
        ({"patron_id": "x", "item_barcode": "X"}, "Row 1 has this as its item barcode"),
        ({"patron_id": "Secret", "item_barcode": "i1"}, "Row 1 says this already"),
        ({"patron_id": "x", "kind": Kind.RETURN}, "Row 1 is a return"),
        ({"kind": Kind.LOAN}, "Row 1 says this already"),
    ],
)
def test_what_cannot_be_is_refused_without_quoting_it(
    station: Station, to: dict[str, str | Kind], words: str
) -> None:
    station.load("12:00 L i1 secret")
    with pytest.raises(NotCorrectable, match=words) as refused:
        correct(station.queue, station.run, 1, **to)  # type: ignore[arg-type]  # as above
    assert "secret" not in str(refused.value).casefold()
    assert pending(station) == [(1, "loan", "i1", "secret")]


@pytest.mark.parametrize("to", [{"item_barcode": "right"}, {"kind": Kind.RETURN}])
def test_what_alma_may_have_done_cannot_become_something_else(
    station: Station, to: dict[str, str | Kind]
) -> None:
    station.load("12:00 L i1 p1", "12:00 L i2 p2", "12:00 L i3 p3")
    # Scanned in for whoever had it, then refused; a call without an answer; uncertain.
    settled(
        station, 1, Outcome.PATRON_BLOCKED, (Write.SCAN_IN, Fate.DONE), (Write.LOAN, Fate.REFUSED)
    )
    settled(station, 2, Outcome.PENDING, (Write.LOAN, None))
    settled(station, 3, Outcome.UNCERTAIN, (Write.LOAN, Fate.NO_EFFECT))
    before = station.report()
    for row, words in ((1, "is half done"), (2, "has a call without an answer"), (3, "uncertain")):
        with pytest.raises(NotCorrectable, match=f"Row {row} .*{words}"):
            correct(station.queue, station.run, row, **to)  # type: ignore[arg-type]  # as above
    assert station.report() == before
    # Who was to have it can still be put right.
    correct(station.queue, station.run, 1, patron_id="p9")
    settling.retry(station.queue, station.run)
    with pytest.raises(NotCorrectable, match="is half done"):
        correct(station.queue, station.run, 1, **to)  # type: ignore[arg-type]  # as above


def test_a_moved_row_does_not_take_another_item_off_the_pull_list(station: Station) -> None:
    station.load("12:00 R i1", "12:30 L i1 p1", "12:40 L i2 p2")
    settled(station, 2, Outcome.ITEM_NOT_FOUND)
    correct(station.queue, station.run, 2, item_barcode="i2")
    assert pull_list(station.queue, station.run) == []
    assert [row for row, *_ in pending(station)] == [1, 2, 3]


LINES = st.tuples(st.sampled_from(["12:00", "12:01"]), st.sampled_from("LR"), st.sampled_from("ab"))
CHANGES = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from("abc"), st.sampled_from(Kind)), max_size=4
)


@settings(
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(LINES, min_size=1, max_size=6), CHANGES)
def test_however_rows_are_corrected_each_is_once_in_one_order(
    tmp_path_factory: pytest.TempPathFactory,
    open_station: Callable[[Path], AbstractContextManager[Station]],
    lines: list[tuple[str, str, str]],
    made: list[tuple[int, str, Kind]],
) -> None:
    with open_station(tmp_path_factory.mktemp("corrected")) as station:
        station.load(*(f"{at} {kind} {item} p" for at, kind, item in lines))
        for row, item, kind in made:
            try:
                correct(station.queue, station.run, row, item_barcode=item, kind=kind)
            except (NotCorrectable, RowMissing):
                continue
        rows = station.report()
        assert sorted(row.row for row in rows) == list(range(1, len(lines) + 1))
        queued = station.pending()
        assert len({row.order for row in queued}) == len(queued)
        assert {row.row for row in queued} == {
            row.row for row in rows if row.outcome is Outcome.PENDING
        }
        # What is posted is what was captured or corrected, and no loan or return twice in a minute
        # unless something happened to the item in between.
        for each in {row.item_key for row in queued}:
            lane = [(row.kind, row.captured_at) for row in queued if row.item_key == each]
            assert all(one != other for one, other in pairwise(lane))
        # Paging through the rows finds each of them.
        one_by_one: list[int] = []
        after: Order | None = None
        while some := pending_rows(station.queue, station.run, after=after, limit=1):
            one_by_one.append(some[0].row)
            after = some[0].order
        assert one_by_one == [row.row for row in queued]
