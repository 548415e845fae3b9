"""The steps that make each layout of the queue's tables out of the one before.

A step names columns as they were in its layout, never those of ``schema.py``, which go on changing.
``_add`` is for all databases; whatever else a step needs is SQL that all of them know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    text,
)
from sqlalchemy.schema import CreateColumn

from almareplay.queue.layouts import layout_9, sqlite_upgrade
from almareplay.transactions import UNKNOWN_ALMA, identifier_key


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


def _to_9(connection: Connection) -> None:
    """What was corrected is kept by columns; desks capture straight into the queue; runs are
    submitted to workers, who hold them; institutions share calls."""
    layout_9.name_corrected_columns(connection)
    layout_9.add_captures(connection)
    _add(connection, "runs", Column("holder_by_lease", SmallInteger))
    layout_9.add_submissions(connection)
    layout_9.add_pools(connection)


STEPS: dict[int, Callable[[Connection], None]] = {
    4: _to_5,
    5: _to_6,
    6: _to_7,
    7: _to_8,
    8: _to_9,
}
"""What makes the next layout out of each, in order."""
