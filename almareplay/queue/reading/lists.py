"""Lists for staff beside the report: items to fetch for others, fines that may be too high."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, func, select, tuple_

from almareplay.outcomes import FineRow, Outcome, PullRow
from almareplay.queue.replaying.follow_ups import MadeBy, Task
from almareplay.queue.rows import captured_time
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.schema import fines, follow_ups, lanes, pulls, runs, transactions
from almareplay.transactions import in_zone

FINE_WAIVED = "Nothing to do: the fine was waived."
FINE_OF_SEVERAL = "Only one of the fines of this row was made by the replay: see which. "
"""What comes before the advice of a fine that is not surely the one that a row made."""
FINES: Mapping[str, str] = {
    "whole": "Waive the fine: at the captured time nothing was overdue.",
    "part": "The fine may be too high, since Alma counted up to the replay: compare it with the "
    "fine up to the captured time, and waive what is too much.",
    "none": "Probably nothing to do: counted by the day, the fine is the same up to the captured "
    "time. Where fines are counted by the hour it may be too high.",
}
"""What to do about a fine that stands, by how much of it is wrong."""

# After these the item was with a patron.
_LENT = (Outcome.LOANED, Outcome.RENEWED, Outcome.ALREADY_LOANED)
_SCANNED = (Outcome.RETURNED, Outcome.NOT_ON_LOAN)
_DAY = 24 * 60 * 60


def pull_list(queue: Queue, run: Run, zone: tzinfo = UTC) -> list[PullRow]:
    """The items that the run scanned in, that somebody waits for, and that it has not lent since.

    One row an item, for its last return; sorted by library, location and call number. Who waits is
    not known here. Times are in ``zone``, that of the library.
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
        select(
            *(transactions, runs.c.institution, runs.c.environment),
            *(column.label(f"shelf_{column.name}") for column in pulls.c),
        )
        .join(
            pulls, (pulls.c.run_id == transactions.c.run_id) & (pulls.c.row == transactions.c.row)
        )
        .join(runs, runs.c.id == transactions.c.run_id)
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
                returned=in_zone(captured_time(row), zone),
                desk=f"{row.library}/{row.circ_desk}",
                row=row.row,
                institution=row.institution or "",
                environment=row.environment or "",
            )
            for row in connection.execute(query)
        ]
    return sorted(found)


def fine_list(queue: Queue, run: Run, zone: tzinfo = UTC) -> list[FineRow]:
    """The overdue fines that rows of the run made and that may be wrong, by row; times in ``zone``,
    that of the library."""
    # The last look for the fine of a row tells the patron, and when Alma did what made it.
    looks = (
        select(follow_ups.c.row, func.max(follow_ups.c.id).label("id"))
        .where(follow_ups.c.run_id == run.id, follow_ups.c.task == Task.FINE)
        .group_by(follow_ups.c.row)
        .subquery()
    )
    query = (
        select(
            *(transactions.c[name] for name in ("captured_at", "captured_offset", "item_barcode")),
            *(column for column in fines.c if column.name != "run_id"),
            *(runs.c.institution, runs.c.environment),
            *(follow_ups.c.user_id, follow_ups.c.until, follow_ups.c.made_by),
            func.count().over(partition_by=fines.c.row).label("of_row"),
        )
        .join(
            fines, (fines.c.run_id == transactions.c.run_id) & (fines.c.row == transactions.c.row)
        )
        .join(runs, runs.c.id == transactions.c.run_id)
        .outerjoin(looks, looks.c.row == fines.c.row)
        .outerjoin(follow_ups, follow_ups.c.id == looks.c.id)
        .where(fines.c.run_id == run.id)
        .order_by(fines.c.row, fines.c.fee_id)
    )
    with queue.reading() as connection:
        return [_fine(fine, zone) for fine in connection.execute(query)]


def _fine(fine: Any, zone: tzinfo) -> FineRow:
    captured_at, due = in_zone(captured_time(fine), zone), in_zone(fine.due_date, zone)
    wrong = fine.wrong
    if wrong == "part" and fine.until and same_by_the_day(due, captured_at, fine.until, zone):
        wrong = "none"
    waived = fine.waived_at and in_zone(fine.waived_at, zone)
    several = FINE_OF_SEVERAL if fine.of_row > 1 else ""
    return FineRow(
        row=fine.row,
        made_by=fine.made_by or MadeBy.RETURN,
        patron_id=fine.user_id or "",
        item_barcode=fine.item_barcode,
        captured_at=captured_at,
        due_date=due,
        amount=Decimal(fine.amount),
        currency=fine.currency,
        wrong=wrong,
        waived_at=waived,
        fee_id=fine.fee_id,
        advice=FINE_WAIVED if waived else several + FINES[wrong],
        institution=fine.institution or "",
        environment=fine.environment or "",
    )


def same_by_the_day(
    due: datetime, captured_at: datetime, posted_at: datetime, zone: tzinfo
) -> bool:
    """Whether a fine counted by the day is the same up to the captured time of a late return or
    renewal and up to Alma's time of it (all aware); in days of the calendar in ``zone``, and in
    days begun since the loan was due, since it is not known which of them Alma counts."""
    day_of_calendar = in_zone(captured_at, zone).date() == in_zone(posted_at, zone).date()
    begun = [-((due.timestamp() - at.timestamp()) // _DAY) for at in (captured_at, posted_at)]
    return day_of_calendar and begun[0] == begun[1]
