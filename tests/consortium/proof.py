"""``python -m tests.consortium.proof``: a consortium after an outage, with all that can go wrong.

Twelve institutions with 500 rows each, their stand-ins in this process, three workers on one queue
in PostgreSQL. Workers are killed and stopped, the server is switched off and on; in the end the
checker of the chaos tests judges every institution by its effects and its report. With
``--compare`` nothing is disturbed, and the time is held against one process that replays one
institution after another.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from contextlib import AbstractContextManager

from tests.benchmarks.measuring import most_in_a_second
from tests.chaos.checker import Rules, unresolved, violations
from tests.consortium.stage import TAKEN_OVER_WITHIN, WORKERS, Consortium, consortium_of

# A busy machine lets calls wait and then arrive together.
_BUNCHED = 2


def main() -> int:
    """Run it, say what was seen, and end with 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.consortium.proof", description=__doc__)
    parser.add_argument("--institutions", type=int, default=12)
    parser.add_argument("--rows", type=int, default=500, help="of each institution")
    parser.add_argument("--pace", type=int, default=8, help="calls a second of each institution")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds an answer takes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compare", action="store_true", help="the time against one by one")
    given = parser.parse_args()
    if given.compare:
        return _compared(given)
    with _stage(given) as consortium:
        return _disturbed(consortium, given.pace)


def _stage(given: argparse.Namespace) -> AbstractContextManager[Consortium]:
    return consortium_of(
        given.institutions,
        given.rows,
        pace=given.pace,
        latency=given.latency,
        seed=given.seed,
    )


def _disturbed(consortium: Consortium, pace: int) -> int:
    """Three kills, a stop beyond the lease, a restart of the server: what came of it."""
    work = consortium.work
    began = time.monotonic()
    assert work.runs("submit", "--all", "--yes").code == 0
    for _ in range(WORKERS):
        consortium.starts_worker()
    time.sleep(12)
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGKILL):
        worker = consortium.busiest()
        _say(began, f"{number.name} for the worker with the most runs")
        consortium.ends(worker, number)
        if number is signal.SIGSTOP:
            worker.send(signal.SIGCONT)
        else:
            consortium.starts_worker()
        # A worker that finds no server when it starts says so and ends.
        time.sleep(5)
    _say(began, "the server is switched off and on")
    consortium.cluster.stop()
    time.sleep(3)
    consortium.cluster.start()
    time.sleep(5)
    _say(began, "SIGKILL for the worker with the most runs")
    consortium.ends(consortium.busiest(), signal.SIGKILL)
    consortium.until_done()
    seconds = time.monotonic() - began
    _say(began, "nothing is left to do")
    consortium.stop()
    return _judged(consortium, seconds, pace)


def _judged(consortium: Consortium, seconds: float, pace: int) -> int:
    broken, rows, open_rows, calls = 0, 0, 0, 0
    for each in consortium.institutions:
        evidence = each.evidence(consortium.work)
        for violation in violations(each.capture, evidence, Rules(faults=True)):
            broken += 1
            print(f"{each.code}: {violation}")
        rows += len(evidence.report)
        open_rows += unresolved(evidence.report)
        calls += each.calls
        arrived = [request.arrived for request in each.alma.record.requests]
        most = most_in_a_second(arrived)
        if most > pace + _BUNCHED:
            broken += 1
            print(f"{each.code}: {most} calls in a second, its pace is {pace}")
    slowest = max((took for _, took in consortium.takeovers), default=0.0)
    for what, took in consortium.takeovers:
        print(f"  {what}: gone on elsewhere after {took:.1f} s")
    if slowest > TAKEN_OVER_WITHIN or not consortium.takeovers:
        broken += 1
        print(f"a run went on only after {slowest:.1f} s")
    print(
        f"{len(consortium.institutions)} institutions, {rows} rows, {calls} calls, "
        f"{len(consortium.takeovers)} takeovers, the slowest after {slowest:.1f} s, "
        f"{open_rows} rows unresolved, {seconds:.0f} s, {broken} violations"
    )
    return 1 if broken else 0


def _compared(given: argparse.Namespace) -> int:
    """The time of workers against that of one process, institution after institution."""
    with _stage(given) as consortium:
        began = time.monotonic()
        assert consortium.work.runs("submit", "--all", "--yes").code == 0
        for _ in range(WORKERS):
            consortium.starts_worker()
        consortium.until_done()
        together = time.monotonic() - began
        consortium.stop()
    with _stage(given) as consortium:
        began = time.monotonic()
        for each in consortium.institutions:
            done = consortium.work.runs("replay", "--yes", "--quiet", "--institution", each.code)
            assert done.code in (0, 1), done.said
        apart = time.monotonic() - began
    print(
        f"{given.institutions} institutions, {given.rows} rows each, {given.pace} calls a second: "
        f"{together:.0f} s with {WORKERS} workers, {apart:.0f} s one after another, "
        f"{apart / together:.1f} times"
    )
    return 0


def _say(began: float, what: str) -> None:
    print(f"{time.monotonic() - began:6.0f} s: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
