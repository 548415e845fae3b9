"""A run that several want at once: one has it, and nothing of another's is stored after that."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from almareplay.queue.errors import (
    HoldLost,
    PostedByAnotherRun,
    RunHeld,
)
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.replaying.attempts import Intent, Write, attempts_of, store_intent
from almareplay.queue.replaying.hold import (
    REPLAY_LEASE,
    WORKER_LEASE,
    Hold,
    holder_of,
    release_hold,
    renew_hold,
    take_hold,
)
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.schema import attempts, runs
from almareplay.transactions import AlmaInstance
from tests.queue.at_once import THREADS, TRIES, at_once

if TYPE_CHECKING:
    from tests.queue.conftest import Station

HERE = AlmaInstance("01FERN_INST", "Fern University", "production", "api-na.example.org")


def silent(station: Station, run: Run) -> None:
    """Let the run be held by a process of elsewhere that was silent for longer than its lease."""
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    with station.queue.writing(run) as connection:
        connection.execute(
            update(runs)
            .where(runs.c.id == run.id)
            .values(holder_host="elsewhere", lease_until=long_ago)
        )


def test_a_run_is_never_held_by_two(station: Station, queues: list[Queue]) -> None:
    for _ in range(TRIES):
        came = at_once(lambda n: take_hold(queues[n], station.run))
        holds = [each for each in came if isinstance(each, Hold)]
        assert [type(each) for each in came if each not in holds] == [RunHeld] * (THREADS - 1)
        (hold,) = holds
        store_intent(station.queue, hold, _one_more_row(station), Write.SCAN_IN, None)
        release_hold(station.queue, hold)


def test_a_run_whose_holder_is_silent_is_taken_over_by_one(
    station: Station, queues: list[Queue]
) -> None:
    for _ in range(TRIES):
        before = take_hold(station.queue, station.run)
        silent(station, station.run)

        def take_or_renew(which: int, before: Hold = before) -> Hold:
            if which == 0:
                renew_hold(queues[0], before)
                return before
            return take_hold(queues[which], station.run)

        came = at_once(take_or_renew)
        assert sum(isinstance(each, Hold) for each in came) == 1
        assert {type(each) for each in came} <= {Hold, RunHeld, HoldLost}
        release_hold(station.queue, next(each for each in came if isinstance(each, Hold)))


def _one_more_row(station: Station) -> int:
    station.load(f"12:00 R i{datetime.now(UTC).timestamp()}")
    return station.pending()[-1].row


@pytest.mark.slow
def test_processes_are_told_apart_as_threads_are(station: Station) -> None:
    program = (
        "import sys\n"
        "from almareplay.queue.errors import RunHeld\n"
        "from almareplay.queue.replaying.hold import take_hold\n"
        "from almareplay.queue.store import Queue\n"
        "with Queue.open(sys.argv[1]) as queue:\n"
        "    print('ready', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    try:\n"
        "        take_hold(queue, queue.run('main'))\n"
        "        print('held', flush=True)\n"
        "    except RunHeld:\n"
        "        print('refused', flush=True)\n"
        "    sys.stdin.readline()\n"  # it lives until all have tried
    )
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", program, station.address],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(4)
        ]
        said = [_answers(processes) for _ in range(2)][1]
        _answers(processes, wait=False)
    assert Counter(said) == {"held": 1, "refused": 3}


@pytest.mark.parametrize("lease", ["WORKER_LEASE", "REPLAY_LEASE"])
def test_a_process_that_is_stopped_posts_nothing_once_its_run_was_taken(
    station: Station, lease: str
) -> None:
    """A worker's run can be taken, that of a replay by hand cannot while the process is there."""
    station.load("12:00 L i1 p1", "12:00 L i2 p2")
    program = (
        "import sys\n"
        "from almareplay.queue.replaying.attempts import Write, store_intent\n"
        "from almareplay.queue.errors import HoldLost\n"
        "from almareplay.queue.replaying.hold import *\n"
        "from almareplay.queue.store import Queue\n"
        "with Queue.open(sys.argv[1]) as queue:\n"
        f"    hold = take_hold(queue, queue.run('main'), lease={lease})\n"
        "    store_intent(queue, hold, 1, Write.LOAN, None)\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    try:\n"
        "        store_intent(queue, hold, 2, Write.LOAN, None)\n"
        "        print('stored', flush=True)\n"
        "    except HoldLost:\n"
        "        print('lost', flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, station.address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        process.send_signal(signal.SIGSTOP)
        try:
            with station.queue.writing(station.run) as connection:
                past = datetime.now(UTC) - timedelta(seconds=1)
                connection.execute(update(runs).values(lease_until=past))
            came = at_once(lambda _: take_hold(station.queue, station.run, lease=WORKER_LEASE), 2)
        finally:
            process.send_signal(signal.SIGCONT)
        said = process.communicate("\n")[0]
    taken = lease == "WORKER_LEASE"
    assert sum(isinstance(each, Hold) for each in came) == taken
    assert {type(each) for each in came} <= {Hold, RunHeld}
    assert said == ("lost\n" if taken else "stored\n")
    assert len(attempts_of(station.queue, station.run, 2)) == (not taken)


def _answers(processes: list[subprocess.Popen[str]], *, wait: bool = True) -> list[str]:
    """What each says next; then all are told to go on."""
    said = []
    for process in processes:
        assert process.stdin is not None
        assert process.stdout is not None
        if wait:
            said.append(process.stdout.readline().strip())
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return said


def test_nothing_is_stored_after_a_takeover(station: Station, queues: list[Queue]) -> None:
    """The one who was taken over stores calls as fast as it can, while the other takes the run."""
    station.load(*(f"12:00 L i{number} p{number}" for number in range(40)))
    rows = iter([row.row for row in station.pending()])
    for _ in range(TRIES):
        first = take_hold(queues[0], station.run)
        silent(station, station.run)
        taken = threading.Event()

        def store(
            which: int, first: Hold = first, taken: threading.Event = taken
        ) -> tuple[Hold, int] | None:
            if which == 1:
                second = take_hold(queues[1], station.run)
                number = _intents(queues[1])
                taken.set()
                return second, number
            while not taken.is_set():
                store_intent(queues[0], first, next(rows), Write.LOAN, None)
            return None

        _, came = at_once(store, 2)
        assert isinstance(came, tuple), came
        second, number = came
        with pytest.raises(HoldLost):
            store_intent(queues[0], first, 1, Write.LOAN, None)
        assert _intents(station.queue) == number, (
            "an intent was stored by the one who had lost the run"
        )
        release_hold(station.queue, second)


def _intents(queue: Queue) -> int:
    with queue.reading() as connection:
        return connection.execute(select(func.count()).select_from(attempts)).scalar_one()


def test_a_takeover_waits_for_a_call_that_is_being_stored(
    station: Station, queues: list[Queue]
) -> None:
    station.load("12:00 L i1 p1")
    hold = take_hold(queues[0], station.run)
    silent(station, station.run)
    took: list[Hold] = []
    other = threading.Thread(target=lambda: took.append(take_hold(queues[1], station.run)))
    with queues[0].together(station.run, writes=True) as block:
        intent = store_intent(block, hold, 1, Write.LOAN, None)
        other.start()
        other.join(0.2)
        assert took == []
    other.join()
    assert attempts_of(queues[1], station.run, 1) == [(intent, None)]
    assert holder_of(queues[1], station.run) is not None


def test_two_runs_with_one_file_are_not_both_posted(station: Station, queues: list[Queue]) -> None:
    for number in range(TRIES):
        pair = [station.queue.start_run(f"{name}{number}") for name in "ab"]
        for run in pair:
            capture = CaptureFile("desk.dat", f"same {number}", "x")
            load_file(station.queue, run, capture, station.rows("12:00 L i1 p1"))
        holds = [take_hold(queue, run, HERE) for queue, run in zip(queues, pair, strict=False)]

        def post(which: int, holds: list[Hold] = holds) -> Intent:
            return store_intent(queues[which], holds[which], 1, Write.LOAN, None)

        came = at_once(post, 2)
        assert sum(isinstance(each, PostedByAnotherRun) for each in came) == 1, came


def test_queues_that_are_opened_at_once_are_made_once(new_queue: str) -> None:
    def open_(_: int) -> tuple[bool, Run]:
        with Queue.open(new_queue, create=True) as queue:
            return queue.is_new, queue.start_run("main")

    came = at_once(open_)
    assert not [each for each in came if isinstance(each, Exception)]
    assert Counter(came) == {(True, Run(1, "main")): 1, (False, Run(1, "main")): THREADS - 1}


def test_a_lease_lasts_from_when_the_lock_was_had(station: Station, queues: list[Queue]) -> None:
    """A claim that waited for a load has its whole time."""
    waiting = threading.Thread(target=lambda: take_hold(queues[0], station.run))
    with queues[1].writing(station.run):
        waiting.start()
        waiting.join(0.3)
        released = datetime.now(UTC)
    waiting.join()
    with station.queue.reading() as connection:
        until = connection.scalar(select(runs.c.lease_until).where(runs.c.id == station.run.id))
    assert until is not None
    assert until >= released + timedelta(seconds=REPLAY_LEASE.seconds)
