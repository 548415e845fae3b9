"""What one Alma tells of what is not known of Alma, and that the page about it knows the same."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import respx

from almareplay.alma.client import AlmaReader, open_transport
from almareplay.alma.probe import UNKNOWN, Probed, probe
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import World

PAGE = Path(__file__).parents[2] / "docs" / "unknown-in-alma.md"


@pytest.fixture
def there() -> Iterator[Simulator]:
    with Simulator(World(), per_second=0, daily_limit=5_000) as running:
        yield running


def probed(url: str) -> dict[str, Probed]:
    async def run() -> list[Probed]:
        async with open_transport(url, "simulator-key", per_second=1000, reserve=0) as transport:
            return await probe(AlmaReader(transport))

    return {each.unknown.name: each for each in asyncio.run(run())}


def test_what_reading_can_tell_is_told(there: Simulator) -> None:
    answers = {name: each.answer for name, each in probed(there.url).items() if each.answer}
    assert answers == {
        "key-test-answer": ", ".join(
            f"{area} application/xml;charset=UTF-8" for area in ("users", "bibs", "conf")
        ),
        "environment-type": "it says 'sandbox'",
        "desk-list": "it has no more than these",
        "missing-item": "it is HTTP 400 with the code 402203",
        "fees-of-nobody": "it is HTTP 400 with the code 401651",
        "calls-left": answers["calls-left"],
    }
    assert re.fullmatch(r"it tells 4,9\d\d calls left of 5,000 calls a day", answers["calls-left"])


def test_it_changes_nothing(there: Simulator) -> None:
    probed(there.url)
    assert {request.method for request in there.record.requests} == {"GET"}
    assert there.record.effects == []


def test_the_rest_is_left_to_a_person(there: Simulator) -> None:
    by_hand = {name for name, each in probed(there.url).items() if each.why}
    assert by_hand == {unknown.name for unknown in UNKNOWN if unknown.ask is None}


def test_an_alma_that_is_otherwise_is_told_too() -> None:
    with respx.mock(base_url="https://other.example/almaws/v1") as router:
        router.get(path__regex="/(users/operation|bibs|conf)/test").respond(200)
        general = {"institution": {"value": "01"}, "environment_type": "PREMIUM SANDBOX"}
        router.get("/conf/general").respond(json=general)
        router.get("/conf/libraries").respond(json={"library": [{"code": "MAIN"}]})
        desk = {"code": "FRONT", "name": "Front", "check_in": True}
        router.get("/conf/libraries/MAIN/circ-desks").respond(json={"circ_desk": [desk]})
        error = {"errorList": {"error": [{"errorCode": "401683"}]}}
        router.get(path__startswith="/bibs/990").respond(404, json=error)
        router.get(path__regex="/users/.*/fees").mock(return_value=httpx.Response(400, json=error))
        answers = {name: each.answer for name, each in probed("https://other.example").items()}
    assert answers["key-test-answer"] == "users none, bibs none, conf none"
    assert answers["environment-type"] == "it says 'PREMIUM SANDBOX'"
    assert answers["desk-list"] == "it has check_in besides"
    assert answers["missing-item"] == "it is HTTP 404 with the code 401683"
    assert answers["calls-left"] == "it tells neither"


def test_page_and_probe_know_the_same() -> None:
    page = PAGE.read_text("utf-8")
    names = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert sorted(names) == sorted(unknown.name for unknown in UNKNOWN)
    assert len(set(names)) == len(names)
    for part in page.split("\n## ")[1:]:
        assert "*To be safe*" in part
        assert "*To find out:*" in part
