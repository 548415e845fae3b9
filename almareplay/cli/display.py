"""How a replay looks while it runs: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from almareplay.alma.calls_left import DayUsedUp
from almareplay.alma.outage import Back, Gone, StillGone
from almareplay.alma.wire import Event, Traffic
from almareplay.cli.shared import count, messages
from almareplay.outcomes import Disposition, Outcome
from almareplay.queue.rows import QueuedRow

_LINE_EVERY_SECONDS = 60.0


class Display:
    """Shows rows done, outcomes so far, pace, calls left, time left; and when Alma goes away."""

    def __init__(self, verb: str, rows: int) -> None:
        self._rows = rows
        self._shown = messages.is_terminal and not messages.quiet
        self._bar = Progress(
            TextColumn(verb),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=messages,
        )
        self._task = self._bar.add_task(verb, total=rows)
        self._line = Text()
        # The words stand in a line of their own: an 80-column terminal has no room beside the bar.
        self._live = Live(Group(self._bar, self._line), console=messages, refresh_per_second=5)
        self._dispositions: Counter[Disposition] = Counter()
        self._traffic = ""
        self._told_at = time.monotonic()

    def __enter__(self) -> Self:
        if self._shown:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            self._live.stop()

    def settled(self, _row: QueuedRow, outcome: Outcome) -> None:
        """A row has its outcome."""
        self._dispositions[outcome.disposition] += 1
        self._bar.update(self._task, advance=1)
        self._tell()
        # A log has no bar: a line now and then shows that the run lives.
        if not self._shown and time.monotonic() - self._told_at > _LINE_EVERY_SECONDS:
            self._told_at = time.monotonic()
            done = self._dispositions.total()
            messages.print(f"{done:,} of {count(self._rows, 'row')}: {self._line.plain.strip()}")

    def read(self) -> None:
        """All is read that the prediction of a row needs."""
        self._bar.update(self._task, advance=1)

    def traffic(self, traffic: Traffic) -> None:
        """A call was answered."""
        left = "" if traffic.calls_left is None else f", {traffic.calls_left:,} calls left"
        self._tell(f"{traffic.pace:.0f}/s{left}")

    def _tell(self, traffic: str = "") -> None:
        self._traffic = traffic or self._traffic
        words = [
            f"{number:,} {disposition.replace('_', ' ')}"
            for disposition, number in self._dispositions.items()
        ]
        self._line.plain = "  " + "; ".join(filter(None, (", ".join(words), self._traffic)))

    def waits(self, event: Event) -> None:
        """Alma went away, is still away, or came back: one line each, waiting in the bar."""
        match event:
            case Gone():
                messages.print(
                    "Alma does not answer. No row is lost; the run waits and goes on by itself."
                )
            case StillGone():
                self._tell(f"waiting for Alma, asking again in {event.next_probe_in:.0f} s")
            case Back():
                seconds = event.lasted.total_seconds()
                messages.print(f"Alma answers again, after {seconds:.0f} s.")
            case DayUsedUp():
                messages.print(
                    f"The calls of today are used up: going on at {event.until:%H:%M} GMT."
                )
                self._tell(f"waiting until {event.until:%H:%M} GMT")

    def stopping(self) -> None:
        """The user asked for a stop."""
        messages.print("Stopping: finishing the calls in flight. Once more to leave at once.")


def print_outcomes(counts: dict[Outcome, int], console: Console) -> None:
    """A line for each outcome: its number of rows, its name, its disposition."""
    width = max((len(f"{number:,}") for number in counts.values()), default=1)
    for outcome, number in counts.items():
        console.print(f"  {number:>{width},}  {outcome:<20} {outcome.disposition}")
