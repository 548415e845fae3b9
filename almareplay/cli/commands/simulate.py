"""``simulate``: the stand-in Alma on this machine."""

from __future__ import annotations

from typing import Any

import click

from almareplay.cli.options.command import Command
from almareplay.cli.options.common import PATH
from almareplay.cli.workflows.simulating import simulate as run_simulator

_NUMBER = click.IntRange(min=0)


@click.command(cls=Command)
@click.option(
    "--world",
    type=PATH,
    metavar="FILE",
    help="World from a JSON file, instead of a made-up one.",
)
@click.option("--items", type=_NUMBER, default=1000, metavar="N", help="Items of a made-up world.")
@click.option(
    "--patrons", type=_NUMBER, default=200, metavar="N", help="Patrons of a made-up world."
)
@click.option("--seed", type=int, default=1, metavar="N", help="The same seed, the same world.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8400,
    metavar="N",
    help="Port on 127.0.0.1; 0 takes a free one.",
)
@click.option("--key", default="simulator-key", metavar="KEY", help="The key it accepts.")
@click.option(
    "--per-second",
    type=_NUMBER,
    default=25,
    metavar="N",
    help="Calls a second it accepts; 0 for any.",
)
@click.option(
    "--daily-limit",
    type=_NUMBER,
    default=500_000,
    metavar="N",
    help="Calls a day it accepts; 0 for any.",
)
@click.option(
    "--latency",
    type=click.FloatRange(min=0),
    default=0.3,
    metavar="SECONDS",
    help="How long each answer takes.",
)
def simulate(**options: Any) -> None:
    """Run a stand-in Alma on this machine until Ctrl-C.

    To try everything against. It prints the settings for it, and libraries, items and patrons that
    it knows. What it recorded is under /simulator/requests and /simulator/effects. Needs the extra:
    pip install 'almareplay[simulator]'

    \b
    Examples:
      almareplay simulate
      almareplay simulate --port 8400 --items 5000

    \b
    Exit codes:
      0  stopped
      2  a world that cannot be read, a port that is taken, or no simulator
    """
    options.pop("common")  # it has no run and no settings
    run_simulator(**options)
