"""What a run holds, for people: counts, places, the rows of the report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select

from almareplay.outcomes import Outcome
from almareplay.queue.ordering.corrections import as_captured, corrections
from almareplay.queue.replaying.attempts import Fate
from almareplay.queue.replaying.item_ids import items_known
from almareplay.queue.rows import IN_ORDER, IS_PENDING, QueuedRow, queued_row
from almareplay.queue.staff.settling import Change
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.schema import (
    attempts,
    changes,
    files,
    follow_ups,
    purged,
    transactions,
)
from almareplay.transactions import AlmaInstance, Kind

_BATCH = 1_000
_NOT_REPORTED = ("run_id", "file_id", "has_seconds", "item_key", "looked_at")


@dataclass(frozen=True, slots=True)
class Work:
    """What is left to replay: rows by kind, the items they concern, the number of their calls whose
    answers were lost, and of due dates and fines that are still to be set right; and of how many
    of the items the ids are kept."""

    loans: int
    returns: int
    items: int
    lost_answers: int
    follow_ups: int = 0
    known_items: int = 0

    @property
    def rows(self) -> int:
        """All rows left."""
        return self.loans + self.returns


def outcomes(queue: Queue, run: Run) -> dict[Outcome, int]:
    """How many rows have each outcome, in the order of the outcomes' definition."""
    with queue.reading() as connection:
        found: dict[str, int] = dict(
            connection.execute(
                select(transactions.c.outcome, func.count())
                .where(transactions.c.run_id == run.id)
                .group_by(transactions.c.outcome)
                # A run has rows or, once they are purged, their counts.
                .union_all(select(purged.c.outcome, purged.c.rows).where(purged.c.run_id == run.id))
            ).all()
        )
    return {outcome: found[outcome] for outcome in Outcome if outcome in found}


def dismissed(queue: Queue, run: Run) -> dict[Outcome, int]:
    """How many rows with each outcome staff have dismissed, in the order of ``outcomes``."""
    were_dismissed = select(changes.c.row).where(
        changes.c.run_id == run.id, changes.c.change == Change.DISMISSED
    )
    with queue.reading() as connection:
        found: dict[str, int] = dict(
            connection.execute(
                select(transactions.c.outcome, func.count())
                .where(
                    transactions.c.run_id == run.id,
                    # Of a large run only these rows are read.
                    transactions.c.row.in_(were_dismissed),
                    transactions.c.dismissal != "",
                )
                .group_by(transactions.c.outcome)
            ).all()
        )
    return {outcome: found[outcome] for outcome in Outcome if outcome in found}


def patron_ids(queue: Queue, run: Run) -> Iterator[str]:
    """The captured patron id of each row of the run that has one, by row number; then those that
    staff have put in the place of others, as they did it."""
    with queue.reading() as connection:
        corrected = corrections(connection, run)
        captured = as_captured(connection, run)
        found = connection.execute(
            select(transactions.c.row, transactions.c.patron_id)
            .where(transactions.c.run_id == run.id, transactions.c.patron_id != "")
            .order_by(transactions.c.row)
            .execution_options(yield_per=_BATCH)
        )
        with found:
            for row, patron_id in found:
                yield captured[row].patron_id if row in captured else patron_id
    for correction in corrected:
        yield correction.after.patron_id


def primary_ids(queue: Queue, run: Run) -> set[str]:
    """The primary ids of patrons that Alma has told and the run has kept."""
    with queue.reading() as connection:
        such = follow_ups.c.run_id == run.id
        return set(connection.scalars(select(follow_ups.c.user_id).where(such)))


def borrowers(queue: Queue, run: Run) -> Iterator[str]:
    """The primary ids of other patrons who had items of the run in Alma, as the replay found them,
    before retries too."""
    with queue.reading() as connection:
        found = [
            (each.completed_at, each.row, each.on_loan_to)
            for table in (transactions, changes)
            for each in connection.execute(
                select(table.c.completed_at, table.c.row, table.c.on_loan_to).where(
                    table.c.run_id == run.id, table.c.on_loan_to != ""
                )
            )
        ]
    for _, _, primary_id in sorted(found):
        yield primary_id


def captured_words(queue: Queue, run: Run, column: str) -> list[str]:
    """The different words of a column of the captures (``library``, ``circ_desk``,
    ``source_file``), in the order in which they first appear."""
    with queue.reading() as connection:
        found = connection.execute(
            select(transactions.c[column])
            .where(transactions.c.run_id == run.id)
            .group_by(transactions.c[column])
            .order_by(func.min(transactions.c.row))
        )
        return list(found.scalars())


def codes_given(queue: Queue, run: Run) -> set[str]:
    """The codes of libraries and desks that flags or settings gave when files were loaded."""
    with queue.reading() as connection:
        found = connection.scalars(select(files.c.flags).where(files.c.run_id == run.id))
        given = [json.loads(flags) for flags in found]
    return {flags[name] for flags in given for name in ("library", "circ-desk") if name in flags}


def codes_taken(queue: Queue, run: Run) -> set[str]:
    """The codes of libraries and desks that are known to be such: Alma has booked rows there."""
    with queue.reading() as connection:
        found = connection.execute(
            select(transactions.c.library, transactions.c.circ_desk)
            .distinct()
            .join(
                attempts,
                (attempts.c.run_id == transactions.c.run_id)
                & (attempts.c.row == transactions.c.row),
            )
            .where(transactions.c.run_id == run.id, attempts.c.fate == Fate.DONE)
        )
        return {code for place in found for code in place}


def loaded_files(queue: Queue, run: Run) -> list[tuple[str, str, int]]:
    """Name, format and number of rows of each file of the run, as loaded."""
    with queue.reading() as connection:
        found = connection.execute(
            select(files.c.name, files.c.format, files.c.rows)
            .where(files.c.run_id == run.id)
            .order_by(files.c.id)
        )
        return [(row.name, row.format, row.rows) for row in found]


def work_left(queue: Queue, run: Run, alma: AlmaInstance | None = None) -> Work:
    """What a replay of the run would still have to do, on ``alma`` where it is to be said which
    items are known there."""
    known = 0 if alma is None else items_known(queue, run, alma)
    pending = (transactions.c.run_id == run.id) & IS_PENDING
    with queue.reading() as connection:
        kinds: dict[str, int] = dict(
            connection.execute(
                select(transactions.c.kind, func.count())
                .where(pending)
                .group_by(transactions.c.kind)
            ).all()
        )
        items = connection.execute(
            select(func.count(transactions.c.item_key.distinct())).where(pending)
        ).scalar_one()
        lost = connection.execute(
            select(func.count())
            .select_from(attempts)
            .join(
                transactions,
                (transactions.c.run_id == attempts.c.run_id)
                & (transactions.c.row == attempts.c.row),
            )
            .where(pending, attempts.c.fate.is_(None))
        ).scalar_one()
        to_follow_up = connection.execute(
            select(func.count()).where(
                follow_ups.c.run_id == run.id, follow_ups.c.done_at.is_(None)
            )
        ).scalar_one()
    loans, returns = kinds.get(Kind.LOAN, 0), kinds.get(Kind.RETURN, 0)
    return Work(loans, returns, items, lost, to_follow_up, known)


def rows_called(queue: Queue, run: Run, fate: Fate | None) -> set[int]:
    """The numbers of the rows of which a call that writes had this fate; None: not known."""
    with queue.reading() as connection:
        such = (attempts.c.run_id == run.id) & attempts.c.fate.is_not_distinct_from(fate)
        return set(connection.scalars(select(attempts.c.row).where(such)))


def places(queue: Queue, run: Run) -> dict[tuple[str, str], int]:
    """The (library, circulation desk) codes of the pending rows, with the number of their rows."""
    with queue.reading() as connection:
        found = connection.execute(
            select(transactions.c.library, transactions.c.circ_desk, func.count())
            .where(transactions.c.run_id == run.id, IS_PENDING)
            .group_by(transactions.c.library, transactions.c.circ_desk)
            .order_by(transactions.c.library, transactions.c.circ_desk)
        )
        return {(library, desk): count for library, desk, count in found}


class FileRows(NamedTuple):
    """Some rows of a file, by their numbers in the run. ``flags`` are the flags and settings by
    which the file was read, by the names of the flags."""

    name: str
    flags: dict[str, str]
    rows: list[int]


def rows_at(queue: Queue, run: Run, library: str, circ_desk: str = "") -> list[FileRows]:
    """The pending rows at a circulation desk, or at all of a library, as loaded."""
    such = (transactions.c.library == library) & (transactions.c.outcome == Outcome.PENDING)
    if circ_desk:
        such &= transactions.c.circ_desk == circ_desk
    return _rows_by_file(queue, run, such)


def rows_captured_after(queue: Queue, run: Run, moment: datetime) -> list[FileRows]:
    """The pending rows with a captured time after this moment (aware), as loaded."""
    later = transactions.c.captured_at > moment.timestamp()
    return _rows_by_file(queue, run, later & (transactions.c.outcome == Outcome.PENDING))


def _rows_by_file(queue: Queue, run: Run, such: ColumnElement[bool]) -> list[FileRows]:
    found: dict[int, FileRows] = {}
    with queue.reading() as connection:
        rows = connection.execute(
            select(files.c.id, files.c.name, files.c.flags, transactions.c.row)
            .join(files, files.c.id == transactions.c.file_id)
            .where(transactions.c.run_id == run.id, such)
            .order_by(transactions.c.row)
        )
        for file, name, flags, row in rows:
            found.setdefault(file, FileRows(name, json.loads(flags), [])).rows.append(row)
    return [*found.values()]


def first_and_last(queue: Queue, run: Run, number: int) -> tuple[list[QueuedRow], list[QueuedRow]]:
    """The first pending rows in replay order, and the last, each at most ``number``; no row is in
    both."""
    pending = select(transactions).where(transactions.c.run_id == run.id, IS_PENDING)
    backwards = [column.desc() for column in IN_ORDER]
    with queue.reading() as connection:
        first = connection.execute(pending.order_by(*IN_ORDER).limit(number)).all()
        last = connection.execute(pending.order_by(*backwards).limit(number)).all()
    shown = {row.row for row in first}
    return (
        [queued_row(row) for row in first],
        [queued_row(row) for row in reversed(last) if row.row not in shown],
    )
