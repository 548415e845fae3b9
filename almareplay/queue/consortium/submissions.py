"""Runs that were submitted to workers: which are due, and how a look at one of them ended.

Who replays a run is said by its hold alone, and how a look ended is written by the holder alone, in
the transaction that gives the run free. All moments are on the database's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from almareplay.queue.databases.database import database_of
from almareplay.queue.errors import AnotherRunSubmitted, RunPurged
from almareplay.queue.replaying.hold import Hold, confirm_hold, is_held, release_hold
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.schema import runs
from almareplay.queue.tables.submission_schema import submissions


@dataclass(frozen=True, slots=True)
class Submission:
    """What is to be done with a run, and what the last worker said of it.

    ``options`` is how it is to be replayed, as whoever submitted it wrote it. ``due_at`` is when it
    is to be looked at, None where it is ``finished_at`` or ``blocked`` (in words). ``tries`` counts
    the looks in a row that came to nothing. ``calls_per_second`` and ``calls_left`` (today) are
    None where no worker has said them. ``now`` is when this was read; all moments are aware UTC.
    """

    run: Run
    submitted_at: datetime
    options: str
    due_at: datetime | None
    tries: int
    blocked: str
    finished_at: datetime | None
    last_error: str
    last_error_at: datetime | None
    calls_per_second: float | None
    calls_left: int | None
    now: datetime

    @property
    def is_due(self) -> bool:
        """Whether it is to be looked at now."""
        return self.due_at is not None and self.due_at <= self.now

    @property
    def overdue(self) -> timedelta:
        """Since when it is due."""
        return timedelta(0) if self.due_at is None else self.now - self.due_at


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing is left to replay."""


@dataclass(frozen=True, slots=True)
class HandedBack:
    """The look was ended before the run was: it is due as it was."""


@dataclass(frozen=True, slots=True)
class Later:
    """Something went wrong that time mends: ``error`` says what. ``due`` is when the run is due
    again, counted from now; ``tries`` are the looks in a row that have come to nothing."""

    error: str
    due: Callable[[datetime], datetime]
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Blocked:
    """Somebody must put something right, as the words say, and submit the run again."""

    words: str


End = Finished | HandedBack | Later | Blocked


def submit(connection: Connection, wanted: Mapping[Run, str]) -> None:
    """Let runs be due now, each to be replayed by the options beside it, in the transaction of a
    connection that writes to these runs. One that is due or blocked already begins anew.

    Raises RunPurged, and AnotherRunSubmitted where another run of the institution is due: the calls
    of two at once would come faster than its pace.
    """
    # No two runs of an institution are submitted at once, each without the other's having been.
    database_of(connection).lock_queue(connection)
    now = database_of(connection).now(connection)
    for run, options in wanted.items():
        purged_at = connection.scalar(select(runs.c.purged_at).where(runs.c.id == run.id))
        if purged_at is not None:
            raise RunPurged(run.name, purged_at)
        other = connection.scalar(
            _SUBMITTED.with_only_columns(runs.c.name).where(
                runs.c.loaded_for == run.institution,
                runs.c.id != run.id,
                submissions.c.due_at.is_not(None),
            )
        )
        if other is not None:
            raise AnotherRunSubmitted(run.name, run.institution, other)
        values = {
            "submitted_at": now,
            "options": options,
            "due_at": now,
            "tries": 0,
            "blocked": "",
            "finished_at": None,
            "last_error": "",
            "last_error_at": None,
        }
        of_run = submissions.c.run_id == run.id
        if not connection.execute(update(submissions).where(of_run).values(**values)).rowcount:
            connection.execute(insert(submissions).values(run_id=run.id, **values))


def submitted(queue: Queue) -> list[Submission]:
    """All runs that were ever submitted and are not purged, the longest due first."""
    with queue.reading() as connection:
        return _read(connection)


def submission_of(queue: Queue, run: Run) -> Submission | None:
    """What is to be done with a run; None where it was never submitted."""
    with queue.reading() as connection:
        return next(iter(_read(connection, run)), None)


@dataclass(frozen=True, slots=True)
class ToDo:
    """What workers have to do: the runs that are ``due`` now and held by nobody, the longest due
    first; and those that are ``held`` by somebody, due or not."""

    due: list[Submission]
    held: list[Run]


def to_do(queue: Queue) -> ToDo:
    """What workers have to do now."""
    with queue.reading() as connection:
        open_ones = [each for each in _read(connection) if each.due_at is not None]
        held = [each.run for each in open_ones if is_held(connection, each.run)]
        return ToDo([each for each in open_ones if each.is_due and each.run not in held], held)


def say_how_it_goes(
    queue: Queue, hold: Hold, calls_per_second: float, calls_left: int | None, error: str
) -> None:
    """Store what a worker can say of the run that it holds: its calls a second, the calls that are
    left today, None where Alma does not say, and what it waits for, empty where it does not.
    Raises HoldLost."""
    with queue.writing(hold.run) as connection:
        confirm_hold(connection, hold)
        waits = {"last_error": error, "last_error_at": database_of(connection).now(connection)}
        connection.execute(
            update(submissions)
            .where(submissions.c.run_id == hold.run.id)
            .values(
                calls_per_second=calls_per_second,
                calls_left=calls_left,
                **(waits if error else {}),
            )
        )


def hand_back(queue: Queue, hold: Hold, end: End, looked_at: Submission) -> None:
    """Give the run of a hold free, and store how the look at it ended. ``looked_at`` is what was to
    be done when the look began: where the run was submitted again since, it stays due, unless it is
    finished. Raises HoldLost: then nothing was stored."""
    of_run = submissions.c.run_id == hold.run.id
    with queue.together(hold.run, writes=True) as at_once:
        with at_once.writing(hold.run) as connection:
            confirm_hold(connection, hold)
            again = connection.scalar(select(submissions.c.submitted_at).where(of_run))
            if again == looked_at.submitted_at or isinstance(end, Finished):
                values = _values(end, database_of(connection).now(connection))
                connection.execute(update(submissions).where(of_run).values(**values))
        release_hold(at_once, hold)


def _values(end: End, now: datetime) -> dict[str, Any]:
    match end:
        case Finished():
            ended = {"due_at": None, "finished_at": now, "tries": 0, "calls_per_second": None}
            return ended | {"last_error": "", "last_error_at": None}
        case Later():
            when = {"due_at": end.due(now), "tries": end.tries, "calls_per_second": None}
            return when | {"last_error": end.error, "last_error_at": now}
        case Blocked():
            stays = {"due_at": None, "blocked": end.words, "calls_per_second": None}
            return stays | {"last_error": end.words, "last_error_at": now}
        case HandedBack():
            return {"calls_per_second": None}


_SUBMITTED = (
    select(submissions, runs.c.id, runs.c.name, runs.c.loaded_for)
    .join(runs, runs.c.id == submissions.c.run_id)
    .where(runs.c.purged_at.is_(None))
    .order_by(submissions.c.due_at, runs.c.id)
)


def _read(connection: Connection, run: Run | None = None) -> list[Submission]:
    now = database_of(connection).now(connection)
    query = _SUBMITTED if run is None else _SUBMITTED.where(runs.c.id == run.id)
    return [_submission(row, now) for row in connection.execute(query)]


def _submission(row: Row[Any], now: datetime) -> Submission:
    return Submission(
        Run(row.id, row.name, row.loaded_for),
        row.submitted_at,
        row.options,
        row.due_at,
        row.tries,
        row.blocked,
        row.finished_at,
        row.last_error,
        row.last_error_at,
        row.calls_per_second,
        row.calls_left,
        now,
    )
