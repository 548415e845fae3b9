"""A queue in PostgreSQL: beside other tables, refused in words, and purged beyond its rows."""

from __future__ import annotations

import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Connection, Text, create_engine, inspect, make_url, text
from sqlalchemy.pool import NullPool

from almareplay.outcomes import Outcome, Result
from almareplay.queue import store
from almareplay.queue.errors import NotErased, NotUpgraded, QueueError, QueueInUse
from almareplay.queue.layouts import layout_steps, migrations
from almareplay.queue.purging.runs import erase, purge_run, standing
from almareplay.queue.replaying.hold import release_hold, take_hold
from almareplay.queue.replaying.journal import store_result
from almareplay.queue.store import Queue
from almareplay.queue.tables.schema import VERSION
from tests.queue.at_once import THREADS, at_once
from tests.queue.settled import held
from tests.reasons import said as said_note

if TYPE_CHECKING:
    from tests.queue.conftest import Station

pytestmark = pytest.mark.postgresql


def said(address: str, *statements: str) -> list[Any]:
    """What the server says to statements of its administrator's; the last one's rows."""
    engine = create_engine(address, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            found = connection.execute(text(statement))
        return [*found] if found.returns_rows else []


def test_the_database_may_hold_other_tables(new_queue: str) -> None:
    others = ("procrastinate_jobs (id int)", "runs (name text)", "almareplay_schema (version text)")
    said(new_queue, *(f"CREATE TABLE public.{other}" for other in others))
    try:
        with Queue.open(new_queue, create=True) as queue:
            queue.start_run("main")
        with Queue.open(new_queue) as queue:
            assert (queue.run("main").id, queue.is_new) == (1, False)
        assert said(new_queue, "SELECT count(*) FROM public.runs") == [(0,)]
    finally:
        said(new_queue, *(f"DROP TABLE public.{other.split()[0]}" for other in others))


def test_a_plain_address_has_its_driver(new_queue: str) -> None:
    with Queue.open(new_queue.replace("postgresql+psycopg", "postgresql"), create=True) as queue:
        assert queue.is_new


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"database": "nosuch"}, "There is no such database, or no such user, on 127.0.0.1"),
        ({"username": "nosuch"}, "There is no such database, or no such user, on 127.0.0.1"),
        ({"port": 9}, "The database server 127.0.0.1 cannot be reached"),
        ({"host": "nosuch.invalid"}, "The database server nosuch.invalid cannot be reached"),
        ({"drivername": "postgresql+pg8000"}, "reached by psycopg and by no other driver"),
        ({"query": {"password": "secret"}}, "not behind a question mark"),
    ],
)
def test_what_cannot_be_reached_is_said_without_the_password(
    new_queue: str, changed: dict[str, Any], words: str
) -> None:
    address = make_url(new_queue).set(**{"password": "secret"} | changed)
    with pytest.raises(QueueError, match=words) as refused:
        Queue.open(address.render_as_string(hide_password=False), create=True)
    shown = [part for part in traceback.format_exception(refused.value) if "File" not in part]
    assert "secret" not in "".join(shown)


def test_a_wrong_password_is_said_and_not_shown(new_queue: str) -> None:
    address = make_url(new_queue).set(username="with_password", password="secret")
    with pytest.raises(QueueError, match="does not accept the user or the password") as refused:
        Queue.open(address.render_as_string(hide_password=False))
    assert "secret" not in "".join(traceback.format_exception_only(refused.value))


def test_a_place_is_shown_without_its_password(new_queue: str) -> None:
    address = make_url(new_queue).set(password="secret")
    with Queue.open(address.render_as_string(hide_password=False), create=True) as queue:
        assert "secret" not in queue.place
        assert make_url(queue.place).database == address.database


def test_a_missing_driver_is_named(new_queue: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(QueueError, match=r"pip install 'almareplay\[postgresql\]'"):
        Queue.open(new_queue)


def test_a_database_that_can_only_be_read_is_named(station: Station) -> None:
    with (
        pytest.raises(QueueError, match="can only be read, as that of a stand-by server"),
        station.queue.writing() as connection,
    ):
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text("DELETE FROM runs"))


def test_too_many_connections_are_said(station: Station) -> None:
    said(station.address, "CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    try:
        address = make_url(station.address).set(username="crowded").render_as_string()
        with pytest.raises(QueueError, match="has no connection left"):
            Queue.open(address)
    finally:
        said(station.address, "DROP ROLE crowded")


def test_a_user_without_rights_is_said(new_queue: str) -> None:
    said(new_queue, "CREATE ROLE guest LOGIN")
    try:
        address = make_url(new_queue).set(username="guest").render_as_string()
        with pytest.raises(QueueError, match="must own the database, or the schema almareplay"):
            Queue.open(address, create=True)
    finally:
        said(new_queue, "DROP ROLE guest")


def test_another_writer_of_the_run_is_waited_for_and_then_named(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("almareplay.queue.databases.postgresql.LOCK_SECONDS", 0.05)
    with Queue.open(station.address) as other, station.queue.writing(station.run):
        with pytest.raises(QueueError, match="Another program has been writing to the same run"):
            take_hold(other, station.run)
        # Other runs and readers go on.
        release_hold(other, take_hold(other, other.start_run("night")))
        assert standing(other, station.run).rows == 0


def test_a_lost_connection_is_said_and_made_anew(station: Station) -> None:
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with (
        pytest.raises(QueueError, match="was lost, perhaps in the middle of a change"),
        station.queue.writing(station.run) as connection,
    ):
        said(station.address, f"SELECT pg_terminate_backend(pid) {others}")
        connection.execute(text("SELECT 1"))
    station.load("12:00 L i1 p1")
    said(station.address, f"SELECT pg_terminate_backend(pid) {others}")
    assert station.outcomes() == {1: Outcome.PENDING}


def test_tables_that_are_gone_are_said(station: Station) -> None:
    said(station.address, "DROP SCHEMA almareplay CASCADE")
    with pytest.raises(QueueError, match="tables are no longer in the database"):
        station.load("12:00 L i1 p1")


def test_no_error_names_a_patron(station: Station) -> None:
    station.load("12:00 L secret-item secret-patron")
    for table in ("transactions", "lanes"):
        said(
            station.address,
            f'ALTER TABLE almareplay.{table} ADD CONSTRAINT refused CHECK ("row" < 2)',
        )
        with pytest.raises(QueueError, match="Nothing was stored") as refused:
            station.load("12:01 L secret-item secret-patron", file="annex.dat")
        shown = [part for part in traceback.format_exception(refused.value) if "File" not in part]
        assert len(shown) > 2
        assert "secret" not in "".join(shown)
        said(station.address, f"ALTER TABLE almareplay.{table} DROP CONSTRAINT refused")


def test_a_purge_leaves_no_id_in_tables_statistics_and_their_files(station: Station) -> None:
    rows = 200
    times = (f"{number // 60:02}:{number % 60:02} L" for number in range(rows))
    station.load(*(f"{at} GoneItem{n:04} GonePatron{n:04}" for n, at in enumerate(times)))
    with held(station) as hold:
        for row in range(1, rows + 1):
            told = Result(Outcome.LOANED, loan_id=f"GoneLoan{row:04}", notes=said_note("GoneNote"))
            store_result(station.queue, hold, row, told)
    said(station.address, "ANALYZE")
    assert _in_statistics(station) == {"GoneItem"}
    assert _in_files(station) >= {"GoneItem", "GonePatron", "GoneLoan"}

    purge_run(station.queue, station.run)
    assert erase(station.queue) is False, "the server's log is not ours to write anew"

    assert _in_statistics(station) == set()
    assert _in_files(station) == set()
    stands = standing(station.queue, station.run)
    assert (stands.outcomes, stands.erased_at is None) == ({Outcome.LOANED: rows}, False)


def test_a_reader_of_what_was_deleted_is_named(station: Station) -> None:
    station.load("12:00 L GoneItem GonePatron")
    with held(station) as hold:
        store_result(station.queue, hold, 1, Result(Outcome.LOANED))
    reader = create_engine(station.address, poolclass=NullPool, isolation_level="REPEATABLE READ")
    with reader.connect() as connection:
        connection.execute(text("SELECT txid_current_snapshot()"))
        purge_run(station.queue, station.run)
        with pytest.raises(NotErased, match="Another program still reads the database"):
            erase(station.queue)
        assert standing(station.queue, station.run).erased_at is None
    erase(station.queue)
    assert _in_files(station) == set()


def _in_statistics(station: Station) -> set[str]:
    query = "SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats"
    return _kinds(str(said(station.address, "RESET search_path", query)))


def _in_files(station: Station) -> set[str]:
    """What the files of the database hold; not its log of changes."""
    oid = "(SELECT oid FROM pg_database WHERE datname = current_database())"
    folder = f"current_setting('data_directory') || '/base/' || {oid}"
    [(path,)] = said(station.address, "CHECKPOINT", f"SELECT {folder}")
    files = [each.read_bytes() for each in Path(path).iterdir()]
    return _kinds(b"\0".join(files).decode("latin-1"))


def _kinds(content: str) -> set[str]:
    kinds = ("GoneItem", "GonePatron", "GoneLoan", "GoneNote")
    return {kind for kind in kinds if kind.lower() in content.lower()}


@pytest.fixture
def newer(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on almareplay is one layout further: a row of its transactions has a ``colour``."""
    assert station.queue.is_new

    def step(connection: Connection) -> None:
        layout_steps._add(
            connection,
            "transactions",
            Column("colour", Text, nullable=False),
            filled={"colour": "'blue'"},
        )

    monkeypatch.setitem(layout_steps.STEPS, VERSION, step)
    for module in (migrations, store):
        monkeypatch.setattr(module, "VERSION", VERSION + 1)


def _columns(station: Station) -> list[str]:
    engine = create_engine(station.address, poolclass=NullPool)
    return [each["name"] for each in inspect(engine).get_columns("transactions", "almareplay")]


@pytest.mark.usefixtures("newer")
def test_an_older_queue_is_upgraded_when_that_is_asked_for(station: Station) -> None:
    station.load("12:00 L i1 p1")
    with pytest.raises(NotUpgraded, match="make a copy with pg_dump, then do 'almareplay queue"):
        Queue.open(station.address)
    assert "colour" not in _columns(station)
    with Queue.open(station.address, upgrade=True) as queue:
        assert queue.upgrade is not None
        assert (queue.upgrade.before, queue.upgrade.after) == (VERSION, VERSION + 1)
        assert queue.upgrade.copy is None
    assert _columns(station)[-1] == "colour"
    with Queue.open(station.address) as queue:
        assert queue.upgrade is None


@pytest.mark.usefixtures("newer")
def test_an_older_queue_is_upgraded_by_one(station: Station) -> None:
    def upgraded(_: int) -> bool:
        with Queue.open(station.address, upgrade=True) as queue:
            return queue.upgrade is not None

    assert Counter(at_once(upgraded)) == {True: 1, False: THREADS - 1}


@pytest.mark.usefixtures("newer")
def test_an_older_queue_is_left_alone_while_a_run_of_it_is_replayed(station: Station) -> None:
    with held(station), pytest.raises(QueueInUse):
        Queue.open(station.address, upgrade=True)
    assert "colour" not in _columns(station)
    with Queue.open(station.address, upgrade=True) as queue:
        assert queue.upgrade is not None
