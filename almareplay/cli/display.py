"""How a replay looks while it runs: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from almareplay.alma.outage import Back, Gone, OutageEvent, StillGone
from almareplay.alma.wire import Traffic
from almareplay.cli.shared import messages
from almareplay.outcomes import Disposition, Outcome
from almareplay.queue.journal import QueuedRow


class Display:
    """Shows rows done, outcomes so far, pace, calls left, time left; and when Alma goes away."""

    def __init__(self, verb: str, rows: int) -> None:
        self._progress = Progress(
            TextColumn(verb),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[outcomes]}"),
            TextColumn("{task.fields[traffic]}"),
            TimeRemainingColumn(),
            console=messages,
            disable=not messages.is_terminal or messages.quiet,
        )
        self._task = self._progress.add_task(verb, total=rows, outcomes="", traffic="")
        self._dispositions: Counter[Disposition] = Counter()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def settled(self, _row: QueuedRow, outcome: Outcome) -> None:
        """A row has its outcome."""
        self._dispositions[outcome.disposition] += 1
        words = ", ".join(
            f"{number:,} {disposition.replace('_', ' ')}"
            for disposition, number in self._dispositions.items()
        )
        self._progress.update(self._task, advance=1, outcomes=words)

    def traffic(self, traffic: Traffic) -> None:
        """A call was answered."""
        left = "" if traffic.calls_left is None else f", {traffic.calls_left:,} calls left"
        self._progress.update(self._task, traffic=f"{traffic.pace:.0f}/s{left}")

    def outage(self, event: OutageEvent) -> None:
        """Alma went away, is still away, or came back: one line each, waiting in the bar."""
        match event:
            case Gone():
                messages.print(
                    "Alma does not answer. No row is lost; the run waits and goes on by itself."
                )
            case StillGone():
                waiting = f"waiting for Alma, asking again in {event.next_probe_in:.0f} s"
                self._progress.update(self._task, traffic=waiting)
            case Back():
                seconds = event.lasted.total_seconds()
                messages.print(f"Alma answers again, after {seconds:.0f} s.")

    def stopping(self) -> None:
        """The user asked for a stop."""
        messages.print("Stopping: finishing the calls in flight. Once more to leave at once.")


def print_outcomes(counts: dict[Outcome, int], console: Console) -> None:
    """A line for each outcome: its number of rows, its name, its disposition."""
    width = max((len(f"{number:,}") for number in counts.values()), default=1)
    for outcome, number in counts.items():
        console.print(f"  {number:>{width},}  {outcome:<20} {outcome.disposition}")
