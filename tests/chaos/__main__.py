"""``python -m tests.chaos``: nights of recovery, one after another, each with its own seed."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.storm import Night, storm
from tests.postgresql import queues_in


def main() -> int:
    """Run the nights, say what each held, and end with 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--rows", type=int, default=200, help="of each run")
    parser.add_argument("--runs", type=int, help="how many at most")
    parser.add_argument("--minutes", type=float, default=10.0, help="no run begins after these")
    parser.add_argument("--queue", choices=["sqlite", "postgresql"], default="sqlite")
    given = parser.parse_args()
    nights: list[Night] = []
    with queues_in(given.queue) as new_queue:
        ends_at = time.monotonic() + 60 * given.minutes
        while time.monotonic() < ends_at and (given.runs is None or len(nights) < given.runs):
            with (
                tempfile.TemporaryDirectory(prefix="almareplay-chaos-") as folder,
                new_queue() as queue,
            ):
                night = storm(given.seed + len(nights), given.rows, Path(folder), queue)
            nights.append(night)
            print(night, flush=True)
            for violation in night.violations:
                print(violation, flush=True)
    print(_total(nights))
    return 1 if any(night.violations for night in nights) else 0


def _total(nights: list[Night]) -> str:
    kills = sum(night.starts - 1 for night in nights)
    return (
        f"{len(nights)} runs, {sum(night.rows for night in nights)} rows, {kills} restarts, "
        f"{sum(night.lost_answers for night in nights)} answers lost, "
        f"{sum(night.duplicates_avoided for night in nights)} duplicates avoided, "
        f"{sum(night.reconciliations for night in nights)} reconciliations, "
        f"{sum(night.unresolved for night in nights)} rows unresolved, "
        f"{sum(len(night.violations) for night in nights)} violations"
    )


if __name__ == "__main__":
    sys.exit(main())
