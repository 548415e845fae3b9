"""How a run is to be replayed, as it is submitted to workers and as they read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from almareplay.consortium import jobs
from almareplay.queue.consortium import submissions
from almareplay.queue.store import Queue, Run
from almareplay.replay.policy import Policy


@dataclass(frozen=True, slots=True)
class HowToReplay:
    """What was decided about a run when it was submitted.

    ``environment`` is what its Alma must say that it is, ``sandbox`` or ``production``;
    ``unverified_is_fine`` lets a key post that may not ask for that.
    """

    policy: Policy
    environment: str
    unverified_is_fine: bool

    def to_json(self) -> str:
        """As it stands in the queue."""
        return _JSON.dump_json(self).decode()


def read_how_to_replay(json: str) -> HowToReplay:
    """What ``to_json`` has written. Raises ValueError for anything else."""
    return _JSON.validate_json(json)


_JSON = TypeAdapter(HowToReplay)


def submit(queue: Queue, wanted: Mapping[Run, HowToReplay]) -> None:
    """Let workers replay these runs, all or none: they are due and workers are woken, in one
    transaction. Raises as `submissions.submit` does, NoWorkers, and QueueError."""
    jobs.make_tables(queue)
    with queue.writing(*wanted) as connection:
        submissions.submit(connection, {run: how.to_json() for run, how in wanted.items()})
        jobs.wake(connection, sorted({run.institution for run in wanted}))
