"""A queue of an older layout at the command line: said once, upgraded, and gone on with."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from almareplay.queue.tables.schema import VERSION
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Desk, Item, Library, Loan, Patron, World
from tests.queue.layouts import LAYOUTS, hold, look, write_queue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Done, User


# What the command line says of an upgrade; what an upgrade does, the tests of the queue ask of all.
OLDEST = pytest.mark.parametrize("older", LAYOUTS[:1], indirect=True)


@pytest.fixture(params=LAYOUTS)
def older(request: pytest.FixtureRequest, user: User) -> User:
    """A user whose queue an older almareplay has left in the middle of a run."""
    write_queue(user.folder / "almareplay.db", request.param)
    return user


@pytest.fixture
def between(older: User) -> Iterator[User]:
    """The same beside an Alma that has carried out the loan of row 3, whose answer was lost, and
    has not got those of rows 4 and 8."""
    world = World(libraries=[Library("MAIN", "Main Library", [Desk("FRONT")])])
    for number in ("402", "403", "404", "407", "801"):
        world.add_item(Item(f"31880{number}", "MAIN"))
        world.add_patron(Patron(f"21880{number}"))
        older.barcodes.append(f"31880{number}")
    lent = datetime(2026, 9, 15, 6, 3, 1, tzinfo=UTC)
    due = lent + timedelta(days=28)
    world.add_loan(Loan("21880403", "31880403", lent, due, "MAIN", "FRONT"))
    with Simulator(world, key="good-key", per_second=0) as alma:
        older.alma = alma
        older.env["ALMAREPLAY_BASE_URL"] = alma.url
        yield older


def copy_of(user: User) -> Path:
    (copy,) = user.folder.glob("almareplay.layout-*.db")
    return copy


def said_of_upgrade(done: Done) -> list[str]:
    return [line for line in done.err.splitlines() if "layout" in line]


def test_it_is_said_once_and_the_command_goes_on(older: User) -> None:
    done = older.types("status", "--json", "--quiet")
    assert done.code == 0
    first, second = said_of_upgrade(done)
    queue = older.folder / "almareplay.db"
    assert first.startswith(f"The queue {queue} was written by an older almareplay and has been")
    assert str(copy_of(older)) in second and "names patrons" in second
    state = json.loads(done.out)
    assert (state["rows"], state["lost_answers"], state["follow_ups"]) == (11, 1, 1)
    assert (state["posted"], state["environment"]) == (True, "unknown")
    again = older.types("status")
    assert said_of_upgrade(again) == []
    assert "Alma: not known, since an older almareplay posted this run" in again.out
    assert "Next: almareplay replay" in again.out


@OLDEST
def test_the_log_knows_of_it_without_names_of_files(older: User) -> None:
    older.types("status", "--log", "run.log")
    events = [json.loads(line) for line in (older.folder / "run.log").read_text().splitlines()]
    (upgraded,) = (each for each in events if each["event"] == "upgraded")
    assert upgraded["before"] < upgraded["after"] == VERSION
    assert "almareplay.db" not in json.dumps(events)


def test_the_replay_goes_on_where_the_older_one_was(between: User) -> None:
    done = between.types("replay", "--yes", "--report", "a.csv")
    assert done.code == 1
    assert "did not note to which Alma" in done.err
    # Row 3 is in Alma already: it was found there, and not posted again.
    assert between.effects() == ["loan", "loan"]
    assert {row.row: row.outcome for row in between.rows() if row.row in (3, 4, 8)} == {
        3: "loaned",
        4: "loaned",
        8: "loaned",
    }
    with (between.folder / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = {int(row["row"]): row for row in csv.DictReader(file)}
    assert len(rows) == 11
    assert rows[4]["patron_id"] == "21880404"
    assert rows[5]["advice"].startswith("Nothing to do: somebody has settled this by hand")
    assert {row["environment"] for row in rows.values()} == {"sandbox"}
    state = json.loads(between.types("status", "--json").out)
    assert (state["lost_answers"], state["follow_ups"]) == (0, 0)
    again = between.types("replay", "--yes")
    assert (again.code, "did not note" in again.err) == (1, False)
    assert between.effects() == ["loan", "loan"]


@OLDEST
def test_the_report_of_a_run_whose_alma_is_not_known_claims_none(older: User) -> None:
    assert older.types("report", "a.html", "b.xlsx", "c.csv").code == 0
    page = (older.folder / "a.html").read_text("utf-8")
    assert "did not note to which Alma: ask who ran it." in page
    assert "Nothing of this has happened in the production Alma" not in page
    older.types("report", "night.html", "--run", "night")
    assert "Nothing was sent to Alma yet." in (older.folder / "night.html").read_text("utf-8")


@OLDEST
def test_a_capture_that_it_has_adds_nothing_whatever_the_flags(older: User) -> None:
    capture = older.captures(1, "desk.dat")
    older.types("load", str(capture), "--run", "other")
    # As if the older almareplay had loaded it, which noted no flags.
    with closing(sqlite3.connect("almareplay.db")) as queue:
        queue.execute("UPDATE files SET flags = '{}'")
        queue.commit()
    done = older.types(
        "load", str(capture), "--run", "other", "--columns", "item_barcode=B", "--circ-desk", "BACK"
    )
    assert "adds nothing" in done.err
    assert "It was read with" not in done.err


@OLDEST
def test_a_run_that_an_older_almareplay_replays_is_waited_for(older: User) -> None:
    until = datetime.now(UTC) + timedelta(seconds=50)
    hold(older.folder / "almareplay.db", "main", until)
    done = older.types("status")
    assert (done.code, done.out) == (3, "")
    (said,) = done.problems()
    assert "this one upgrades it as soon as nobody replays a run of it" in said
    assert "process 4242 on front-desk" in said
    assert list(older.folder.glob("*layout*")) == []


@OLDEST
def test_a_purge_names_the_copy_that_still_has_the_rows(between: User) -> None:
    between.types("status")
    assert between.types("replay", "--yes", "--run", "night").code == 0
    done = between.types("purge", "--run", "night", "--yes")
    assert done.code == 0
    assert f"copy of the queue from before an upgrade: {copy_of(between)}" in done.err
    assert look(copy_of(between), "SELECT count(*) FROM transactions WHERE run_id = 3") == [(1,)]


@OLDEST
def test_upgrading_alone(older: User) -> None:
    done = older.types("queue", "upgrade")
    assert (done.code, len(said_of_upgrade(done))) == (0, 2)
    assert copy_of(older).exists()
    again = older.types("queue", "upgrade")
    assert (again.code, again.out) == (0, "")
    assert again.err.rstrip().endswith("is of this version already.")


def test_there_is_nothing_to_upgrade(user: User) -> None:
    done = user.types("queue", "upgrade")
    assert done.code == 2
    assert "almareplay load" in done.err
    assert list(user.folder.iterdir()) == []
