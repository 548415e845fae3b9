"""A replay while a share of all calls fails, in real time.

One half of the failing calls, reads and writes alike, is answered 503, of the other half the
connection is closed; all fail before their effect. The pause after a lost write is one second, so
that the figures show the calls and not the pauses. With the default of 75 seconds a run lasts as
many pauses longer as writes are lost in the longest chain of rows that wait for each other (those
of one item, and the loans of one patron).
"""

from __future__ import annotations

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
_SEED = 1
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
    """What one capture takes under each share of failing calls."""
    alone = 0.0
    for percent, bar in _TIMES_THE_TIME.items():
        with tempfile.TemporaryDirectory(prefix="almareplay-half-alive-") as folder:
            run = _measured(rows, percent / 100, folder)
        alone = alone or run.seconds
        case = f"{percent} % of calls fail"
        yield Figure(case, "time", run.seconds, "s")
        yield Figure(case, "times the time of none", run.seconds / alone, at_most=bar)
        yield Figure(case, "calls", run.calls)
        yield Figure(case, "calls that failed", run.failed)
        yield Figure(case, "rows unresolved", run.unresolved)
        yield Figure(case, "promises broken", run.violations, at_most=0)
        most = run.most_in_one_second
        yield Figure(case, "most calls in a second", most, at_most=PER_SECOND)


def _measured(rows: int, share: float, folder: str) -> Measured:
    capture = make_capture(_SEED, rows)
    flags = {"latency": LATENCY, "per_second": PER_SECOND, "seed": _SEED}
    with Alma(Path(folder), capture.world, **flags) as alma:
        settings = {"TIMEOUT_SECONDS": "60", "SETTLE_SECONDS": _SETTLE_SECONDS}
        work = Workplace.at(Path(folder) / "work", alma, capture, **settings)
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
