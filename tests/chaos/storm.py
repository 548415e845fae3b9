"""One night of recovery: a replay under random faults, killed and restarted until it is through."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.captures import Capture
from tests.chaos.checker import READ_BACK, Rules, Violation, unresolved, violations
from tests.chaos.evidence import Json
from tests.chaos.model import Guard
from tests.chaos.processes import Command, Done
from tests.chaos.stage import SETTLE_SECONDS, Alma, Workplace
from tests.chaos.stories import LIVE_DESK, make_capture

_LATE = SETTLE_SECONDS / 3  # seconds by which an effect may come after its answer was lost
_LOST = {
    *("cut_before", "cut_after", "cut_then_effect", "silence", "stale_keepalive", "http_5xx"),
    *("general_error", "trouble_after_scan", "maintenance_page", "outage"),
}
_RESUMABLE = (75, 130, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT)


@dataclass
class Night:
    """What one run held, and what went wrong in it."""

    seed: int
    rows: int
    rules: Rules
    seconds: float = 0.0
    starts: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    rehearsed: bool = False
    live_actions: int = 0
    lost_answers: int = 0
    duplicates_avoided: int = 0
    reconciliations: int = 0
    unresolved: int = 0
    violations: list[Violation] = field(default_factory=list)

    def __str__(self) -> str:
        ends = ", ".join(f"{number} {how}" for how, number in sorted(self.ends.items()))
        kind = f"guard {self.rules.guard}"
        kind += ", rehearsed" * self.rehearsed
        kind += ", return first" * self.rules.return_first + ", live desks" * self.rules.live
        return (
            f"seed {self.seed}: {self.rows} rows ({kind}) in {self.seconds:.0f} s, "
            f"{self.starts} starts ({ends}), {self.lost_answers} answers lost, "
            f"{self.duplicates_avoided} duplicates avoided, "
            f"{self.reconciliations} reconciliations, {self.live_actions} live actions, "
            f"{self.unresolved} unresolved, {len(self.violations)} violations"
        )


def storm(seed: int, rows: int, folder: Path, queue: str | None = None) -> Night:
    """Replay a random capture through a random night, and judge what came of it. ``queue`` is the
    address of the queue; else it is a file."""
    dice = random.Random(f"storm {seed}")
    # Without looking nobody can see what live desks do: that is for the hour before they open.
    live = dice.random() < 0.35
    guard: Guard = "off" if not live and dice.random() < 0.2 else "active"
    rules = Rules(guard, return_first=dice.random() < 0.3, faults=True, live=live)
    capture = make_capture(seed, rows, grown=dice.random() < 0.3)
    night = Night(seed, rows, rules)
    began = time.monotonic()
    flags = {"latency": dice.choice([0.0, 0.01, 0.03]), "clock_offset": dice.choice([0, 70, -3600])}
    with Alma(folder, capture.world, seed=seed, **flags) as alma:
        work = Workplace.at(folder / "work", alma, capture, TIMEOUT_SECONDS="1")
        work.has_queue(queue)
        work.loads(capture)
        if random.Random(f"rehearsal {seed}").random() < 0.4:
            night.rehearsed = work.runs("rehearse", "--requests-per-second", "250").code in (0, 1)
        _Weather(dice, alma, work, capture, night).blows_over()
        evidence = work.evidence(alma)
        night.violations += violations(capture, evidence, rules)
        _count(night, work, evidence.report, evidence.requests)
    night.seconds = time.monotonic() - began
    return night


def _count(night: Night, work: Workplace, report: Any, requests: Any) -> None:
    fates = work.fates()
    night.duplicates_avoided = sum(READ_BACK in row["note"] for row in report)
    night.reconciliations = night.duplicates_avoided + fates["no_effect"]
    night.lost_answers = sum(
        request["method"] == "POST" and request["fault"] in _LOST for request in requests
    )
    night.unresolved = unresolved(report)


@dataclass
class _Weather:
    """Everything that happens beside the replay until it comes to its end."""

    dice: random.Random
    alma: Alma
    work: Workplace
    capture: Capture
    night: Night

    def blows_over(self) -> None:
        """Start the replay again and again; the weather clears when it takes too long."""
        kills = self.dice.randint(1, 6)
        clears_at = time.monotonic() + 20 + self.night.rows / 5
        while True:
            self.night.starts += 1
            replay = self.work.starts_replay(*self._flags())
            done = self._beside(replay, kills > 0, clears_at)
            kills -= 1
            self.night.ends[str(done.code)] += 1
            if done.code in (0, 1):
                return
            if done.code not in _RESUMABLE or self.night.starts > 60:
                words = f"replay ended with {done.code}: {done.err[-2000:]}"
                self.night.violations.append(Violation(self.night.seed, "", words, ""))
                return
            if self.dice.random() < 0.3 and self.work.keeps_a_file:
                self._moves_the_queue()

    def _flags(self) -> list[str]:
        flags = ["--guard", self.night.rules.guard, "--give-up-after", "20s"]
        if self.night.rules.return_first:
            flags += ["--on-loan-elsewhere", "return-first"]
        return flags

    def _beside(self, replay: Command, may_end: bool, clears_at: float) -> Done:
        """Let the weather change while a replay runs, and perhaps end it."""
        dice, seen = self.dice, len(self.alma.requests())
        ends_after = 7 + dice.randint(0, max(20, self.night.rows // 2)) if may_end else None
        how = dice.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        while replay.runs():
            if time.monotonic() > clears_at:
                self.alma.has_faults()
                return self.work.ends(replay, timeout=120)
            if dice.random() < 0.15:
                self.alma.has_faults(*self._faults())
            if self.night.rules.live and dice.random() < 0.5:
                self._lives()
            if ends_after is not None and len(self.alma.requests(seen)) >= ends_after:
                time.sleep(dice.uniform(0, 0.03))
                replay.send(how)
                ends_after = None
            time.sleep(0.02)
        return self.work.ends(replay)

    def _faults(self) -> list[Json]:
        return [self._fault() for _ in range(self.dice.choice([0, 1, 1, 2, 3]))]

    def _fault(self) -> Json:
        """A rule at random, out of all faults that pass."""
        dice = self.dice
        some = {"probability": dice.choice([0.05, 0.1, 0.2, 0.3])}
        when = {"effect": dice.choice(["none", "before", "after"]), "delay": _LATE}
        posts = some | {"match": dice.choice(["any_post", "any_post", "any", "loan", "scan_in"])}
        page = {"body": dice.choice(["json", "html", "text"]), "status": dice.choice([500, 502])}
        choices: list[Json] = [
            {"fault": "cut_before"} | posts,
            {"fault": "cut_after"} | posts,
            {"fault": "cut_after", "match": "any_post", "probability": 0.6, "times": 8},
            {"fault": "cut_then_effect", "delay": _LATE} | posts,
            {"fault": "silence", "times": 3} | posts | when,
            {"fault": "http_5xx"} | posts | when | page,
            {"fault": "general_error", "code": dice.choice(["401652", "402119"])} | posts | when,
            {
                "fault": "trouble_after_scan",
                "match": "scan_in",
                "effect": dice.choice(["before", "none"]),
            }
            | some,
            {"fault": "maintenance_page"} | posts | when,
            {"fault": "per_second", "probability": 0.05, "times": 2},
            {"fault": "daily", "probability": 0.01, "times": 1},
            {"fault": "remaining_header", "header": dice.choice(["missing", "garbage"])} | some,
            {
                "fault": "outage",
                "probability": 0.02,
                "times": 1,
                "seconds": dice.uniform(0.1, 1.5),
                "how": dice.choice(["502", "503", "cut"]),
            },
            {"fault": "slow", "delay": 0.3, "match": dice.choice(["any_get", "any_post"])} | some,
            {"fault": "stale_keepalive", "match": dice.choice(["any", "any_post"])} | some,
        ]
        return dice.choice(choices)

    def _lives(self) -> None:
        """A live desk lends an item to somebody or takes it back."""
        dice = self.dice
        item = dice.choice(self.capture.world.items)
        place = {"item_barcode": item.barcode, "library": "MAIN", "circ_desk": LIVE_DESK}
        if dice.random() < 0.5:
            patron = dice.choice(self.capture.world.patrons).primary_id
            done = self.alma.desk(action="loan", patron_id=patron, **place)
        else:
            done = self.alma.desk(action="return", **place)
        self.night.live_actions += done

    def _moves_the_queue(self) -> None:
        """Copy the queue, with what was not yet written back into it, and go on with the copy."""
        before = self.work.queue
        after = before.with_name(f"copy-{self.night.starts}.db")
        for ending in ("", "-wal"):
            part = Path(f"{before}{ending}")
            if part.exists():
                shutil.copyfile(part, f"{after}{ending}")
        self.work.settings["QUEUE"] = f"sqlite:///{after.name}"
