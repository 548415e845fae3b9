"""A recovery from beginning to end, in real time, ours beside a script and beside almapy.

Mixed rows at 25 calls a second, with answers after 300 ± 100 ms, each way against a stand-in of its
own that allows 25 and has the same world. The script and almapy post at most 300 rows, since the
script takes a minute for 100. The pace over the whole run is that from the first call to the last,
the check before the rows included; rows a minute are those of the whole command. An item is wrong
where in the end somebody else has it than after a guarded replay that kept every promise. Without
the guard that happens where a live desk had lent an item again before the replay began, which only
a look can tell.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.measuring import Figure
from tests.chaos.captures import Capture
from tests.chaos.checker import Rules, violations
from tests.chaos.evidence import Json, item_of
from tests.chaos.model import Guard
from tests.chaos.stage import Alma, Workplace
from tests.chaos.stories import make_capture

ROWS, QUICK = 300, 60

PER_SECOND = 25
_SEED = 1
_MOST_OF_PEERS = 300
_LATENCY = 0.2  # and up to 0.2 more
# The next one is asked where the one before has not struck: each strikes a fifth of all calls.
_MORE_LATENCY = [
    {"fault": "slow", "delay": delay, "probability": share}
    for delay, share in ((0.05, 1 / 5), (0.1, 1 / 4), (0.15, 1 / 3), (0.2, 1 / 2))
]

Borrowers = dict[str, str | None]
"""Who has each item."""


@dataclass(frozen=True)
class _Recovery:
    """One way to post a capture, as it went."""

    case: str
    rows: int
    seconds: float
    requests: Sequence[Json]
    has: Borrowers
    violations: int | None = None
    looked: bool = False

    def figures(
        self, right: Borrowers, calls_a_row: float | None = None, *, share: float | None = None
    ) -> Iterator[Figure]:
        """``calls_a_row`` and ``share`` (in per cent) are bars."""
        of, calls = f"{self.case}, {self.rows:,} rows", len(self.requests)
        arrived = [request["arrived"] for request in self.requests]
        used = 100 * (calls - 1) / (arrived[-1] - arrived[0]) / PER_SECOND
        refused = sum(request["status"] == 429 for request in self.requests)
        yield Figure(of, "rows a minute", 60 * self.rows / self.seconds)
        yield Figure(of, "calls a row", calls / self.rows, at_most=calls_a_row)
        yield Figure(of, "of the pace over the whole run", used, "%", at_least=share)
        yield Figure(of, "answered 429", refused, at_most=None if self.violations is None else 0)
        wrong = sum(self.has.get(item) != who for item, who in right.items())
        yield Figure(of, "items left wrong", wrong, at_most=0 if self.looked else None)
        if self.violations is not None:
            yield Figure(of, "promises broken", self.violations, at_most=0)


def figures(rows: int) -> Iterator[Figure]:
    """All ways in turn. The shares of the pace are bars where the issue's 2,000 rows are posted."""
    share = 95.0 if rows >= 2000 else None
    guarded = _ours("guarded", rows, "active")
    yield from guarded.figures(guarded.has, 2.5, share=share)
    others: list[tuple[str, Guard, bool, float]] = [
        ("guarded after a rehearsal", "active", True, 1.8),
        ("unguarded", "off", False, 1.5),
        ("unguarded after a rehearsal", "off", True, 1.0),
    ]
    for case, guard, rehearsed, bar in others:
        recovery = _ours(case, rows, guard, rehearsed=rehearsed)
        yield from recovery.figures(guarded.has, bar, share=share)
    few = min(rows, _MOST_OF_PEERS)
    right = guarded.has if few == rows else _ours("guarded", few, "active").has
    yield from _peers("script, row after row", few, peers.script).figures(right)
    at_once = partial(peers.almapy, per_second=PER_SECOND)
    yield from _peers("almapy, all rows at once", few, at_once).figures(right)


def _capture(rows: int) -> Capture:
    # A new one each time: what a replay does to its Alma stays done.
    return make_capture(_SEED, rows, patrons=max(12, rows // 4))


def _ours(case: str, rows: int, guard: Guard, *, rehearsed: bool = False) -> _Recovery:
    capture, pace = _capture(rows), ("--requests-per-second", str(PER_SECOND))
    with tempfile.TemporaryDirectory(prefix="almareplay-recovery-") as name:
        folder = Path(name)
        with Alma(folder, capture.world, latency=_LATENCY, per_second=PER_SECOND) as alma:
            work = Workplace.at(folder / "work", alma, capture, TIMEOUT_SECONDS="60")
            work.loads(capture)
            alma.has_faults(*_MORE_LATENCY)
            if rehearsed:
                work.ends(work.starts("rehearse", *pace), timeout=3600)
            before = len(alma.requests())
            began = time.monotonic()
            work.ends(work.starts_replay("--guard", guard, *pace), timeout=3600)
            seconds = time.monotonic() - began
            evidence = work.evidence(alma)
    broken = violations(capture, evidence, Rules(guard))
    return _Recovery(
        case,
        rows,
        seconds,
        evidence.requests[before:],
        _borrowers(evidence.world),
        violations=len(broken),
        looked=guard != "off",
    )


def _peers(case: str, rows: int, post: Callable[[str, Capture], None]) -> _Recovery:
    capture = _capture(rows)
    with (
        tempfile.TemporaryDirectory(prefix="almareplay-recovery-") as folder,
        Alma(Path(folder), capture.world, latency=_LATENCY, per_second=PER_SECOND) as alma,
    ):
        alma.has_faults(*_MORE_LATENCY)
        began = time.monotonic()
        post(alma.url, capture)
        seconds = time.monotonic() - began
        return _Recovery(case, rows, seconds, alma.requests(), _borrowers(alma.look("world")))


def _borrowers(world: Json) -> Borrowers:
    found: Borrowers = {item_of(item, "barcode"): None for item in world["items"]}
    for loan in world["loans"]:
        if loan["return_date"] is None:
            found[item_of(loan)] = loan["patron_id"]
    return found
