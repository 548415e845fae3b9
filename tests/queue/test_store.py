"""A queue on disk: whose it is, what is refused, and what is said when the disk lets us down."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from almareplay.outcomes import Outcome
from almareplay.queue.errors import QueueError, QueueMissing, QueueTooNew, QueueTooOld, RunMissing
from almareplay.queue.store import Queue
from almareplay.queue.tables.schema import versions

if TYPE_CHECKING:
    from tests.queue.conftest import Pragma, Station


@pytest.mark.sqlite
def test_its_files_are_its_owners_only(station: Station) -> None:
    station.load("12:00 L i1 p1")
    modes = {path.name: path.stat().st_mode & 0o777 for path in station.path.parent.iterdir()}
    assert modes == {"queue.db": 0o600, "queue.db-wal": 0o600, "queue.db-shm": 0o600}


@pytest.mark.sqlite
def test_its_files_are_made_its_owners_only_also_where_they_were_not(station: Station) -> None:
    for path in station.path.parent.iterdir():
        path.chmod(0o644)
    with Queue.open(f"sqlite:///{station.path}"):
        modes = {path.stat().st_mode & 0o777 for path in station.path.parent.iterdir()}
    assert modes == {0o600}


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "address",
    [
        "sqlite:///{path}?mode=ro",
        "sqlite:///file:{path}?mode=ro&uri=true",
        "sqlite:///{path}?nolock=1",
        "sqlite:///{path}?timeout=1",
        "sqlite://host/{path}",
        "sqlite://user@/{path}",
        "sqlite+aiosqlite:///{path}",
        "sqlite:///file:{path}",
    ],
)
@pytest.mark.parametrize("create", [True, False])
def test_the_address_of_a_file_is_its_path_and_nothing_else(
    station: Station, address: str, create: bool
) -> None:
    with pytest.raises(QueueError, match=r"sqlite:///|no SQLAlchemy URL"):
        Queue.open(address.format(path=station.path), create=create)
    assert station.outcomes() == {}


def test_a_missing_queue_is_named_with_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(QueueMissing, match=f"There is no queue at {tmp_path}/none.db"):
        Queue.open("sqlite:///none.db")


def test_what_is_stored_is_there_when_it_is_opened_again(station: Station) -> None:
    station.load("12:00 L i1 p1")
    station.queue.close()
    with Queue.open(station.address) as queue:
        assert queue.run("main") == station.run
        assert queue.start_run("main") == station.run
    assert station.outcomes() == {1: Outcome.PENDING}


def test_an_unknown_run_is_named_with_those_that_there_are(station: Station) -> None:
    station.queue.start_run("night")
    with pytest.raises(RunMissing, match=r"no run 'nihgt' \(it has: main, night\)"):
        station.queue.run("nihgt")


@pytest.mark.sqlite
@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("almareplay.db", "no SQLAlchemy URL"),
        ("sqlite://host:port/queue.db", "no SQLAlchemy URL"),
        ("nosuch://host/queue", "kept in SQLite .* or in PostgreSQL"),
        ("mysql+pymysql://host/queue", "kept in SQLite .* or in PostgreSQL"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("sqlite:///{folder}", "cannot be opened"),
        ("sqlite:///{folder}/missing/queue.db", "folder|no queue"),
        ("sqlite:///{folder}/letter.db", "not a queue of almareplay"),
        ("sqlite:///{folder}/outage.db", "holds something else"),
    ],
)
def test_what_is_no_queue_is_refused_and_left_alone(
    tmp_path: Path, address: str, words: str, create: bool
) -> None:
    letter = tmp_path / "letter.db"
    words_of_letter = "Dear reader, this is no database. " * 40
    letter.write_text(words_of_letter)
    other = tmp_path / "outage.db"
    with sqlite3.connect(other) as capture:
        capture.execute("CREATE TABLE circulation (itmbarcd TEXT)")
    capture.close()
    with pytest.raises(QueueError, match=words):
        Queue.open(address.format(folder=tmp_path), create=create)
    assert letter.read_text() == words_of_letter
    with sqlite3.connect(other) as capture:
        tables = capture.execute("SELECT name FROM sqlite_master").fetchall()
    capture.close()
    assert tables == [("circulation",)]


@pytest.mark.sqlite
def test_a_missing_or_empty_queue_is_no_error_to_a_load(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/queue.db"
    with pytest.raises(QueueMissing, match="almareplay load FILE"):
        Queue.open(address)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "queue.db").touch()
    with pytest.raises(QueueMissing, match="almareplay load FILE"):
        Queue.open(address)
    with Queue.open(address, create=True) as queue:
        assert queue.start_run("main").name == "main"


@pytest.mark.parametrize(
    ("version", "error", "words"),
    [
        (99, QueueTooNew, "newer almareplay.*Install that version"),
        (3, QueueTooOld, "older almareplay.*Finish its runs with the version that wrote it"),
    ],
)
def test_a_queue_of_another_version_is_refused_and_left_alone(
    station: Station, version: int, error: type[QueueError], words: str
) -> None:
    station.load("12:00 L i1 p1")
    with station.queue.writing() as connection:
        connection.execute(update(versions).values(version=version))
    for create in (True, False):
        with pytest.raises(error, match=words):
            Queue.open(station.address, create=create)
    assert station.outcomes() == {1: Outcome.PENDING}


@pytest.mark.sqlite
def test_whoever_makes_the_file_at_the_same_time_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "queue.db"
    first = sqlite3.connect(path, isolation_level=None)
    first.execute("BEGIN IMMEDIATE")
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            first.execute("COMMIT")

    monkeypatch.setattr("tenacity.nap.time.sleep", wait)
    with Queue.open(f"sqlite:///{path}", create=True) as queue:
        assert queue.is_new
    assert len(waited) == 3
    first.close()


def test_another_writer_is_waited_for_and_then_named(station: Station, pragma: Pragma) -> None:
    station.load("12:00 L i1 p1")
    pragma("busy_timeout=1")
    with station.queue.writing(), pytest.raises(QueueError, match="Another program"):
        station.load("12:01 L i2 p1")
    assert station.outcomes() == {1: Outcome.PENDING}
    station.load("12:01 L i2 p1")
    assert list(station.outcomes()) == [1, 2]


def test_reading_goes_on_beside_a_writer(station: Station, pragma: Pragma) -> None:
    station.load("12:00 L i1 p1")
    pragma("busy_timeout=1")
    with station.queue.writing():
        assert station.outcomes() == {1: Outcome.PENDING}


def test_what_may_not_be_written_is_said(station: Station, pragma: Pragma) -> None:
    station.load("12:00 L i1 p1")
    pragma("query_only=ON")
    with pytest.raises(QueueError, match="cannot be written"):
        station.load("12:01 L i2 p1")
    pragma("query_only=OFF")
    assert station.outcomes() == {1: Outcome.PENDING}


def _delete(path: Path) -> None:
    path.unlink()


def _replace(path: Path) -> None:
    path.rename(path.with_suffix(".old"))
    Queue.open(f"sqlite:///{path}", create=True).close()


@pytest.mark.sqlite
@pytest.mark.parametrize("happens", [_delete, _replace])
def test_a_queue_that_is_no_longer_there_is_not_written(
    station: Station, happens: Callable[[Path], None]
) -> None:
    station.load("12:00 L i1 p1")
    happens(station.path)
    with pytest.raises(QueueError, match="deleted or replaced"):
        station.load("12:01 L i2 p1")


@pytest.mark.sqlite
def test_a_damaged_queue_is_called_damaged(station: Station) -> None:
    station.load(*(f"12:00 L i{n} p1" for n in range(500)))
    station.queue.close()
    whole = station.path.read_bytes()
    station.path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(QueueError, match="damaged"), Queue.open(f"sqlite:///{station.path}") as it:
        it.run("main")


def test_a_block_that_fails_stores_nothing(station: Station) -> None:
    with pytest.raises(KeyboardInterrupt), station.queue.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET name = 'other'")
        raise KeyboardInterrupt
    assert station.queue.run("main") == station.run


def test_no_error_names_a_patron(station: Station, pragma: Pragma) -> None:
    pragma("query_only=ON")
    with pytest.raises(QueueError) as not_writable:
        station.load("12:00 L secret-item secret-patron")
    pragma("query_only=OFF")
    # Rows of a number that is taken already, which the tables refuse.
    station.load("12:00 L secret-item secret-patron")
    with station.queue.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET next_row = 1")
    with pytest.raises(QueueError, match="Nothing was stored") as refused:
        station.load("12:00 L secret-item secret-patron")
    for error in (not_writable.value, refused.value):
        # Without the frames, which quote this test.
        said = [part for part in traceback.format_exception(error) if "File" not in part]
        assert len(said) > 2
        assert "secret" not in "".join(said)
