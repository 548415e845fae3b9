"""Opening the queue of a command."""

from __future__ import annotations

from almareplay.cli.console.log import note
from almareplay.cli.console.output import say
from almareplay.queue.store import Queue


def open_queue(address: str, *, create: bool = False, upgrade: bool = False) -> Queue:
    """Open the queue as ``Queue.open`` does, and say so where it was upgraded for that."""
    queue = Queue.open(address, create=create, upgrade=upgrade)
    if (done := queue.upgrade) is not None:
        note("upgraded", before=done.before, after=done.after)
        say(
            f"The queue {queue.place} was written by an older almareplay and has been upgraded "
            f"from layout {done.before} to {done.after}."
        )
        if done.copy is not None:
            say(
                f"The queue as it was: {done.copy}. That copy names patrons: delete it once the "
                "upgraded one has proved itself."
            )
    return queue
