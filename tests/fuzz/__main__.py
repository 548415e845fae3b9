"""``python -m tests.fuzz``: bytes of all kinds as captures; each ends in rows or one refusal.

A third of them are captures of known truth, damaged as people and programs damage them: no row of
theirs may lend to a person who took nothing.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.damage import LONG, damaged, noise
from tests.fuzz.feed import captures, check_persons, feed
from tests.fuzz.persons import known

_SMALL = 250_000
_TIMES = 4
# Linear is 4; what is quadratic takes 16 times as long.
_WORST_RATIO = 9.0


def main() -> int:
    """Feed the inputs, say what became of them, and end with 1 if one did harm."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inputs", type=int, default=20_000)
    given = parser.parse_args()
    dice = random.Random(given.seed)
    seeds = captures()
    ends: Counter[str] = Counter()
    harm = 0
    with tempfile.TemporaryDirectory(prefix="almareplay-fuzz-") as folder:
        path = Path(folder) / "capture"
        for number in range(given.inputs):
            given_known = known(dice) if dice.random() < 1 / 3 else None
            content = given_known.content if given_known else _bytes(dice, seeds)
            try:
                if given_known:
                    check_persons(path, given_known, dice)
                    ends[given_known.name] += 1
                else:
                    ends[feed(path, content, dice)] += 1
            except Exception as error:  # noqa: BLE001 (that is what is looked for)
                harm += 1
                kept = Path(tempfile.gettempdir()) / f"almareplay-fuzz-{given.seed}-{number}"
                kept.write_bytes(content)
                print(f"input {number}: {error!r}, kept as {kept}", flush=True)
        slow = [name for name in LONG if _ratio(path, name) > _WORST_RATIO]
    print(f"{given.inputs} inputs: {dict(ends)}; {harm} did harm; {len(slow)} not linear {slow}")
    return 1 if harm or slow else 0


def _bytes(dice: random.Random, seeds: Sequence[bytes]) -> bytes:
    return noise(dice) if dice.random() < 0.4 else damaged(dice, seeds)


def _ratio(path: Path, name: str) -> float:
    """How much longer a file of four times the size takes: the best of three, by CPU time."""
    small, large = (
        min(_seconds(path, LONG[name](size)) for _ in range(3))
        for size in (_SMALL, _TIMES * _SMALL)
    )
    print(f"{name}: {small:.3f} s, {_TIMES} times as large {large:.3f} s", flush=True)
    return large / max(small, 0.005)


def _seconds(path: Path, content: bytes) -> float:
    began = time.process_time()
    feed(path, content, random.Random(1))
    return time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
