"""``python -m tests.benchmarks.pace``: how much of the allowed calls a second a replay uses.

At 25 calls a second, against a simulator that allows 25, with answers that take 300 and 1,000 ms.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.chaos.checker import Rules, violations
from tests.chaos.stage import Alma, Workplace
from tests.chaos.stories import make_capture

PER_SECOND = 25


def main() -> None:
    """Replay a capture at each latency and say what it came to."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.pace", description=__doc__)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for latency in (0.3, 1.0):
        with tempfile.TemporaryDirectory(prefix="almareplay-pace-") as folder:
            print(f"{1000 * latency:.0f} ms: {_measured(given.seed, given.rows, latency, folder)}")


def _measured(seed: int, rows: int, latency: float, folder: str) -> str:
    capture = make_capture(seed, rows)
    with Alma(Path(folder), capture.world, latency=latency, per_second=PER_SECOND) as alma:
        work = Workplace.at(Path(folder) / "work", alma, capture, TIMEOUT_SECONDS="60")
        work.loads(capture)
        work.ends(work.starts_replay("--requests-per-second", str(PER_SECOND)), timeout=600)
        evidence = work.evidence(alma)
        broken = violations(capture, evidence, Rules())
        summary = alma.look("summary")
    # While there is work: from the first row's call to the last call but those that had to wait
    # for an answer before them, which is what the chain of the longest lane takes at the end.
    arrived = [r["arrived"] for r in evidence.requests if r["operation"] == "find_item"][:1]
    arrived += [r["arrived"] for r in evidence.requests if r["arrived"] > arrived[0]]
    return _said(arrived, rows, summary["answered_429"], summary["most_in_one_second"], len(broken))


def _said(arrived: list[float], rows: int, refused: int, most: int, broken: int) -> str:
    whole = arrived[-1] - arrived[0]
    busy = [second for second in range(int(whole)) if _in_second(arrived, second) >= 1]
    share = (len(arrived) - 1) / (PER_SECOND * whole)
    last = max(second for second in busy if _in_second(arrived, second) >= 0.8 * PER_SECOND)
    full = sum(_in_second(arrived, second) for second in range(last + 1))
    return (
        f"{rows} rows, {len(arrived)} calls in {whole:.1f} s: {share:.1%} of the allowed calls; "
        f"{full / (PER_SECOND * (last + 1)):.1%} while there was work for them ({last + 1} s); "
        f"at most {most} in one second, {refused} answered 429, {broken} violations"
    )


def _in_second(arrived: list[float], second: int) -> int:
    return sum(second <= moment - arrived[0] < second + 1 for moment in arrived)


if __name__ == "__main__":
    main()
