"""What is still to be done in Alma about rows that have their outcome, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from almareplay.queue.replaying.hold import Hold, confirm_hold
from almareplay.queue.rows import QueuedRow, queued_row
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.reasons import added, encoded
from almareplay.queue.tables.schema import fines, follow_ups, transactions
from almareplay.transactions import Notes


class Task(StrEnum):
    """What is to be done: set a loan's due date, or see to the fine that a scan made."""

    DUE_DATE = "due_date"
    FINE = "fine"


class MadeBy(StrEnum):
    """What makes a fine of an overdue loan."""

    RETURN = "return"
    RENEWAL = "renewal"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One thing to do about a row.

    ``user_id`` is the patron's primary id. Alma lent, renewed or took back between ``since`` and
    ``until``; ``due_date`` is the loan's after a loan and before a return, ``due_before`` what it
    was before a renewal. All are aware UTC, the first two on Alma's clock. ``made_by`` is what may
    have made a fine.
    """

    task: Task
    user_id: str
    loan_id: str
    since: datetime
    until: datetime
    due_date: datetime
    due_before: datetime | None = None
    made_by: MadeBy = MadeBy.RETURN


class OpenFollowUp(NamedTuple):
    """A follow-up that is stored and not done, with its row."""

    id: int
    row: QueuedRow
    what: FollowUp


@dataclass(frozen=True, slots=True)
class Fine:
    """An overdue fine that a scan of the run made.

    ``wrong`` is ``whole`` or ``part``. Moments are aware UTC; ``waived_at`` is None where the fine
    stands.
    """

    fee_id: str
    amount: Decimal
    currency: str
    wrong: str
    waived_at: datetime | None = None


def store_follow_ups(connection: Connection, run: Run, row: int, what: Iterable[FollowUp]) -> None:
    """Note what is to be done, in the transaction in which the call's fate is stored."""
    for each in what:
        connection.execute(
            insert(follow_ups).values(
                run_id=run.id,
                row=row,
                task=each.task,
                user_id=each.user_id,
                loan_id=each.loan_id,
                since=each.since,
                until=each.until,
                due_date=each.due_date,
                due_before=each.due_before,
                made_by=each.made_by,
            )
        )


def open_follow_ups(queue: Queue, run: Run, row: int | None = None) -> list[OpenFollowUp]:
    """What is still to be done for a row, or for the whole run, oldest first."""
    open_ones = (follow_ups.c.run_id == run.id) & follow_ups.c.done_at.is_(None)
    if row is not None:
        open_ones &= follow_ups.c.row == row
    of_row = (transactions.c.run_id == follow_ups.c.run_id) & (
        transactions.c.row == follow_ups.c.row
    )
    with queue.reading() as connection:
        tasks = connection.execute(select(follow_ups).where(open_ones).order_by(follow_ups.c.id))
        rows = connection.execute(select(transactions).join(follow_ups, of_row).where(open_ones))
        row_of = {found.row: queued_row(found) for found in rows}
        return [
            OpenFollowUp(
                task.id,
                row_of[task.row],
                FollowUp(
                    Task(task.task),
                    task.user_id,
                    task.loan_id,
                    task.since,
                    task.until,
                    task.due_date,
                    task.due_before,
                    MadeBy(task.made_by),
                ),
            )
            for task in tasks
        ]


def fines_of_row(queue: Queue, run: Run, row: int) -> list[Fine]:
    """The fines that the scan of this row made, as far as they were found."""
    with queue.reading() as connection:
        found = connection.execute(
            select(fines).where(fines.c.run_id == run.id, fines.c.row == row)
        )
        return [
            Fine(fine.fee_id, Decimal(fine.amount), fine.currency, fine.wrong, fine.waived_at)
            for fine in found
        ]


def store_fines(queue: Queue, hold: Hold, task: OpenFollowUp, found: Iterable[Fine]) -> None:
    """Put on disk which fines a scan made, over what was known. Raises HoldLost, QueueError."""
    with queue.writing(hold.run) as connection:
        confirm_hold(connection, hold)
        for fine in found:
            key = (fines.c.run_id == hold.run.id) & (fines.c.fee_id == fine.fee_id)
            connection.execute(delete(fines).where(key))
            connection.execute(
                insert(fines).values(
                    run_id=hold.run.id,
                    row=task.row.row,
                    fee_id=fine.fee_id,
                    amount=str(fine.amount),
                    currency=fine.currency,
                    wrong=fine.wrong,
                    due_date=task.what.due_date,
                    waived_at=fine.waived_at,
                )
            )


def store_done(
    queue: Queue,
    hold: Hold,
    task: OpenFollowUp,
    *,
    notes: Notes,
    due_date: datetime | None = None,
) -> None:
    """Put on disk that a follow-up is done: its notes are added to the row's, and the loan's new
    due date (aware UTC) takes the place of the old. Raises HoldLost, QueueError."""
    of_row = (transactions.c.run_id == hold.run.id) & (transactions.c.row == task.row.row)
    with queue.writing(hold.run) as connection:
        confirm_hold(connection, hold)
        connection.execute(
            update(follow_ups).where(follow_ups.c.id == task.id).values(done_at=datetime.now(UTC))
        )
        if notes:
            before = connection.scalar(select(transactions.c.note).where(of_row))
            connection.execute(
                update(transactions).where(of_row).values(note=added(before or "", encoded(notes)))
            )
        if due_date is not None:
            connection.execute(update(transactions).where(of_row).values(due_date=due_date))
