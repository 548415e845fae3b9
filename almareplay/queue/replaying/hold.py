"""The hold that one process has on a run while it replays it.

A hold is a token in the run's row, with a lease that is renewed while the holder's process lives.
Whoever can see that process judges by it: the run is free as soon as the process is dead. Whether
it is held for as long as the process lives, or until its lease ends, is for the holder's `Lease` to
say; seen from elsewhere, another machine or a container, a hold always ends with its lease. A
process that was asleep for longer may find that another has taken the run over.

Every write of a replay carries the token in its own transaction, and fails where it is not the
run's any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, bindparam, exists, select, update

from almareplay.queue.databases.database import database_of
from almareplay.queue.errors import HoldLost, RunHeld
from almareplay.queue.processes import Process, this_process
from almareplay.queue.replaying.binding import make_sure_of_alma
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.schema import runs
from almareplay.transactions import AlmaInstance

FRESH_SECONDS = 5.0
"""How old the last look at a hold may be when a call that writes leaves."""


@dataclass(frozen=True, slots=True)
class Lease:
    """How long a hold lasts unless it is renewed, and how often it is renewed (both in seconds).

    With ``by_lease`` a process whose lease is over has lost the run even where others can see that
    it lives: one that is stopped or swapped out must not keep a run from those that could go on.
    """

    seconds: float
    renew_seconds: float
    by_lease: bool = False

    @property
    def left_for_a_call(self) -> float:
        """Seconds of the lease that must be left when a call that writes leaves."""
        return self.seconds - self.renew_seconds

    @property
    def longest_call(self) -> float:
        """How many seconds a call may take for the lease to outlast it."""
        return self.left_for_a_call - FRESH_SECONDS


REPLAY_LEASE = Lease(seconds=60.0, renew_seconds=15.0)
"""For a replay that somebody has started and looks after."""
WORKER_LEASE = Lease(seconds=30.0, renew_seconds=5.0, by_lease=True)
"""For a worker, whose runs others are to go on with soon."""


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
    lease: Lease = REPLAY_LEASE


def take_hold(
    queue: Queue, run: Run, alma: AlmaInstance | None = None, lease: Lease = REPLAY_LEASE
) -> Hold:
    """Take the hold on a run, to post it to ``alma`` where that is given.

    The hold of a process that died on this machine is free at once, any other after its lease.
    Raises RunHeld where another process has it, and as `check_alma` does.
    """
    hold = Hold(run, uuid4().hex, alma, lease)
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
                holder_by_lease=int(lease.by_lease),
                held_since=now,
                lease_until=now + timedelta(seconds=lease.seconds),
            )
        )
    return hold


def renew_hold(queue: Queue, hold: Hold) -> None:
    """Let the hold last for another whole lease. Raises HoldLost."""
    with queue.writing(hold.run) as connection:
        confirm_hold(connection, hold)
        until = database_of(connection).now(connection) + timedelta(seconds=hold.lease.seconds)
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
                holder_by_lease=None,
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


def still_held(queue: Queue, hold: Hold) -> float:
    """Make sure that the run is still this process's; the seconds that are left of its lease, fewer
    than none where it is over and nobody has taken the run. Raises HoldLost, QueueError."""
    with queue.reading() as connection:
        held = connection.execute(_HELD, {"run_id": hold.run.id}).one()
        if held.holder_token != hold.token:
            raise HoldLost(hold.run.name)
        left: timedelta = held.lease_until - database_of(connection).now(connection)
    return left.total_seconds()


_HELD = select(runs.c.holder_token, runs.c.lease_until).where(runs.c.id == bindparam("run_id"))
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
    if process.is_near and not process.lives():
        return None
    # The time of day may have been set, or have gone on while the machine slept: it counts only
    # where nothing else can be known, or where the holder has asked for that.
    until = None if process.is_near and not held.holder_by_lease else held.lease_until
    if until is not None and until < database_of(connection).now(connection):
        return None
    return Holder(process.host, process.pid, held.held_since, until)
