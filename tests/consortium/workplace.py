"""Several institutions with an Alma each, one queue, and commands as processes of their own."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from almareplay.queue.consortium.submissions import Submission, submission_of
from almareplay.queue.store import Queue, Run
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Desk, Item, Library, Patron, World
from tests.chaos.processes import ALMAREPLAY, Command, Done, Script

SETTLE_SECONDS = 0.3


def alma_of(code: str, **flags: Any) -> Simulator:
    """The Alma of an institution, whose key is ``CODE-key``."""
    world = World(
        institution=code,
        institution_name=f"University of {code}",
        libraries=[Library("MAIN", "Main Library", [Desk("FRONT")])],
    )
    return Simulator(world, key=f"{code}-key", **({"per_second": 0} | flags))


@dataclass
class Consortium:
    """Institutions and what is done with them. ``numbers`` make barcodes, new ones each time."""

    folder: Path
    queue: str
    almas: dict[str, Simulator]
    pace: float = 250
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(100_000))
    captured: dict[str, list[str]] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for code in self.almas:
            self.has_key(code, f"{code}-key")
        lines = [
            f'[institutions.{code}]\nbase_url = "{alma.url}"\nlibrary = "MAIN"\n'
            f'circ_desk = "FRONT"\nrequests_per_second = {self.pace}\n'
            f'timezone = "Europe/Berlin"\napi_key_file = "{code}.key"\n'
            for code, alma in self.almas.items()
        ]
        (self.folder / "institutions.toml").write_text("".join(lines), "utf-8")
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("ALMAREPLAY_")},
            "ALMAREPLAY_QUEUE": self.queue,
            "ALMAREPLAY_INSTITUTIONS": str(self.folder / "institutions.toml"),
            "ALMAREPLAY_SETTLE_SECONDS": str(SETTLE_SECONDS),
            "ALMAREPLAY_TIMEOUT_SECONDS": "5",
            "ALMAREPLAY_DAILY_RESERVE": "0",
        }

    def has_key(self, code: str, key: str) -> None:
        """Write the file of an institution's key."""
        path = self.folder / f"{code}.key"
        path.write_text(key)
        path.chmod(0o600)

    def share(self, pool: str, reserve: int) -> None:
        """Let all institutions take their calls from one pool."""
        file = self.folder / "institutions.toml"
        members = file.read_text("utf-8").replace("\nbase_url", f'\npool = "{pool}"\nbase_url')
        file.write_text(f"[pools.{pool}]\nreserve = {reserve}\n{members}", "utf-8")

    def starts(self, *words: str, program: str | Script = ALMAREPLAY) -> Command:
        """Start a command."""
        said = f"said-{next(self.numbers)}"
        return Command(program, words, self.folder, self.env, said)

    def does(self, *words: str, timeout: float = 60, program: str | Script = ALMAREPLAY) -> Done:
        """Run a command to its end."""
        return self.starts(*words, program=program).ends(timeout)

    def loads(self, code: str, loans: int, phase: int = 1) -> list[str]:
        """Load so many loans that Alma will accept, and as many returns of them before the next;
        the answer is their barcodes."""
        alma, lines, items = self.almas[code], [], []
        for minute in range(loans):
            number = next(self.numbers)
            item, patron = f"3188{number}", f"2188{number}"
            alma.world.add_item(Item(item, "MAIN"))
            alma.world.add_patron(Patron(patron))
            hour, past = divmod(9 * 60 + minute, 60)
            lines.append(f"20260914{hour:02d}{past:02d}L{item:<80}{patron}\n")
            items.append(item)
        file = self.folder / f"{code}-{phase}-{next(self.numbers)}.dat"
        file.write_text("".join(lines), "utf-8")
        done = self.does("load", "--institution", code, "--phase", str(phase), str(file))
        assert done.code == 0, done.said
        self.captured.setdefault(code, []).extend(items)
        return items

    def items(self, code: str, number: int) -> list[str]:
        """The barcodes of so many items that an Alma has from now on."""
        items = [f"3188{next(self.numbers)}" for _ in range(number)]
        for item in items:
            self.almas[code].world.add_item(Item(item, "MAIN"))
        return items

    def effects(self, code: str) -> list[str]:
        """The items that something happened to, in order."""
        return [each.item_barcode for each in self.almas[code].record.effects]

    def status(self) -> dict[str, dict[str, Any]]:
        """What ``status --all --json`` says of each institution."""
        done = self.does("status", "--all", "--json")
        assert done.code == 0, done.said
        return {state["code"]: state for state in json.loads(done.out)}

    def submission(self, code: str) -> Submission:
        """What workers are to do with the run of an institution."""
        with Queue.open(self.queue) as queue:
            found = submission_of(queue, queue.run("main", code))
        assert found is not None
        return found

    def run_of(self, queue: Queue, code: str) -> Run:
        """The run of an institution."""
        return queue.run("main", code)


def until(what: Callable[[], bool], seconds: float = 60) -> float:
    """Wait until something is so; the answer is how many seconds that took."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "it never was"
        time.sleep(0.02)
    return time.monotonic() - began
