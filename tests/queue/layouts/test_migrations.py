"""Queues of every older layout, upgraded: whole or not at all, and never without a copy."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from almareplay.outcomes import Outcome
from almareplay.queue.errors import (
    PostedByAnotherRun,
    QueueError,
    RunPurged,
)
from almareplay.queue.layouts import layout_steps, migrations
from almareplay.queue.loading.copying import copy_run
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.purging.runs import standing
from almareplay.queue.reading.report_rows import report_rows
from almareplay.queue.reading.row_history import Changed, history_of
from almareplay.queue.replaying.attempts import Write, attempts_of, store_intent
from almareplay.queue.replaying.binding import binding_of, check_alma
from almareplay.queue.replaying.follow_ups import MadeBy, Task, fines_of_row, open_follow_ups
from almareplay.queue.replaying.hold import take_hold
from almareplay.queue.replaying.journal import pending_rows
from almareplay.queue.store import Queue
from almareplay.queue.tables.schema import VERSION, metadata
from almareplay.transactions import AlmaInstance, Transaction
from tests.queue.layouts import LAYOUTS, address, content, copies, look, write_queue

FERN = AlmaInstance("01FERN_INST", "Fern University", "sandbox", "api-na.example.org")
MOSS = AlmaInstance("01MOSS_INST", "Moss College", "sandbox", "api-eu.example.org")

pytestmark = pytest.mark.sqlite


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
    assert LAYOUTS == list(layout_steps.STEPS) == list(range(migrations.OLDEST, VERSION))


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

    monkeypatch.setattr("almareplay.queue.layouts.sqlite_upgrade.datetime", Noon)
    ((layout,),) = look(older, "SELECT version FROM almareplay_schema")
    named = f"queue.layout-{layout}.20261126T120000Z"
    taken = older.with_name(f"{named}.db")
    taken.write_text("somebody else's")
    # Not even a link to nowhere.
    older.with_name(f"{named}-2.db").symlink_to("nowhere")
    with Queue.open(address(older)) as queue:
        assert queue.upgrade is not None and queue.upgrade.copy is not None
        assert queue.upgrade.copy.name == f"{named}-3.db"
    assert taken.read_text() == "somebody else's"


@pytest.mark.parametrize("older", [4, 5], indirect=True)  # those after them have it so themselves
def test_a_letter_in_two_signs_has_the_key_that_it_has_in_one(older: Path) -> None:
    in_two, in_one = "CAFE\u0301 17", "CAF\u00c9 17"
    with closing(sqlite3.connect(older)) as queue:
        of_row = "WHERE run_id = 3 AND row = 1"
        before = (in_two.casefold(),)
        queue.execute(f"UPDATE transactions SET item_barcode = ? {of_row}", (in_two,))
        for table in ("transactions", "lanes"):
            queue.execute(f"UPDATE {table} SET item_key = ? {of_row}", before)
        queue.commit()
    with Queue.open(address(older)) as queue:
        night = queue.run("night")
        (row,) = pending_rows(queue, night, after=None, limit=9)
        again = Transaction(
            row.kind, row.captured_at, False, in_one, "", "MAIN", "FRONT", "again.dat", 1
        )
        file = CaptureFile("again.dat", "9" * 64, ".dat")
        assert load_file(queue, night, file, [again]).duplicates == 1


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
        assert (intent.call, fate) == (Write.LOAN, None)
        (task,) = open_follow_ups(queue, main)
        assert (task.row.row, task.what.task, task.what.made_by) == (2, Task.FINE, MadeBy.RETURN)
        (fine,) = fines_of_row(queue, main, 7)
        assert (str(fine.amount), fine.wrong) == ("1.25", "whole")
        (corrected,) = (
            each for each in history_of(queue, main, 4, UTC).events if isinstance(each, Changed)
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
        store_intent(queue, take_hold(queue, main, alma), 4, Write.LOAN, None)
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
        store_intent(queue, take_hold(queue, main, FERN), 4, Write.LOAN, None)
        check_alma(queue, again, MOSS)
        with pytest.raises(PostedByAnotherRun, match="Fern University"):
            check_alma(queue, again, FERN)


def test_what_was_corrected_is_kept_by_columns(tmp_path: Path) -> None:
    file = tmp_path / "queue.db"
    write_queue(file, 8)
    with closing(sqlite3.connect(file)) as queue, queue:
        queue.execute(
            "UPDATE transactions SET corrected = 'patron id, item barcode and kind' WHERE row = 4"
        )
    with Queue.open(address(file)) as upgraded:
        rows = {row.row: row for row in report_rows(upgraded, upgraded.run("main"))}
    assert look(file, "SELECT corrected FROM transactions WHERE row = 4 AND run_id = 1") == [
        ("patron_id item_barcode kind",)
    ]
    assert rows[4].note.startswith("patron id, item barcode and kind corrected on 20")
