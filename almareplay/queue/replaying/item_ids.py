"""The ids by which one Alma addresses the items of a run, kept so that they are asked for once.

They are Alma's own numbers, and tell of no patron. They belong to the institution and environment
that gave them: a sandbox gives its items' numbers to others than production does. A barcode can
be put on another item, so kept ids serve for a day only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
)

from almareplay.queue.rows import IS_PENDING
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.schema import item_ids, lanes, runs, transactions
from almareplay.transactions import AlmaInstance

Ids = tuple[str, str, str]
"""The MMS id, the holding id and the item id of an item."""

SERVES_FOR = timedelta(hours=24)
"""So long after they were found ids are used again: from a rehearsal to its replay, and on through
an outage of that; not from one week to the next."""


def keep_ids(queue: Queue, run: Run, alma: AlmaInstance, found: Mapping[str, Ids]) -> None:
    """Keep the ids that this Alma has for items, by the items' keys, over what was kept before.

    An Alma that does not tell its institution's code cannot be told from another, and nothing is
    kept. Raises QueueError.
    """
    if not alma.institution or not found:
        return
    now = datetime.now(UTC)
    with queue.writing(run) as connection:
        purged_at = connection.scalar(select(runs.c.purged_at).where(runs.c.id == run.id))
        if purged_at is not None:
            return
        connection.execute(
            delete(item_ids).where(_of(run, alma), item_ids.c.item_key == bindparam("key")),
            [{"key": key} for key in found],
        )
        connection.execute(
            insert(item_ids),
            [
                {
                    "run_id": run.id,
                    "institution": alma.institution,
                    "environment": alma.environment,
                    "item_key": key,
                    "mms_id": mms_id,
                    "holding_id": holding_id,
                    "item_pid": item_pid,
                    "found_at": now,
                }
                for key, (mms_id, holding_id, item_pid) in found.items()
            ],
        )


def kept_ids(
    queue: Queue, run: Run, alma: AlmaInstance, item_keys: Sequence[str]
) -> dict[str, Ids]:
    """The ids that this Alma has for items, as far as they were found not long ago, by the items'
    keys."""
    if not alma.institution:
        return {}
    query = select(item_ids).where(_of(run, alma), item_ids.c.item_key.in_(item_keys), _serves())
    with queue.reading() as connection:
        return {
            found.item_key: (found.mms_id, found.holding_id, found.item_pid)
            for found in connection.execute(query)
        }


def items_known(queue: Queue, run: Run, alma: AlmaInstance) -> int:
    """How many items of pending rows have ids that serve on this Alma."""
    pending = exists().where(
        transactions.c.run_id == item_ids.c.run_id,
        transactions.c.run_id == lanes.c.run_id,
        transactions.c.row == lanes.c.row,
        lanes.c.item_key == item_ids.c.item_key,
        IS_PENDING,
    )
    with queue.reading() as connection:
        return connection.execute(
            select(func.count()).select_from(item_ids).where(_of(run, alma), _serves(), pending)
        ).scalar_one()


def forget_ids_without_rows(connection: Connection, run: Run) -> None:
    """Delete the ids of items of which the run has no rows any more."""
    has_rows = exists().where(
        lanes.c.run_id == item_ids.c.run_id, lanes.c.item_key == item_ids.c.item_key
    )
    connection.execute(delete(item_ids).where(item_ids.c.run_id == run.id, ~has_rows))


def _of(run: Run, alma: AlmaInstance) -> ColumnElement[bool]:
    return and_(
        item_ids.c.run_id == run.id,
        item_ids.c.institution == alma.institution,
        item_ids.c.environment == alma.environment,
    )


def _serves() -> ColumnElement[bool]:
    """Whether ids were found within the time for which they serve; not after a clock that was set
    back since."""
    now = datetime.now(UTC)
    return item_ids.c.found_at.between(now - SERVES_FOR, now)
