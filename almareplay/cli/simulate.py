"""``simulate``: the stand-in Alma on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from almareplay.cli.shared import Exit, results, say, shared_options


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(shared_options(simulate))


def simulate(
    world: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="World from a JSON file, instead of a made-up one."),
    ] = None,
    items: Annotated[int, typer.Option(metavar="N", help="Items of a made-up world.")] = 1000,
    patrons: Annotated[int, typer.Option(metavar="N", help="Patrons of a made-up world.")] = 200,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed, the same world.")] = 1,
    port: Annotated[
        int, typer.Option(metavar="N", help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8400,
    key: Annotated[str, typer.Option(metavar="KEY", help="The key it accepts.")] = "simulator-key",
    per_second: Annotated[
        int, typer.Option(metavar="N", help="Calls a second it accepts; 0 for any.")
    ] = 25,
    daily_limit: Annotated[
        int, typer.Option(metavar="N", help="Calls a day it accepts; 0 for any.")
    ] = 500_000,
    latency: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long each answer takes.")
    ] = 0.3,
) -> None:
    """Run a stand-in Alma on this machine until Ctrl-C.

    To rehearse against: point almareplay at it with ALMAREPLAY_BASE_URL. What it recorded is under
    /simulator/requests and /simulator/effects. Needs the extra: pip install 'almareplay[simulator]'

    \b
    Examples:
      almareplay simulate
      almareplay simulate --port 8400 --items 5000

    \b
    Exit codes:
      0  stopped
      2  a world that cannot be read, a port that is taken, or no simulator
    """
    try:
        from almareplay.simulator.generate import generate_world
        from almareplay.simulator.server import Simulator, serve_forever
        from almareplay.simulator.world import World
    except ImportError as error:
        say("The simulator is an extra: pip install 'almareplay[simulator]'")
        raise typer.Exit(Exit.USAGE) from error
    try:
        made = World.from_json(world) if world else generate_world(seed, items, patrons)
        simulator = Simulator(
            made,
            key=key,
            per_second=per_second,
            daily_limit=daily_limit,
            latency=latency,
            port=port,
        )
        serve_forever(simulator, lambda url: results.print(f"simulator ready at {url}"))
    except (OSError, ValueError) as error:
        say(f"The simulator cannot start: {error}")
        raise typer.Exit(Exit.USAGE) from error
