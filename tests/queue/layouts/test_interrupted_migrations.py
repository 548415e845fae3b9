"""What stands in the way of an upgrade: it is done whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection

from almareplay.queue.errors import (
    HoldLost,
    NotUpgraded,
    QueueInUse,
    RunHeld,
)
from almareplay.queue.layouts import layout_steps, migrations
from almareplay.queue.processes import this_process
from almareplay.queue.reading.report_rows import report_rows
from almareplay.queue.replaying.attempts import Write, store_intent
from almareplay.queue.replaying.hold import Hold
from almareplay.queue.store import Queue
from almareplay.queue.tables.schema import VERSION
from tests.chaos.processes import Command, Script
from tests.queue.layouts import LAYOUTS, address, content, copies, hold, look

if TYPE_CHECKING:
    from tests.queue.conftest import Pragma

pytestmark = pytest.mark.sqlite


def columns_of(queue: sqlite3.Connection) -> list[str]:
    """The columns of the table of runs."""
    return [name for _, name, *_ in queue.execute("PRAGMA table_info(runs)")]


def test_a_queue_of_which_somebody_replays_a_run_is_left_alone(older: Path) -> None:
    hold(older, "night", datetime.now(UTC) + timedelta(seconds=50))
    before = content(older)
    with pytest.raises(QueueInUse, match=r"Run 'night' is being replayed by process 4242") as held:
        Queue.open(address(older))
    assert isinstance(held.value, RunHeld)
    assert "If it is gone, the run is free at" in str(held.value)
    assert (content(older), copies(older)) == (before, [])
    hold(older, "night", datetime.now(UTC) - timedelta(seconds=1))
    Queue.open(address(older)).close()


def test_a_process_that_lives_is_waited_for_however_long_it_slept(older: Path) -> None:
    """As layouts since 5 tell which process it is."""
    hold(older, "night", datetime.now(UTC) - timedelta(hours=1))
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
    hold(older, "night", datetime.now(UTC) - timedelta(seconds=1))
    with Queue.open(address(older)) as queue, pytest.raises(HoldLost):
        store_intent(queue, Hold(queue.run("night"), "x"), 1, Write.SCAN_IN, None)


def test_a_step_that_fails_leaves_the_queue_as_it_was(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(older)
    real = layout_steps.STEPS[VERSION - 1]

    def fails_late(connection: Connection) -> None:
        real(connection)
        raise KeyboardInterrupt

    monkeypatch.setitem(layout_steps.STEPS, VERSION - 1, fails_late)
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


@pytest.mark.parametrize("older", LAYOUTS[:1], indirect=True)  # the one with most to be built
@pytest.mark.parametrize(
    ("begins", "number"), [("ALTER TABLE", 1), ("DROP TABLE", 2), ("UPDATE almareplay_schema", 1)]
)
def test_a_process_that_is_killed_leaves_the_queue_whole(
    older: Path, begins: str, number: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("process")
    before = content(older)
    script = Script(_KILLED_AFTER.format(begins=begins, number=number))
    killed = Command(script, [address(older)], folder, os.environ, "killed").ends()
    assert killed.code == -signal.SIGKILL
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


@pytest.mark.parametrize("older", [LAYOUTS[0], LAYOUTS[-1]], indirect=True)
def test_of_two_processes_that_open_it_at_once_one_upgrades_it(
    older: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("processes")
    program = Script(
        "import os, sys; from almareplay.queue.store import Queue\n"
        "while not os.path.exists('go'): pass\n"
        "with Queue.open(sys.argv[1]) as queue: print(queue.upgrade is not None, queue.run('main'))"
    )
    both = [Command(program, [address(older)], folder, os.environ, name) for name in ("a", "b")]
    (folder / "go").touch()
    ended = [each.ends() for each in both]
    assert [each.code for each in ended] == [0, 0]
    assert sorted(each.out.split()[0] for each in ended) == ["False", "True"]
    assert len(copies(older)) == 1


@pytest.mark.slow
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


@pytest.mark.parametrize("older", LAYOUTS[:1], indirect=True)  # the one with most to be built
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
        full.setattr("almareplay.queue.databases.sqlite.sqlite3.connect", cramped)
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
