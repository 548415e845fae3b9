"""What the demo prints: from a real run for the pages, from a quick one to hold them against."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from unittest import mock

from almareplay.cli import app
from almareplay.simulator import server

_COMMAND = "$ almareplay demo"
_HOME = "/home/you"
_VARIES = (
    # The pace of a quick run is another one, and so is what follows from it.
    (r"(?m)^ *\d+ calls a second is fast for a sandbox: .*\n", ""),
    (r"(calls[,:]) .+ at \d+ a second", r"\1 TIME at PACE a second"),
    (r"Calls left today: [\d,]+", "Calls left today: N"),
    (r"rehearsed there on .+", "rehearsed there on DAY"),
    (r"A new queue was made: /.+?(/almareplay-demo)", r"A new queue was made: \1"),
    (r"Done in \d+ s\.", "Done in TIME."),
)


def real_demo(folder: Path) -> str:
    """Run the demo as a user does, in an empty folder, and give what it prints. Half a minute."""
    said = subprocess.run(
        [sys.executable, "-m", "almareplay", "demo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    ).stdout
    return said.replace(str(folder), _HOME)


def quick_demo(folder: Path) -> str:
    """Run the demo in this process, on a stand-in Alma that answers at once; what it prints differs
    in what ``without_what_varies`` takes out."""
    make = server.Simulator
    fast = {"latency": 0.0, "per_second": 0}

    def quick(*args: object, **options: object) -> server.Simulator:
        os.environ["ALMAREPLAY_REQUESTS_PER_SECOND"] = "500"
        return make(*args, **{**options, **fast})  # type: ignore[arg-type]

    said = io.StringIO()
    with (
        mock.patch.dict(os.environ),
        mock.patch.object(server, "Simulator", quick),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        app(["demo"], standalone_mode=False)
    return said.getvalue()


def without_what_varies(said: str) -> list[str]:
    """The lines of a demo's output with words in the place of paces, days, paths and counts."""
    for pattern, words in _VARIES:
        said = re.sub(pattern, words, said)
    return [line.rstrip() for line in said.strip().splitlines()]


def written(said: str) -> Mapping[str, Callable[[], str]]:
    """The blocks of the pages that show this output, by their names."""
    return {"the whole demo": lambda: _code(said), "the demo in short": lambda: _code(_short(said))}


def _short(said: str) -> str:
    """The replay of the demo, without what comes before it and what is said last."""
    _, found, after = said.partition("\n$ almareplay replay")
    assert found
    replay = f"$ almareplay replay{after}".partition("\n\n")[0]
    return f"[...]\n\n{replay}\n\n[...]"


def _code(said: str) -> str:
    lines = [_COMMAND, *said.strip().splitlines()]
    return "\n".join(f"    {line}".rstrip() for line in lines)
