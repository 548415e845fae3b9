"""The scans of the capture page that runs have, by the ids that their stations gave them.

A scan may come in a session and in the file of a stranded station, and a session is loaded again
when it has grown: by its id each is loaded once. A scan that its desk takes back after it was
loaded is cancelled, as long as nothing of it was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, exists, insert, select, update

from almareplay.outcomes import Outcome
from almareplay.queue.ordering.arranging import arrange_lanes
from almareplay.queue.replaying.hold import is_held
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.capture_schema import loaded_scans
from almareplay.queue.tables.reasons import added, encoded
from almareplay.queue.tables.schema import attempts, lanes, runs, transactions
from almareplay.transactions import Reason

HERE = Reason("scan_loaded")
ELSEWHERE = Reason("scan_of_another_run")
VOIDED = Reason("voided")
VOIDED_LATER = Reason("voided_after_load")

_NOT_SENT = (Outcome.PENDING, Outcome.DUPLICATE, Outcome.INVALID)
_AT_A_TIME = 500


@dataclass(slots=True)
class KnownScans:
    """Scans that need not be loaded, by their ids: those that the run has, those that other runs
    have (none of them where a load insists), and those that were taken back before they came."""

    here: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)
    voided: set[str] = field(default_factory=set)

    def why_not(self, scan_id: str) -> Reason | None:
        """Why a scan is not to be loaded; None where it is."""
        if not scan_id:
            return None
        if scan_id in self.voided:
            return VOIDED
        if scan_id in self.here:
            return HERE
        return ELSEWHERE if scan_id in self.elsewhere else None


class TakenBack(NamedTuple):
    """Rows of scans that their desk has taken back after they were loaded: those that are now
    ``cancelled``, and those for which it came too ``late``: sent, or settled by staff."""

    cancelled: list[int]
    late: list[int]


NOTHING = TakenBack([], [])


def known_scans(connection: Connection, run: Run | None, *, again: bool = False) -> KnownScans:
    """The scans that a load into the run leaves out; ``again`` insists on those of other runs. No
    run yet: None."""
    known = KnownScans()
    stored = select(loaded_scans.c.run_id, loaded_scans.c.scan_id, loaded_scans.c.row)
    for run_id, scan_id, row in connection.execute(stored):
        if row is None:
            known.voided.add(scan_id)
        elif run is not None and run_id == run.id:
            known.here.add(scan_id)
        elif not again:
            known.elsewhere.add(scan_id)
    return known


@dataclass(slots=True)
class LoadingScans:
    """The scans among the rows of one load: which are ``known`` before, which become which rows,
    and which are taken back (``voids``)."""

    known: KnownScans
    rows: dict[str, int] = field(default_factory=dict)
    voids: list[str] = field(default_factory=list)

    def why_not(self, scan_id: str, row: int) -> Reason | None:
        """Why a scan is not to be loaded; else None, and it is this row."""
        reason = HERE if scan_id in self.rows else self.known.why_not(scan_id)
        if reason is None:
            self.rows[scan_id] = row
        return reason

    def store(self, connection: Connection, run: Run) -> tuple[TakenBack, set[str]]:
        """Note which row of the run is which scan, once the rows are stored, then ``take_back``."""
        if self.rows:
            records = [
                {"run_id": run.id, "scan_id": scan, "row": row} for scan, row in self.rows.items()
            ]
            connection.execute(insert(loaded_scans), records)
        return take_back(connection, run, self.voids) if self.voids else (NOTHING, set())


def take_back(connection: Connection, run: Run, voids: Iterable[str]) -> tuple[TakenBack, set[str]]:
    """Cancel what the run has of the scans with these ids, and note those that it does not have, so
    that they are not loaded later. The answer's second part are the lanes to arrange then, by their
    keys."""
    wanted = set(voids)
    found = {
        scan_id: row
        for some in _portions(sorted(wanted))
        for scan_id, row in connection.execute(
            select(loaded_scans.c.scan_id, loaded_scans.c.row).where(
                loaded_scans.c.run_id == run.id, loaded_scans.c.scan_id.in_(some)
            )
        )
    }
    unknown = [{"run_id": run.id, "scan_id": each, "row": None} for each in wanted - found.keys()]
    if unknown:
        connection.execute(insert(loaded_scans), unknown)
    cancelled, late, keys = list[int](), list[int](), set[str]()
    for row in _rows(connection, run, [row for row in found.values() if row is not None]):
        if row.can_be_cancelled:
            cancelled.append(row.row)
            keys.add(row.item_key)
            _cancel(connection, run, row)
        elif row.outcome != Outcome.CANCELLED:
            late.append(row.row)
    return TakenBack(sorted(cancelled), sorted(late)), keys - {""}


def take_back_scans(queue: Queue, run: Run, voids: Sequence[str]) -> TakenBack:
    """The same in a transaction of its own, with the lanes arranged. Raises QueueError."""
    with queue.writing(run, many_rows=True) as connection:
        next_row = connection.scalar(select(runs.c.next_row).where(runs.c.id == run.id)) or 0
        taken_back, keys = take_back(connection, run, voids)
        before = next_row if is_held(connection, run) else 0
        arrange_lanes(connection, run, sorted(keys), in_replay_before=before)
    return taken_back


def to_take_back(connection: Connection, run: Run, voids: Iterable[str]) -> list[int]:
    """The rows of the run that ``take_back`` would cancel."""
    wanted = set(voids)
    stored = select(loaded_scans.c.scan_id, loaded_scans.c.row).where(
        loaded_scans.c.run_id == run.id, loaded_scans.c.row.is_not(None)
    )
    rows = [row for scan_id, row in connection.execute(stored) if scan_id in wanted]
    return [row.row for row in _rows(connection, run, rows) if row.can_be_cancelled]


class _Row(NamedTuple):
    row: int
    item_key: str
    outcome: str
    source_note: str
    can_be_cancelled: bool


def _rows(connection: Connection, run: Run, numbers: Sequence[int]) -> Iterator[_Row]:
    """The rows with these numbers. One that staff have corrected or dismissed is theirs."""
    for some in _portions(sorted(numbers)):
        for row in connection.execute(_selected(run, some)).all():
            untouched = row.corrected_at is None and row.dismissal == "" and not row.tried
            may = untouched and row.outcome in _NOT_SENT
            yield _Row(row.row, row.item_key, row.outcome, row.source_note, may)


def _selected(run: Run, numbers: Sequence[int]) -> Select[Any]:
    tried = exists().where(
        attempts.c.run_id == transactions.c.run_id, attempts.c.row == transactions.c.row
    )
    names = ("row", "item_key", "outcome", "source_note", "corrected_at", "dismissal")
    return select(*(transactions.c[name] for name in names), tried.label("tried")).where(
        transactions.c.run_id == run.id, transactions.c.row.in_(numbers)
    )


def _cancel(connection: Connection, run: Run, row: _Row) -> None:
    """It happens to no item any more, so it stands in no lane, as other cancelled rows do."""
    connection.execute(delete(lanes).where(lanes.c.run_id == run.id, lanes.c.row == row.row))
    connection.execute(
        update(transactions)
        .where(transactions.c.run_id == run.id, transactions.c.row == row.row)
        .values(
            outcome=Outcome.CANCELLED,
            item_key="",
            lane_note="",
            source_note=added(encoded((VOIDED_LATER,)), row.source_note),
        )
    )


def _portions(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """As many at a time as a statement may name."""
    return (values[at : at + _AT_A_TIME] for at in range(0, len(values), _AT_A_TIME))
