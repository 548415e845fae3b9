"""``purge``: what it asks, says, keeps and leaves alone; and what a purged run still answers."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from almareplay.queue.errors import NotErased
from almareplay.queue.purging.runs import purge_run
from almareplay.queue.replaying.hold import take_hold
from almareplay.queue.store import Queue

if TYPE_CHECKING:
    from tests.cli.conftest import AtTerminal, User

NOBODY = "2188-nobody"
REMINDER = (
    "The reports and exports that you wrote and the captured files still hold patron ids: delete "
    "them as well."
)
ANEW = "The queue's file was written anew, without what was deleted."


def queue_of(user: User) -> Queue:
    return Queue.open(f"sqlite:///{user.folder}/almareplay.db")


def today() -> str:
    return f"{datetime.now().astimezone():%d %B %Y}"


def in_queue(user: User) -> set[str]:
    """The item barcodes and patron ids of these captures that the queue's files hold."""
    bytes_ = b"".join(path.read_bytes() for path in user.folder.glob("almareplay.db*"))
    patrons = [f"2{barcode[1:]}" for barcode in user.barcodes]
    return {each for each in [*user.barcodes, *patrons, NOBODY] if each.encode() in bytes_}


@pytest.fixture
def done(user: User) -> User:
    """A user whose run is replayed: two loans, and one to a patron whom nobody knows."""
    user.types("load", str(user.captures(2)))
    item = user.captures(1, "more.dat").read_text()[13:40].strip()
    user.types("load", str(user.writes("wrong.dat", f"202609140900L{item:<80}{NOBODY}")))
    assert user.types("replay", "--yes").code == 1
    assert len(in_queue(user)) == 6
    return user


def test_a_finished_run_goes_with_its_bytes_and_its_counts_stay(done: User) -> None:
    effects = done.effects()
    purged = done.types("purge", "--yes")
    assert (purged.code, purged.out) == (0, "")
    assert purged.problems() == [
        f"Run 'main': 3 rows, last done {today()}.",
        "  1 row of them needed attention, 0 unresolved: once purged, only a report that you wrote "
        "tells staff which.",
        "Run 'main': 3 rows purged; their counts are kept.",
        ANEW,
        REMINDER,
    ]
    assert in_queue(done) == set()

    state = json.loads(done.types("status", "--json").out)
    assert state["outcomes"] == {"loaned": 2, "patron_not_found": 1}
    assert (state["rows"], len(state["files"])) == (3, 2)
    assert state["purged_at"] <= state["erased_at"]
    shown = done.types("status")
    assert shown.code == 0
    assert re.search(r"^Purged on 20\S+: its rows are gone, these counts are kept\.$", shown.out, 8)
    assert "Next" not in shown.out
    for words in (
        ("report", "late.csv"),
        ("retry",),
        ("replay", "--yes"),
        ("rehearse",),
        ("export", "rest.dat"),
        ("unload", "desk.dat"),
        ("load", "desk.dat"),
        ("replay", "desk.dat", "--yes"),
    ):
        refused = done.types(*words)
        assert refused.code == 2, words
        assert refused.problems()[0].startswith("Run 'main' was purged on "), words
    assert not list(done.folder.glob("late.csv"))
    assert done.types("check").code == 0

    # Its files are still known: nothing of them is posted again, whatever run they come into.
    known = done.types("replay", "desk.dat", "--yes", "--run", "next")
    assert "loaded already as capture 1 into run 'main'" in known.err
    assert done.effects() == effects
    again = done.types("purge", "--yes")
    assert (again.code, again.problems()) == (
        0,
        [f"Run 'main' was purged on {today()}.", "Nothing to purge."],
    )


def test_nobody_to_ask_is_no_yes(done: User) -> None:
    assert (done.types("purge").code, len(in_queue(done))) == (2, 6)


@pytest.mark.parametrize(
    ("typed", "code"), [(["y\n"], 0), (["n\n"], 3), (["\n"], 3), ([], 130)], ids=str
)
def test_only_a_yes_deletes(
    done: User, at_terminal: AtTerminal, typed: list[str], code: int
) -> None:
    at_terminal(*typed)
    assert done.types("purge").code == code
    assert (in_queue(done) == set()) == (code == 0)


def test_a_run_with_something_left_or_being_replayed_stays(loaded: User) -> None:
    refused = loaded.types("purge", "--yes")
    assert refused.code == 2
    assert refused.problems()[0].startswith("Run 'main' is not finished: it has 1 pending row.")
    loaded.types("replay", "--yes")
    with queue_of(loaded) as queue:
        take_hold(queue, queue.run("main"))
        # Writing the file anew would hold up whatever run is replayed.
        loaded.types("load", "--run", "other", str(loaded.captures(1, "other.dat")))
        for words in (["purge"], ["purge", "--run", "other"], ["purge", "--older-than", "1d"]):
            assert loaded.types(*words, "--yes").code == 3
    assert in_queue(loaded)


def test_what_was_interrupted_is_seen_and_finished_without_a_question(done: User) -> None:
    with queue_of(done) as queue:
        purge_run(queue, queue.run("main"))
    hint = "Their bytes may still be in the queue's file: almareplay purge"
    assert hint in done.types("status").out
    finished = done.types("purge")
    assert (finished.code, finished.problems()) == (
        0,
        [
            f"Run 'main': its rows were deleted on {today()}, but not yet their bytes.",
            ANEW,
            REMINDER,
        ],
    )
    assert hint not in done.types("status").out


def test_ctrl_c_between_rows_and_bytes_says_what_is_left(
    done: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Queue) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Queue, "erase_deleted", interrupted)
        stopped = done.types("purge", "--yes")
    assert stopped.code == 130
    assert stopped.problems()[-1] == (
        "Interrupted. What was deleted may still be in the queue's file: almareplay purge"
    )
    assert done.types("purge", "--older-than", "9w").code == 0
    assert in_queue(done) == set()


def test_bytes_that_could_not_be_written_over_are_no_end(
    done: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: Queue) -> bool:
        raise NotErased("Another program has that file open.")

    with monkeypatch.context() as patch:
        patch.setattr(Queue, "erase_deleted", busy)
        stopped = done.types("purge", "--yes")
    assert (stopped.code, stopped.problems()[-1]) == (75, "Another program has that file open.")
    assert done.types("purge").code == 0
    assert in_queue(done) == set()


def make_old(user: User, run: str, days: int) -> None:
    """Let the run's last row be loaded and settled so many days ago."""
    then = (datetime.now(UTC) - timedelta(days=days)).replace(tzinfo=None).isoformat(" ")
    with queue_of(user) as queue:
        number = queue.run(run).id
        with queue.writing() as connection:
            for change in (
                f"runs SET created_at = '{then}' WHERE id = {number}",
                f"files SET loaded_at = '{then}' WHERE run_id = {number}",
                f"transactions SET completed_at = '{then}' WHERE run_id = {number}"
                " AND completed_at IS NOT NULL",
            ):
                connection.exec_driver_sql(f"UPDATE {change}")


def test_old_runs_go_together_and_others_stay_with_a_reason(user: User) -> None:
    for run, days in (("june", 60), ("july", 31), ("new", 29), ("open", 60)):
        user.types("load", str(user.captures(1, f"{run}.dat")), "--run", run)
        if run != "open":
            assert user.types("replay", "--yes", "--run", run).code == 0
        make_old(user, run, days)
    staying = {each for run in ("new", "open") for row in user.rows(run) for each in row[3:5]}
    purged = user.types("purge", "--older-than", "30d", "--yes")
    assert purged.code == 1
    said = purged.problems()
    assert said[0].startswith("Run 'new' stays: the last was done on ")
    assert said[1] == "Run 'open' stays: it has 1 pending row."
    assert [line for line in said if "purged;" in line] == [
        f"Run '{run}': 1 row purged; their counts are kept." for run in ("june", "july")
    ]
    assert in_queue(user) == staying
    # The next time there is nothing left that is old enough and finished.
    later = user.types("purge", "--older-than", "30d")
    assert (later.code, later.problems()[-1]) == (1, "Nothing to purge.")


@pytest.mark.parametrize("age", ["30", "d", "0d", "-1d", "3m", "1.5w", "99999w", ""])
def test_an_age_that_is_none_is_said(loaded: User, age: str) -> None:
    refused = loaded.types("purge", f"--older-than={age}")
    assert refused.code == 2
    assert refused.problems()[0].endswith("give days or weeks, such as 30d or 8w.")


def test_all_old_runs_or_the_one_that_is_named(loaded: User) -> None:
    refused = loaded.types("purge", "--older-than", "8w", "--run", "night")
    assert (refused.code, "leave out --run" in refused.err) == (2, True)


def test_an_anonymous_report_names_nobody(done: User) -> None:
    assert done.types("report", "a.csv", "b.jsonl", "--anonymous").code == 0
    patrons = {row.patron_id for row in done.rows()}
    for name in ("a.csv", "b.jsonl"):
        text = (done.folder / name).read_text("utf-8")
        assert not [each for each in patrons if each in text]
        assert all(f"patron {number}" in text for number in (1, 2, 3))
