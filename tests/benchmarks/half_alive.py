"""``python -m tests.benchmarks.half_alive``: a replay while a share of all calls fails.

One half of the failing calls, reads and writes alike, is answered 503, of the other half the
connection is closed; all fail before their effect. The pause after a lost write is a short one,
unless ``--settle-seconds`` says otherwise, so that the table shows the calls and not the pauses.
With the default of 75 seconds a run lasts as many pauses longer as writes are lost in the longest
chain of rows that wait for each other (those of one item, and the loans of one patron).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.chaos.checker import Rules, violations
from tests.chaos.evidence import Json
from tests.chaos.stage import Alma, Workplace
from tests.chaos.stories import make_capture

PER_SECOND = 25
LATENCY = 0.3
_LINE = "{:>8}{:>9}{:>8}{:>8}{:>8}{:>12}{:>12}{:>18}"
_HEAD = ("failing", "seconds", "times", "calls", "failed", "unresolved", "violations")


class Measured(NamedTuple):
    """One replay: its seconds, its calls, those that failed, unresolved rows, broken promises, and
    the most calls in one second."""

    seconds: float
    calls: int
    failed: int
    unresolved: int
    violations: int
    most_in_one_second: int


def main() -> None:
    """Replay one capture under each share of failing calls, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.half_alive")
    parser.add_argument("--rows", type=int, default=110)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--settle-seconds", type=float, default=1.0)
    parser.add_argument("--percent", type=int, nargs="*", default=[0, 5, 15, 33])
    given = parser.parse_args()
    print(f"{given.rows} rows, {PER_SECOND} calls a second, answers after {1000 * LATENCY:.0f} ms")
    print(_LINE.format(*_HEAD, "most in a second"))
    alone = 0.0
    for percent in given.percent:
        with tempfile.TemporaryDirectory(prefix="almareplay-half-alive-") as folder:
            run = _measured(given.seed, given.rows, percent / 100, given.settle_seconds, folder)
        alone = alone or run.seconds
        times = f"{run.seconds / alone:.2f}"
        print(_LINE.format(f"{percent} %", f"{run.seconds:.1f}", times, *run[1:]), flush=True)


def _measured(seed: int, rows: int, share: float, settle: float, folder: str) -> Measured:
    capture = make_capture(seed, rows)
    flags = {"latency": LATENCY, "per_second": PER_SECOND, "seed": seed}
    with Alma(Path(folder), capture.world, **flags) as alma:
        settings = {"TIMEOUT_SECONDS": "60", "SETTLE_SECONDS": str(settle)}
        work = Workplace.at(Path(folder) / "work", alma, capture, **settings)
        work.loads(capture)
        alma.has_faults(*_failing(share))
        began = time.monotonic()
        work.ends(work.starts_replay("--requests-per-second", str(PER_SECOND)), timeout=3600)
        seconds = time.monotonic() - began
        evidence = work.evidence(alma)
        most = alma.look("summary")["most_in_one_second"]
    broken = violations(capture, evidence, Rules(faults=True))
    dispositions = Counter(row["disposition"] for row in evidence.report)
    return Measured(
        seconds,
        len(evidence.requests),
        sum(bool(request["fault"]) for request in evidence.requests),
        dispositions["unresolved"],
        len(broken),
        most,
    )


def _failing(share: float) -> list[Json]:
    """Rules for a share of all calls: the second is asked only where the first does not strike."""
    half = share / 2
    return [
        {"fault": "http_5xx", "status": 503, "body": "text", "probability": half},
        {"fault": "cut_before", "probability": half / (1 - half)},
    ]


if __name__ == "__main__":
    main()
