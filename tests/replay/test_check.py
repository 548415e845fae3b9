"""What a replay checks first, asked of the simulator; and what it says that the work will take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import respx

from almareplay.alma.client import AlmaReader, open_transport
from almareplay.alma.errors import AlmaGone
from almareplay.queue.reading.queries import Work
from almareplay.replay.check import CheckResult, Effort, UnknownPlace, check, effort
from almareplay.replay.follow_ups.due_dates import DueDates
from almareplay.replay.policy import Guard, Policy
from almareplay.simulator.gateway import Permissions
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Desk, Library, World

Checked = Callable[..., CheckResult]
READ_WRITE = "read/write"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    desks = [Desk("FRONT"), Desk("BACK")]
    world = World(libraries=[Library("MAIN", "Main Library", desks), Library("LAW", "Law Library")])
    with Simulator(world, key="good", per_second=0, daily_limit=0) as running:
        running.keys["circulation"] = Permissions(users=READ_WRITE, bibs=READ_WRITE)
        running.keys["nothing"] = Permissions()
        running.keys["catalogue"] = Permissions(bibs=READ_WRITE, conf="read")
        running.keys["looker"] = Permissions("read", "read", "read")
        running.keys["cataloguer"] = Permissions(bibs="read", conf="read")
        running.keys["half"] = Permissions(users="read", bibs=READ_WRITE, conf="read")
        running.keys["at-home"] = Permissions("read", "read", "read", only_elsewhere=True)
        yield running


@pytest.fixture
def checked(simulator: Simulator) -> Checked:
    def ask(
        places: Collection[tuple[str, str]] = (),
        *,
        key: str = "good",
        environment: str = "sandbox",
        writes: bool = True,
    ) -> CheckResult:
        async def asked() -> CheckResult:
            transport = open_transport(
                simulator.url, key, per_second=1000, reserve=0, give_up_after=5
            )
            async with transport as opened:
                return await check(AlmaReader(opened), environment, places, writes=writes)

        return asyncio.run(asked())

    return ask


def test_all_is_right(checked: Checked) -> None:
    findings = checked([("MAIN", "FRONT"), ("MAIN", "BACK"), ("LAW", "DEFAULT_CIRC_DESK")])
    assert (findings.refused, findings.unverified) == (False, "")
    assert set(findings.may) == {"Users", "Bibs", "Configuration"}
    assert findings.institution is not None
    assert findings.institution.environment == "sandbox"


def test_calls_left_are_told_where_alma_tells_them(simulator: Simulator, checked: Checked) -> None:
    assert checked().calls_left is None
    simulator.limits.daily = 1_000_000
    try:
        findings = checked()
    finally:
        simulator.limits.daily = 0
    left = findings.calls_left
    assert findings.quota == 1_000_000
    assert left is not None
    assert 990_000 < left < 1_000_000


def test_another_environment_is_a_problem(checked: Checked) -> None:
    (problem,) = checked(environment="production").problems
    assert "says that it is sandbox" in problem
    assert "ALMAREPLAY_ENVIRONMENT is production" in problem


def test_every_unknown_library_and_desk_is_found_with_those_that_there_are(
    checked: Checked,
) -> None:
    places = [("MIAN", "FRONT"), ("MIAN", "BACK"), ("MAIN", "FORNT"), ("LAW", ""), ("main", "")]
    findings = checked([*places, ("LAW", "DEFAULT_CIRC_DESK")])
    assert findings.unknown == [
        UnknownPlace("MAIN", "FORNT", ["BACK", "FRONT"]),
        UnknownPlace("MIAN", "", ["LAW", "MAIN"]),
        UnknownPlace("main", "", ["LAW", "MAIN"]),
    ]
    assert (findings.refused, findings.problems) == (True, [])
    assert [each.is_of(places) for each in findings.unknown] == [True, True, True]
    assert [each.is_of([("MIAN", "BACK")]) for each in findings.unknown] == [False, True, False]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("wrong", "does not know the API key, or the key may not be used from this machine's"),
        ("no+key", "The API key has characters that no key has (HTTP 400)"),
        ("at-home", "network address (HTTP 403, code FORBIDDEN)"),
        ("nothing", "has no permission for Users and Bibs (UNAUTHORIZED)"),
        ("nothing", "a key of the other environment"),
        ("catalogue", "The API key may not read Users (UNAUTHORIZED)."),
        ("looker", "The API key may read Users and Bibs but not write (UNAUTHORIZED)."),
        ("cataloguer", "The API key may not read Users and may read Bibs but not write (UNAUTH"),
        ("half", "The API key may read Users but not write (UNAUTHORIZED). Give it read/write"),
    ],
)
def test_a_key_that_may_not_do_the_work_is_one_problem(
    checked: Checked, key: str, words: str
) -> None:
    findings = checked([("MIAN", "FRONT")], key=key, environment="production")
    (problem,) = findings.problems
    assert words in problem
    # What such a key cannot ask is not asked.
    assert findings.institution is None


def test_an_address_that_is_not_of_the_api_is_told_at_once() -> None:
    async def asked() -> CheckResult:
        async with open_transport(
            "https://own.example", "k", per_second=1000, reserve=0
        ) as transport:
            return await check(AlmaReader(transport), "sandbox", ())

    with respx.mock() as router:
        asked_for = router.route().respond(401, html="<html>Sign in</html>")
        (problem,) = asyncio.run(asked()).problems
        assert asked_for.call_count == 1
    assert "check ALMAREPLAY_REGION, or ALMAREPLAY_BASE_URL" in problem


def test_the_eleventh_desk_is_there(simulator: Simulator, checked: Checked) -> None:
    desks = [Desk(f"DESK{number:03}") for number in range(1, 112)]
    simulator.world.libraries.append(Library("MANY", "Many desks", desks))
    assert not checked([("MANY", "DESK011"), ("MANY", "DESK111")]).refused
    (unknown,) = checked([("MANY", "DESK112")]).unknown
    assert unknown.known[-1] == "DESK111"


def test_a_key_without_configuration_leaves_the_environment_unverified(checked: Checked) -> None:
    findings = checked([("MIAN", "FRONT")], key="circulation", environment="production")
    assert findings.problems == []
    assert "no permission to read Configuration (UNAUTHORIZED)" in findings.unverified


def test_a_check_changes_nothing(simulator: Simulator, checked: Checked) -> None:
    before = len(simulator.record.requests)
    checked([("MAIN", "FRONT")])
    asked = simulator.record.requests[before:]
    # That the key may write, and so read, is tested by two calls made for that.
    others = [request for request in asked if request.operation != "test"]
    assert {request.method for request in others} == {"GET"}
    assert (len(asked), len(others)) == (5, 3)
    assert simulator.record.effects == []


def test_a_key_that_may_only_read_is_good_enough_to_rehearse(
    simulator: Simulator, checked: Checked
) -> None:
    before = len(simulator.record.requests)
    assert checked(key="looker", writes=False).problems == []
    assert {request.method for request in simulator.record.requests[before:]} == {"GET"}


def test_an_alma_that_is_away_is_no_finding() -> None:
    async def asked() -> None:
        transport = open_transport(
            "http://127.0.0.1:1", "k", per_second=1000, reserve=0, give_up_after=0
        )
        async with transport as opened:
            await check(AlmaReader(opened), "sandbox", ())

    with pytest.raises(AlmaGone):
        asyncio.run(asked())


WORK = Work(loans=60, returns=40, items=70, lost_answers=0)


@pytest.mark.parametrize(
    ("policy", "calls"),
    [
        (Policy(), 240),
        (Policy(guard=Guard.FULL), 380),
        (Policy(guard=Guard.OFF), 140),
        (Policy(reopened_at=datetime(2026, 9, 15, 8, tzinfo=UTC)), 310),
        (Policy(due_dates=DueDates.AS_CAPTURED), 300),
    ],
)
def test_what_the_work_takes(policy: Policy, calls: int) -> None:
    assert effort(WORK, policy, 15) == Effort(calls, -(-calls // 15))


@pytest.mark.parametrize(
    ("policy", "calls"),
    [
        (Policy(), 190),
        (Policy(guard=Guard.FULL), 330),
        (Policy(guard=Guard.OFF), 120),
    ],
)
def test_known_items_take_a_call_less(policy: Policy, calls: int) -> None:
    work = replace(WORK, known_items=50)
    assert effort(work, policy, 15) == Effort(calls, -(-calls // 15))


def test_no_work_takes_nothing() -> None:
    assert effort(Work(0, 0, 0, 0), Policy(), 15) == Effort(0, 0)
