"""``python -m tests.chaos.single_faults``: each fault of the stand-in alone, row upon row."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from almareplay.outcomes import Outcome
from tests.chaos.checker import READ_BACK, Rules, Violation, violations
from tests.chaos.evidence import Json
from tests.chaos.stage import SETTLE_SECONDS, Alma, Workplace
from tests.chaos.stories import make_capture
from tests.postgresql import queues_in

_LATE = SETTLE_SECONDS / 3  # seconds by which an effect may come after its answer was lost
_EFFECTS = ("before", "after", "none")
_ANSWERED = ("slow", "per_second", "remaining_header")
_MOST_UNCERTAIN = 0.01  # of the rows
_MOST_STARTS = 20
_HEAD = ("fault", "answers lost", "avoided", "uncertain", "unavailable", "held back")
_LINE = "{:<36}{:>13}{:>9}{:>10}{:>12}{:>10}{:>7}{:>8}{:>11}"


@dataclass(frozen=True)
class Single:
    """A fault by itself, and the seconds after which an answer counts as lost."""

    name: str
    rule: Json
    timeout: float = 5.0


@dataclass(frozen=True)
class Judged:
    """What one replay under one fault held. ``starts`` is above 1 where the replay stopped early;
    ``code`` is the exit code of the last."""

    single: Single
    rows: int
    seconds: float
    starts: int
    code: int
    lost: int
    duplicates_avoided: int
    outcomes: Counter[Outcome]
    violations: list[Violation]

    @property
    def passes(self) -> bool:
        """Whether every promise was kept, and hardly a row is left to staff."""
        return (
            self.code in (0, 1)
            and not self.violations
            # Of a few rows one may be left, as of the hundreds that the share is meant for.
            and self.outcomes[Outcome.UNCERTAIN] <= max(1, _MOST_UNCERTAIN * self.rows)
        )

    def __str__(self) -> str:
        return _LINE.format(
            *(self.single.name, self.lost, self.duplicates_avoided),
            *(self.outcomes[Outcome.UNCERTAIN], self.outcomes[Outcome.UNAVAILABLE]),
            *(self.outcomes[Outcome.HELD_BACK], self.starts, f"{self.seconds:.0f} s"),
            len(self.violations),
        )


def single_faults(share: float) -> Iterator[Single]:
    """Every fault with every effect that it can have, each for this share of the calls."""
    some: Json = {"probability": share, "delay": _LATE}
    for fault in ("cut_before", "cut_after", "cut_then_effect", "stale_keepalive"):
        yield Single(fault, {"fault": fault} | some)
    for effect in _EFFECTS:
        yield Single(f"silence, effect {effect}", _ruled("silence", some, effect=effect), 0.7)
        yield Single(
            f"maintenance_page, effect {effect}", _ruled("maintenance_page", some, effect=effect)
        )
    for body, effect in product(("json", "html", "text"), _EFFECTS):
        name = f"http_5xx as {body}, effect {effect}"
        yield Single(name, _ruled("http_5xx", some, body=body, effect=effect))
    for code, effect in product(("401652", "402119"), _EFFECTS):
        name = f"general_error {code}, effect {effect}"
        yield Single(name, _ruled("general_error", some, code=code, effect=effect))
    for effect in ("before", "none"):
        rule = _ruled("trouble_after_scan", some, match="scan_in", effect=effect)
        yield Single(f"trouble_after_scan, effect {effect}", rule)
    yield Single("per_second", _ruled("per_second", some))
    for header in ("missing", "garbage"):
        rule = _ruled("remaining_header", some, header=header)
        yield Single(f"remaining_header {header}", rule)
    for effect in ("before", "after"):
        rule = _ruled("slow", some, effect=effect, delay=0.5)
        yield Single(f"slow, effect {effect}", rule)
    for how in ("503", "502", "cut"):
        # Windows: every call is struck while one lasts, so few are to begin one.
        rule = _ruled("outage", some, how=how, seconds=0.5, probability=share / 25)
        yield Single(f"outage, {how}", rule)


def _ruled(fault: str, some: Json, **more: object) -> Json:
    return {"fault": fault} | some | more


def suffer(
    single: Single, rows: int, folder: Path, seed: int = 3, queue: str | None = None
) -> Judged:
    """Replay a capture to its end under one fault, and judge what came of it."""
    capture = make_capture(seed, rows)
    with Alma(folder, capture.world, seed=seed) as alma:
        work = Workplace.at(folder / "work", alma, capture, TIMEOUT_SECONDS=str(single.timeout))
        work.has_queue(queue)
        work.loads(capture)
        alma.has_faults(single.rule)
        began = time.monotonic()
        starts, code = 0, 75
        while code == 75 and starts < _MOST_STARTS:
            starts += 1
            code = work.ends(work.starts_replay("--give-up-after", "60s"), timeout=1200).code
        seconds = time.monotonic() - began
        evidence = work.evidence(alma)
    return Judged(
        single,
        rows,
        seconds,
        starts,
        code,
        lost=sum(
            call["method"] == "POST" and call["fault"] not in ("", *_ANSWERED)
            for call in evidence.requests
        ),
        duplicates_avoided=sum(READ_BACK in row["note"] for row in evidence.report),
        outcomes=Counter(Outcome(row["outcome"]) for row in evidence.report),
        violations=violations(capture, evidence, Rules(faults=True)),
    )


def main() -> int:
    """Let each fault strike, say what each replay held, and end with 1 if one did not pass."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.single_faults", description=__doc__
    )
    parser.add_argument("--rows", type=int, default=500, help="of each replay")
    parser.add_argument("--share", type=float, default=0.2, help="of the calls that are struck")
    parser.add_argument("--seed", type=int, default=3, help="of the capture and of the dice")
    parser.add_argument("--only", default="", help="the faults whose name begins like this")
    parser.add_argument("--queue", choices=["sqlite", "postgresql"], default="sqlite")
    given = parser.parse_args()
    with queues_in(given.queue) as new_queue:
        return 0 if _all_pass(given, new_queue) else 1


def _all_pass(
    given: argparse.Namespace, new_queue: Callable[[], AbstractContextManager[str | None]]
) -> bool:
    print(_LINE.format(*_HEAD, "starts", "time", "violations"))
    passed = True
    for single in single_faults(given.share):
        if not single.name.startswith(given.only):
            continue
        with (
            tempfile.TemporaryDirectory(prefix="almareplay-fault-") as folder,
            new_queue() as queue,
        ):
            judged = suffer(single, given.rows, Path(folder), given.seed, queue)
        print(
            judged if judged.passes else f"{judged}  DOES NOT PASS (exit {judged.code})", flush=True
        )
        for violation in judged.violations:
            print(violation, flush=True)
        passed &= judged.passes
    return passed


if __name__ == "__main__":
    sys.exit(main())
