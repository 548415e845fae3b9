"""Loads, replays and staff that write to one run at once: no row is set back, none is lost, and
what is read together is of one moment."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from almareplay.outcomes import Outcome, Result
from almareplay.queue.errors import (
    RunNotEmpty,
)
from almareplay.queue.loading.copying import copy_run
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.replaying.attempts import NoLongerPending, Write, store_intent
from almareplay.queue.replaying.hold import (
    Hold,
    release_hold,
    take_hold,
)
from almareplay.queue.replaying.item_ids import keep_ids, kept_ids
from almareplay.queue.replaying.journal import lane_history, pending_rows, store_result
from almareplay.queue.staff import settling
from almareplay.queue.staff.correcting import correct
from almareplay.queue.store import Queue
from almareplay.queue.tables.schema import files, transactions
from almareplay.transactions import AlmaInstance
from tests.queue.at_once import THREADS, TRIES, at_once

if TYPE_CHECKING:
    from tests.queue.conftest import Station

HERE = AlmaInstance("01FERN_INST", "Fern University", "production", "api-na.example.org")


def test_a_load_beside_a_replay_sets_no_row_back(station: Station, queues: list[Queue]) -> None:
    """Rows of the same lanes come in while those that are there get their outcomes."""
    station.load(*(f"12:00 R i{number}" for number in range(10)))
    hold = take_hold(queues[0], station.run)

    def work(which: int) -> None:
        if which:
            for number in range(2):
                grown = (f"12:00 R i{each}" for each in range(10))
                capture = CaptureFile(f"{which}.dat", f"{which}{number}", "x")
                load_file(queues[which], station.run, capture, station.rows(*grown, "12:05 R i1"))
            return
        for row in range(1, 11):
            intent = store_intent(queues[0], hold, row, Write.SCAN_IN, None)
            store_result(queues[0], hold, row, Result(Outcome.RETURNED), intent=intent)

    assert at_once(work, 4) == [None] * 4
    outcomes = station.outcomes()
    assert {row for row, outcome in outcomes.items() if outcome is Outcome.RETURNED} == {
        *range(1, 11)
    }
    assert Counter(outcomes.values()) == {
        Outcome.RETURNED: 10,
        Outcome.PENDING: 1,
        Outcome.DUPLICATE: 3 * 2 * 11 - 1,
    }


def test_a_row_that_became_a_duplicate_is_not_posted(station: Station, queues: list[Queue]) -> None:
    """The load that makes it one has begun before, and ends while the call waits to be stored."""
    station.load("12:00 L i1 p1")
    hold = take_hold(queues[0], station.run)
    came: list[object] = []

    def post() -> None:
        try:
            came.append(store_intent(queues[0], hold, 1, Write.LOAN, None))
        except NoLongerPending as error:
            came.append(error.outcome)

    poster = threading.Thread(target=post)
    with queues[1].writing(station.run) as connection:
        connection.execute(update(transactions).values(outcome=Outcome.DUPLICATE))
        poster.start()
        poster.join(0.2)
        assert came == []
    poster.join()
    assert came == [Outcome.DUPLICATE]


def test_loads_at_once_number_their_rows_apart(station: Station, queues: list[Queue]) -> None:
    def load(which: int) -> int:
        lines = [f"12:{number:02} L i{which}-{number} p" for number in range(20)]
        capture = CaptureFile(f"{which}.dat", f"{which}", "x")
        return load_file(queues[which], station.run, capture, station.rows(*lines)).rows

    assert at_once(load) == [20] * THREADS
    assert sorted(station.outcomes()) == list(range(1, 20 * THREADS + 1))
    with station.queue.reading() as connection:
        firsts = connection.scalars(select(files.c.first_row).order_by(files.c.first_row)).all()
    assert firsts == [1 + 20 * number for number in range(THREADS)]


def test_what_loads_at_once_say_twice_counts_once(station: Station, queues: list[Queue]) -> None:
    for number in range(TRIES):

        def load(which: int, number: int = number) -> None:
            capture = CaptureFile(f"{which}.dat", f"{number}-{which}", "x")
            rows = station.rows(f"12:00 L i{number} p", f"12:05 R i{number}")
            load_file(queues[which], station.run, capture, rows)

        assert at_once(load) == [None] * THREADS
    assert Counter(station.outcomes().values()) == {
        Outcome.PENDING: 2 * TRIES,
        Outcome.DUPLICATE: 2 * TRIES * (THREADS - 1),
    }


def test_what_one_block_reads_is_of_one_moment(station: Station, queues: list[Queue]) -> None:
    """A block of reads, in a transaction of its own or of several, and a load in between."""
    station.load("12:00 L i1 p1")
    counted = select(func.count()).select_from(transactions)
    with queues[0].reading() as connection:
        before = connection.scalar(counted)
        station.load("12:01 R i1", file="annex.dat")
        assert connection.scalar(counted) == before == 1
    with queues[0].together(station.run, writes=False) as block:
        assert len(pending_rows(block, station.run, after=None, limit=9)) == 2
        station.load("12:02 L i1 p1", file="night.dat")
        assert lane_history(block, station.run, "i1").pending == 2
    assert lane_history(queues[0], station.run, "i1").pending == 3


def test_reads_that_share_a_commit_are_of_one_moment(station: Station, queues: list[Queue]) -> None:
    station.load("12:00 L i1 p1")
    loaded = threading.Thread(target=lambda: station.load("12:01 R i1", file="annex.dat"))
    with queues[0].together(station.run, writes=True) as block:
        assert len(pending_rows(block, station.run, after=None, limit=9)) == 1
        loaded.start()
        loaded.join(0.2)
        assert lane_history(block, station.run, "i1").pending == 1
    loaded.join()
    assert lane_history(queues[0], station.run, "i1").pending == 2


def test_staff_change_nothing_once_a_replay_has_the_run(
    station: Station, queues: list[Queue]
) -> None:
    for number in range(TRIES):
        station.load(f"12:00 L i{number} p", file=f"{number}.dat")
        row = number + 1

        def as_it_is(row: int = row) -> list[object]:
            return [each for each in station.report() if each.row == row]

        def work(
            which: int, row: int = row, as_it_is: Callable[[], list[object]] = as_it_is
        ) -> tuple[Hold, list[object]] | None:
            if which == 0:
                return take_hold(queues[0], station.run), as_it_is()
            if which == 1:
                correct(queues[1], station.run, row, patron_id=f"q{row}")
            else:
                settling.dismiss(queues[2], station.run, [row], "seen to")
            return None

        came, *_ = at_once(work, 3)
        assert isinstance(came, tuple), came
        hold, read = came
        assert as_it_is() == read
        release_hold(station.queue, hold)


def test_a_copy_is_made_once(station: Station, queues: list[Queue]) -> None:
    station.load("12:00 L i1 p1", "12:01 R i1")
    came = at_once(lambda n: copy_run(queues[n], station.run, "production"))
    assert sum(isinstance(each, RunNotEmpty) for each in came) == THREADS - 1
    station.run = station.queue.run("production")
    assert sorted(station.outcomes()) == [1, 2]


def test_ids_that_are_kept_at_once_are_kept(station: Station, queues: list[Queue]) -> None:
    ids = {f"i{number}": (f"9{number}", "2", "3") for number in range(20)}
    station.load(*(f"12:00 R {item}" for item in ids))
    assert at_once(lambda n: keep_ids(queues[n], station.run, HERE, ids)) == [None] * THREADS
    assert kept_ids(station.queue, station.run, HERE, list(ids)) == ids
