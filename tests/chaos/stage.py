"""The front door: the simulator and ``almareplay`` as processes of their own, over real files."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil
from sqlalchemy import func, select

from almareplay.queue.store import Queue
from almareplay.queue.tables.schema import attempts
from almareplay.simulator.world import World
from tests.chaos.captures import Capture
from tests.chaos.evidence import Evidence, Json
from tests.chaos.processes import ALMAREPLAY, SIMULATOR, Command, Done, Script
from tests.contract.simulator import BROKEN

KEY = "l7xxTheKeyOfCalder0815"
SETTLE_SECONDS = 0.3
COLD = [sys.executable, "-m", "almareplay"]
"""The command line of ``almareplay`` itself."""

_REPORT = "report.jsonl"
# More than the simulator answers would only lengthen the queue of calls before it.
_FAST = ["--requests-per-second", "250"]


class LeakedSecret(AssertionError):
    """The API key or a patron id stands in what a command printed."""


class NotAsAlma(AssertionError):
    """A request or an answer was not as Alma has it."""


class Alma(AbstractContextManager["Alma"]):
    """A simulator in a process of its own, and its control surface."""

    def __init__(self, folder: Path, world: World, **flags: float) -> None:
        """``flags`` are the simulator's own: ``latency=0.05``, ``per_second=25`` …"""
        path = folder / "world.json"
        world.to_json(path)
        arguments = ["--world", str(path), "--key", KEY]
        for name, value in ({"per_second": 0, "daily_limit": 0} | flags).items():
            arguments += [f"--{name.replace('_', '-')}", str(value)]
        self._broken_contract = folder / BROKEN
        self._process = Command(SIMULATOR, arguments, folder, os.environ, "simulator")
        while not (said := self._process.said_so_far()).endswith("\n"):
            assert self._process.runs(), said
            time.sleep(0.005)
        self.url = said.split()[-1]
        # Without TLS there are no certificates to read, which takes longer than a start.
        self._http = httpx.Client(base_url=f"{self.url}/simulator", timeout=30, verify=False)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.close()
        self._process.ends(timeout=0)
        if kind is None and self._broken_contract.exists():
            raise NotAsAlma(self._broken_contract.read_text("utf-8"))

    def look(self, at: str, **query: int) -> Any:
        """What the control surface says of ``requests``, ``effects``, ``world``, ``summary`` …"""
        found = self._http.get(f"/{at}", params=query).raise_for_status().json()
        return found[at] if at in ("requests", "effects") else found

    def raw(self, at: str) -> bytes:
        """The bytes of what the control surface says."""
        return self._http.get(f"/{at}").raise_for_status().content

    def requests(self, since: int = 0) -> list[Json]:
        """The requests that it has seen, after the first ``since``."""
        found: list[Json] = self.look("requests", since=since)
        return found

    def has_faults(self, *rules: Json) -> None:
        """Have these faults from now on, and no others."""
        self._http.put("/faults", json=list(rules)).raise_for_status()

    def desk(self, **action: str) -> bool:
        """Let a live desk lend or take back; False where Alma refuses."""
        return self._http.post("/desk", json=action).status_code == 200

    def moves_its_clock(self, seconds: float) -> None:
        """Let time pass at Alma."""
        self._http.post("/clock", json={"advance": seconds}).raise_for_status()

    def waits_for(self, requests: int, *, since: int, while_: Callable[[], bool]) -> None:
        """Return when it has seen so many requests after the first ``since``."""
        while while_() and not self.requests(since + requests - 1):
            time.sleep(0.01)


@dataclass
class Workplace:
    """A folder in which somebody works with ``almareplay``, and what is set in its environment.

    All that is printed there is searched for the key and for ``secrets``.
    """

    folder: Path
    settings: dict[str, str]
    secrets: set[str] = field(default_factory=set)
    program: str | Script | Sequence[str] = ALMAREPLAY
    commands: int = 0

    @classmethod
    def at(cls, folder: Path, alma: Alma, capture: Capture, **settings: str) -> Self:
        """A workplace that talks to this simulator about this capture."""
        usual = {
            "API_KEY": KEY,
            "BASE_URL": alma.url,
            "TIMEZONE": capture.zone,
            "SETTLE_SECONDS": str(SETTLE_SECONDS),
            "DAILY_RESERVE": "0",
            "TIMEOUT_SECONDS": "5",
        }
        folder.mkdir(exist_ok=True)
        return cls(folder, usual | settings, capture.secrets)

    def has_queue(self, address: str | None) -> None:
        """Keep the queue at this address; None for a file, as it is anyway."""
        if address is not None:
            self.settings["QUEUE"] = address

    def environment(self) -> dict[str, str]:
        """The environment of the commands."""
        plain = {name: v for name, v in os.environ.items() if not name.startswith("ALMAREPLAY_")}
        return plain | {f"ALMAREPLAY_{name}": value for name, value in self.settings.items()}

    def starts(self, *arguments: str | Path) -> Command:
        """Start a command and let it run."""
        self.commands += 1
        words = [str(argument) for argument in arguments]
        output = str(self.commands)
        return Command(self.program, words, self.folder, self.environment(), output)

    def puts_to_sleep(self, command: Command) -> None:
        """Stop a command with SIGSTOP, but not inside a write of the queue, which would be held."""
        queue = sqlite3.connect(self.queue, timeout=0, isolation_level=None)
        with closing(queue), contextlib.suppress(psutil.NoSuchProcess):
            while True:
                command.send(signal.SIGSTOP)
                while psutil.Process(command.pid).status() != psutil.STATUS_STOPPED:
                    time.sleep(0.001)
                try:
                    queue.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError:
                    command.send(signal.SIGCONT)
                    time.sleep(0.01)
                else:
                    queue.execute("ROLLBACK")
                    break

    def ends(self, command: Command, timeout: float = 60) -> Done:
        """Wait for a command. Raises LeakedSecret where it has printed what is private."""
        done = command.ends(timeout)
        said = done.said.casefold()
        for secret in {KEY, *self.secrets}:
            if secret.casefold() in said:
                line = next(each for each in said.splitlines() if secret.casefold() in each)
                raise LeakedSecret(f"{secret} stands in: {line}")
        return done

    def runs(self, *arguments: str | Path) -> Done:
        """Run a command to its end."""
        return self.ends(self.starts(*arguments))

    def loads(self, capture: Capture) -> None:
        """Load the files of a capture, each with its desk."""
        for file in capture.files:
            done = self.runs(
                *("load", file.write(self.folder), "--library", file.library),
                *("--circ-desk", file.circ_desk, f"--clock-offset={file.clock_offset * 60:+d}s"),
            )
            assert done.code == 0, done.said

    def replays(self, *flags: str, saying: str = "--debug") -> Done:
        """Replay to the end, as fast as it goes, saying all it can."""
        return self.ends(self.starts_replay(*flags, saying=saying))

    def starts_replay(self, *flags: str, saying: str = "--debug") -> Command:
        """Start a replay, as fast as it goes, saying all it can."""
        report = ("--report", _REPORT)
        return self.starts("replay", "--yes", saying, *_FAST, *report, *flags)

    def evidence(self, alma: Alma) -> Evidence:
        """All that there is to judge by a replay that has come to its end."""
        lines = (self.folder / _REPORT).read_text(encoding="utf-8").splitlines()
        report = [json.loads(line) for line in lines]
        return Evidence(report, alma.look("effects"), alma.requests(), alma.look("world"))

    @property
    def queue(self) -> Path:
        """The queue's file."""
        address = self.settings.get("QUEUE", "sqlite:///almareplay.db")
        return self.folder / address.removeprefix("sqlite:///")

    @property
    def keeps_a_file(self) -> bool:
        """Whether the queue is a file, and in no server."""
        return self.settings.get("QUEUE", "sqlite:///").startswith("sqlite:")

    @property
    def address(self) -> str:
        """The address of the queue."""
        return f"sqlite:///{self.queue}" if self.keeps_a_file else self.settings["QUEUE"]

    def fates(self) -> Counter[str]:
        """What became of the calls that were to leave, as the queue has it; ``lost`` where open."""
        with Queue.open(self.address) as queue, queue.reading() as connection:
            found = connection.scalars(select(func.coalesce(attempts.c.fate, "lost")))
            return Counter(found.all())
