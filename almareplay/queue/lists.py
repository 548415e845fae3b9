"""Lists for staff beside the report: items to fetch for others, and fines that are too high."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import exists, select, tuple_

from almareplay.outcomes import FineRow, Outcome, PullRow
from almareplay.queue.follow_ups import Task
from almareplay.queue.rows import captured_time
from almareplay.queue.schema import fines, follow_ups, lanes, pulls, transactions
from almareplay.queue.store import Queue, Run

# After these the item was with a patron.
_LENT = (Outcome.LOANED, Outcome.RENEWED, Outcome.ALREADY_LOANED)
_SCANNED = (Outcome.RETURNED, Outcome.NOT_ON_LOAN)

_WAIVED = "Nothing to do: the fine was waived."
_ADVICE = {
    "whole": "Waive the fine: the item came back on time.",
    "part": "Count the fine anew, up to the time in 'returned': Alma counted on until the replay.",
}


def pull_list(queue: Queue, run: Run) -> list[PullRow]:
    """The items that the run scanned in, that somebody waits for, and that it has not lent since.

    One row an item, for its last return; sorted by library, location and call number. Who waits is
    not known here.
    """
    later = transactions.alias()
    in_order = tuple_(transactions.c.order_at, transactions.c.place)
    # A scan whose answer was lost says nothing of who waits; all others have a destination.
    told = later.c.outcome.in_(_SCANNED) & (later.c.destination != "")
    moved_later = (
        select(lanes.c.row)
        .join(later, (later.c.run_id == lanes.c.run_id) & (later.c.row == lanes.c.row))
        .where(
            lanes.c.run_id == transactions.c.run_id,
            lanes.c.item_key == transactions.c.item_key,
            tuple_(later.c.order_at, later.c.place) > in_order,
            later.c.outcome.in_(_LENT) | told,
        )
    )
    query = (
        select(transactions, *(column.label(f"shelf_{column.name}") for column in pulls.c))
        .join(
            pulls, (pulls.c.run_id == transactions.c.run_id) & (pulls.c.row == transactions.c.row)
        )
        .where(transactions.c.run_id == run.id, ~exists(moved_later))
    )
    with queue.reading() as connection:
        found = [
            PullRow(
                library=row.shelf_library,
                location=row.shelf_location,
                call_number=row.shelf_call_number,
                title=row.shelf_title,
                item_barcode=row.item_barcode,
                destination=row.destination,
                returned=captured_time(row),
                desk=f"{row.library}/{row.circ_desk}",
                row=row.row,
            )
            for row in connection.execute(query)
        ]
    return sorted(found)


def fine_list(queue: Queue, run: Run) -> list[FineRow]:
    """The overdue fines that scans of the run made and that are wrong wholly or in part, by row."""
    patron = (
        select(follow_ups.c.user_id)
        .where(
            follow_ups.c.run_id == fines.c.run_id,
            follow_ups.c.row == fines.c.row,
            follow_ups.c.task == Task.FINE,
        )
        .order_by(follow_ups.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(
            *(transactions.c[name] for name in ("captured_at", "captured_offset", "item_barcode")),
            *(column for column in fines.c if column.name != "run_id"),
            patron.label("user_id"),
        )
        .join(
            fines, (fines.c.run_id == transactions.c.run_id) & (fines.c.row == transactions.c.row)
        )
        .where(fines.c.run_id == run.id)
        .order_by(fines.c.row, fines.c.fee_id)
    )
    with queue.reading() as connection:
        return [
            FineRow(
                row=fine.row,
                patron_id=fine.user_id or "",
                item_barcode=fine.item_barcode,
                returned=captured_time(fine),
                due_date=fine.due_date,
                amount=Decimal(fine.amount),
                currency=fine.currency,
                wrong=fine.wrong,
                waived_at=fine.waived_at,
                fee_id=fine.fee_id,
                advice=_ADVICE[fine.wrong] if fine.waived_at is None else _WAIVED,
            )
            for fine in connection.execute(query)
        ]
