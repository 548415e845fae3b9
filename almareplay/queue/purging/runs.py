"""The rows of a finished run out of the queue for good; what is kept of it tells of no patron.

Kept are the run's name, its files and the ids of its scans (so that one of them that is loaded
again is still known), and how many rows had each outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from almareplay.outcomes import OPEN, Disposition, Outcome
from almareplay.queue.errors import NotFinished
from almareplay.queue.reading import queries
from almareplay.queue.replaying.hold import (
    confirm_hold,
    make_sure_it_is_free,
    release_hold,
    take_hold,
)
from almareplay.queue.rows import IS_PENDING
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.capture_schema import loaded_scans
from almareplay.queue.tables.schema import (
    changes,
    files,
    follow_ups,
    metadata,
    purged,
    runs,
    transactions,
)

_KEPT = (files, purged, loaded_scans)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stands before or after its purge.

    ``sent`` tells whether anything of it was sent to Alma. ``dismissed`` are those of the
    ``outcomes`` that staff have settled by hand. ``last_active`` is when a row of it was last
    loaded, brought to its outcome or changed by staff; ``erased_at`` is None while bytes of a
    purged run may be in the queue's files. All moments are aware UTC.
    """

    run: Run
    sent: bool
    outcomes: dict[Outcome, int]
    dismissed: dict[Outcome, int]
    follow_ups: int
    last_active: datetime
    purged_at: datetime | None
    erased_at: datetime | None

    @property
    def rows(self) -> int:
        """All rows of the run."""
        return sum(self.outcomes.values())

    @property
    def left_to_replay(self) -> str:
        """What a replay has still to do, in words; empty where the run is finished."""
        return _left_to_replay(self.count(Disposition.PENDING), self.follow_ups)

    @property
    def to_do(self) -> dict[Outcome, int]:
        """The ``outcomes`` of the rows that are not dismissed."""
        left = {each: rows - self.dismissed.get(each, 0) for each, rows in self.outcomes.items()}
        return {outcome: rows for outcome, rows in left.items() if rows}

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do, neither for a replay nor for staff."""
        left = any(each.disposition in (*OPEN, Disposition.PENDING) for each in self.to_do)
        return not left and not self.follow_ups

    def count(self, disposition: Disposition) -> int:
        """The rows with this disposition that are not dismissed."""
        return sum(rows for each, rows in self.to_do.items() if each.disposition is disposition)


def standing(queue: Queue, run: Run) -> Standing:
    """How a run stands."""
    outcomes, dismissed = queries.outcomes(queue, run), queries.dismissed(queue, run)
    with queue.reading() as connection:
        found = connection.execute(select(runs).where(runs.c.id == run.id)).one()
        latest = [
            connection.scalar(select(func.max(moment)).where(run_id == run.id))
            for moment, run_id in (
                (files.c.loaded_at, files.c.run_id),
                (transactions.c.completed_at, transactions.c.run_id),
                (changes.c.at, changes.c.run_id),
            )
        ]
        return Standing(
            run,
            found.environment is not None,
            outcomes,
            dismissed,
            _open_follow_ups(connection, run),
            max([found.created_at, *filter(None, latest)]),
            found.purged_at,
            found.erased_at,
        )


def standings(queue: Queue) -> list[Standing]:
    """How each run of the queue stands, the oldest first."""
    with queue.reading() as connection:
        known = _all_runs(connection)
    return [standing(queue, run) for run in known]


def nobody_replays(queue: Queue) -> None:
    """Make sure that no run of the queue is being replayed, which writing the file anew would hold
    up. Raises RunHeld."""
    with queue.reading() as connection:
        for run in _all_runs(connection):
            make_sure_it_is_free(connection, run)


def purge_run(queue: Queue, run: Run) -> None:
    """Delete what the queue holds of a run, but for its counts and its files' hashes.

    The bytes may be in the queue's files until ``erase``. Raises RunHeld, NotFinished where
    something is left to replay, QueueError: then nothing was deleted.
    """
    hold = take_hold(queue, run)
    try:
        with queue.writing(run, many_rows=True) as connection:
            confirm_hold(connection, hold)
            _make_sure_it_is_finished(connection, run)
            counts = (
                select(transactions.c.run_id, transactions.c.outcome, func.count())
                .where(transactions.c.run_id == run.id)
                .group_by(transactions.c.run_id, transactions.c.outcome)
            )
            connection.execute(insert(purged).from_select(list(purged.c), counts))
            # Those that refer to others come first. A table that nobody thought of here goes too.
            for table in reversed(metadata.sorted_tables):
                if "run_id" in table.c and table not in _KEPT:
                    connection.execute(delete(table).where(table.c.run_id == run.id))
            _forget_file_names(connection, run)
            connection.execute(
                update(runs).where(runs.c.id == run.id).values(purged_at=datetime.now(UTC))
            )
    finally:
        release_hold(queue, hold)


def _forget_file_names(connection: Connection, run: Run) -> None:
    """Number the files of a run, whose names may tell of a patron as their cells do."""
    of_run = connection.scalars(select(files.c.id).where(files.c.run_id == run.id)).all()
    for number, file in enumerate(sorted(of_run), start=1):
        name = f"capture {number}"
        connection.execute(update(files).where(files.c.id == file).values(name=name))


def erase(queue: Queue) -> bool:
    """Take the bytes of all that was deleted out of the queue's files.

    False where a database server keeps them, whose files are not ours. Raises NotErased: started
    again it does the rest.
    """
    began = datetime.now(UTC)
    in_files_of_ours = queue.erase_deleted()
    with queue.writing() as connection:
        connection.execute(
            update(runs)
            .where(runs.c.purged_at <= began, runs.c.erased_at.is_(None))
            .values(erased_at=datetime.now(UTC))
        )
    return in_files_of_ours


def _all_runs(connection: Connection) -> list[Run]:
    columns = (runs.c.id, runs.c.name, runs.c.loaded_for)
    return [Run(*run) for run in connection.execute(select(*columns).order_by(runs.c.id))]


def _left_to_replay(pending: int, follow_ups: int) -> str:
    left = []
    if pending:
        left.append(f"{pending:,} pending row{'' if pending == 1 else 's'}")
    if follow_ups:
        left.append(f"{follow_ups:,} due date or fine to set right")
    return " and ".join(left)


def _make_sure_it_is_finished(connection: Connection, run: Run) -> None:
    pending = connection.execute(
        select(func.count()).where(transactions.c.run_id == run.id, IS_PENDING)
    ).scalar_one()
    if left := _left_to_replay(pending, _open_follow_ups(connection, run)):
        raise NotFinished(run.name, left)


def _open_follow_ups(connection: Connection, run: Run) -> int:
    return connection.execute(
        select(func.count()).where(follow_ups.c.run_id == run.id, follow_ups.c.done_at.is_(None))
    ).scalar_one()
