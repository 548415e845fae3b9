"""The commands as a user types them, in a folder of their own, beside a stand-in Alma."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from almareplay.cli import main
from almareplay.outcomes import ReportRow
from almareplay.queue.reading.report_rows import report_rows
from almareplay.queue.store import Queue
from almareplay.simulator.gateway import Permissions
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Desk, Item, Library, Patron, World
from tests.captured import Outage, outage
from tests.chaos.processes import ALMAREPLAY, Command

READ_WRITE = "read/write"


@dataclass(frozen=True)
class Done:
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    def problems(self) -> list[str]:
        """What was said on standard error, apart from how to use the command."""
        usage = ("Usage:", "Try '")
        lines = (line for line in self.err.splitlines() if line.strip())
        return [line for line in lines if not line.startswith(usage)]


@dataclass
class User:
    """A user at work. The items and patrons of each capture are new to the stand-in Alma."""

    folder: Path
    alma: Simulator
    numbers: Iterator[int]
    env: dict[str, str]
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    barcodes: list[str] = field(default_factory=list)

    def types(self, *words: str, **env: str | None) -> Done:
        """Run a command in this process; settings given as None are not in the environment."""
        for name in [name for name in os.environ if name.startswith("ALMAREPLAY_")]:
            self.monkeypatch.delenv(name)
        for name, value in self.settings(**env).items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.setattr(sys, "argv", ["almareplay", *words])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        said = self.capsys.readouterr()
        code = left.value.code
        return Done(code if isinstance(code, int) else 0, said.out, said.err)

    def settings(self, **changes: str | None) -> dict[str, str]:
        """The environment's settings."""
        named = {f"ALMAREPLAY_{name}": value for name, value in changes.items()}
        return {name: value for name, value in (self.env | named).items() if value is not None}

    def environment(self, **changes: str | None) -> dict[str, str]:
        """The environment of a process of its own."""
        others = {k: v for k, v in os.environ.items() if not k.startswith("ALMAREPLAY_")}
        return others | self.settings(**changes)

    def starts(self, *words: str, **env: str | None) -> subprocess.Popen[str]:
        """Start a command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "almareplay", *words],
            env=self.environment(**env),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def runs(self, *words: str, **env: str | None) -> Done:
        """Run a command to its end, as a process of its own."""
        said = f"said-{next(self.numbers)}"
        command = Command(ALMAREPLAY, words, self.folder, self.environment(**env), said)
        done = command.ends()
        return Done(done.code, done.out, done.err)

    def captures(self, loans: int = 1, name: str = "desk.dat") -> Path:
        """Write a capture of loans that Alma will accept."""
        lines = []
        for minute in range(loans):
            number = next(self.numbers)
            item, patron = f"3188{number}", f"2188{number}"
            self.alma.world.add_item(Item(item, "MAIN"))
            self.alma.world.add_patron(Patron(patron))
            self.barcodes.append(item)
            hour, past = divmod(9 * 60 + minute, 60)
            lines.append(f"20260914{hour:02d}{past:02d}L{item:<80}{patron}")
        return self.writes(name, *lines)

    def writes(self, name: str, *lines: str) -> Path:
        """Write a file of lines."""
        path = self.folder / name
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return path

    def rows(self, run: str = "main") -> list[ReportRow]:
        """The rows of a run, in replay order."""
        with Queue.open(f"sqlite:///{self.folder}/almareplay.db") as queue:
            return list(report_rows(queue, queue.run(run)))

    def outcomes(self) -> list[str]:
        """The outcomes of the rows, in replay order."""
        return [row.outcome for row in self.rows()]

    def effects(self) -> list[str]:
        """What happened in Alma to the items of these captures."""
        mine = set(self.barcodes)
        return [each.type for each in self.alma.record.effects if each.item_barcode in mine]


class Terminal:
    """A terminal at which somebody types lines; none at all means Ctrl-C."""

    def __init__(self, *lines: str) -> None:
        self._lines = iter(lines) if lines else None

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        if self._lines is None:
            raise KeyboardInterrupt
        return next(self._lines, "")


AtTerminal = Callable[..., None]


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> AtTerminal:
    """Lets somebody sit at a terminal and type lines."""
    return lambda *lines: monkeypatch.setattr("sys.stdin", Terminal(*lines))


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return itertools.count(1000)


@pytest.fixture(scope="session")
def alma() -> Iterator[Simulator]:
    libraries = [
        Library("MAIN", "Main Library", [Desk("FRONT"), Desk("BACK")]),
        Library("LAW", "Law Library"),
    ]
    with Simulator(World(libraries=libraries), key="good-key", per_second=0) as running:
        running.keys["circulation-key"] = Permissions(users=READ_WRITE, bibs=READ_WRITE)
        yield running


@pytest.fixture
def user(
    alma: Simulator,
    numbers: Iterator[int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[User]:
    monkeypatch.chdir(tmp_path)
    env = {
        "ALMAREPLAY_API_KEY": "good-key",
        "ALMAREPLAY_BASE_URL": alma.url,
        "ALMAREPLAY_LIBRARY": "MAIN",
        "ALMAREPLAY_CIRC_DESK": "FRONT",
        "ALMAREPLAY_TIMEZONE": "Europe/Berlin",
        "ALMAREPLAY_REQUESTS_PER_SECOND": "1000",
    }
    heeds = signal.getsignal(signal.SIGTERM)
    yield User(tmp_path, alma, numbers, env, capsys, monkeypatch)
    signal.signal(signal.SIGTERM, heeds)
    # A command with --verbose or --debug logs to the standard error of its test.
    logger = logging.getLogger("almareplay")
    logger.handlers.clear()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


@pytest.fixture
def loaded(user: User) -> User:
    """A user who has loaded one loan."""
    assert user.types("load", str(user.captures())).code == 0
    return user


@pytest.fixture
def queue(user: User) -> Iterator[Queue]:
    """The user's queue."""
    with Queue.open(f"sqlite:///{user.folder}/almareplay.db", create=True) as queue:
        yield queue


@pytest.fixture
def session(queue: Queue) -> Outage:
    """A capture session in the user's queue."""
    return outage(queue)
