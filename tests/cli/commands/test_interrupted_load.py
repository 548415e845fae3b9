"""Ctrl-C at any moment of a load: all of the file is in the run, or nothing."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, Engine, event

from almareplay.queue.loading import files
from almareplay.queue.reading import queries
from almareplay.queue.store import Queue

if TYPE_CHECKING:
    from tests.cli.conftest import User

ROWS = 8_000


@pytest.mark.parametrize("step", ["_join_lanes", "arrange_lanes", "_count_duplicates"])
def test_while_the_lanes_are_arranged(
    user: User, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    done = getattr(files, step)

    def interrupted(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(files, step, done)
        done(*given, **named)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(files, step, interrupted)
    _is_interrupted_and_loads_again(user)


def test_when_all_is_to_be_committed(user: User) -> None:
    def interrupt(connection: Connection) -> None:
        if connection.get_execution_options().get("almareplay_many_rows"):
            event.remove(Engine, "commit", interrupt)
            signal.raise_signal(signal.SIGINT)

    event.listen(Engine, "commit", interrupt)
    _is_interrupted_and_loads_again(user)


def _is_interrupted_and_loads_again(user: User) -> None:
    capture = str(user.captures(600))
    done = user.types("load", capture)
    assert (done.code, done.err) == (130, "Interrupted; nothing is half done.\n")
    assert user.outcomes() == []
    assert user.types("load", capture).code == 0
    assert len(user.outcomes()) == 600


@pytest.mark.parametrize("written", [1, 1_000_000], ids=["begun", "committing"])
def test_a_process_in_the_midst_of_it(user: User, written: int) -> None:
    times = [f"20260914{minute // 60:02d}{minute % 60:02d}" for minute in range(24 * 60)]
    lines = (f"{times[row % 1440]}R{row % 4_000:014}" for row in range(ROWS))
    capture = user.writes("desk.dat", *lines)
    log = user.folder / "almareplay.db-wal"
    with user.starts("load", str(capture)) as process:
        while process.poll() is None and not (log.exists() and log.stat().st_size >= written):
            time.sleep(0.001)  # until the other process is there
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    with Queue.open(f"sqlite:///{user.folder}/almareplay.db", create=True) as queue:
        rows = sum(queries.outcomes(queue, queue.start_run("main")).values())
    if process.returncode == 130:
        assert err.endswith("Interrupted; nothing is half done.\n")
        assert rows in (0, ROWS)
    else:
        assert (process.returncode, rows) == (0, ROWS)
