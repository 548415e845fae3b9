"""Runs that were submitted: when they are due, and whose word about the end of a look counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from almareplay.queue.consortium.submissions import (
    Blocked,
    Finished,
    HandedBack,
    Later,
    Submission,
    hand_back,
    say_how_it_goes,
    submission_of,
    submit,
    submitted,
    to_do,
)
from almareplay.queue.errors import AnotherRunSubmitted, HoldLost, RunPurged
from almareplay.queue.purging.runs import purge_run
from almareplay.queue.replaying.hold import Hold, take_hold
from almareplay.queue.store import Run
from almareplay.queue.tables.schema import runs

if TYPE_CHECKING:
    from tests.queue.conftest import Station

MINUTE = timedelta(minutes=1)


def submits(station: Station, *wanted: Run) -> None:
    """Submit runs, the station's own where none is named."""
    those = wanted or (station.run,)
    with station.queue.writing(*those) as connection:
        submit(connection, dict.fromkeys(those, "{}"))


def stands(station: Station) -> Submission:
    """What is to be done with the station's run."""
    found = submission_of(station.queue, station.run)
    assert found is not None
    return found


def taken(station: Station) -> tuple[Hold, Submission]:
    """A look that begins."""
    submits(station)
    return take_hold(station.queue, station.run), stands(station)


def test_what_is_submitted_is_due_until_somebody_holds_it(station: Station) -> None:
    assert (submission_of(station.queue, station.run), to_do(station.queue).due) == (None, [])
    submits(station)
    assert [each.run for each in to_do(station.queue).due] == [station.run]
    take_hold(station.queue, station.run)
    now = to_do(station.queue)
    assert (now.due, now.held) == ([], [station.run])


def test_the_end_of_a_look_says_when_the_next_is(station: Station) -> None:
    hold, look = taken(station)
    say_how_it_goes(station.queue, hold, 7.5, 9_000, "Alma has been away.")
    assert (stands(station).calls_per_second, stands(station).calls_left) == (7.5, 9_000)
    hand_back(station.queue, hold, Later("Alma was away.", lambda now: now + MINUTE, 1), look)
    later = stands(station)
    assert (later.tries, later.last_error, later.is_due) == (1, "Alma was away.", False)
    assert later.due_at is not None
    assert timedelta(0) < later.due_at - later.now <= MINUTE
    assert to_do(station.queue).held == []

    hold, look = taken(station)
    hand_back(station.queue, hold, HandedBack(), look)
    assert (stands(station).is_due, stands(station).tries) == (True, 0)

    hold, look = taken(station)
    hand_back(station.queue, hold, Blocked("Another key, please."), look)
    assert (stands(station).due_at, stands(station).blocked) == (None, "Another key, please.")

    hold, look = taken(station)
    assert look.blocked == ""
    hand_back(station.queue, hold, Finished(), look)
    assert (stands(station).due_at, stands(station).last_error) == (None, "")
    assert stands(station).finished_at is not None


def test_who_has_lost_the_run_says_nothing_about_it(station: Station) -> None:
    hold, look = taken(station)
    with station.queue.writing(station.run) as connection:
        connection.execute(update(runs).values(holder_token=None))
    take_hold(station.queue, station.run)
    for end in Finished(), Blocked("no"), HandedBack():
        with pytest.raises(HoldLost):
            hand_back(station.queue, hold, end, look)
    with pytest.raises(HoldLost):
        say_how_it_goes(station.queue, hold, 1.0, None, "")
    assert stands(station).is_due
    assert to_do(station.queue).held == [station.run]


@pytest.mark.parametrize("end", [Blocked("no"), Later("later", lambda now: now + MINUTE)])
def test_what_was_submitted_again_meanwhile_is_due_all_the_same(
    station: Station, end: Blocked | Later
) -> None:
    hold, look = taken(station)
    submits(station)
    hand_back(station.queue, hold, end, look)
    assert (stands(station).is_due, stands(station).blocked) == (True, "")


def test_runs_of_one_institution_go_one_after_another(station: Station) -> None:
    queue = station.queue
    first, second = queue.start_run("main", "01A"), queue.start_run("night", "01A")
    other = queue.start_run("night", "01B")
    submits(station, first, other)
    with pytest.raises(AnotherRunSubmitted, match="its run 'main' was"):
        submits(station, second)
    hold = take_hold(queue, first)
    look = submission_of(queue, first)
    assert look is not None
    hand_back(queue, hold, Finished(), look)
    submits(station, second)
    assert {each.run for each in to_do(queue).due} == {second, other}


def test_a_purged_run_is_nothing_for_workers(station: Station) -> None:
    submits(station)
    purge_run(station.queue, station.run)
    assert submitted(station.queue) == []
    with pytest.raises(RunPurged):
        submits(station)


def test_moments_are_aware(station: Station) -> None:
    submits(station)
    assert abs(stands(station).submitted_at - datetime.now(UTC)) < MINUTE
