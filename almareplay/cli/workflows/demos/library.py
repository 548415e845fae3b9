"""The demo of one library after an outage, on the stand-in Alma."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

import almareplay
from almareplay.cli.console.output import results
from almareplay.cli.console.prompts import somebody_is_there
from almareplay.cli.workflows.demos.stage import Stage
from almareplay.cli.workflows.demos.stand_in import stand_in
from almareplay.cli.workflows.runs.next_steps import Step, tell_steps

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
_CORRECTION = "--row 9 --patron-id 24880000100016"  # a loan whose patron Alma does not know
_OTHER_REPORTS = ("xlsx", "csv", "jsonl")


def run_demo(folder: Path, run: Callable[..., object]) -> None:
    """Show everything in a folder of its own; ``run`` runs a command, given its words."""
    began = time.monotonic()
    with stand_in(folder, _made(), run) as (stage, url):
        from almareplay.simulator.demo import LIVE_DESK  # an extra

        for flags, names in _CAPTURES:
            files = [shutil.copy(_fixtures() / name, folder) for name in names]
            stage.step("load", *flags, *map(str, files))
        stage.step("check")
        stage.step("rehearse", "--report", str(folder / "prediction.csv"))
        results.print(f"\n{_MEANWHILE}")
        for action in LIVE_DESK:
            httpx.post(f"{url}/simulator/desk", json=action, trust_env=False)
        report = folder / "report.html"
        stage.step("replay", "--yes", "--report", str(report))
        stage.step("report", *(str(folder / f"report.{ending}") for ending in _OTHER_REPORTS))
        stage.step("status")
        results.print(f"\nDone in {time.monotonic() - began:.0f} s. The staff's list: {report}")
        stage.tell_what_is_in_the_way()
        if _somebody_is_there():
            _stay(stage)
    _tell_what_works_without_alma(stage)


def _somebody_is_there() -> bool:
    return somebody_is_there() and results.is_terminal


def _stay(stage: Stage) -> None:
    """Let the user try more on the stand-in Alma, in another terminal, until Enter is pressed."""
    results.print(
        "\nThe stand-in Alma is still there. In another terminal, in this folder, you can:"
    )
    tell_steps(
        [
            Step(stage.command(f"correct {_CORRECTION}"), "a mistyped card"),
            Step(stage.command("replay"), "posts its loan, after asking"),
        ],
        results.print,
        first="  ",
    )
    results.print("Press Enter here to end it.")
    with contextlib.suppress(KeyboardInterrupt):
        sys.stdin.readline()


def _tell_what_works_without_alma(stage: Stage) -> None:
    results.print("\nThe stand-in Alma is gone. What works without it:")
    tell_steps(
        [
            Step(stage.command("status"), "where the run stands"),
            Step(stage.command("history --row 1"), "the story of a row"),
            Step(
                stage.command("report staff.html"),
                "writes the report anew",
            ),
        ],
        results.print,
        first="  ",
    )


def _fixtures() -> Path:
    """Where the sample captures are: in the package, or in the repository beside it."""
    package = Path(almareplay.__file__).parent
    installed = package / "fixtures"
    return installed if installed.is_dir() else package.parent / "fixtures"


def _made() -> Iterator[str]:
    """The names of the files that a demo makes."""
    yield "prediction.csv"
    yield from (f"report.{ending}" for ending in ("html", *_OTHER_REPORTS))
    for _, names in _CAPTURES:
        yield from names
