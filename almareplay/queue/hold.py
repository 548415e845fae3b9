"""The hold that one process has on a run while it replays it.

A hold is a token in the run's row. Whoever can see the holder's process judges by that: the run is
held for as long as the process lives, however long it slept or its machine did. From elsewhere,
another machine or a container, a hold lasts for 60 seconds and is renewed while the process lives;
a process that was asleep for longer may find that another has taken the run over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, bindparam, exists, select, update

from almareplay.queue.binding import make_sure_of_alma
from almareplay.queue.databases import database_of
from almareplay.queue.errors import HoldLost, RunHeld
from almareplay.queue.processes import Process, this_process
from almareplay.queue.schema import runs
from almareplay.queue.store import Queue, Run
from almareplay.transactions import AlmaInstance

LEASE_SECONDS = 60.0
RENEW_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that replays a run: its host, process id, and since when (aware UTC). ``until``
    is when the run is free unless the process renews its hold; None where it is held for as long
    as the process lives."""

    host: str
    pid: int
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """This process's hold on a run, and the Alma to which it posts the run."""

    run: Run
    token: str
    alma: AlmaInstance | None = None


def take_hold(queue: Queue, run: Run, alma: AlmaInstance | None = None) -> Hold:
    """Take the hold on a run, to post it to ``alma`` where that is given.

    The hold of a process that died on this machine is free at once, any other after its lease.
    Raises RunHeld where another living process has it, and as `check_alma` does.
    """
    hold = Hold(run, uuid4().hex, alma)
    process = this_process()
    with queue.writing(run) as connection:
        make_sure_it_is_free(connection, run)
        now = database_of(connection).now(connection)
        if alma is not None:
            make_sure_of_alma(connection, run, alma)
        connection.execute(
            update(runs)
            .where(runs.c.id == run.id)
            .values(
                holder_token=hold.token,
                holder_host=process.host,
                holder_space=process.space,
                holder_pid=process.pid,
                holder_started=process.started,
                held_since=now,
                lease_until=now + timedelta(seconds=LEASE_SECONDS),
            )
        )
    return hold


def renew_hold(queue: Queue, hold: Hold) -> None:
    """Let the hold last for another 60 seconds. Raises HoldLost."""
    with queue.writing(hold.run) as connection:
        confirm_hold(connection, hold)
        until = database_of(connection).now(connection) + timedelta(seconds=LEASE_SECONDS)
        connection.execute(update(runs).where(runs.c.id == hold.run.id).values(lease_until=until))


def release_hold(queue: Queue, hold: Hold) -> None:
    """Give the run free for others; without effect where the hold was lost."""
    with queue.writing(hold.run) as connection:
        connection.execute(
            update(runs)
            .where(runs.c.id == hold.run.id, runs.c.holder_token == hold.token)
            .values(
                holder_token=None,
                holder_host=None,
                holder_space=None,
                holder_pid=None,
                holder_started=None,
                held_since=None,
                lease_until=None,
            )
        )


def confirm_hold(connection: Connection, hold: Hold) -> None:
    """Make sure, in the transaction of this connection, that the run is still held by ``hold``.

    Raises HoldLost.
    """
    if connection.scalar(_TOKEN, {"run_id": hold.run.id}) != hold.token:
        raise HoldLost(hold.run.name)


def still_held(queue: Queue, hold: Hold) -> None:
    """Make sure that the run is still this process's. Raises HoldLost, QueueError."""
    with queue.reading() as connection:
        confirm_hold(connection, hold)


_TOKEN = select(runs.c.holder_token).where(runs.c.id == bindparam("run_id"))
IS_HELD = exists().where(
    runs.c.id == bindparam("held_run"), runs.c.holder_token == bindparam("token")
)
"""Whether the run is still held, for statements that are made once; ``of_hold`` fills it in."""


def of_hold(hold: Hold) -> dict[str, int | str]:
    """The parameters of ``IS_HELD``."""
    return {"held_run": hold.run.id, "token": hold.token}


def make_sure_it_is_free(connection: Connection, run: Run) -> None:
    """Make sure that nobody replays the run, nor begins to before the transaction of this
    connection, which writes, has ended. Raises RunHeld."""
    if (holder := _holder(connection, run)) is not None:
        raise RunHeld(run.name, holder.host, holder.pid, holder.since, holder.until)


def is_held(connection: Connection, run: Run) -> bool:
    """Whether somebody replays the run, in the transaction of this connection."""
    return _holder(connection, run) is not None


def holder_of(queue: Queue, run: Run) -> Holder | None:
    """Who replays the run now, as far as the queue and this machine can tell."""
    with queue.reading() as connection:
        return _holder(connection, run)


def _holder(connection: Connection, run: Run) -> Holder | None:
    held = connection.execute(select(runs).where(runs.c.id == run.id)).one()
    if held.holder_token is None:
        return None
    process = Process(held.holder_host, held.holder_space, held.holder_pid, held.holder_started)
    until = None if process.is_near else held.lease_until
    # The time of day may have been set, or have gone on while the machine slept: it counts only
    # where nothing else can be known.
    is_held = process.lives() if until is None else until >= database_of(connection).now(connection)
    return Holder(process.host, process.pid, held.held_since, until) if is_held else None
