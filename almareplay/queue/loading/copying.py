"""The captures of a run once more, as pending rows of a new run: for another Alma."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, case, func, insert, literal, or_, select, update

from almareplay.outcomes import Outcome
from almareplay.queue.databases.database import database_of
from almareplay.queue.errors import RunNotEmpty
from almareplay.queue.ordering.arranging import arrange_lanes, lanes_to_arrange
from almareplay.queue.staff.settling import AS_NEW, Change
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.capture_schema import loaded_scans
from almareplay.queue.tables.schema import changes, files, lanes, runs, transactions

# What no replay sends stays what it is.
_NEVER_SENT = (Outcome.INVALID, Outcome.CANCELLED)


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds: ``rows`` in all, those that are pending, those that staff have corrected,
    and the invalid ones that they have dismissed."""

    run: Run
    rows: int
    pending: int
    corrected: int
    dismissed: int


def copy_run(queue: Queue, source: Run, name: str) -> Copied:
    """Copy the captures of a run into a new run of this name.

    Rows keep their numbers, their corrections, and, where they could not be read, their
    dismissals. All others are pending, or duplicates of each other. Nothing of what Alma said is
    taken along. Raises RunNotEmpty where there is a run of this name that has files, RunPurged.
    """
    run = queue.start_run(name, source.institution)
    with queue.writing(source, run, many_rows=True) as connection:
        _make_sure_it_is_empty(connection, run)
        next_row = select(runs.c.next_row).where(runs.c.id == source.id).scalar_subquery()
        connection.execute(update(runs).where(runs.c.id == run.id).values(next_row=next_row))
        _copy_rows(connection, source, run)
        _copy(connection, lanes, source, {"run_id": run.id})
        _copy(connection, loaded_scans, source, {"run_id": run.id})
        database_of(connection).learn_sizes(connection, transactions, lanes)
        _copy_changes(connection, source, run)
        arrange_lanes(connection, run, connection.scalars(lanes_to_arrange(run)).all())
        return _counted(connection, run)


def _make_sure_it_is_empty(connection: Connection, run: Run) -> None:
    if connection.scalar(select(func.count()).where(files.c.run_id == run.id)):
        raise RunNotEmpty(
            f"Run {run.name!r} has files already: name a run that is new, with --to NAME."
        )


def _copy_rows(connection: Connection, source: Run, run: Run) -> None:
    is_kept = transactions.c.outcome.in_(_NEVER_SENT)
    columns = AS_NEW | {
        "run_id": run.id,
        "lane_note": "",
        "outcome": case((is_kept, transactions.c.outcome), else_=Outcome.PENDING.value),
        "dismissal": case((is_kept, transactions.c.dismissal), else_=""),
    }
    stored = connection.execute(select(files).where(files.c.run_id == source.id)).all()
    for file in sorted(stored, key=lambda each: each.id):
        kept = {name: value for name, value in file._mapping.items() if name != "id"}
        # The one who insisted did so for the other run.
        new = kept | {"run_id": run.id, "loaded_at": datetime.now(UTC), "insisted": 0}
        file_id = connection.execute(insert(files).values(new).returning(files.c.id)).scalar_one()
        of_file = transactions.c.file_id == file.id
        _copy(connection, transactions, source, columns | {"file_id": file_id}, of_file)


def _copy_changes(connection: Connection, source: Run, run: Run) -> None:
    """What staff have corrected, and which unreadable rows they have dismissed."""
    corrected = changes.c.change == Change.CORRECTED
    unreadable = changes.c.outcome == Outcome.INVALID
    # Of what Alma had said before a correction nothing holds here.
    new = {name: value for name, value in AS_NEW.items() if name in changes.c}
    blank = {
        name: case((unreadable, changes.c[name]), else_=literal(value, changes.c[name].type))
        for name, value in new.items()
    }
    _copy(connection, changes, source, {"run_id": run.id} | blank, or_(corrected, unreadable))


def _copy(
    connection: Connection, table: Table, source: Run, new: Mapping[str, Any], *chosen: Any
) -> None:
    """Copy the chosen rows of a table within it, with new values in some of their columns."""
    names = [column.name for column in table.c if column.name != "id"]
    values = [
        new[name].label(name)
        if hasattr(new.get(name), "label")
        else literal(new[name], table.c[name].type).label(name)
        if name in new
        else table.c[name]
        for name in names
    ]
    copies = select(*values).where(table.c.run_id == source.id, *chosen)
    if "id" in table.c:
        copies = copies.order_by(table.c.id)
    connection.execute(insert(table).from_select(names, copies))


def _counted(connection: Connection, run: Run) -> Copied:
    def rows(*chosen: Any) -> int:
        counted = select(func.count()).select_from(transactions)
        return connection.scalar(counted.where(transactions.c.run_id == run.id, *chosen)) or 0

    return Copied(
        run,
        rows(),
        rows(transactions.c.outcome == Outcome.PENDING),
        rows(transactions.c.corrected_at.is_not(None)),
        rows(transactions.c.dismissal != ""),
    )
