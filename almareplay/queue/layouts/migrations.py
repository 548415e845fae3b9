"""How a queue that an older almareplay has written gets the tables of this one.

``layout_steps.STEPS`` has them all: the step under 4 makes layout 5 out of layout 4. All that a
queue needs run in one transaction, after a copy of its file was made beside it.

To change the tables: change ``schema.py`` and add 1 to its VERSION; write a step in
``layout_steps.py``, under the version that was; and keep a queue of that version in
``tests/queue/layouts``.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, select, update

from almareplay.queue.databases.database import database_of
from almareplay.queue.errors import QueueInUse
from almareplay.queue.layouts import sqlite_upgrade
from almareplay.queue.layouts.layout_steps import STEPS
from almareplay.queue.processes import Process
from almareplay.queue.tables.schema import VERSION, runs, versions

OLDEST = min(STEPS)
"""The oldest layout that can be upgraded."""


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
