"""``python -m almareplay.simulator``: the stand-in Alma as a process of its own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from almareplay.simulator.generate import generate_world
from almareplay.simulator.server import Simulator, serve_forever
from almareplay.simulator.world import World


def main() -> None:
    """Read the flags, say where the simulator is, and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m almareplay.simulator", description=__doc__)
    parser.add_argument("--world", type=Path, help="a world's JSON file, instead of a made-up one")
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--patrons", type=int, default=200)
    parser.add_argument("--libraries", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key", default="simulator-key")
    parser.add_argument("--per-second", type=int, default=25, help="calls; 0 for no limit")
    parser.add_argument("--daily-limit", type=int, default=500_000, help="calls; 0 for no limit")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--clock-offset", type=float, default=0.0, help="seconds ahead of ours")
    given = parser.parse_args()
    if given.world:
        world = World.from_json(given.world)
    else:
        world = generate_world(given.seed, given.items, given.patrons, given.libraries)
    simulator = Simulator(
        world,
        key=given.key,
        per_second=given.per_second,
        daily_limit=given.daily_limit,
        latency=given.latency,
        clock_offset=given.clock_offset,
        seed=given.seed,
        port=given.port,
    )
    serve_forever(simulator, _say)


def _say(url: str) -> None:
    sys.stdout.write(f"simulator ready at {url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
