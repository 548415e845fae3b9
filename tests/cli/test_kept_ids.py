"""What a rehearsal finds serves the replay on the same Alma, and never on another."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from almareplay.simulator.gateway import Permissions
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Desk, Item, Library, Loan, Patron, World

if TYPE_CHECKING:
    from tests.cli.conftest import User

CODE = "01CALDER_INST"
RETURNS = ["31770001", "31770002", "31770003"]
SINCE = datetime(2026, 9, 1, tzinfo=UTC)
CHECKS = 5
GUARDS = pytest.mark.parametrize("guard", ["active", "full", "off"])


def opened(environment: str, *barcodes: str) -> Simulator:
    """An Alma in which these items are out. It numbers them in the order in which they stand
    here, so that two Almas give the same ids to different items."""
    world = World(
        environment=environment,
        libraries=[Library("MAIN", "Main Library", [Desk("FRONT")])],
        patrons=[Patron("ida")],
        items=[Item(barcode, "MAIN", modification_date=SINCE.date()) for barcode in barcodes],
        loans=[Loan("ida", each, SINCE, SINCE + timedelta(days=99)) for each in barcodes],
    )
    alma = Simulator(world, key="a-key", per_second=0, daily_limit=0)
    alma.keys["no-conf"] = Permissions(users="read/write", bibs="read/write")
    return alma


@pytest.fixture
def sandbox() -> Iterator[Simulator]:
    with opened("sandbox", *RETURNS) as alma:
        yield alma


@pytest.fixture
def production() -> Iterator[Simulator]:
    with opened("production", "31779999", *reversed(RETURNS)) as alma:
        yield alma


@pytest.fixture
def rehearsed(user: User, sandbox: Simulator) -> User:
    """A user who has rehearsed three returns in the sandbox."""
    user.writes("desk.dat", *(f"202609150900R{barcode}" for barcode in RETURNS))
    user.env |= {"ALMAREPLAY_BASE_URL": sandbox.url, "ALMAREPLAY_API_KEY": "a-key"}
    assert user.types("load", "desk.dat").code == 0
    assert user.types("rehearse").code == 0
    sandbox.record.requests.clear()
    return user


def live(production: Simulator) -> dict[str, str | None]:
    """The settings of production."""
    return {"BASE_URL": production.url, "ENVIRONMENT": "production"}


def calls(alma: Simulator) -> Counter[str]:
    """The calls of the rows."""
    checks = ("test", "general", "libraries", "circ_desks")
    made = (request.operation for request in alma.record.requests)
    return Counter(operation for operation in made if operation not in checks)


def returned(alma: Simulator) -> list[str]:
    return sorted(each.item_barcode for each in alma.record.effects if each.type == "return")


@GUARDS
def test_a_replay_asks_for_no_item_again(rehearsed: User, sandbox: Simulator, guard: str) -> None:
    assert rehearsed.types("replay", "--yes", "--guard", guard).code == 0
    per_item = {"active": ["item_loans"], "full": ["item_loans", "item_loans", "item"], "off": []}
    assert calls(sandbox) == Counter(["scan_in", *per_item[guard]] * 3)
    assert returned(sandbox) == RETURNS


def test_the_estimate_counts_what_is_known(rehearsed: User) -> None:
    done = rehearsed.types("replay", "--yes")
    assert "To do: 3 rows (0 loans, 3 returns) on 3 items; about 6 calls, " in done.err


@GUARDS
def test_ids_of_the_sandbox_never_serve_in_production(
    rehearsed: User, production: Simulator, guard: str
) -> None:
    flags = ("--guard", guard, "--confirm", CODE)
    assert rehearsed.types("replay", *flags, **live(production)).code == 0
    assert calls(production)["find_item"] == 3
    assert returned(production) == RETURNS


def test_a_copy_for_production_asks_production(rehearsed: User, production: Simulator) -> None:
    assert rehearsed.types("copy", "--to", "live").code == 0
    done = rehearsed.types("rehearse", "--run", "live", **live(production))
    assert done.code == 0
    assert calls(production)["find_item"] == 3
    flags = ("--run", "live", "--guard", "off", "--confirm", CODE)
    assert rehearsed.types("replay", *flags, **live(production)).code == 0
    assert calls(production)["find_item"] == 3
    assert returned(production) == RETURNS


def test_a_key_that_may_not_ask_which_alma_it_is_keeps_and_uses_none(
    rehearsed: User, sandbox: Simulator
) -> None:
    with closing(sqlite3.connect(rehearsed.folder / "almareplay.db")) as queue:
        queue.execute("UPDATE item_ids SET institution = ''")
        queue.commit()
    assert rehearsed.types("rehearse", API_KEY="no-conf").code == 0
    assert calls(sandbox)["find_item"] == 3
    flags = ("--yes", "--guard", "off")
    assert rehearsed.types("replay", *flags, API_KEY="no-conf").code == 0
    assert calls(sandbox)["find_item"] == 6
    assert returned(sandbox) == RETURNS


def test_a_barcode_that_was_corrected_is_asked_for(rehearsed: User, sandbox: Simulator) -> None:
    sandbox.world.add_item(Item("31770004", "MAIN"))
    sandbox.world.add_loan(Loan("ida", "31770004", SINCE, SINCE + timedelta(days=99)))
    assert rehearsed.types("correct", "--row", "2", "--item-barcode", "31770004").code == 0
    assert rehearsed.types("replay", "--yes", "--guard", "off").code == 0
    assert calls(sandbox) == {"scan_in": 3, "find_item": 1}
    assert returned(sandbox) == [RETURNS[0], RETURNS[2], "31770004"]


def test_after_a_day_items_are_asked_for_again(rehearsed: User, sandbox: Simulator) -> None:
    with closing(sqlite3.connect(rehearsed.folder / "almareplay.db")) as queue:
        queue.execute("UPDATE item_ids SET found_at = '2026-09-14 09:00:00.000000'")
        queue.commit()
    done = rehearsed.types("replay", "--yes")
    assert "about 9 calls" in done.err
    assert calls(sandbox)["find_item"] == 3
    assert returned(sandbox) == RETURNS


def test_what_an_interrupted_replay_has_found_serves_the_next(
    rehearsed: User, sandbox: Simulator
) -> None:
    with closing(sqlite3.connect(rehearsed.folder / "almareplay.db")) as queue:
        queue.execute("DELETE FROM item_ids")
        queue.commit()
    sandbox.limits.daily = 1_000_000
    left = sandbox.limits.left()
    assert left is not None
    flags = ("--yes", "--guard", "off")
    # Enough for the check, and for four of the six calls of the rows.
    done = rehearsed.types("replay", *flags, DAILY_RESERVE=str(left - CHECKS - 4))
    assert done.code == 75, done.err
    assert calls(sandbox).total() == 4
    assert rehearsed.types("replay", *flags).code == 0
    assert calls(sandbox) == {"find_item": 3, "scan_in": 3}
    assert returned(sandbox) == RETURNS
