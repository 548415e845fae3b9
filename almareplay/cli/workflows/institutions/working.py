"""A worker in the foreground: what it says, how it is stopped, how it ends."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from almareplay.alma.limits.circuit_breaker import Back, Gone
from almareplay.alma.transport import Event
from almareplay.cli.console.exits import Ended, Exit, worst
from almareplay.cli.console.log import note
from almareplay.cli.console.output import count, messages, say
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.session import stops_gently
from almareplay.consortium.institutions import institution_named, institutions_of
from almareplay.consortium.jobs import check_queue
from almareplay.consortium.look import LookOptions
from almareplay.consortium.pauses import seconds_without_queue
from almareplay.consortium.worker import Worker
from almareplay.outcomes import OPEN, Outcome
from almareplay.queue.consortium.submissions import (
    Blocked,
    End,
    Finished,
    HandedBack,
    Later,
    Submission,
    submitted,
)
from almareplay.queue.errors import QueueAway
from almareplay.queue.purging.runs import standing
from almareplay.queue.rows import QueuedRow
from almareplay.queue.store import Queue, Run
from almareplay.settings import Settings

# Beyond the time-out of a call: to connect, and to store what was answered.
_STOP_MARGIN = 20.0


def work(
    common: CommonOptions,
    *,
    concurrency: int,
    drain: bool,
    give_up_after: float,
    metrics: int | None,
) -> Exit:
    """Work until it is stopped or, with ``drain``, until nothing is left to do now. ``metrics`` is
    a port, None where nobody is to be told."""
    if common.institution:
        words = "A worker replays the runs of all institutions: leave --institution out."
        raise Ended(Exit.USAGE, words)
    plain = common.read_settings()
    check_queue(plain.queue)
    # A mistake in the file is better told now than by each run.
    institutions_of(plain)
    with _open_queue_once_there(plain.queue) as queue, asyncio.Runner() as runner:

        async def until_it_ends() -> bool:
            stopping = asyncio.Event()
            options = LookOptions(
                lambda code: institution_named(plain, code).settings(plain),
                give_up_after,
                stopping,
                _Telling(common),
            )
            worker = Worker(queue, plain.queue, concurrency, options)
            if metrics is not None:
                _serve_metrics(metrics, queue, worker)
            return await _work(worker, plain, stopping, drain=drain)

        if runner.run(until_it_ends()):
            return Exit.INTERRUPTED
        return worst(_code(queue, each) for each in submitted(queue))


def _open_queue_once_there(address: str) -> Queue:
    """Open the queue, whose server is waited for: a machine that is switched on may start this
    before it, and so may whoever starts workers anew after an outage."""
    tries = 0
    while True:
        try:
            queue = open_queue(address)
        except QueueAway as error:
            tries += 1
            note("queue_away", tries=tries)
            if tries == 1:
                what, _, _ = str(error).partition(". ")
                say(
                    f"{what}. The worker waits for it, and tries again after 2, 5 and 10, then "
                    "every 30 seconds; Ctrl-C ends it. If the server is running, check the address "
                    "in ALMAREPLAY_QUEUE."
                )
            time.sleep(seconds_without_queue(tries))
        else:
            if tries:
                say("The database server answers.")
            return queue


async def _work(worker: Worker, plain: Settings, stopping: asyncio.Event, *, drain: bool) -> bool:
    """Whether it was stopped, and did not come to an end of its own."""
    loop = asyncio.get_running_loop()
    # Of a task that nobody waits for any more: its words may quote what was captured.
    loop.set_exception_handler(_note_loose_end)
    signalled = False

    def stop() -> None:
        nonlocal signalled
        signalled = True
        messages.print("Stopping: finishing the calls in flight. Once more to leave at once.")
        loop.call_soon_threadsafe(stopping.set)

    messages.print(f"Working, process {os.getpid()}. Ctrl-C hands back what is under way.")
    with stops_gently(stop):
        stop_within = plain.timeout_seconds + _STOP_MARGIN
        if not await worker.work(drain=drain, stop_within=stop_within):
            say("A run could not be handed back in time: it is free when its hold has run out.")
            note("ended", exit_code=Exit.INTERRUPTED)
            os._exit(Exit.INTERRUPTED)
    return signalled


def _note_loose_end(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    note("loose_end", error=type(context.get("exception")).__name__)


def _serve_metrics(port: int, queue: Queue, worker: Worker) -> None:
    from almareplay.consortium.metrics import serve  # most workers have none

    try:
        serve(port, queue, worker)
    except OSError as error:
        words = f"Port {port} cannot be used for metrics: {error.strerror}. Name another one."
        raise Ended(Exit.USAGE, words) from error
    messages.print(f"Metrics: http://127.0.0.1:{port}/metrics")


def _code(queue: Queue, submission: Submission) -> Exit:
    """What a replay of this run alone would have ended with."""
    if submission.blocked:
        return Exit.REFUSED
    if submission.due_at is not None:
        return Exit.RESUMABLE
    left = standing(queue, submission.run).to_do
    return Exit.OPEN if any(outcome.disposition in OPEN for outcome in left) else Exit.DONE


class _Telling:
    """Tells what a worker does: a line for each run that is taken or given free, and for each Alma
    that goes away or comes back."""

    def __init__(self, common: CommonOptions) -> None:
        self._common = common
        self._rows: dict[Run, int] = {}

    def taken(self, run: Run) -> None:
        """A run is this worker's from now on."""
        note("taken", institution=run.institution)
        self._rows[run] = 0
        messages.print(f"{_name(run)}: taken.")

    def settled(self, run: Run, row: QueuedRow, outcome: Outcome) -> None:
        """A row of it has its outcome."""
        note("row", institution=run.institution, row=row.row, outcome=outcome.value)
        self._rows[run] += 1

    def waits(self, run: Run, event: Event) -> None:
        """Alma slowed the calls, went away or came back."""
        note(type(event).__name__.lower(), institution=run.institution)
        match event:
            case Gone():
                why = f" ({event.why})" if event.why else ""
                messages.print(
                    f"{_name(run)}: Alma has been away since {event.since:%H:%M} GMT{why}."
                )
            case Back():
                messages.print(f"{_name(run)}: Alma answers again.")

    def ended(self, run: Run, end: End) -> None:
        """The run was given free."""
        note("given_free", institution=run.institution, end=type(end).__name__.lower())
        rows = count(self._rows.pop(run, 0), "row")
        of_run = self._common.of_institution(run.institution).of_run(run.name)
        match end:
            case Finished():
                messages.print(f"{_name(run)}: finished, {rows} in this go.")
            case HandedBack():
                messages.print(f"{_name(run)}: handed back after {rows}.")
            case Later():
                say(f"{_name(run)}: {end.error} It is looked at again without your doing.")
            case Blocked():
                say(f"{_name(run)}: blocked. {end.words} Then: {of_run.command('submit')}")

    def trouble(self, run: Run | None, words: str) -> None:
        """Something is wrong with the queue, or with the hold on a run; the worker goes on."""
        note("trouble", institution=run.institution if run else "")
        say(f"{_name(run)}: {words}" if run else words)


def _name(run: Run) -> str:
    return run.institution if run.name == "main" else f"{run.institution}, run {run.name!r}"
