"""Rows into a run: a file is stored whole or not at all, then the lanes it touched are arranged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, func, insert, select, update
from sqlalchemy import Row as SqlRow

from almareplay.outcomes import Outcome
from almareplay.queue.lanes import NEIGHBOUR_SECONDS, LaneRow, arrange
from almareplay.queue.schema import attempts, files, runs, transactions
from almareplay.queue.store import Queue, Run
from almareplay.transactions import InvalidRow, Kind, LeftOut, Transaction, identifier_key

_BATCH = 5_000
_LANES_AT_A_TIME = 500
_PROBLEMS_KEPT = 20


@dataclass(frozen=True, slots=True)
class CaptureFile:
    """A captured file as the queue knows it: its name without the folder, the SHA-256 of its bytes
    in hexadecimal, and the words for its format."""

    name: str
    sha256: str
    format: str


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that was loaded before: under which name, into which run, when (aware UTC)."""

    name: str
    run: str
    loaded_at: datetime


@dataclass(slots=True)
class Loaded:
    """What one file brought: counts of rows, and of lines left out by reason.

    ``rows`` counts all rows of the file, ``invalid`` and ``duplicates`` those among them.
    ``first`` and ``last`` are the earliest and latest captured time (aware), None without rows.
    ``problems`` holds the first invalid rows.
    """

    rows: int = 0
    invalid: int = 0
    duplicates: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None
    problems: list[InvalidRow] = field(default_factory=list)


def known_files(queue: Queue, sha256: str) -> list[KnownFile]:
    """Tell where files with these bytes were loaded before, oldest first."""
    with queue.reading() as connection:
        found = connection.execute(
            select(files.c.name, runs.c.name.label("run"), files.c.loaded_at)
            .join(runs, runs.c.id == files.c.run_id)
            .where(files.c.sha256 == sha256)
            .order_by(files.c.id)
        )
        return [KnownFile(row.name, row.run, row.loaded_at) for row in found]


def load_file(
    queue: Queue, run: Run, file: CaptureFile, rows: Iterable[Transaction | InvalidRow | LeftOut]
) -> Loaded:
    """Store a file's rows in a run, mark those that repeat others, and say what it brought.

    All of it or nothing is stored: also when ``rows`` raises, and on Ctrl-C.
    Raises QueueError, and whatever ``rows`` raises.
    """
    loaded = Loaded()
    with queue.writing() as connection:
        first_row = connection.execute(
            select(runs.c.next_row).where(runs.c.id == run.id)
        ).scalar_one()
        made = insert(files).values(
            run_id=run.id,
            name=file.name,
            sha256=file.sha256,
            format=file.format,
            loaded_at=datetime.now(UTC),
        )
        file_id = connection.execute(made.returning(files.c.id)).scalar_one()
        records = _records(run, file_id, first_row, rows, loaded)
        while batch := list(islice(records, _BATCH)):
            connection.execute(insert(transactions), batch)
        connection.execute(
            update(runs).where(runs.c.id == run.id).values(next_row=first_row + loaded.rows)
        )
        lanes = connection.scalars(_lanes_with_neighbours(run, file_id)).all()
        _arrange_lanes(connection, run, lanes)
        loaded.duplicates = _count_duplicates(connection, file_id)
    return loaded


def _records(
    run: Run,
    file_id: int,
    first_row: int,
    rows: Iterable[Transaction | InvalidRow | LeftOut],
    loaded: Loaded,
) -> Iterator[dict[str, Any]]:
    for read in rows:
        if isinstance(read, LeftOut):
            loaded.left_out[read.reason] += 1
            continue
        invalid = isinstance(read, InvalidRow)
        captured_at = read.captured_at
        offset = captured_at.utcoffset() if captured_at is not None else None
        seconds = None if captured_at is None else int(captured_at.timestamp())
        row = first_row + loaded.rows
        loaded.rows += 1
        if isinstance(read, InvalidRow):
            loaded.invalid += 1
            if len(loaded.problems) < _PROBLEMS_KEPT:
                loaded.problems.append(read)
        elif captured_at is not None:
            loaded.first = min(loaded.first or captured_at, captured_at)
            loaded.last = max(loaded.last or captured_at, captured_at)
        yield {
            "run_id": run.id,
            "row": row,
            "file_id": file_id,
            "source_file": read.source_file,
            "source_row": read.source_row,
            "kind": read.kind,
            "captured_at": seconds,
            "captured_offset": None if offset is None else int(offset.total_seconds()),
            "has_seconds": not isinstance(read, InvalidRow) and read.has_seconds,
            "order_at": seconds,
            "place": row,
            "item_barcode": read.item_barcode,
            # An invalid row happens to no item: it stands in no lane.
            "item_key": "" if invalid else identifier_key(read.item_barcode),
            "patron_id": read.patron_id,
            "library": read.library,
            "circ_desk": read.circ_desk,
            "source_note": read.reason if isinstance(read, InvalidRow) else read.note,
            "lane_note": "",
            "outcome": Outcome.INVALID if invalid else Outcome.PENDING,
            "alma_code": "",
            "alma_message": "",
            "tracking_id": "",
            "loan_id": "",
            "destination": "",
            "note": "",
        }


def _lanes_with_neighbours(run: Run, file_id: int) -> Select[Any]:
    """Select the lanes of a file in which rows stand so close that order or sameness is open."""
    mine, other = transactions.alias("mine"), transactions.alias("other")
    return (
        select(mine.c.item_key)
        .join(
            other,
            (other.c.run_id == mine.c.run_id)
            & (other.c.item_key == mine.c.item_key)
            & (other.c.row != mine.c.row)
            & other.c.order_at.between(
                mine.c.order_at - 2 * NEIGHBOUR_SECONDS, mine.c.order_at + 2 * NEIGHBOUR_SECONDS
            ),
        )
        .where(mine.c.run_id == run.id, mine.c.file_id == file_id, mine.c.item_key != "")
        .distinct()
    )


def _arrange_lanes(connection: Connection, run: Run, lanes: Iterable[str]) -> None:
    """Set order and duplicates of these lanes anew, some of them at a time."""
    tried = exists().where(
        attempts.c.run_id == transactions.c.run_id, attempts.c.row == transactions.c.row
    )
    keys = iter(lanes)
    while some := list(islice(keys, _LANES_AT_A_TIME)):
        members = connection.execute(
            select(transactions, tried.label("tried"))
            .where(transactions.c.run_id == run.id, transactions.c.item_key.in_(some))
            .order_by(transactions.c.item_key, transactions.c.row)
        )
        changes = [
            change
            for _, lane in groupby(members, key=lambda member: member.item_key)
            for change in _changes_of_lane({member.row: member for member in lane})
        ]
        if changes:
            connection.execute(
                update(transactions).where(
                    transactions.c.run_id == run.id, transactions.c.row == bindparam("the_row")
                ),
                changes,
            )


def _changes_of_lane(lane: dict[int, SqlRow[Any]]) -> Iterator[dict[str, Any]]:
    arranged = arrange(
        LaneRow(
            member.row,
            member.file_id,
            Kind(member.kind),
            identifier_key(member.patron_id),
            member.captured_at,
            member.has_seconds,
        )
        for member in lane.values()
    )
    for placed in arranged:
        before = lane[placed.row]
        outcome, note = Outcome(before.outcome), ""
        # Whatever was sent keeps its outcome, however the lane now looks.
        if outcome in (Outcome.PENDING, Outcome.DUPLICATE) and not before.tried:
            outcome = Outcome.DUPLICATE if placed.repeats else Outcome.PENDING
        if outcome is Outcome.DUPLICATE:
            note = f"the same as row {placed.repeats}"
        elif placed.guessed:
            note = "the order of this item's rows within the minute is a guess"
        now = {
            "order_at": placed.order_at,
            "place": placed.place,
            "outcome": outcome,
            "lane_note": note,
        }
        if any(getattr(before, column) != value for column, value in now.items()):
            yield {"the_row": placed.row, **now}


def _count_duplicates(connection: Connection, file_id: int) -> int:
    return connection.execute(
        select(func.count()).where(
            transactions.c.file_id == file_id, transactions.c.outcome == Outcome.DUPLICATE
        )
    ).scalar_one()
