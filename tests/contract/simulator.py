"""The stand-in as a process of its own, with everything held against what is known of Alma."""

from __future__ import annotations

from pathlib import Path

from almareplay.simulator.__main__ import main as simulate
from tests.contract.watch import watch

BROKEN = "broken-contract.txt"
"""The file, in the folder of the process, that there is only where something was broken."""


def main() -> None:
    """Serve until told to stop."""
    watch(_note)
    simulate()


def _note(broken: list[str]) -> None:
    if broken:
        with Path(BROKEN).open("a", encoding="utf-8") as file:
            file.writelines(f"{each}\n" for each in broken)
