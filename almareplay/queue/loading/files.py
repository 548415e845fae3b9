"""Rows into a run: a file is stored whole or not at all, then the lanes it touched are arranged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from almareplay.outcomes import Outcome
from almareplay.queue.databases.database import Record, database_of
from almareplay.queue.errors import RunPurged
from almareplay.queue.loading.loaded_scans import NOTHING, LoadingScans, TakenBack, known_scans
from almareplay.queue.ordering.arranging import arrange_lanes, lanes_to_arrange
from almareplay.queue.replaying.hold import is_held
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.reasons import encoded
from almareplay.queue.tables.schema import files, lanes, runs, transactions
from almareplay.queue.tables.texts import without_nul
from almareplay.transactions import (
    InvalidRow,
    Kind,
    LeftOut,
    Reason,
    Transaction,
    as_text,
    identifier_key,
)

_PROBLEMS_KEPT = 20
# From here on it is faster to go through the run once than to look at each of the file's items.
_LARGE_SHARE = 0.2

_CAPTURED = (
    "run_id",
    "row",
    "file_id",
    "source_file",
    "source_row",
    "kind",
    "captured_at",
    "captured_offset",
    "has_seconds",
    "phase",
    "order_at",
    "place",
    "item_barcode",
    "item_key",
    "patron_id",
    "library",
    "circ_desk",
    "source_note",
    "outcome",
)
"""The columns that a load fills, in the order of the table."""

_TEXTS: Callable[[Record], tuple[str, ...]] = itemgetter(
    *(
        _CAPTURED.index(name)
        for name in (
            *("source_file", "item_barcode", "item_key", "patron_id", "library", "circ_desk"),
            "source_note",
        )
    )
)

_LOAN, _RETURN = Kind.LOAN.value, Kind.RETURN.value
_PENDING, _INVALID = Outcome.PENDING.value, Outcome.INVALID.value
_CANCELLED = Outcome.CANCELLED.value


@dataclass(frozen=True, slots=True)
class CaptureFile:
    """A captured file as the queue knows it: its name without the folder, the SHA-256 of its bytes
    in hexadecimal, the words for its format, and the sheet where only one was read. ``flags`` are
    the flags and settings by which it is read, ``insisted`` tells that it is loaded although
    another run has it, ``again`` that its scans are too. ``phase`` is that of its rows, from 1
    on."""

    name: str
    sha256: str
    format: str
    sheet: str | None = None
    flags: Mapping[str, str] = field(default_factory=dict)
    insisted: bool = False
    phase: int = 1
    again: bool = False


@dataclass(slots=True)
class LoadResult:
    """What one file brought: counts of rows, and of lines left out by reason.

    ``rows`` counts all rows of the file, ``invalid``, ``cancelled`` and ``duplicates`` those among
    them.
    ``first`` and ``last`` are the earliest and latest captured time (aware), None without rows.
    ``problems`` holds the first invalid rows. ``taken_back`` tells of rows loaded before that a
    desk has voided since.
    """

    rows: int = 0
    invalid: int = 0
    cancelled: int = 0
    duplicates: int = 0
    left_out: Counter[Reason] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None
    problems: list[InvalidRow] = field(default_factory=list)
    taken_back: TakenBack = NOTHING


def load_file(
    queue: Queue, run: Run, file: CaptureFile, rows: Iterable[Transaction | InvalidRow | LeftOut]
) -> LoadResult:
    """Store a file's rows in a run, mark those that repeat others, and say what it brought.

    All of it or nothing is stored: also when ``rows`` raises, and on Ctrl-C.
    Raises RunPurged, QueueError, and whatever ``rows`` raises.
    """
    loaded = LoadResult()
    with queue.writing(run, many_rows=True) as connection:
        first_row, purged_at = connection.execute(
            select(runs.c.next_row, runs.c.purged_at).where(runs.c.id == run.id)
        ).one()
        if purged_at is not None:
            raise RunPurged(run.name, purged_at)
        made = insert(files).values(
            run_id=run.id,
            name=as_text(file.name),
            sha256=file.sha256,
            sheet=file.sheet,
            format=file.format,
            flags=json.dumps(dict(file.flags), sort_keys=True),
            insisted=int(file.insisted),
            loaded_at=datetime.now(UTC),
            first_row=first_row,
            rows=0,
        )
        file_id = connection.execute(made.returning(files.c.id)).scalar_one()
        scans = LoadingScans(known_scans(connection, run, again=file.again))
        records = _records(run, file_id, file.phase, first_row, rows, loaded, scans)
        records = map(_without_nul, records)
        database_of(connection).insert_rows(connection, transactions, _CAPTURED, records)
        connection.execute(update(files).where(files.c.id == file_id).values(rows=loaded.rows))
        connection.execute(
            update(runs).where(runs.c.id == run.id).values(next_row=first_row + loaded.rows)
        )
        _join_lanes(connection, run, first_row)
        loaded.taken_back, reopened = scans.store(connection, run)
        if loaded.rows > first_row * _LARGE_SHARE:
            database_of(connection).learn_sizes(connection, transactions, lanes)
        open_lanes = connection.scalars(_open_lanes(run, first_row, loaded.rows)).all()
        # A replay that is under way has read the rows that were there, and does not go back for new
        # ones before them. (A row that repeats another all the same is not posted: store_intent.)
        before = first_row if is_held(connection, run) else 0
        arrange_lanes(connection, run, [*open_lanes, *reopened], in_replay_before=before)
        loaded.duplicates = _count_duplicates(connection, run, first_row)
    return loaded


def _records(
    run: Run,
    file_id: int,
    phase: int,
    first_row: int,
    rows: Iterable[Transaction | InvalidRow | LeftOut],
    loaded: LoadResult,
    scans: LoadingScans,
) -> Iterator[Record]:
    run_id, row = run.id, first_row
    name_of_file = named = ""
    # A file has few distinct times, most of them many times in a row.
    at: datetime | None = None
    seconds, offset = 0, 0
    for read in rows:
        if isinstance(read, Transaction):
            (
                kind, captured_at, has_seconds, barcode, patron_id, library, desk, name, line,
                notes, scan_id,
            ) = read  # fmt: skip
            if scan_id and (known := scans.why_not(scan_id, row)):
                loaded.left_out[known] += 1
                continue
            if name is not name_of_file:
                name_of_file, named = name, as_text(name)
            if captured_at is not at:
                at = captured_at
                seconds, offset = _instant(at)
                loaded.first = min(loaded.first or at, at)
                loaded.last = max(loaded.last or at, at)
            yield (
                run_id, row, file_id, named, line,
                _LOAN if kind is Kind.LOAN else _RETURN,
                seconds, offset, 1 if has_seconds else 0, phase, seconds, row,
                barcode, barcode if barcode.isdigit() else identifier_key(barcode),
                patron_id, library, desk, encoded(notes) if notes else "", _PENDING,
            )  # fmt: skip
        elif isinstance(read, InvalidRow):
            if read.scan_id and (known := scans.why_not(read.scan_id, row)):
                loaded.left_out[known] += 1
                continue
            if read.cancelled:
                loaded.cancelled += 1
            else:
                loaded.invalid += 1
                if len(loaded.problems) < _PROBLEMS_KEPT:
                    loaded.problems.append(read)
            yield (run_id, row, file_id, *_invalid(read, phase, row))
        else:
            loaded.left_out[read.reason] += 1
            if read.voids:
                scans.voids.append(read.voids)
            continue
        row += 1
    loaded.rows = row - first_row


def _without_nul(record: Record) -> Record:
    if "\0" not in "".join(_TEXTS(record)):
        return record
    return tuple(without_nul(value) if isinstance(value, str) else value for value in record)


def _invalid(read: InvalidRow, phase: int, row: int) -> Record:
    """What follows the file's number in the record of an invalid row."""
    seconds, offset = (None, None) if read.captured_at is None else _instant(read.captured_at)
    return (
        as_text(read.source_file), read.source_row, None if read.kind is None else read.kind.value,
        seconds, offset, 0, phase, seconds, row,
        # It happens to no item: it stands in no lane.
        read.item_barcode, "",
        read.patron_id, read.library, read.circ_desk, encoded((read.reason,)),
        _CANCELLED if read.cancelled else _INVALID,
    )  # fmt: skip


def _instant(at: datetime) -> tuple[int, int]:
    """Seconds since 1970, and the offset of the time's zone in seconds."""
    return int(at.timestamp()), int((at.utcoffset() or timedelta()).total_seconds())


def _join_lanes(connection: Connection, run: Run, first_row: int) -> None:
    """Put the rows from this one on into their lanes."""
    mine = (
        select(
            transactions.c.run_id,
            transactions.c.item_key,
            transactions.c.captured_at,
            transactions.c.row,
        )
        .where(
            transactions.c.run_id == run.id,
            transactions.c.row >= first_row,
            transactions.c.item_key != "",
        )
        .order_by(transactions.c.item_key, transactions.c.captured_at, transactions.c.row)
    )
    connection.execute(insert(lanes).from_select(list(lanes.c), mine))


def _open_lanes(run: Run, first_row: int, rows: int) -> Select[Any]:
    """Select the lanes to arrange after a file was stored."""
    query = lanes_to_arrange(run)
    if rows > first_row * _LARGE_SHARE:
        # Through all lanes of the run: those of other files are open as before.
        return query
    of_file = select(transactions.c.item_key).where(
        transactions.c.run_id == run.id, transactions.c.row >= first_row
    )
    return query.where(query.selected_columns.item_key.in_(of_file)).order_by(None)


def _count_duplicates(connection: Connection, run: Run, first_row: int) -> int:
    # Asked like this, SQLite looks at the duplicates only and not at all rows from the first on.
    of_file = func.count().filter(transactions.c.row >= first_row)
    return connection.execute(
        select(of_file).where(
            transactions.c.run_id == run.id, transactions.c.outcome == Outcome.DUPLICATE
        )
    ).scalar_one()
