"""One replay from beginning to end: the hold, the rows in their order, the stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from almareplay.alma.client import Alma
from almareplay.alma.limits.rate_limiter import Clock
from almareplay.outcomes import Outcome
from almareplay.queue.errors import QueueError
from almareplay.queue.replaying.hold import REPLAY_LEASE, Hold, Lease, release_hold, take_hold
from almareplay.queue.rows import QueuedRow
from almareplay.queue.store import Queue, Run
from almareplay.replay.dispatch import Dispatch, Turn
from almareplay.replay.journal import Journal
from almareplay.replay.policy import Policy
from almareplay.replay.post import Poster
from almareplay.transactions import AlmaInstance

OnOutcome = Callable[[QueuedRow, Outcome], None]
"""Told of each row when its outcome is known."""


@dataclass(frozen=True, slots=True)
class Replaying:
    """What a replay needs besides the queue and the connection to Alma.

    ``instance`` is the Alma that the connection leads to: the run belongs to it from now on.
    ``settle_seconds`` is the pause before an item is read again after a lost answer. ``zone`` is
    that of the libraries. Setting ``stopping`` ends the replay before the next call of each row.
    ``lease`` is for the hold on the run.
    """

    instance: AlmaInstance
    policy: Policy
    settle_seconds: float
    zone: tzinfo
    clock: Clock
    stopping: asyncio.Event
    on_settled: OnOutcome
    lease: Lease = REPLAY_LEASE


async def replay(queue: Queue, run: Run, alma: Alma, how: Replaying) -> None:
    """Post the pending rows of a run.

    Returns when no row is pending or when it was stopped. Raises RunHeld when another process
    replays the run, RunOfAnotherAlma or PostedByAnotherRun where it must not be posted to this
    Alma, QueueError, and AlmaError for what concerns the whole run (DailyLimit,
    AlmaGone, KeyRefused); all that was done until then is stored.
    """
    hold = take_hold(queue, run, how.instance, how.lease)
    try:
        await replay_held(queue, hold, alma, how)
    finally:
        # A queue that has just failed cannot be told; the hold of a dead process is free anyway.
        with contextlib.suppress(QueueError):
            release_hold(queue, hold)


async def replay_held(queue: Queue, hold: Hold, alma: Alma, how: Replaying) -> None:
    """Post the pending rows of a run that the caller holds, to the Alma of its hold; the caller
    gives it free afterwards. Returns and raises as `replay` does, and HoldLost."""
    assert not hold.lease.by_lease or alma.transport.answer_within <= hold.lease.longest_call, (
        "a call may outlast the lease"
    )
    journal = Journal(queue, hold, how.clock)
    poster = Poster(
        alma,
        journal,
        how.policy,
        zone=how.zone,
        clock=how.clock,
        settle_seconds=how.settle_seconds,
        stopping=how.stopping,
    )

    async def settle(turn: Turn) -> bool:
        outcome = await poster.settle(turn)
        if outcome is None:
            return False
        how.on_settled(turn.row, outcome)
        return True

    dispatch = Dispatch(settle, how.stopping)
    with journal:
        heartbeat = asyncio.create_task(_keep_hold(journal, hold.lease, how.clock, dispatch))
        try:
            await poster.finish_earlier_starts()
            await dispatch.run(journal.rows_in_order())
        finally:
            heartbeat.cancel()


async def _keep_hold(journal: Journal, lease: Lease, clock: Clock, dispatch: Dispatch) -> None:
    try:
        while True:
            await clock.sleep(lease.renew_seconds)
            await journal.renew_hold()
    except Exception as error:  # noqa: BLE001 (whatever it is, a run without its hold must stop)
        dispatch.stop(error)
