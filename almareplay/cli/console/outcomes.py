"""Outcomes and their dispositions in lines and colours."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from almareplay.outcomes import Disposition, Outcome

_STYLES = {
    Disposition.APPLIED: "green",
    Disposition.NO_CHANGE: "green",
    Disposition.ATTENTION: "yellow",
    Disposition.REJECTED: "red",
    Disposition.UNRESOLVED: "red",
    Disposition.PENDING: "cyan",
}


def coloured(disposition: Disposition) -> Text:
    """A disposition in its colour."""
    return Text(disposition.replace("_", " "), _STYLES[disposition])


def print_outcomes(counts: Mapping[Outcome, int], console: Console, dismissed: int = 0) -> None:
    """A line for each outcome: its number of rows, its name, its disposition; and one for the rows
    that staff have dismissed, which are not among the counts."""
    width = max((len(f"{number:,}") for number in (*counts.values(), dismissed)), default=1)
    for outcome, number in counts.items():
        line = f"  {number:>{width},}  {outcome:<20} "
        disposition = Text(outcome.disposition, _STYLES[outcome.disposition])
        console.print(Text.assemble(line, disposition))
    if dismissed:
        console.print(f"  {dismissed:>{width},}  {'dismissed':<20} settled by hand")
