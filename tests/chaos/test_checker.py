"""The checker is worth something: it sees what is changed in the evidence, and what is taken out of
the engine."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from almareplay.simulator.world import Item, Loan, Patron, World
from almareplay.transactions import Kind
from tests.chaos.captures import Capture, written_capture
from tests.chaos.checker import Rules, violations
from tests.chaos.evidence import Evidence, Json
from tests.chaos.processes import Script
from tests.chaos.stage import Alma, Workplace
from tests.chaos.stories import make_capture

FAULTS = Rules(faults=True)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Capture, Evidence]:
    """A small capture that was replayed as it should be."""
    folder = tmp_path_factory.mktemp("judged")
    capture = make_capture(3, 60)
    with Alma(folder, capture.world) as alma:
        work = Workplace.at(folder / "work", alma, capture)
        work.loads(capture)
        work.replays()
        return capture, work.evidence(alma)


def _first(entries: Sequence[Json], **values: str | None) -> int:
    return next(
        number
        for number, entry in enumerate(entries)
        if all(entry[name] == value for name, value in values.items())
    )


@dataclass
class _Tampered:
    """Evidence that can be changed."""

    report: list[Json]
    effects: list[Json]
    loans: list[Json]

    def effect_twice(self) -> None:
        self.effects.insert(0, self.effects[_first(self.effects, type="loan")])

    def effect_missing(self) -> None:
        del self.effects[_first(self.effects, type="return")]

    def effect_of_nobody(self) -> None:
        scan = self.effects[_first(self.effects, type="scan")]
        self.effects.append(scan | {"type": "in_house_use"})

    def effects_in_another_order(self) -> None:
        self.effects.reverse()

    def effect_at_another_desk(self) -> None:
        self.effects[_first(self.effects, type="loan")] |= {"library": "ELSEWHERE"}

    def row_missing(self) -> None:
        del self.report[5]

    def row_pending(self) -> None:
        self.report[5] |= {"outcome": "pending"}

    def row_called_done(self) -> None:
        self.report[_first(self.report, disposition="attention")] |= {"outcome": "returned"}

    def rows_in_another_order(self) -> None:
        self.report.reverse()

    def loan_of_another_row(self) -> None:
        another = self.loans[0]["loan_id"]
        self.report[_first(self.report, outcome="loaned")] |= {"loan_id": another}

    def loan_that_alma_has_not(self) -> None:
        self.report[_first(self.report, outcome="returned")] |= {"loan_id": "1"}

    def another_end(self) -> None:
        self.loans[_first(self.loans, return_date=None)] |= {"patron_id": "somebody"}


_CHANGES = [name for name in vars(_Tampered) if not name.startswith("_")]


@pytest.mark.parametrize("change", _CHANGES)
def test_a_change_in_the_evidence_is_seen(judged: tuple[Capture, Evidence], change: str) -> None:
    capture, evidence = judged
    assert violations(capture, evidence, Rules()) == []
    entries = (evidence.report, evidence.effects, evidence.world["loans"])
    tampered = _Tampered(*([dict(entry) for entry in each] for each in entries))
    getattr(tampered, change)()
    world = evidence.world | {"loans": tampered.loans}
    changed = Evidence(tampered.report, tampered.effects, evidence.requests, world)
    assert violations(capture, changed, Rules())
    assert violations(capture, changed, FAULTS)


def test_a_return_that_was_not_made_leaves_its_patron_at_the_limit(tmp_path: Path) -> None:
    world = World(
        patrons=[Patron("ida", loan_limit=1)],
        items=[Item("kept", "MAIN"), Item("wanted", "MAIN")],
        loans=[Loan("ida", "kept", LONG_AGO, LONG_AGO + timedelta(days=999))],
    )
    capture = written_capture(world, [(Kind.RETURN, "kept", ""), (Kind.LOAN, "wanted", "ida")])
    with Alma(tmp_path, world) as alma:
        work = Workplace.at(tmp_path / "work", alma, capture, SETTLE_SECONDS="0")
        work.loads(capture)
        alma.has_faults({"fault": "http_5xx", "match": "scan_in", "effect": "none", "body": "html"})
        work.replays()
        evidence = work.evidence(alma)
    assert [row["outcome"] for row in evidence.report] == ["unavailable", "patron_limit"]
    assert violations(capture, evidence, FAULTS) == []


_ENGINE = """
from almareplay.cli import main
from almareplay.queue.replaying import attempts
from almareplay.queue.replaying import follow_ups
from almareplay.queue.replaying import hold
from almareplay.queue.replaying import journal
from almareplay.replay import dispatch, engine, find_out

async def nothing(*_):
    return None

enter = dispatch.Dispatch._enter
{patch}
main()
"""
# Nobody is seen to hold a run, and all who do have one token.
_NO_HOLD = (
    "hold._holder = engine.release_hold = lambda *_: None; "
    "hold.uuid4 = lambda: type('Token', (), {'hex': '7' * 32}); "
    "attempts._INTENT = attempts._FIRST_INTENT"
)


@dataclass(frozen=True)
class Mutant:
    """An engine without one of its rules of safety, and what brings that to light."""

    patch: str
    fault: Json | None = None
    killed: bool = False
    twice: bool = False


_LOST = {"match": "any_post", "probability": 0.4}
_MUTANTS = {
    "no intent": Mutant(
        "attempts.attempts_of_rows = lambda *_: {}",
        {"fault": "silence", "match": "any_post", "effect": "before"},
        killed=True,
    ),
    "no reading": Mutant("find_out.Effects.find = nothing", {"fault": "cut_after"} | _LOST),
    "no second read": Mutant(
        "find_out.Effects._pause_until = nothing",
        {"fault": "cut_then_effect", "delay": 0.2} | _LOST,
    ),
    "no lane order": Mutant("dispatch.Dispatch._enter = lambda *turn: enter(*turn) and []"),
    "no hold": Mutant(_NO_HOLD, twice=True),
}


_IN_THE_SUITE = ("no reading",)


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(mutant, id=name, marks=() if name in _IN_THE_SUITE else pytest.mark.slow)
        for name, mutant in _MUTANTS.items()
    ],
)
def test_a_rule_of_safety_that_is_taken_out_is_missed(mutant: Mutant, tmp_path: Path) -> None:
    capture = make_capture(5, 60)
    with Alma(tmp_path, capture.world, latency=0.02) as alma:
        work = Workplace.at(tmp_path / "work", alma, capture)
        work.loads(capture)
        work.program = Script(_ENGINE.format(patch=mutant.patch))
        alma.has_faults(*[mutant.fault] if mutant.fault else [])
        slowly = ("--requests-per-second", "60")
        others = [work.starts_replay(*slowly)] if mutant.killed or mutant.twice else []
        for other in others:
            alma.waits_for(50, since=0, while_=other.runs)
            if mutant.killed:
                other.send(signal.SIGKILL)
                alma.has_faults()
            else:
                work.puts_to_sleep(other)
        done = work.replays()
        for other in others:
            other.send(signal.SIGCONT)
            work.ends(other)
        # Rows of one item side by side may trip over each other before they break a promise.
        tripped = "This should not have happened" in done.err
        assert tripped or violations(capture, work.evidence(alma), FAULTS)
