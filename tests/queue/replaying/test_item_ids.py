"""The ids of items that are kept: for one Alma, for a day, and not beyond their rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from almareplay.outcomes import Outcome, Result
from almareplay.queue.loading.copying import copy_run
from almareplay.queue.loading.unloading import unload_file
from almareplay.queue.purging.runs import purge_run
from almareplay.queue.replaying.hold import release_hold, take_hold
from almareplay.queue.replaying.item_ids import items_known, keep_ids, kept_ids
from almareplay.queue.replaying.journal import store_result
from almareplay.queue.tables.schema import item_ids
from almareplay.transactions import AlmaInstance

if TYPE_CHECKING:
    from tests.queue.conftest import Station

HERE = AlmaInstance("01FERN_INST", "Fern University", "production", "api-na.example.org")
SANDBOX = HERE._replace(environment="sandbox")
NEIGHBOUR = HERE._replace(institution="01MOSS_INST", name="Moss College")
UNTOLD = HERE._replace(institution="", name="")
IDS = ("991", "221", "231")
OTHER = ("992", "222", "232")


def found_ago(station: Station, ago: timedelta) -> None:
    """Let all ids have been found so long ago."""
    with station.queue.writing() as connection:
        connection.execute(update(item_ids).values(found_at=datetime.now(UTC) - ago))


def stored(station: Station) -> list[tuple[object, ...]]:
    query = select(item_ids.c.item_key, item_ids.c.item_pid).order_by(item_ids.c.item_pid)
    with station.queue.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_ids_are_those_of_one_alma(station: Station) -> None:
    queue, run = station.queue, station.run
    keep_ids(queue, run, SANDBOX, {"i1": IDS})
    assert kept_ids(queue, run, SANDBOX, ["i1"]) == {"i1": IDS}
    assert kept_ids(queue, run, SANDBOX._replace(name="", host="127.0.0.1"), ["i1"]) == {"i1": IDS}
    for other in (HERE, NEIGHBOUR, NEIGHBOUR._replace(environment="sandbox"), UNTOLD):
        assert kept_ids(queue, run, other, ["i1"]) == {}
    keep_ids(queue, run, HERE, {"i1": OTHER})
    assert kept_ids(queue, run, HERE, ["i1"]) == {"i1": OTHER}
    assert kept_ids(queue, run, SANDBOX, ["i1"]) == {"i1": IDS}


def test_an_alma_that_does_not_tell_its_code_leaves_none(station: Station) -> None:
    keep_ids(station.queue, station.run, UNTOLD, {"i1": IDS})
    assert kept_ids(station.queue, station.run, UNTOLD, ["i1"]) == {}
    assert stored(station) == []


def test_what_is_found_later_takes_the_place_of_what_was(station: Station) -> None:
    queue, run = station.queue, station.run
    keep_ids(queue, run, HERE, {"i1": IDS, "i2": IDS})
    found_ago(station, timedelta(hours=23))
    keep_ids(queue, run, HERE, {"i1": OTHER})
    assert kept_ids(queue, run, HERE, ["i1"]) == {"i1": OTHER}
    assert kept_ids(queue, run, HERE, ["i2"]) == {"i2": IDS}
    assert kept_ids(queue, run, HERE, ["i3"]) == {}


@pytest.mark.parametrize("ago", [timedelta(hours=25), -timedelta(minutes=5)])
def test_ids_serve_for_a_day_and_not_from_a_clock_that_was_set_back(
    station: Station, ago: timedelta
) -> None:
    keep_ids(station.queue, station.run, HERE, {"i1": IDS})
    found_ago(station, ago)
    assert kept_ids(station.queue, station.run, HERE, ["i1"]) == {}
    assert items_known(station.queue, station.run, HERE) == 0


def test_only_items_that_are_still_to_be_done_count_as_known(station: Station) -> None:
    queue, run = station.queue, station.run
    station.load("12:00 L i1 p1", "12:05 R i1", "12:07 L i2 p1", "12:09 L i3 p2")
    keep_ids(queue, run, HERE, {"i1": IDS, "i3": IDS, "i9": IDS})
    assert items_known(queue, run, HERE) == 2
    settled(station, 4)
    assert items_known(queue, run, HERE) == 1
    assert items_known(queue, run, SANDBOX) == 0


def settled(station: Station, *rows: int) -> None:
    hold = take_hold(station.queue, station.run)
    for row in rows:
        store_result(station.queue, hold, row, Result(Outcome.LOANED))
    release_hold(station.queue, hold)


def test_a_copy_has_none_of_its_own(station: Station) -> None:
    station.load("12:00 L i1 p1")
    keep_ids(station.queue, station.run, SANDBOX, {"i1": IDS})
    copy = copy_run(station.queue, station.run, "production").run
    for alma in (HERE, SANDBOX):
        assert kept_ids(station.queue, copy, alma, ["i1"]) == {}


def test_ids_go_with_the_last_row_of_their_item(station: Station) -> None:
    station.load("12:00 L i1 p1", "12:05 L i2 p1")
    station.load("12:09 R i2", file="annex.dat")
    keep_ids(station.queue, station.run, HERE, {"i1": IDS, "i2": OTHER})
    unload_file(station.queue, station.run, "desk.dat")
    assert stored(station) == [("i2", "232")]


def test_a_purge_takes_them_along_and_none_come_after_it(station: Station) -> None:
    station.load("12:00 L i1 p1")
    keep_ids(station.queue, station.run, HERE, {"i1": IDS})
    settled(station, 1)
    purge_run(station.queue, station.run)
    assert stored(station) == []
    keep_ids(station.queue, station.run, HERE, {"i1": IDS})
    assert stored(station) == []
