"""How a queue that an older almareplay has written gets the tables of this one.

``STEPS`` has them all: the step under 4 makes layout 5 out of layout 4. All that a queue needs run
in one transaction, after a copy of its file was made beside it.

To change the tables: change ``schema.py`` and add 1 to its VERSION; write a step here, under the
version that was; and keep a queue of that version in ``tests/queue/layouts``. A step names columns
as they were in its layout, never those of ``schema.py``, which go on changing. ``_add`` is for all
databases; whatever else a step needs is SQL that all of them know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.schema import CreateColumn

from almareplay.queue import sqlite_upgrade
from almareplay.queue.databases import database_of
from almareplay.queue.errors import QueueInUse
from almareplay.queue.processes import Process
from almareplay.queue.schema import VERSION, runs, versions
from almareplay.transactions import UNKNOWN_ALMA, identifier_key


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What was done with a queue: its layout before and after, and the copy of its file as it was
    before; None where the queue is no file but a server's."""

    before: int
    after: int
    copy: Path | None


def upgrade(connection: Connection) -> Upgrade | None:
    """Bring the queue of this connection, which must not be in a transaction yet, to this version's
    layout; None where another process has done so meanwhile.

    All of it is done or nothing, also where the process is killed; a copy that was made by then may
    stay. Raises QueueInUse while somebody replays a run, QueueError where there is no room for the
    copy, and the errors of the database.
    """
    is_file = connection.dialect.name == "sqlite"
    copy = None
    try:
        rebuilding = sqlite_upgrade.tables_rebuilt(connection) if is_file else nullcontext()
        with rebuilding, connection.begin():
            # Locked from here on: no other process can upgrade the queue as well.
            database_of(connection).lock_queue(connection)
            before = connection.scalars(select(versions.c.version).with_for_update()).one()
            if before >= VERSION:
                return None
            _make_sure_nobody_replays(connection)
            if is_file:
                copy = sqlite_upgrade.copy_beside(connection.engine, before)
            for version in range(before, VERSION):
                STEPS[version](connection)
            # A process that was asleep for longer than its lease does not go on where it was.
            connection.execute(update(runs).values(holder_token=None))
            connection.execute(update(versions).values(version=VERSION))
    except BaseException:
        if copy is not None:
            copy.unlink(missing_ok=True)
        raise
    return Upgrade(before, VERSION, copy)


def _make_sure_nobody_replays(connection: Connection) -> None:
    """Make sure that no run of a queue of any layout is held, nor will be before the transaction of
    this connection has ended. Raises QueueInUse."""
    there = {column["name"] for column in inspect(connection).get_columns(runs.name)}
    columns = [column for column in runs.c if column.name in there]
    for run in connection.execute(select(*columns).with_for_update()).mappings():
        if run["holder_token"] is None:
            continue
        process = Process(
            run["holder_host"],
            # Layout 4 has neither: there only the lease tells.
            run.get("holder_space") or "",
            run["holder_pid"],
            run.get("holder_started") or "",
        )
        until = None if process.started and process.is_near else run["lease_until"]
        if process.lives() if until is None else until >= database_of(connection).now(connection):
            raise QueueInUse(run["name"], process.host, process.pid, run["held_since"], until)


def _add(
    connection: Connection,
    table: str,
    *columns: Column[Any],
    filled: Mapping[str, str] | None = None,
) -> None:
    """Add columns to a table. Those that must not be NULL and have no default are ``filled`` in the
    rows that are there: with what an SQL expression over the row comes to, by the column's name."""
    filled = filled or {}
    for column in columns:
        words = str(CreateColumn(column).compile(dialect=connection.dialect))
        if column.name in filled:
            words = words.removesuffix(" NOT NULL")
        connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {words}"))
    if filled:
        values = ", ".join(f"{name} = {value}" for name, value in filled.items())
        connection.execute(text(f"UPDATE {table} SET {values}"))
    required = [each.name for each in columns if each.name in filled and not each.nullable]
    if not required:
        return
    if connection.dialect.name == "sqlite":
        sqlite_upgrade.rebuild_with_required(connection, table, required)
        return
    for name in required:
        connection.execute(text(f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL"))


def _said_later(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _to_5(connection: Connection) -> None:
    """A run belongs to an Alma, a file knows its flags, staff correct items and kinds as well."""
    _add(
        connection,
        "runs",
        Column("holder_space", String(200)),
        Column("holder_started", String(40)),
        Column("institution", String(100)),
        Column("institution_name", Text),
        Column("environment", String(20)),
        Column("host", String(255)),
        Column("rehearsed_institution", String(100)),
        Column("rehearsed_name", Text),
        Column("rehearsed_environment", String(20)),
        Column("rehearsed_host", String(255)),
        Column("rehearsed_at", DateTime),
    )
    _add(
        connection,
        "files",
        Column("flags", Text, nullable=False),
        Column("insisted", SmallInteger, nullable=False),
        # Without flags: it is not known how the file was read.
        filled={"flags": "'{}'", "insisted": "0"},
    )
    _add(
        connection,
        "transactions",
        _said_later("on_loan_to"),
        Column("on_loan_since", DateTime),
        _said_later("corrected"),
    )
    of_row = "FROM transactions AS t WHERE t.run_id = changes.run_id AND t.row = changes.row"
    _add(
        connection,
        "changes",
        Column("due_date", DateTime),
        Column("on_loan_to", Text, nullable=False),
        Column("on_loan_since", DateTime),
        Column("kind", String(6)),
        Column("item_barcode", Text, nullable=False),
        # Staff could change neither kind nor barcode, so both are what they were.
        filled={
            "on_loan_to": "''",
            "kind": f"(SELECT t.kind {of_row})",
            "item_barcode": f"(SELECT t.item_barcode {of_row})",
        },
    )
    _add(
        connection,
        "follow_ups",
        Column("made_by", String(10), nullable=False),
        # Fines of renewals were not looked for.
        filled={"made_by": "'return'"},
    )
    connection.execute(
        text("UPDATE transactions SET corrected = 'patron id' WHERE corrected_at IS NOT NULL")
    )
    # To which Alma a run was posted was not noted: the next replay of the run tells.
    connection.execute(
        text(
            "UPDATE runs SET institution = :institution, institution_name = :name, "
            "environment = :environment, host = :host WHERE purged_at IS NOT NULL "
            "OR EXISTS (SELECT 1 FROM attempts WHERE attempts.run_id = runs.id)"
        ),
        UNKNOWN_ALMA._asdict(),
    )


def _to_6(connection: Connection) -> None:
    """A letter in one sign and in two is the same letter of an item's key."""
    keys = connection.execute(
        text("SELECT DISTINCT run_id, item_key, item_barcode FROM transactions")
    ).all()
    changed = [
        {"run": run, "key": identifier_key(barcode), "barcode": barcode, "before": key}
        for run, key, barcode in keys
        if key and key != identifier_key(barcode)
    ]
    if not changed:
        return
    of_item = "run_id = :run AND item_key = :before"
    rows = "SELECT t.row FROM transactions AS t WHERE t.run_id = :run AND t.item_barcode = :barcode"
    for statement in (
        f"UPDATE lanes SET item_key = :key WHERE {of_item} AND row IN ({rows})",
        f"UPDATE transactions SET item_key = :key WHERE {of_item} AND item_barcode = :barcode",
    ):
        connection.execute(text(statement), changed)


def _to_7(connection: Connection) -> None:
    """The ids of items that were found are kept."""
    Table(
        "item_ids",
        MetaData(),
        Column("run_id", Integer, primary_key=True),
        Column("institution", String(100), primary_key=True),
        Column("environment", String(20), primary_key=True),
        Column("item_key", Text, primary_key=True),
        Column("mms_id", Text, nullable=False),
        Column("holding_id", Text, nullable=False),
        Column("item_pid", Text, nullable=False),
        Column("found_at", DateTime, nullable=False),
        sqlite_with_rowid=False,
    ).create(connection)


def _to_8(connection: Connection) -> None:
    """Rows are of a phase, runs of an institution."""
    _add(
        connection,
        "transactions",
        Column("phase", SmallInteger, nullable=False, server_default="1"),
    )
    connection.execute(text("DROP INDEX transactions_by_order"))
    connection.execute(
        text(
            "CREATE INDEX transactions_by_order "
            "ON transactions (run_id, outcome, phase, order_at, place)"
        )
    )
    _add(
        connection,
        "runs",
        Column("loaded_for", String(100), nullable=False, server_default=""),
    )
    if connection.dialect.name == "sqlite":
        sqlite_upgrade.rebuild(connection, "runs", _unique_by_institution)
        return
    connection.execute(text("ALTER TABLE runs DROP CONSTRAINT runs_name_key"))
    connection.execute(text("ALTER TABLE runs ADD UNIQUE (loaded_for, name)"))


def _unique_by_institution(runs_anew: Table) -> None:
    for constraint in [*runs_anew.constraints]:
        if isinstance(constraint, UniqueConstraint):
            runs_anew.constraints.remove(constraint)
    runs_anew.append_constraint(UniqueConstraint("loaded_for", "name"))


STEPS: dict[int, Callable[[Connection], None]] = {
    4: _to_5,
    5: _to_6,
    6: _to_7,
    7: _to_8,
}
"""What makes the next layout out of each, in order."""

OLDEST = min(STEPS)
"""The oldest layout that can be upgraded."""
