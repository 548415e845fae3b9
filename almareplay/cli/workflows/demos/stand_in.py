"""The stand-in Alma of a demo of one library, and the settings that lead to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from almareplay.cli.workflows.demos.stage import Stage, set_stage
from almareplay.cli.workflows.simulating import no_simulator

QUEUE = "almareplay.db"
_KEY = "simulator-key"
_LATENCY = 0.3
_SETTINGS = """\
# The settings of the demo: a stand-in Alma on this machine.
ALMAREPLAY_BASE_URL={url}
ALMAREPLAY_API_KEY={key}
ALMAREPLAY_ENVIRONMENT=sandbox
ALMAREPLAY_TIMEZONE=America/Los_Angeles
ALMAREPLAY_CIRC_DESK=DEFAULT_CIRC_DESK
ALMAREPLAY_QUEUE=sqlite:///{queue}
ALMAREPLAY_REQUESTS_PER_SECOND=10
"""


@contextmanager
def stand_in(
    folder: Path,
    made: Iterable[str],
    run: Callable[..., object],
    *,
    loaned_at: datetime | None = None,
) -> Iterator[tuple[Stage, str]]:
    """Set the stage in a folder, as `set_stage` does, and serve a stand-in Alma: its address.

    ``loaned_at`` (aware) is when its patrons got what they have; None for before the outage that
    the sample captures tell of. Raises Ended.
    """
    try:
        from almareplay.simulator.demo import BEFORE_THE_OUTAGE, demo_world
        from almareplay.simulator.server import Simulator
    except ImportError as error:
        raise no_simulator() from error
    files = (*(f"{QUEUE}{ending}" for ending in ("", "-wal", "-shm")), *made)
    stage = set_stage(folder, files, run)
    world = demo_world(loaned_at or BEFORE_THE_OUTAGE)
    with Simulator(world, key=_KEY, latency=_LATENCY) as simulator:
        queue = (folder / QUEUE).absolute()
        stage.write_settings(_SETTINGS.format(url=simulator.url, key=_KEY, queue=queue))
        yield stage, simulator.url
