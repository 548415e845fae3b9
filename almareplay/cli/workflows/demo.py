"""The demo: everything in one go, on the stand-in Alma."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

import almareplay
from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import results
from almareplay.cli.console.prompts import somebody_is_there
from almareplay.cli.workflows.next_steps import Step, tell_steps
from almareplay.cli.workflows.simulating import no_simulator
from almareplay.settings import PREFIX

_CAPTURES: list[tuple[list[str], list[str]]] = [
    (["--library", "MAIN"], ["outage-main.dat"]),
    (["--library", "ANNEX"], ["outage-annex.dat"]),
    (["--library", "MEDIA"], ["outage-media.dat"]),
    ([], ["outage-branch.xlsx"]),
    (["--circ-desk", "SCI_DESK"], ["outage-oregon.csv"]),
]
_MEANWHILE = (
    "(Meanwhile a desk that is online again takes a book back and lends it to somebody else.)"
)
_KEY = "simulator-key"
_CORRECTION = "--row 9 --patron-id 24880000100016"  # a loan whose patron Alma does not know
_LATENCY = 0.3
_MARK = ".almareplay-demo"
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


def run_demo(folder: Path, run: Callable[..., object]) -> None:
    """Show everything in a folder of its own; ``run`` runs a command, given its words."""
    try:
        from almareplay.simulator.demo import LIVE_DESK, demo_world
        from almareplay.simulator.server import Simulator
    except ImportError as error:
        raise no_simulator() from error
    began = time.monotonic()
    _make_fresh(folder)
    # Settings of a real Alma in the environment would win over the demo's own.
    in_the_way = sorted(name for name in os.environ if name.startswith(PREFIX))
    for name in in_the_way:
        del os.environ[name]
    with Simulator(demo_world(), key=_KEY, latency=_LATENCY) as simulator:
        settings = folder / "settings.env"
        settings.touch(mode=0o600)
        settings.write_text(
            _SETTINGS.format(
                url=simulator.url, key=_KEY, queue=(folder / "almareplay.db").absolute()
            )
        )
        results.print(f"Every command here is given --settings {settings} as well.")
        for flags, names in _CAPTURES:
            files = [shutil.copy(_fixtures() / name, folder) for name in names]
            _step(run, "load", *flags, *map(str, files), settings=settings)
        _step(run, "check", settings=settings)
        _step(run, "rehearse", "--report", str(folder / "prediction.csv"), settings=settings)
        results.print(f"\n{_MEANWHILE}")
        for action in LIVE_DESK:
            httpx.post(f"{simulator.url}/simulator/desk", json=action, trust_env=False)
        report = folder / "report.html"
        _step(run, "replay", "--yes", "--report", str(report), settings=settings)
        others = [str(folder / f"report.{ending}") for ending in ("xlsx", "csv", "jsonl")]
        _step(run, "report", *others, settings=settings)
        _step(run, "status", settings=settings)
        results.print(f"\nDone in {time.monotonic() - began:.0f} s. The staff's list: {report}")
        if in_the_way:
            results.print(
                "What is set in your environment wins over these settings. Before you type one of "
                f"these commands: unset {' '.join(in_the_way)}"
            )
        if _somebody_is_there():
            _stay(settings)
    _tell_what_works_without_alma(settings)


def _somebody_is_there() -> bool:
    return somebody_is_there() and results.is_terminal


def _stay(settings: Path) -> None:
    """Let the user try more on the stand-in Alma, in another terminal, until Enter is pressed."""
    results.print(
        "\nThe stand-in Alma is still there. In another terminal, in this folder, you can:"
    )
    tell_steps(
        [
            Step(f"almareplay correct {_CORRECTION} --settings {settings}", "a mistyped card"),
            Step(f"almareplay replay --settings {settings}", "posts its loan, after asking"),
        ],
        results.print,
        first="  ",
    )
    results.print("Press Enter here to end it.")
    with contextlib.suppress(KeyboardInterrupt):
        sys.stdin.readline()


def _tell_what_works_without_alma(settings: Path) -> None:
    results.print("\nThe stand-in Alma is gone. What works without it:")
    tell_steps(
        [
            Step(f"almareplay status --settings {settings}", "where the run stands"),
            Step(f"almareplay history --row 1 --settings {settings}", "the story of a row"),
            Step(f"almareplay report staff.html --settings {settings}", "writes the report anew"),
        ],
        results.print,
        first="  ",
    )


def _step(run: Callable[..., object], *words: str, settings: Path) -> None:
    results.print(f"\n$ almareplay {' '.join(words)}")
    run(*words, "--settings", str(settings))


def _fixtures() -> Path:
    """Where the sample captures are: in the package, or in the repository beside it."""
    package = Path(almareplay.__file__).parent
    installed = package / "fixtures"
    return installed if installed.is_dir() else package.parent / "fixtures"


def _make_fresh(folder: Path) -> None:
    """Make the demo's folder, or empty it of what an earlier demo left; whatever else somebody has
    put there stays."""
    if folder.exists() and not (folder / _MARK).is_file():
        words = f"{folder} exists and is not the demo's: name another folder."
        raise Ended(Exit.USAGE, words)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in _made():
        (folder / name).unlink(missing_ok=True)
    (folder / _MARK).touch()


def _made() -> Iterator[str]:
    """The names of the files that a demo makes."""
    yield from ("settings.env", "prediction.csv")
    yield from (f"almareplay.db{ending}" for ending in ("", "-wal", "-shm"))
    yield from (f"report.{ending}" for ending in ("html", "xlsx", "csv", "jsonl"))
    for _, names in _CAPTURES:
        yield from names
