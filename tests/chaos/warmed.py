"""What commands compile and read as they run, done once before the first of them begins.

It is imported by the process that begins the commands, which inherit it.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import tempfile
from pathlib import Path

from almareplay.cli.main import app
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Item, Patron, World
from tests.shared import share_statements, share_tables

_LOAN = f"202609140900L{'i1':<80}ida.morgenrot\n"


def _run_each_once() -> None:
    """Load a row, replay it and report it, in a folder that is gone afterwards."""
    world = World(patrons=[Patron("ida.morgenrot")], items=[Item("i1", "MAIN")])
    before = dict(os.environ)
    with (
        tempfile.TemporaryDirectory() as folder,
        Simulator(world, key="key", per_second=0) as alma,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        file, queue = Path(folder, "desk.dat"), Path(folder, "queue.db")
        file.write_text(_LOAN, encoding="ascii")
        os.environ |= {
            "ALMAREPLAY_API_KEY": "key",
            "ALMAREPLAY_BASE_URL": alma.url,
            "ALMAREPLAY_TIMEZONE": "UTC",
            "ALMAREPLAY_QUEUE": f"sqlite:///{queue}",
            "ALMAREPLAY_LIBRARY": "MAIN",
            "ALMAREPLAY_CIRC_DESK": "DEFAULT_CIRC_DESK",
            "ALMAREPLAY_REQUESTS_PER_SECOND": "250",
        }
        for words in (
            ("load", str(file)),
            ("replay", "--yes", "--report", str(Path(folder, "report.jsonl"))),
        ):
            code = app.main([*words], prog_name="almareplay", standalone_mode=False)
            assert not code, words
    os.environ.clear()
    os.environ.update(before)


share_statements()
share_tables()
_run_each_once()
# No command need look for garbage in what all of them inherit.
gc.freeze()
