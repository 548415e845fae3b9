"""``python -m tests.consortium.proof``: a consortium after an outage, with all that can go wrong.

Twelve institutions with 500 rows each, their stand-ins in this process, three workers on one queue
in PostgreSQL. Workers are killed and stopped, the server is switched off and on; in the end the
checker of the chaos tests judges every institution by its effects and its report. With
``--compare`` nothing is disturbed, and the time is held against one process that replays one
institution after another.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from almareplay.simulator.limits import DayCount
from almareplay.simulator.server import Simulator
from tests.benchmarks.measuring import most_in_a_second
from tests.chaos.captures import Capture
from tests.chaos.checker import Rules, unresolved, violations
from tests.chaos.evidence import Evidence
from tests.chaos.processes import Command
from tests.chaos.stage import SETTLE_SECONDS, Workplace
from tests.chaos.stories import make_capture
from tests.postgresql import Cluster, programs

KEY = "l7xxTheKeyOfCalder{:04d}"
WORKERS = 3
TAKEN_OVER_WITHIN = 40.0
"""Seconds from the end of a worker to the next call of each run that it had."""
_MOST_SECONDS = 900.0
# A busy machine lets calls wait and then arrive together.
_BUNCHED = 2


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
        share = -(-len(self.institutions) // WORKERS)
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
        states = self.states()
        held = []
        for each in self.institutions:
            holder = (states.get(each.code) or {}).get("replaying")
            if holder and holder["pid"] == worker.pid:
                held.append(each)
        return held

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


def main() -> int:
    """Run it, say what was seen, and end with 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.consortium.proof", description=__doc__)
    parser.add_argument("--institutions", type=int, default=12)
    parser.add_argument("--rows", type=int, default=500, help="of each institution")
    parser.add_argument("--pace", type=int, default=8, help="calls a second of each institution")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds an answer takes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compare", action="store_true", help="the time against one by one")
    given = parser.parse_args()
    if given.compare:
        return _compared(given)
    with _consortium(given) as consortium:
        return _disturbed(consortium, given.pace)


def _disturbed(consortium: Consortium, pace: int) -> int:
    """Three kills, a stop beyond the lease, a restart of the server: what came of it."""
    work = consortium.work
    began = time.monotonic()
    assert work.runs("submit", "--all", "--yes").code == 0
    first, second, third = (consortium.starts_worker() for _ in range(WORKERS))
    time.sleep(12)
    _say(began, "killed")
    consortium.ends(first, signal.SIGKILL)
    fourth = consortium.starts_worker()
    time.sleep(3)
    _say(began, "stopped")
    consortium.ends(second, signal.SIGSTOP)
    second.send(signal.SIGCONT)
    time.sleep(3)
    _say(began, "killed")
    consortium.ends(third, signal.SIGKILL)
    consortium.starts_worker()
    _say(began, "the server is switched off and on")
    consortium.cluster.stop()
    time.sleep(3)
    consortium.cluster.start()
    time.sleep(5)
    _say(began, "killed")
    consortium.ends(fourth, signal.SIGKILL)
    consortium.until_done()
    seconds = time.monotonic() - began
    _say(began, "nothing is left to do")
    consortium.stop()
    return _judged(consortium, seconds, pace)


def _judged(consortium: Consortium, seconds: float, pace: int) -> int:
    broken, rows, open_rows, calls = 0, 0, 0, 0
    for each in consortium.institutions:
        evidence = each.evidence(consortium.work)
        for violation in violations(each.capture, evidence, Rules(faults=True)):
            broken += 1
            print(f"{each.code}: {violation}")
        rows += len(evidence.report)
        open_rows += unresolved(evidence.report)
        calls += each.calls
        arrived = [request.arrived for request in each.alma.record.requests]
        most = most_in_a_second(arrived)
        if most > pace + _BUNCHED:
            broken += 1
            print(f"{each.code}: {most} calls in a second, its pace is {pace}")
    slowest = max((took for _, took in consortium.takeovers), default=0.0)
    for what, took in consortium.takeovers:
        print(f"  {what}: gone on elsewhere after {took:.1f} s")
    if slowest > TAKEN_OVER_WITHIN or not consortium.takeovers:
        broken += 1
        print(f"a run went on only after {slowest:.1f} s")
    print(
        f"{len(consortium.institutions)} institutions, {rows} rows, {calls} calls, "
        f"{len(consortium.takeovers)} takeovers, the slowest after {slowest:.1f} s, "
        f"{open_rows} rows unresolved, {seconds:.0f} s, {broken} violations"
    )
    return 1 if broken else 0


def _compared(given: argparse.Namespace) -> int:
    """The time of workers against that of one process, institution after institution."""
    with _consortium(given) as consortium:
        began = time.monotonic()
        assert consortium.work.runs("submit", "--all", "--yes").code == 0
        for _ in range(WORKERS):
            consortium.starts_worker()
        consortium.until_done()
        together = time.monotonic() - began
        consortium.stop()
    with _consortium(given) as consortium:
        began = time.monotonic()
        for each in consortium.institutions:
            done = consortium.work.runs("replay", "--yes", "--quiet", "--institution", each.code)
            assert done.code in (0, 1), done.said
        apart = time.monotonic() - began
    print(
        f"{given.institutions} institutions, {given.rows} rows each, {given.pace} calls a second: "
        f"{together:.0f} s with {WORKERS} workers, {apart:.0f} s one after another, "
        f"{apart / together:.1f} times"
    )
    return 0


def _say(began: float, what: str) -> None:
    print(f"{time.monotonic() - began:6.0f} s: {what}", flush=True)


@contextlib.contextmanager
def _consortium(given: argparse.Namespace) -> Iterator[Consortium]:
    bin_ = programs()
    if bin_ is None:
        raise SystemExit("PostgreSQL is not installed here: apt-get install postgresql")
    cluster = Cluster(bin_)
    cluster.start()
    with contextlib.ExitStack() as stack:
        stack.callback(cluster.remove)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="almareplay-proof-")))
        pool = DayCount()
        institutions = []
        for number in range(given.institutions):
            capture = make_capture(given.seed + number, given.rows)
            capture.world.institution = f"01CALDER{number:02d}_INST"
            capture.world.institution_name = f"Calder College {number}"
            alma = Simulator(
                deepcopy(capture.world),
                key=KEY.format(number),
                per_second=0,
                day_count=pool,
                latency=given.latency,
                seed=given.seed + number,
            )
            institutions.append(
                Institution(capture.world.institution, capture, stack.enter_context(alma))
            )
        work = _workplace(folder, institutions, cluster, given.pace)
        for each in institutions:
            _load(work, each)
        consortium = Consortium(work, institutions, cluster)
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


if __name__ == "__main__":
    sys.exit(main())
