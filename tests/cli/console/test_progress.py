"""How a replay looks on a terminal of 80 columns, on a plain one, and on none."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from almareplay.alma.limits.circuit_breaker import Back, Gone, StillGone
from almareplay.alma.limits.daily_quota import DayUsedUp
from almareplay.alma.limits.rate_limiter import FullPace, SlowedDown
from almareplay.alma.transport import Traffic
from almareplay.cli.console.progress import Display
from almareplay.outcomes import Outcome

if TYPE_CHECKING:
    from tests.cli.conftest import User

SINCE = datetime(2026, 9, 14, 3, 0, tzinfo=UTC)
UNTIL = SINCE + timedelta(minutes=15)


class Clock:
    """Seconds that pass when they are told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal:
    """A terminal, what was written on it, and the time at it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **how: Any) -> None:
        self.clock = Clock()
        self.noted: list[str] = []
        self._screen = io.StringIO()
        self._console = Console(file=self._screen, width=80, **how)
        monkeypatch.setattr("almareplay.cli.console.progress.messages", self._console)
        monkeypatch.setattr(
            "almareplay.cli.console.progress.note", lambda event, **_: self.noted.append(event)
        )
        self.display = Display("Replaying", 45_000, ZoneInfo("Asia/Kathmandu"), self.clock)

    def written(self) -> list[str]:
        """The lines since the last look."""
        text = self._screen.getvalue()
        self._screen.seek(0)
        self._screen.truncate()
        return text.splitlines()

    def shown(self) -> list[str]:
        """What the display looks like now."""
        self._console.print(self.display)
        return [line.rstrip() for line in self.written()]

    def settles(self, outcome: Outcome, times: int = 1) -> None:
        row: Any = type("Row", (), {"row": 1})
        for _ in range(times):
            self.display.settled(row, outcome)

    def answers(self, calls: int, pace: float = 15.0) -> None:
        """Calls of one second are answered."""
        for _ in range(calls):
            self.clock.now += 1 / calls
            self.display.traffic(Traffic(pace, 480_123, 1))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(monkeypatch, force_terminal=True, color_system=None)


def test_the_display_tells_rows_outcomes_rate_and_calls_left(terminal: Terminal) -> None:
    terminal.settles(Outcome.LOANED, 1_100)
    terminal.settles(Outcome.PATRON_BLOCKED, 12)
    for calls in (14, 14, 15, 14, 14):
        terminal.answers(calls)
    bar, outcomes, traffic = terminal.shown()
    assert re.fullmatch(r"Replaying \S+ +1112/45000 rows, \S+ left", bar)
    assert outcomes == "  1,100 applied, 12 attention"
    assert traffic == "  14.2 of 15 calls/s, 480,123 calls left today"
    terminal.clock.now += 2.5
    assert terminal.shown()[2].startswith("  7.2 of 15 calls/s")


def test_the_longest_words_fit_a_line(terminal: Terminal) -> None:
    for outcome in (Outcome.LOANED, Outcome.SUPERSEDED, Outcome.PATRON_LIMIT, Outcome.INVALID):
        terminal.settles(outcome, 1_234)
    terminal.answers(25)
    terminal.display.waits(SlowedDown(12.5))
    terminal.display.waits(Gone(SINCE, "no encrypted connection is possible", UNTIL))
    terminal.display.waits(StillGone(SINCE, 60, UNTIL))
    assert max(map(len, [*terminal.written(), *terminal.shown()])) <= 80


def test_what_happens_is_told_in_one_line_each_and_noted(terminal: Terminal) -> None:
    terminal.answers(1)
    tell = terminal.display.waits
    tell(Gone(SINCE, "HTTP 503", UNTIL))
    assert terminal.written() == [
        "Alma has been away since 08:45 +0545 (HTTP 503).",
        "Nothing is lost. This goes on when Alma is back, and gives up at 09:00 +0545.",
    ]
    tell(StillGone(SINCE, 8.0, UNTIL))
    terminal.clock.now += 3
    bar, waiting = terminal.shown()
    assert re.fullmatch(r"Replaying +0/45000 rows, waiting", bar)
    assert waiting == (
        "  waiting for Alma since 08:45 +0545, until 09:00 +0545; asking again in 5 s"
    )
    # The calls that were under way when it went are lost one after another.
    terminal.display.traffic(Traffic(15.0, None, 2))
    assert terminal.shown() == [bar, waiting]
    tell(Back(SINCE, timedelta(seconds=75)))
    assert terminal.written() == ["Alma answers again, after 75 s."]
    assert " left" in terminal.shown()[0]
    terminal.answers(1)
    assert "calls/s" in terminal.shown()[-1]
    tell(DayUsedUp(SINCE.replace(hour=0)))
    assert terminal.written() == ["The calls of today are used up: going on at 00:00 GMT."]
    assert terminal.shown()[-1] == "  waiting until 00:00 GMT"
    assert terminal.shown()[0].endswith("rows, waiting")
    assert terminal.noted == ["alma_gone", "alma_back", "day_used_up"]


def test_a_slowed_pace_is_told_once_a_minute_at_most(terminal: Terminal) -> None:
    tell = terminal.display.waits
    for pace in (7.5, 3.75):
        tell(SlowedDown(pace))
    tell(FullPace(15.0))
    tell(SlowedDown(7.5))
    tell(FullPace(15.0))
    assert terminal.written() == [
        "Too many calls for Alma: 7.5 a second for now, more again step by step.",
        "Back at 15 calls a second.",
    ]
    terminal.clock.now += 61
    tell(SlowedDown(6.0))
    assert len(terminal.written()) == 1
    assert terminal.noted.count("slowed") == 4


def test_without_a_terminal_a_line_a_minute_shows_that_the_run_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal(monkeypatch)
    with terminal.display:
        terminal.answers(14)
        terminal.settles(Outcome.LOANED)
        assert terminal.written() == []
        terminal.clock.now += 60
        terminal.answers(14)
        terminal.settles(Outcome.LOANED)
    assert terminal.written() == [
        "2 of 45,000 rows: 2 applied; 2.8 of 15 calls/s, 480,123 calls left today"
    ]


def test_without_a_terminal_a_line_a_minute_shows_that_it_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal(monkeypatch)
    with terminal.display:
        terminal.display.waits(Gone(SINCE))
        terminal.written()
        for pause in (30.0, 60.0, 60.0):
            terminal.clock.now += 31
            terminal.display.waits(StillGone(SINCE, pause))
    assert terminal.written() == ["Still waiting for Alma since 08:45 +0545."]


@pytest.mark.parametrize(
    ("env", "coloured"), [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False)]
)
def test_colour_is_where_the_terminal_wants_it(
    monkeypatch: pytest.MonkeyPatch, env: dict[str, str], coloured: bool
) -> None:
    terminal = Terminal(monkeypatch, force_terminal=True, _environ=env)
    terminal.settles(Outcome.LOANED)
    assert any("1 \x1b[32mapplied" in line for line in terminal.shown()) is coloured


def test_a_plain_terminal_has_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch, force_terminal=True, _environ={"TERM": "dumb"})
    with terminal.display:
        terminal.settles(Outcome.LOANED)
    assert terminal.written() == []


@pytest.mark.slow
def test_a_replay_at_a_terminal_without_colours(loaded: User) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "almareplay", "replay", "--yes"],
        env={
            **{"PATH": os.environ["PATH"], "COLUMNS": "80", "TERM": "xterm", "NO_COLOR": "1"},
            **loaded.settings(),
        },
        cwd=loaded.folder,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux says that nobody writes any more
        while part := os.read(ours, 65536):
            shown += part
    os.close(ours)
    assert process.wait(timeout=60) == 0
    text = shown.decode()
    assert re.search(r"Replaying .+[01]/1.* rows, ", text), text
    assert re.search(r"\x1b\[3\d", text) is None
    assert "1  loaned               applied" in text
