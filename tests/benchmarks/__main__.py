"""``python -m tests.benchmarks``: runs the benchmarks and prints one table."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import Figure

NAMES = (
    "recovery", "pace", "engine", "institutions", "half_alive", "growth",
    "load", "text", "workbook", "report", "page", "capture", "patron_list",
)  # fmt: skip

Measured = dict[str, Any]
"""A figure, with its benchmark, whether its bar is met, and the machine's load just then."""

_COLUMNS = "{:<13} {:<47} {:<34} {:>12} {:<4} {:<14} {:<6} {:>5}"
_TO_STDOUT = Path("-")


def main() -> int:
    """Run what is named, or all; 1 where one of them could not be run."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that all works")
    parser.add_argument("--rows", type=int, help="instead of each benchmark's own number")
    parser.add_argument(
        "--json",
        type=Path,
        nargs="?",
        const=_TO_STDOUT,
        metavar="FILE",
        help="the figures as JSON as well, or instead of the table where no file is named",
    )
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: {', '.join(NAMES)}")
    names = given.names or NAMES
    found: list[Measured] = []
    failed = []
    if len(names) == 1:
        found.extend(_here(names[0], given.rows, given.quick))
    else:
        for name in names:
            some = _apart(name, given.rows, given.quick)
            failed += [name] if some is None else []
            found += some or []
    said = {"machine": _machine(), "command": _command(), "figures": found, "failed": failed}
    if given.json:
        text = json.dumps(said, indent=1) + "\n"
        if given.json == _TO_STDOUT:
            print(text, end="")
            return bool(failed)
        given.json.write_text(text, encoding="utf-8")
    print("\n".join(_table(said)))
    return bool(failed)


def _here(name: str, rows: int | None, quick: bool) -> Iterator[Measured]:
    benchmark = importlib.import_module(f"tests.benchmarks.{name}")
    if rows is None:
        rows = benchmark.QUICK if quick else benchmark.ROWS
    figure: Figure
    for figure in benchmark.figures(rows):
        measured = {
            "benchmark": name,
            **asdict(figure),
            "bar": figure.bar,
            "met": figure.met,
            "load": round(os.getloadavg()[0], 1),
        }
        print(_line(measured), file=sys.stderr, flush=True)
        yield measured


def _apart(name: str, rows: int | None, quick: bool) -> list[Measured] | None:
    """The figures of one benchmark, in a process that no other has filled; None if it failed."""
    words = [sys.executable, "-m", "tests.benchmarks", name, "--json"]
    words += ["--quick"] * quick + ([] if rows is None else ["--rows", str(rows)])
    process = subprocess.run(words, stdout=subprocess.PIPE, check=False)
    if process.returncode != 0:
        return None
    figures: list[Measured] = json.loads(process.stdout)["figures"]
    return figures


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }


def _command() -> str:
    return " ".join(["python -m tests.benchmarks", *sys.argv[1:]])


def _table(said: dict[str, Any]) -> Iterator[str]:
    machine = said["machine"]
    yield (
        f"{said['command']}, {machine['date']}: {machine['cores']} cores, Python "
        f"{machine['python']}, {machine['system']}"
    )
    yield _COLUMNS.format("benchmark", "case", "figure", "value", "", "bar", "", "load")
    for measured in said["figures"]:
        yield _line(measured)
    for name in said["failed"]:
        yield f"{name} could not be run to its end"


def _line(measured: Measured) -> str:
    met = {None: "", True: "met", False: "MISSED"}[measured["met"]]
    return _COLUMNS.format(
        measured["benchmark"],
        measured["case"],
        measured["name"],
        _number(measured["value"]),
        measured["unit"],
        measured["bar"],
        met,
        f"{measured['load']:.1f}",
    ).rstrip()


def _number(value: float) -> str:
    if value == int(value) or value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 20 else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main())
