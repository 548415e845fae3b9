"""A consortium of stand-ins and real workers, and what can be done to them."""

from __future__ import annotations

import contextlib
import json
import signal
import tempfile
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from almareplay.consortium.own_server import Cluster, programs
from almareplay.simulator.limits import DayCount
from almareplay.simulator.server import Simulator
from tests.chaos.captures import Capture
from tests.chaos.evidence import Evidence
from tests.chaos.processes import Command
from tests.chaos.stage import SETTLE_SECONDS, Workplace
from tests.chaos.stories import make_capture

KEY = "l7xxTheKeyOfCalder{:04d}"
WORKERS = 3
TAKEN_OVER_WITHIN = 40.0
"""Seconds from the end of a worker to the next call of each run that it had."""
_MOST_SECONDS = 900.0


@dataclass
class Institution:
    """An institution: its code, what its desks captured, and its stand-in."""

    code: str
    capture: Capture
    alma: Simulator

    @property
    def calls(self) -> int:
        """How many calls its stand-in has seen."""
        return len(self.alma.record.requests)

    def evidence(self, work: Workplace) -> Evidence:
        """What there is to judge it by, its report written anew."""
        report = work.folder / f"{self.code}.jsonl"
        done = work.runs("report", "--institution", self.code, report)
        assert done.code == 0, done.said
        lines = report.read_text("utf-8").splitlines()
        record = self.alma.record
        return Evidence(
            [json.loads(line) for line in lines],
            [asdict(each) for each in record.effects],
            [asdict(each) for each in record.requests],
            json.loads(self.alma.world.dump()),
        )


@dataclass
class Consortium:
    """All of it while it is under way."""

    work: Workplace
    institutions: list[Institution]
    cluster: Cluster
    workers: list[Command] = field(default_factory=list)
    takeovers: list[tuple[str, float]] = field(default_factory=list)

    def starts_worker(self) -> Command:
        """Start one more worker."""
        # The others have room for the runs of one that dies.
        share = -(-len(self.institutions) // (WORKERS - 1))
        worker = self.work.starts("worker", "--concurrency", str(share), "--verbose")
        self.workers.append(worker)
        return worker

    def states(self) -> dict[str, Any]:
        """Where each institution stands, by its code; nothing while the server is away."""
        done = self.work.runs("status", "--all", "--json")
        if done.code:
            return {}
        return {state["code"]: state for state in json.loads(done.out)}

    def held_by(self, worker: Command) -> list[Institution]:
        """The institutions that a worker replays just now."""
        pids = self.holders()
        return [each for each in self.institutions if pids.get(each.code) == worker.pid]

    def busiest(self) -> Command:
        """The worker that replays the most institutions."""
        pids = list(self.holders().values())
        return max((each for each in self.workers if each.runs()), key=lambda w: pids.count(w.pid))

    def holders(self) -> dict[str, int]:
        """The process that replays each institution, where one does."""
        states = self.states().items()
        return {code: said["replaying"]["pid"] for code, said in states if said.get("replaying")}

    def ends(self, worker: Command, number: signal.Signals) -> None:
        """Send a worker what ends or stops it, and measure when others go on with its runs."""
        held = self.held_by(worker)
        sent = time.monotonic()
        worker.send(number)
        # What was in flight arrives.
        time.sleep(0.5)
        before = {each.code: each.calls for each in held}
        waits_until = sent + TAKEN_OVER_WITHIN + 20
        left = list(held)
        while left and time.monotonic() < waits_until:
            time.sleep(0.2)
            for each in [*left]:
                if each.calls > before[each.code]:
                    took = time.monotonic() - sent
                    self.takeovers.append((f"{number.name} {each.code}", took))
                    left.remove(each)
        done = self.done()
        for each in left:
            if each.code not in done:
                self.takeovers.append((f"{number.name} {each.code}", float("inf")))

    def done(self) -> set[str]:
        """The institutions with nothing left to do."""
        return {
            code
            for code, state in self.states().items()
            if state["run"] and not state["dispositions"]["pending"] and not state["lost_answers"]
        }

    def until_done(self) -> None:
        """Wait until nothing is left to do."""
        ends_at = time.monotonic() + _MOST_SECONDS
        while len(self.done()) < len(self.institutions):
            assert time.monotonic() < ends_at, self.work.runs("status", "--all").said
            time.sleep(1)

    def stop(self) -> None:
        """End the workers that are still there, gently."""
        for worker in self.workers:
            worker.send(signal.SIGCONT)
            worker.send(signal.SIGTERM)
        for worker in self.workers:
            self.work.ends(worker, timeout=70)


@contextlib.contextmanager
def consortium_of(
    institutions: int, rows: int, *, pace: int, latency: float, seed: int
) -> Iterator[Consortium]:
    """So many institutions with so many captured rows each, loaded and not submitted yet; ``pace``
    is in calls a second of each, ``latency`` in seconds."""
    bin_ = programs()
    if bin_ is None:
        raise SystemExit("PostgreSQL is not installed here: apt-get install postgresql")
    cluster = Cluster(bin_)
    cluster.start()
    with contextlib.ExitStack() as stack:
        stack.callback(cluster.remove)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="almareplay-proof-")))
        pool = DayCount()
        members = []
        for number in range(institutions):
            capture = make_capture(seed + number, rows)
            capture.world.institution = f"01CALDER{number:02d}_INST"
            capture.world.institution_name = f"Calder College {number}"
            alma = Simulator(
                deepcopy(capture.world),
                key=KEY.format(number),
                per_second=0,
                day_count=pool,
                latency=latency,
                seed=seed + number,
            )
            members.append(
                Institution(capture.world.institution, capture, stack.enter_context(alma))
            )
        work = _workplace(folder, members, cluster, pace)
        for each in members:
            _load(work, each)
        consortium = Consortium(work, members, cluster)
        try:
            yield consortium
        finally:
            for worker in consortium.workers:
                worker.ends(timeout=0)


def _workplace(
    folder: Path, institutions: list[Institution], cluster: Cluster, pace: int
) -> Workplace:
    tables = ["[pools.calder]\nreserve = 1000\n"]
    settings = {
        "QUEUE": cluster.address,
        "INSTITUTIONS": "institutions.toml",
        "SETTLE_SECONDS": str(SETTLE_SECONDS),
        "TIMEOUT_SECONDS": "5",
    }
    secrets: set[str] = set()
    for number, each in enumerate(institutions):
        tables.append(
            f'[institutions.{each.code}]\nname = "{each.alma.world.institution_name}"\n'
            f'base_url = "{each.alma.url}"\nenvironment = "sandbox"\n'
            f'timezone = "{each.capture.zone}"\nrequests_per_second = {pace}\n'
            f'pool = "calder"\napi_key_file = "key-{number}"\n'
        )
        key = folder / f"key-{number}"
        key.write_text(KEY.format(number))
        key.chmod(0o600)
        secrets |= each.capture.secrets | {KEY.format(number)}
    (folder / "institutions.toml").write_text("\n".join(tables))
    return Workplace(folder, settings, secrets)


def _load(work: Workplace, each: Institution) -> None:
    for file in each.capture.files:
        folder = work.folder / each.code
        folder.mkdir(exist_ok=True)
        done = work.runs(
            *("load", "--institution", each.code, file.write(folder), "--library", file.library),
            *("--circ-desk", file.circ_desk, f"--clock-offset={file.clock_offset * 60:+d}s"),
        )
        assert done.code == 0, done.said
