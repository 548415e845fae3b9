"""Files out of a run again: their rows go, what repeated them is pending again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from almareplay.outcomes import Outcome, Result
from almareplay.queue.errors import NotUnloadable, RunHeld
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.loading.known_files import known_files
from almareplay.queue.loading.unloading import Unloaded, unload_file
from almareplay.queue.reading import queries
from almareplay.queue.replaying.attempts import Write, store_intent
from almareplay.queue.replaying.hold import holder_of, take_hold
from almareplay.queue.replaying.journal import lane_history, store_result

if TYPE_CHECKING:
    from tests.queue.conftest import Station


def take_out(station: Station, name: str, sheet: str | None = None) -> Unloaded:
    return unload_file(station.queue, station.run, name, sheet=sheet)


def test_the_rows_are_gone_and_what_repeated_them_is_pending_again(station: Station) -> None:
    station.load("12:00 L i1 p1", "bad", "12:05 R i2", "12:07 L i3 p1")
    station.load("12:00 L i1 p1", "12:09 R i2", "12:07 R i3", file="annex.dat")
    assert {row.row: bool(row.note) for row in station.report()}[7]
    assert take_out(station, "desk.dat") == Unloaded(["desk.dat"], rows=4, pending_again=1)
    assert station.outcomes() == dict.fromkeys([5, 7, 6], Outcome.PENDING)
    assert [row.note for row in station.report()] == ["", "", ""]
    assert queries.loaded_files(station.queue, station.run) == [("annex.dat", "test capture", 3)]
    assert lane_history(station.queue, station.run, "i1").settled is None
    assert holder_of(station.queue, station.run) is None


def test_it_can_be_loaded_again_under_new_numbers(station: Station) -> None:
    lines = ["12:00 L i1 p1", "12:05 R i2"]
    station.load(*lines)
    take_out(station, "desk.dat")
    sha256 = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert known_files(station.queue, sha256) == []
    assert station.load(*lines).duplicates == 0
    assert list(station.outcomes()) == [3, 4]


def test_a_link_between_neighbours_goes(station: Station) -> None:
    station.load("12:00 R i1")
    station.load("12:01 R i1", file="between.dat")
    station.load("12:02 R i1", file="after.dat")
    assert len(station.pending()) == 1
    assert take_out(station, "between.dat").pending_again == 1
    assert [row.row for row in station.pending()] == [1, 3]


def test_nothing_goes_where_a_row_was_sent(station: Station) -> None:
    station.load("12:00 L i1 p1", "12:01 L i2 p1")
    station.load("12:02 L i3 p1", file="annex.dat")
    hold = take_hold(station.queue, station.run)
    intent = store_intent(station.queue, hold, 2, Write.LOAN, None)
    with pytest.raises(RunHeld):
        take_out(station, "desk.dat")
    with station.queue.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET holder_pid = 2147483646")
    with pytest.raises(NotUnloadable, match=r"desk\.dat: 1 row of it was sent"):
        take_out(station, "desk.dat")
    assert len(station.outcomes()) == 3
    assert take_out(station, "annex.dat").rows == 1
    hold = take_hold(station.queue, station.run)
    store_result(station.queue, hold, 2, Result(Outcome.LOANED), intent=intent)
    assert station.outcomes() == {1: Outcome.PENDING, 2: Outcome.LOANED}


def test_a_file_is_known_by_its_bytes_before_its_name(station: Station) -> None:
    for sha256, name, line in (("aa", "desk.dat", "12:00 R i1"), ("bb", "other.dat", "12:00 R i2")):
        load_file(station.queue, station.run, CaptureFile(name, sha256, "x"), station.rows(line))
    moved = unload_file(station.queue, station.run, "desk.dat", sha256="bb")
    assert moved.names == ["other.dat"]
    changed = unload_file(station.queue, station.run, "desk.dat", sha256="cc")
    assert changed.names == ["desk.dat"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("desk.dta", r"no such file; its files are: annex\.dat, desk\.dat\. Did you mean desk"),
        ("else.csv", r"its files are: annex\.dat, desk\.dat\.$"),
        ("annex.dat", "2 different files named annex.dat"),
    ],
)
def test_what_is_not_in_the_run_is_said(station: Station, name: str, words: str) -> None:
    station.load("12:00 R i1")
    station.load("12:00 R i2", file="annex.dat")
    station.load("12:00 R i3", file="annex.dat")
    with pytest.raises(NotUnloadable, match=words):
        take_out(station, name)
    assert len(station.outcomes()) == 3


def test_sheets_go_one_by_one_or_all(station: Station) -> None:
    def load_sheets(*sheets: str) -> None:
        for sheet in sheets:
            file = CaptureFile("desk.xlsx", "00", "x", sheet)
            load_file(station.queue, station.run, file, station.rows(f"12:00 R {sheet}"))

    load_sheets("Fri", "Sat", "Sun")
    assert take_out(station, "desk.xlsx", "sat").names == ["desk.xlsx#Sat"]
    with pytest.raises(NotUnloadable, match=r"'Mon' was not loaded by itself \(loaded: Fri, Sun\)"):
        take_out(station, "desk.xlsx", "Mon")
    load_sheets("Sat")
    assert take_out(station, "desk.xlsx").rows == 3
    assert station.outcomes() == {}
    with pytest.raises(NotUnloadable, match="it has none yet"):
        take_out(station, "desk.xlsx")
