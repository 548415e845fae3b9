"""Rows out of a run again: a file that was loaded by mistake, as long as nothing of it was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, func, or_, select

from almareplay.outcomes import Outcome
from almareplay.queue.errors import NotUnloadable
from almareplay.queue.ordering.arranging import arrange_lanes, is_close
from almareplay.queue.ordering.corrections import as_captured
from almareplay.queue.replaying.hold import confirm_hold, release_hold, take_hold
from almareplay.queue.replaying.item_ids import forget_ids_without_rows
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.capture_schema import loaded_scans
from almareplay.queue.tables.schema import attempts, changes, files, lanes, transactions
from almareplay.transactions import CAPTURE_PAGE, as_text, identifier_key, nearest


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a run, or the one sheet of it that was loaded."""

    id: int
    name: str
    sha256: str
    sheet: str | None
    first_row: int
    rows: int
    format: str


@dataclass(frozen=True, slots=True)
class Unloaded:
    """What was taken out: the names of the files, and how many rows, invalid ones among them.

    ``pending_again`` counts rows of other files that were duplicates of those.
    """

    names: list[str]
    rows: int
    pending_again: int


def stored_files(queue: Queue, run: Run) -> list[StoredFile]:
    """The files of a run, as loaded."""
    with queue.reading() as connection:
        found = connection.execute(
            select(
                files.c.id,
                files.c.name,
                files.c.sha256,
                files.c.sheet,
                files.c.first_row,
                files.c.rows,
                files.c.format,
            )
            .where(files.c.run_id == run.id)
            .order_by(files.c.id)
        )
        return [StoredFile(*row) for row in found]


def unload_file(
    queue: Queue, run: Run, name: str, *, sha256: str | None = None, sheet: str | None = None
) -> Unloaded:
    """Take the rows of a file out of a run; it can be loaded again then.

    The file is the one with these bytes; where ``sha256`` is None or of no file of the run, the
    one that was loaded under ``name``. Of a workbook whose sheets were loaded one by one it is
    ``sheet``, or all of them. Raises RunHeld while the run is replayed, NotUnloadable where the
    file is not in the run or rows of it were sent, QueueError.
    """
    hold = take_hold(queue, run)
    try:
        chosen = _choose(stored_files(queue, run), run, as_text(name), sha256, sheet)
        with queue.writing(run, many_rows=True) as connection:
            confirm_hold(connection, hold)
            _none_was_sent(connection, run, chosen)
            pending_again = _take_out(connection, run, chosen)
    finally:
        release_hold(queue, hold)
    names = [each.name if each.sheet is None else f"{each.name}#{each.sheet}" for each in chosen]
    return Unloaded(names, sum(each.rows for each in chosen), pending_again)


def _choose(
    stored: Sequence[StoredFile], run: Run, name: str, sha256: str | None, sheet: str | None
) -> list[StoredFile]:
    found = [each for each in stored if each.sha256 == sha256]
    found = found or [each for each in stored if each.name == name]
    if not found:
        names = sorted({each.name for each in stored})
        listed = f"its files are: {', '.join(names)}" if names else "it has none yet"
        # Not quoting what was named: it may be a database's address with its password.
        raise NotUnloadable(f"Run {run.name!r} has no such file; {listed}.{nearest(name, names)}")
    # A session that has grown is loaded part by part.
    is_session = all(each.format == CAPTURE_PAGE for each in found)
    if len({each.sha256 for each in found}) > 1 and not is_session:
        raise NotUnloadable(
            f"Run {run.name!r} has {len(found)} different files named {name}. Name the file itself "
            "with its folder: it is known by what it holds."
        )
    if sheet is None:
        return found
    of_sheet = [each for each in found if (each.sheet or "").casefold() == sheet.casefold()]
    if not of_sheet:
        listed = ", ".join(each.sheet or "all sheets together" for each in found)
        raise NotUnloadable(
            f"{found[0].name}: sheet {sheet!r} was not loaded by itself (loaded: {listed})."
        )
    return of_sheet


def _none_was_sent(connection: Connection, run: Run, chosen: Sequence[StoredFile]) -> None:
    for file in chosen:
        sent = connection.execute(
            select(func.count(attempts.c.row.distinct())).where(
                attempts.c.run_id == run.id,
                attempts.c.row.between(file.first_row, file.first_row + file.rows - 1),
            )
        ).scalar_one()
        if sent:
            were = "1 row of it was" if sent == 1 else f"{sent:,} rows of it were"
            raise NotUnloadable(
                f"{file.name}: {were} sent to Alma already, so it stays in run {run.name!r}. "
                "'almareplay report' tells what became of them. A corrected capture can be loaded "
                "beside it: what both say is not sent twice."
            )


def _take_out(connection: Connection, run: Run, chosen: Sequence[StoredFile]) -> int:
    """Delete the files with their rows; answer how many rows of others became pending again."""
    mine, other = lanes.alias("mine"), lanes.alias("other")
    ranges = [(file.first_row, file.first_row + file.rows - 1) for file in chosen]
    close = exists().where(
        is_close(mine, other), *(~other.c.row.between(*numbers) for numbers in ranges)
    )
    gone = or_(*(mine.c.row.between(*numbers) for numbers in ranges))
    open_lanes = connection.scalars(
        select(mine.c.item_key)
        .distinct()
        .where(mine.c.run_id == run.id, gone, close)
        .order_by(mine.c.item_key)
    ).all()
    # What only repeated a row that staff have corrected may stand in the lane that it has left.
    left = {identifier_key(row.item_barcode) for row in as_captured(connection, run).values()}
    for table in (changes, loaded_scans, lanes, transactions):
        for numbers in ranges:
            connection.execute(
                delete(table).where(table.c.run_id == run.id, table.c.row.between(*numbers))
            )
    connection.execute(delete(files).where(files.c.id.in_([file.id for file in chosen])))
    forget_ids_without_rows(connection, run)
    return arrange_lanes(connection, run, [*open_lanes, *left])[Outcome.PENDING]
