"""Queues of every older layout, upgraded: whole or not at all, and never without a copy."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.pool import NullPool

from almareplay.outcomes import Outcome
from almareplay.processes import this_process
from almareplay.queue import migrations
from almareplay.queue.binding import binding_of, check_alma
from almareplay.queue.copying import copy_run
from almareplay.queue.errors import (
    HoldLost,
    NotUpgraded,
    PostedByAnotherRun,
    QueueError,
    QueueInUse,
    RunHeld,
    RunPurged,
)
from almareplay.queue.follow_ups import MadeBy, Task, fines_of_row, open_follow_ups
from almareplay.queue.hold import Hold, take_hold
from almareplay.queue.journal import Call, attempts_of, pending_rows, store_intent
from almareplay.queue.loading import CaptureFile, load_file
from almareplay.queue.purging import standing
from almareplay.queue.report_rows import report_rows
from almareplay.queue.schema import VERSION, metadata
from almareplay.queue.store import Queue
from almareplay.queue.story import Changed, story_of
from almareplay.transactions import AlmaInstance
from tests.queue.layouts import LAYOUTS, look, write_queue

if TYPE_CHECKING:
    from tests.queue.conftest import Pragma

FERN = AlmaInstance("01FERN_INST", "Fern University", "sandbox", "api-na.example.org")
MOSS = AlmaInstance("01MOSS_INST", "Moss College", "sandbox", "api-eu.example.org")


@pytest.fixture(params=LAYOUTS)
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The file of a queue of an older layout."""
    path = tmp_path / "queue.db"
    write_queue(path, request.param)
    return path


def address(path: Path) -> str:
    return f"sqlite:///{path}"


def content(path: Path) -> list[str]:
    """All that a queue's file holds."""
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def copies(path: Path) -> list[Path]:
    """What lies beside a queue's file, but for what SQLite keeps there."""
    own = {path.name, f"{path.name}-wal", f"{path.name}-shm"}
    return sorted(each for each in path.parent.iterdir() if each.name not in own)


def tables(path: Path) -> dict[str, Any]:
    """The tables of a queue's file: columns with types and defaults, keys, indexes."""
    engine = create_engine(address(path), poolclass=NullPool)
    with engine.connect() as connection:
        seen = inspect(connection)
        return {
            name: {
                "columns": {
                    column.pop("name"): {**column, "type": str(column["type"])}
                    for column in map(dict, seen.get_columns(name))
                },
                "key": seen.get_pk_constraint(name),
                "references": seen.get_foreign_keys(name),
                "unique": seen.get_unique_constraints(name),
                "indexes": sorted(seen.get_indexes(name), key=lambda index: str(index["name"])),
                "rowid": "WITHOUT ROWID"
                in str(look(path, f"SELECT sql FROM sqlite_master WHERE name = '{name}'")),
            }
            for name in seen.get_table_names()
        }


def test_there_is_a_queue_and_a_step_of_every_layout() -> None:
    assert LAYOUTS == list(migrations.STEPS) == list(range(migrations.OLDEST, VERSION))


def test_an_upgraded_queue_has_the_tables_of_a_new_one(older: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    Queue.open(address(new), create=True).close()
    Queue.open(address(older)).close()
    assert tables(older) == tables(new)
    assert set(tables(new)) == set(metadata.tables)
    assert look(older, "PRAGMA foreign_key_check") == []
    assert look(older, "PRAGMA integrity_check") == [("ok",)]


def test_rows_that_are_referred_to_are_watched_over_again_afterwards(older: Path) -> None:
    with (
        Queue.open(address(older)) as queue,
        pytest.raises(QueueError, match="IntegrityError"),
        queue.writing() as connection,
    ):
        connection.exec_driver_sql("DELETE FROM files")


def test_a_copy_of_the_queue_as_it_was_lies_beside_it(older: Path) -> None:
    before = content(older)
    (layout,) = look(older, "SELECT version FROM almareplay_schema")
    with Queue.open(address(older)) as queue:
        done = queue.upgrade
    assert done is not None and done.copy is not None
    assert (done.before, done.after) == (*layout, VERSION)
    assert copies(older) == [done.copy]
    assert content(done.copy) == before
    assert done.copy.stat().st_mode & 0o777 == 0o600
    assert done.copy.name.startswith(f"queue.layout-{done.before}.20")
    assert done.copy.suffix == ".db"
    with Queue.open(address(older)) as queue:
        assert queue.upgrade is None
    with Queue.open(address(done.copy)) as queue:
        assert queue.upgrade is not None


def test_the_copy_takes_no_other_files_place(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Noon(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Noon:
            return cls(2026, 11, 26, 12, 0, tzinfo=tz)

    monkeypatch.setattr("almareplay.queue.sqlite.datetime", Noon)
    (layout,) = LAYOUTS[:1]
    named = f"queue.layout-{layout}.20261126T120000Z"
    taken = older.with_name(f"{named}.db")
    taken.write_text("somebody else's")
    # Not even a link to nowhere.
    older.with_name(f"{named}-2.db").symlink_to("nowhere")
    with Queue.open(address(older)) as queue:
        assert queue.upgrade is not None and queue.upgrade.copy is not None
        assert queue.upgrade.copy.name == f"{named}-3.db"
    assert taken.read_text() == "somebody else's"


def test_every_row_is_what_it_was(older: Path) -> None:
    with Queue.open(address(older)) as queue:
        main = queue.run("main")
        rows = {row.row: row for row in report_rows(queue, main)}
        assert {number: row.outcome for number, row in rows.items()} == {
            1: Outcome.LOANED,
            2: Outcome.RETURNED,
            3: Outcome.PENDING,
            4: Outcome.PENDING,
            5: Outcome.PATRON_NOT_FOUND,
            6: Outcome.INVALID,
            7: Outcome.RETURNED,
            8: Outcome.PENDING,
            9: Outcome.UNCERTAIN,
            10: Outcome.ON_LOAN_TO_OTHER,
            11: Outcome.DUPLICATE,
        }
        assert (rows[1].loan_id, rows[1].note) == ("401", "due date as captured")
        assert rows[4].note.startswith("patron id corrected on 20")
        assert rows[5].dismissed and rows[5].note == "dismissed: lent at the desk"
        assert rows[7].destination == "hold shelf"
        assert rows[8].note == "retried after unavailable"
        assert rows[10].note == "on loan to another since 2026-09-01"
        assert [row.row for row in pending_rows(queue, main, after=None, limit=9)] == [3, 4, 8]
        ((intent, fate),) = attempts_of(queue, main, 3)
        assert (intent.call, fate) == (Call.LOAN, None)
        (task,) = open_follow_ups(queue, main)
        assert (task.row.row, task.what.task, task.what.made_by) == (2, Task.FINE, MadeBy.RETURN)
        (fine,) = fines_of_row(queue, main, 7)
        assert (str(fine.amount), fine.wrong) == ("1.25", "whole")
        (corrected,) = (
            each for each in story_of(queue, main, 4, UTC).events if isinstance(each, Changed)
        )
        assert (corrected.patron_id_before, corrected.patron_id) == ("21880499", "21880404")
        assert (corrected.kind_before, corrected.item_barcode_before) == ("loan", "31880404")
        with pytest.raises(RunPurged):
            queue.run("spring")
        spring = standing(queue, queue.run("spring", purged_too=True))
        assert spring.outcomes == {Outcome.LOANED: 1}
        assert spring.erased_at is not None


@pytest.mark.parametrize("alma", [FERN, FERN._replace(institution="", name="")])
def test_a_run_that_was_posted_belongs_to_the_alma_of_its_next_call(
    older: Path, alma: AlmaInstance
) -> None:
    with Queue.open(address(older)) as queue:
        main, night = queue.run("main"), queue.run("night")
        assert binding_of(queue, night).alma is None
        unknown = binding_of(queue, main).alma
        assert unknown is not None and not unknown.is_known
        assert standing(queue, main).sent
        check_alma(queue, main, alma)
        store_intent(queue, take_hold(queue, main, alma), 4, Call.LOAN, None)
        assert binding_of(queue, main).alma == alma


def test_what_was_posted_to_an_alma_that_nobody_knows_is_not_posted_again(older: Path) -> None:
    with Queue.open(address(older)) as queue:
        again = copy_run(queue, queue.run("main"), "again").run
        for alma in (FERN, MOSS):
            with pytest.raises(PostedByAnotherRun, match="to an Alma that is not known"):
                check_alma(queue, again, alma)
        ((sha256,),) = look(older, "SELECT sha256 FROM files WHERE name = 'desk.dat' LIMIT 1")
        capture = CaptureFile("desk.dat", str(sha256), "test capture", insisted=True)
        insisted = queue.start_run("insisted")
        load_file(queue, insisted, capture, [])
        check_alma(queue, insisted, MOSS)
        # Once it is known, only that one counts.
        main = queue.run("main")
        store_intent(queue, take_hold(queue, main, FERN), 4, Call.LOAN, None)
        check_alma(queue, again, MOSS)
        with pytest.raises(PostedByAnotherRun, match="Fern University"):
            check_alma(queue, again, FERN)


def hold(path: Path, lease_until: datetime) -> None:
    with closing(sqlite3.connect(path)) as queue:
        queue.execute(
            "UPDATE runs SET holder_token = 'x', holder_host = 'front-desk', holder_pid = 4242, "
            "held_since = '2026-11-26 02:00:00.000000', lease_until = ? WHERE name = 'night'",
            (f"{lease_until:%Y-%m-%d %H:%M:%S.%f}",),
        )
        queue.commit()


def columns_of(queue: sqlite3.Connection) -> list[str]:
    """The columns of the table of runs."""
    return [name for _, name, *_ in queue.execute("PRAGMA table_info(runs)")]


def test_a_queue_of_which_somebody_replays_a_run_is_left_alone(older: Path) -> None:
    hold(older, datetime.now(UTC) + timedelta(seconds=50))
    before = content(older)
    with pytest.raises(QueueInUse, match=r"Run 'night' is being replayed by process 4242") as held:
        Queue.open(address(older))
    assert isinstance(held.value, RunHeld)
    assert "If it is gone, the run is free at" in str(held.value)
    assert (content(older), copies(older)) == (before, [])
    hold(older, datetime.now(UTC) - timedelta(seconds=1))
    Queue.open(address(older)).close()


def test_a_process_that_lives_is_waited_for_however_long_it_slept(older: Path) -> None:
    """As layouts since 5 tell which process it is."""
    hold(older, datetime.now(UTC) - timedelta(hours=1))
    mine = this_process()
    with closing(sqlite3.connect(older)) as queue:
        for name in {"holder_space", "holder_started"} - {*columns_of(queue)}:
            queue.execute(f"ALTER TABLE runs ADD COLUMN {name} TEXT")
        queue.execute(
            "UPDATE runs SET holder_host = ?, holder_space = ?, holder_pid = ?, holder_started = ? "
            "WHERE name = 'night'",
            (mine.host, mine.space, mine.pid, mine.started),
        )
        queue.commit()
    with pytest.raises(QueueInUse, match=f"by process {os.getpid()}") as held:
        Queue.open(address(older))
    assert "If it is gone" not in str(held.value)


def test_a_process_that_slept_through_the_upgrade_does_not_go_on(older: Path) -> None:
    hold(older, datetime.now(UTC) - timedelta(seconds=1))
    with Queue.open(address(older)) as queue, pytest.raises(HoldLost):
        store_intent(queue, Hold(queue.run("night"), "x"), 1, Call.SCAN_IN, None)


def test_a_step_that_fails_leaves_the_queue_as_it_was(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(older)
    real = migrations.STEPS[VERSION - 1]

    def fails_late(connection: Connection) -> None:
        real(connection)
        raise KeyboardInterrupt

    monkeypatch.setitem(migrations.STEPS, VERSION - 1, fails_late)
    with pytest.raises(KeyboardInterrupt):
        Queue.open(address(older))
    assert (content(older), copies(older)) == (before, [])
    monkeypatch.undo()
    Queue.open(address(older)).close()


_KILLED_AFTER = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from almareplay.queue.store import Queue

statements = 0

@event.listens_for(Engine, "after_cursor_execute")
def executed(connection, cursor, statement, *_):
    global statements
    statements += statement.lstrip().startswith({begins!r})
    if statements == {number}:
        os.kill(os.getpid(), signal.SIGKILL)

Queue.open(sys.argv[1])
"""


@pytest.mark.parametrize(
    ("begins", "number"), [("ALTER TABLE", 1), ("DROP TABLE", 2), ("UPDATE almareplay_schema", 1)]
)
def test_a_process_that_is_killed_leaves_the_queue_whole(
    older: Path, begins: str, number: int
) -> None:
    before = content(older)
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED_AFTER.format(begins=begins, number=number), address(older)],
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert content(older) == before
    (left,) = copies(older)
    assert content(left) == before
    with Queue.open(address(older)) as queue:
        assert queue.upgrade is not None
        assert len(list(report_rows(queue, queue.run("main")))) == 11
    assert len(copies(older)) == 2


def test_a_copy_that_was_cut_off_is_not_taken_for_one(older: Path) -> None:
    """Neither it nor what SQLite would take back of it."""
    shutil.copy(older, cut := older.with_name("queue.db.copying"))
    with cut.open("r+b") as file:
        file.truncate(cut.stat().st_size // 2)
    before = content(older)
    with Queue.open(address(older)) as queue:
        assert queue.upgrade is not None and queue.upgrade.copy is not None
        assert copies(older) == [queue.upgrade.copy]
        assert content(queue.upgrade.copy) == before


def test_of_two_processes_that_open_it_at_once_one_upgrades_it(older: Path) -> None:
    program = (
        "import sys; from almareplay.queue.store import Queue\n"
        "sys.stdin.read()\n"
        "with Queue.open(sys.argv[1]) as queue: print(queue.upgrade is not None, queue.run('main'))"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, address(older)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    said = sorted(process.communicate()[0].split()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert said == ["False", "True"]
    assert len(copies(older)) == 1


def test_what_another_process_upgrades_between_the_look_and_the_lock_is_upgraded_once(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[[Connection], Any] = migrations.upgrade

    def beaten(connection: Connection) -> Any:
        monkeypatch.undo()
        Queue.open(address(older)).close()
        return real(connection)

    monkeypatch.setattr(migrations, "upgrade", beaten)
    with Queue.open(address(older)) as queue:
        assert queue.upgrade is None
        assert queue.run("main").name == "main"
    assert len(copies(older)) == 1


def test_a_queue_that_may_not_be_written_says_so(older: Path, pragma: Pragma) -> None:
    before = content(older)
    pragma("query_only=ON")
    with pytest.raises(NotUpgraded, match=r"older almareplay.*it is as it was.*cannot be written"):
        Queue.open(address(older))
    assert (content(older), copies(older)) == (before, [])


def test_a_disk_that_is_full_before_the_end_leaves_it_as_it_was(
    older: Path, pragma: Pragma
) -> None:
    before = content(older)
    ((pages,),) = look(older, "PRAGMA page_count")
    pragma(f"max_page_count={pages}")
    with pytest.raises(NotUpgraded, match=r"it is as it was\. The disk is full"):
        Queue.open(address(older))
    assert (content(older), copies(older)) == (before, [])


def test_a_disk_without_room_for_the_copy_is_said(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def cramped(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA max_page_count=2")
        return connection

    before, size = content(older), older.stat().st_size
    with monkeypatch.context() as full:
        full.setattr("almareplay.queue.sqlite.sqlite3.connect", cramped)
        with pytest.raises(NotUpgraded, match="it is as it was") as said:
            Queue.open(address(older))
    assert f"could not be written to {older.parent} (database or disk is full)" in str(said.value)
    assert f"room for {2 * size:,} bytes more" in str(said.value)
    assert (content(older), copies(older)) == (before, [])


def test_a_folder_that_may_not_be_written_is_said(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os_open = os.open

    def refuses(path: Path, flags: int, mode: int = 0o777) -> int:
        if str(path).endswith(".copying"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return os_open(path, flags, mode)

    before = content(older)
    with monkeypatch.context() as locked:
        locked.setattr("os.open", refuses)
        with pytest.raises(NotUpgraded, match=r"\(Permission denied\)"):
            Queue.open(address(older))
    assert (content(older), copies(older)) == (before, [])
