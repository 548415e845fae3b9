"""The Alma that a run belongs to, at the moment in which it first sends something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from almareplay.queue.errors import (
    PostedByAnotherRun,
    RunMissing,
    RunOfAnotherAlma,
    RunOfAnotherInstitution,
)
from almareplay.queue.loading.copying import copy_run
from almareplay.queue.replaying.attempts import Write, attempts_of, store_intent
from almareplay.queue.replaying.binding import binding_of, check_alma
from almareplay.queue.replaying.hold import release_hold, take_hold
from almareplay.transactions import AlmaInstance

if TYPE_CHECKING:
    from tests.queue.conftest import Station

HERE = AlmaInstance("01FERN_INST", "Fern University", "production", "api-na.example.org")
UNTOLD = HERE._replace(institution="", name="")
NEIGHBOUR = HERE._replace(institution="01MOSS_INST", name="Moss College")


def test_two_copies_that_start_at_once_are_not_both_posted(station: Station) -> None:
    station.load("12:00 L i1 p1")
    one, other = (copy_run(station.queue, station.run, name).run for name in ("one", "other"))
    holds = [take_hold(station.queue, run, HERE) for run in (one, other)]
    store_intent(station.queue, holds[0], 1, Write.LOAN, None)
    with pytest.raises(PostedByAnotherRun):
        store_intent(station.queue, holds[1], 1, Write.LOAN, None)
    assert attempts_of(station.queue, other, 1) == []
    assert binding_of(station.queue, other).alma is None


def test_an_institution_that_a_later_key_tells_is_learned(station: Station) -> None:
    station.load("12:00 L i1 p1", "12:05 L i2 p1")
    for row, told in ((1, UNTOLD), (2, HERE)):
        hold = take_hold(station.queue, station.run, told)
        store_intent(station.queue, hold, row, Write.LOAN, None)
        release_hold(station.queue, hold)
    assert binding_of(station.queue, station.run).alma == HERE
    with pytest.raises(RunOfAnotherAlma):
        check_alma(station.queue, station.run, NEIGHBOUR)
    # A key that cannot tell it takes nothing away.
    hold = take_hold(station.queue, station.run, UNTOLD)
    store_intent(station.queue, hold, 2, Write.LOAN, None)
    assert binding_of(station.queue, station.run).alma == HERE


def test_a_run_is_posted_to_no_other_institution_than_it_was_loaded_for(station: Station) -> None:
    queue = station.queue
    fern, moss = (queue.start_run("main", each.institution) for each in (HERE, NEIGHBOUR))
    assert len({station.run.id, fern.id, moss.id}) == 3
    assert (str(station.run), str(fern)) == ("'main'", "'main' of 01FERN_INST")
    assert queue.run("main", "01FERN_INST") == fern
    for alma in (HERE, UNTOLD):
        check_alma(queue, fern, alma)
    for refuses in (check_alma, take_hold):
        with pytest.raises(RunOfAnotherInstitution, match="was loaded for 01FERN_INST, and this"):
            refuses(queue, fern, NEIGHBOUR)
    copied = copy_run(queue, fern, "again").run
    assert copied == queue.run("again", "01FERN_INST")
    with pytest.raises(RunMissing, match="has a run 'again' of 01FERN_INST, and none without"):
        queue.run("again")
