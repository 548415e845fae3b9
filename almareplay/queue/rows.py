"""Rows of the queue as a replay takes them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from almareplay.outcomes import Outcome
from almareplay.queue.tables.schema import transactions
from almareplay.transactions import Kind

IS_PENDING = (transactions.c.outcome == Outcome.PENDING) & (transactions.c.dismissal == "")
"""Whether a replay has still to do a row: pending, and not dismissed."""

IN_ORDER = (transactions.c.phase, transactions.c.order_at, transactions.c.place)
"""What rows are sorted by for a replay: phase after phase, each by captured time. See lanes.py."""


class Order(NamedTuple):
    """A row's place in replay order: comparable with that of any other row of its run."""

    phase: int
    order_at: int
    place: int

    @property
    def captured(self) -> tuple[int, int]:
        """Its place by the captures alone, whatever its phase."""
        return self.order_at, self.place


class QueuedRow(NamedTuple):
    """A row to replay. ``captured_at`` is aware, in the zone of its desk."""

    row: int
    order: Order
    kind: Kind
    captured_at: datetime
    item_barcode: str
    item_key: str
    patron_id: str
    library: str
    circ_desk: str


def queued_row(row: Any) -> QueuedRow:
    """A row of the table of transactions."""
    return QueuedRow(
        row.row,
        order_of(row),
        Kind(row.kind),
        captured_time(row),
        row.item_barcode,
        row.item_key,
        row.patron_id,
        row.library,
        row.circ_desk,
    )


def order_of(row: Any) -> Order:
    """The place of a row of the table in replay order."""
    return Order(row.phase, row.order_at, row.place)


def captured_time(row: Any) -> datetime:
    """The captured time of a row of the table, in the zone of its desk."""
    zone = timezone(timedelta(seconds=row.captured_offset))
    return datetime.fromtimestamp(row.captured_at, zone)
