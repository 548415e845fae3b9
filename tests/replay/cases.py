"""Rows and what is known of their items, for decisions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from almareplay.outcomes import Outcome
from almareplay.queue.replaying.journal import LaneHistory
from almareplay.queue.rows import Order, QueuedRow
from almareplay.replay.decide import Action
from almareplay.replay.lane import Borrowed, Lane
from almareplay.replay.policy import Guard, Policy
from almareplay.transactions import Kind

NOON = datetime(2026, 9, 14, 12, 0, 30, tzinfo=UTC)
REPORT = Policy()
FULL = Policy(guard=Guard.FULL)
UNGUARDED_POLICY = Policy(guard=Guard.OFF)
EARLIER = NOON - timedelta(minutes=1)
MINUTE_BEGINS, MINUTE_ENDS = NOON.replace(second=0), NOON.replace(second=59, microsecond=999_999)
LATER = MINUTE_BEGINS + timedelta(minutes=1)
UNCERTAIN = (Action.NOTHING, Outcome.UNCERTAIN)
SUPERSEDED = (Action.NOTHING, Outcome.SUPERSEDED)
SUNDAY, MONDAY, TUESDAY = date(2026, 9, 13), date(2026, 9, 14), date(2026, 9, 15)


def row(kind: Kind, at: datetime = NOON) -> QueuedRow:
    """The fifth row of the run."""
    return QueuedRow(5, Order(1, 5, 5), kind, at, "i1", "i1", "ida", "MAIN", "FRONT")


def lent(made_at: datetime, to_patron: bool = False) -> Borrowed:
    return Borrowed("71", "berta", made_at, to_patron=to_patron)


def item(loan: Borrowed | None = None, **known: Any) -> Lane:
    """What is known of an item to which the run has done nothing."""
    return Lane(LaneHistory({}, set(), [], None, None, []), looked=True, loan=loan, **known)
