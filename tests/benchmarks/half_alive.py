"""A replay while a share of all calls fails, in real time.

One half of the failing calls, reads and writes alike, is answered 503, of the other half the
connection is closed; all fail before their effect. The pause after a lost write is one second, so
that the figures show the calls and not the pauses. With the default of 75 seconds a run lasts as
many pauses longer as writes are lost in the longest chain of rows that wait for each other (those
of one item, and the loans of one patron).
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.measuring import Figure
from tests.chaos.checker import Rules, unresolved, violations
from tests.chaos.evidence import Json
from tests.chaos.stage import Alma, Workplace
from tests.chaos.stories import make_capture

ROWS, QUICK = 110, 30

PER_SECOND = 25
LATENCY = 0.3
_SEEDS = range(1, 6)
_SETTLE_SECONDS = "1"
_TIMES_THE_TIME = {0: None, 5: None, 15: 2.0, 33: 4.0}
"""The per cent of calls that fail, and how many times the time of none they may take."""


class Measured(NamedTuple):
    """One replay: its seconds, its calls, those that failed, unresolved rows, broken promises, and
    the most calls in one second."""

    seconds: float
    calls: int
    failed: int
    unresolved: int
    violations: int
    most_in_one_second: int


def figures(rows: int) -> Iterator[Figure]:
    """What the captures take under each share of failing calls."""
    alone: list[float] = []
    for percent, bar in _TIMES_THE_TIME.items():
        runs = [_measured(rows, percent / 100, seed) for seed in _SEEDS]
        seconds = [run.seconds for run in runs]
        alone = alone or seconds
        times = [mine / by_itself for mine, by_itself in zip(seconds, alone, strict=True)]
        case = f"{percent} % of calls fail"
        yield Figure(case, "time, median", statistics.median(seconds), "s")
        yield Figure(case, "times the time of none, median", statistics.median(times), at_most=bar)
        yield Figure(case, "times the time of none, least", min(times))
        yield Figure(case, "times the time of none, most", max(times))
        yield Figure(case, "calls, median", statistics.median(run.calls for run in runs))
        yield Figure(
            case, "calls that failed, median", statistics.median(run.failed for run in runs)
        )
        yield Figure(case, "rows unresolved", sum(run.unresolved for run in runs))
        yield Figure(case, "promises broken", sum(run.violations for run in runs), at_most=0)
        most = max(run.most_in_one_second for run in runs)
        yield Figure(case, "most calls in a second", most, at_most=PER_SECOND)


def _measured(rows: int, share: float, seed: int) -> Measured:
    with tempfile.TemporaryDirectory(prefix="almareplay-half-alive-") as folder:
        return _replayed(rows, share, seed, Path(folder))


def _replayed(rows: int, share: float, seed: int, folder: Path) -> Measured:
    capture = make_capture(seed, rows)
    flags = {"latency": LATENCY, "per_second": PER_SECOND, "seed": seed}
    with Alma(folder, capture.world, **flags) as alma:
        settings = {"TIMEOUT_SECONDS": "60", "SETTLE_SECONDS": _SETTLE_SECONDS}
        work = Workplace.at(folder / "work", alma, capture, **settings)
        work.loads(capture)
        alma.has_faults(*_failing(share))
        began = time.monotonic()
        work.ends(work.starts_replay("--requests-per-second", str(PER_SECOND)), timeout=3600)
        seconds = time.monotonic() - began
        evidence = work.evidence(alma)
        most = alma.look("summary")["most_in_one_second"]
    broken = violations(capture, evidence, Rules(faults=True))
    return Measured(
        seconds,
        len(evidence.requests),
        sum(bool(request["fault"]) for request in evidence.requests),
        unresolved(evidence.report),
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
