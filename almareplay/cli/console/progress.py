"""How a replay looks while it runs: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, tzinfo
from types import TracebackType
from typing import Self

from rich.console import Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from almareplay.alma.limits.circuit_breaker import Back, Gone, StillGone
from almareplay.alma.limits.daily_quota import DayUsedUp
from almareplay.alma.limits.rate_limiter import FullPace, SlowedDown
from almareplay.alma.transport import Event, Traffic
from almareplay.cli.console.log import note
from almareplay.cli.console.outcomes import coloured
from almareplay.cli.console.output import count, messages
from almareplay.outcomes import Disposition, Outcome
from almareplay.queue.rows import QueuedRow

_LINE_EVERY_SECONDS = 60.0
_MEASURED_SECONDS = 5.0


class Display:
    """Shows rows done, outcomes so far, calls a second, calls left, time left; and when Alma slows
    the calls, goes away and comes back.

    ``zone`` is that of the times it tells, None for the machine's; ``clock`` is in seconds, never
    going back.
    """

    def __init__(
        self,
        verb: str,
        rows: int,
        zone: tzinfo | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rows = rows
        self._zone = zone
        self._clock = clock
        self._shown = messages.is_terminal and not (messages.is_dumb_terminal or messages.quiet)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24, complete_style="cyan", finished_style="cyan"),
            MofNCompleteColumn(),
            TextColumn("rows,"),
            _TimeLeft(lambda: self._gone is not None or bool(self._goes_on_at)),
            console=messages,
        )
        self._task = self._bar.add_task(verb, total=rows)
        self._live = Live(self, console=messages, refresh_per_second=5, transient=True)
        self._done = 0
        self._dispositions: Counter[Disposition] = Counter()
        self._traffic: Traffic | None = None
        self._calls: deque[float] = deque()
        self._began = self._told_at = clock()
        self._gone: Gone | None = None
        self._asks_again_at = self._began
        self._goes_on_at = ""
        self._slowed = False
        self._silent_until = self._began

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

    def __rich__(self) -> Group:
        # The words stand in lines of their own: an 80-column terminal has no room beside the bar.
        lines = [Text("  ").append_text(self._outcomes()), Text(f"  {self._alma()}")]
        return Group(self._bar, *(line for line in lines if line.plain.strip()))

    def settled(self, row: QueuedRow, outcome: Outcome) -> None:
        """A row has its outcome."""
        note("row", row=row.row, outcome=outcome.value)
        self._dispositions[outcome.disposition] += 1
        self._advance()

    def read(self) -> None:
        """All is read that the prediction of a row needs."""
        self._advance()

    def _advance(self) -> None:
        self._done += 1
        self._bar.update(self._task, advance=1)
        if self._wants_a_line():
            words = "; ".join(filter(None, (self._outcomes().plain, self._alma())))
            messages.print(f"{self._done:,} of {count(self._rows, 'row')}: {words}")

    def _wants_a_line(self) -> bool:
        """Whether a line must show that the run lives: now and then, where there is no bar."""
        if self._shown or self._clock() - self._told_at <= _LINE_EVERY_SECONDS:
            return False
        self._told_at = self._clock()
        return True

    def traffic(self, traffic: Traffic) -> None:
        """A call was answered."""
        now = self._clock()
        self._traffic = traffic
        self._calls.append(now)
        while now - self._calls[0] > _MEASURED_SECONDS:
            self._calls.popleft()
        self._goes_on_at = ""

    def _outcomes(self) -> Text:
        """The rows so far by what is left to do about them."""
        words = [
            Text.assemble(f"{rows:,} ", coloured(disposition))
            for disposition in Disposition
            if (rows := self._dispositions[disposition])
        ]
        return Text(", ").join(words)

    def _alma(self) -> str:
        """The traffic with Alma, or what it waits for."""
        now = self._clock()
        if self._gone is not None:
            again = max(0, self._asks_again_at - now)
            return f"{self._waiting(self._gone)}; asking again in {again:.0f} s"
        if self._goes_on_at:
            return f"waiting until {self._goes_on_at}"
        if self._traffic is None:
            return ""
        # Answers come in while this is drawn by another thread.
        calls = sum(now - at <= _MEASURED_SECONDS for at in self._calls.copy())
        rate = calls / min(_MEASURED_SECONDS, max(1.0, now - self._began))
        known = self._traffic.calls_left
        left = "" if known is None else f", {known:,} calls left today"
        return f"{rate:.1f} of {self._traffic.pace:.3g} calls/s{left}"

    def waits(self, event: Event) -> None:
        """Alma slows the calls, went away, is still away, or came back: one line each."""
        match event:
            case Gone():
                note("alma_gone", since=event.since.isoformat(timespec="seconds"), why=event.why)
                self._gone, self._told_at = event, self._clock()
                self._tell_gone(event)
            case StillGone():
                self._asks_again_at = self._clock() + event.next_probe_in
                self._tell_still_gone()
            case Back():
                self._gone = None
                seconds = event.lasted.total_seconds()
                note("alma_back", seconds=round(seconds))
                messages.print(f"Alma answers again, after {seconds:.0f} s.")
            case DayUsedUp():
                self._goes_on_at = f"{event.until:%H:%M} GMT"
                note("day_used_up", until=event.until.isoformat(timespec="seconds"))
                messages.print(f"The calls of today are used up: going on at {self._goes_on_at}.")
            case SlowedDown():
                note("slowed", calls_per_second=round(event.pace, 1))
                self._slow(event.pace)
            case FullPace():
                note("full_pace", calls_per_second=event.pace)
                if self._slowed:
                    messages.print(f"Back at {event.pace:g} calls a second.")
                self._slowed = False

    def _tell_gone(self, gone: Gone) -> None:
        why = f" ({gone.why})" if gone.why else ""
        messages.print(f"Alma has been away since {self._time(gone.since)}{why}.")
        until = f", and gives up at {self._time(gone.gives_up_at)}" if gone.gives_up_at else ""
        messages.print(f"Nothing is lost. This goes on when Alma is back{until}.")

    def _tell_still_gone(self) -> None:
        if self._gone is not None and self._wants_a_line():
            messages.print(f"Still {self._waiting(self._gone)}.")

    def _waiting(self, gone: Gone) -> str:
        until = f", until {self._time(gone.gives_up_at)}" if gone.gives_up_at else ""
        return f"waiting for Alma since {self._time(gone.since)}{until}"

    def _time(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%H:%M %Z}"

    def _slow(self, pace: float) -> None:
        # Where others use Alma as much as it allows, this goes on all night.
        if not self._slowed and self._clock() >= self._silent_until:
            self._slowed = True
            self._silent_until = self._clock() + _LINE_EVERY_SECONDS
            messages.print(
                f"Too many calls for Alma: {pace:.3g} a second for now, more again step by step."
            )

    def stopping(self) -> None:
        """The user asked for a stop."""
        messages.print("Stopping: finishing the calls in flight. Once more to leave at once.")


class _TimeLeft(TimeRemainingColumn):
    """The time left; nothing while something is waited for, which nobody can count on."""

    max_refresh = 0.0  # what it shows changes with the wait

    def __init__(self, waits: Callable[[], bool]) -> None:
        super().__init__()
        self._waits = waits

    def render(self, task: Task) -> Text:
        """What stands after the number of rows."""
        return Text("waiting") if self._waits() else super().render(task) + Text(" left")
