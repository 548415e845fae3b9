"""The calls that set a loan or a fee right, against the stand-in Alma."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from almareplay.alma.answers.responses import ItemLoan
from almareplay.alma.client import Alma, open_transport
from almareplay.alma.errors import Effect, Refusal, Unavailable
from almareplay.alma.limits.rate_limiter import SystemClock
from almareplay.simulator.faults import Fault
from almareplay.simulator.server import Simulator
from almareplay.simulator.world import Fee, Item, Library, Loan, Patron, Request, World

DUE = datetime(2031, 5, 6, 20, 30, tzinfo=timezone(timedelta(hours=-7)))
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


class Hurried(SystemClock):
    """A hundred seconds pass in one: tries are not far apart."""

    def monotonic(self) -> float:
        return 100 * super().monotonic()

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / 100)


@pytest.fixture
def there() -> Iterator[Simulator]:
    """One book in two hands' reach: lent to a patron, late by two days."""
    world = World(
        libraries=[Library("MAIN", "Main Library"), Library("ANNEX", "Annex")],
        patrons=[Patron("berta", {"BARCODE": "P-0815"}), Patron("law/7"), Patron("wanda")],
        items=[Item("B1", "MAIN", "Knots", call_number="TT 840"), Item("B2", "MAIN")],
        loans=[
            Loan("berta", "B1", NOW - timedelta(days=9), NOW - timedelta(days=1.5)),
            Loan("law/7", "B2", NOW - timedelta(days=9), NOW + timedelta(days=9)),
        ],
        fees=[Fee("berta", "CARDRENEWAL", 12.5, 12.5, NOW - timedelta(days=90), "MAIN")],
    )
    with Simulator(world, per_second=0) as simulator:
        simulator.clock.freeze(NOW)
        yield simulator


@pytest.fixture
def ask(there: Simulator) -> Callable[[Callable[[Alma], Awaitable[Any]]], Any]:
    """Puts questions to the stand-in, on one connection."""

    def asked(questions: Callable[[Alma], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            wire_to_it = open_transport(
                there.url,
                "simulator-key",
                per_second=1000,
                reserve=0,
                timeout_seconds=0.3,
                clock=Hurried(),
            )
            async with wire_to_it as transport:
                return await questions(Alma(transport))

        return asyncio.run(run())

    return asked


async def lent(alma: Alma, barcode: str) -> ItemLoan:
    [loan] = await alma.active_loans(await alma.find_item(barcode))
    return loan


async def set_due(alma: Alma) -> ItemLoan:
    return await alma.change_due_date(await lent(alma, "B1"), DUE, rank=0, confirm=None)


def types(there: Simulator) -> list[str]:
    return [effect.type for effect in there.record.effects]


def test_changes_a_due_date(there: Simulator, ask: Any) -> None:
    async def work(alma: Alma) -> None:
        changed = await set_due(alma)
        assert changed.due_date == DUE
        assert await alma.loan_of("berta", changed.loan_id) == changed
        odd = DUE + timedelta(microseconds=1)
        again = await alma.change_due_date(changed, odd, rank=0, confirm=None)
        assert again.due_date == DUE + timedelta(seconds=1)

    ask(work)
    assert types(there) == ["due_date", "due_date"]


def test_changes_the_due_date_of_a_patron_id_with_a_slash(there: Simulator, ask: Any) -> None:
    async def work(alma: Alma) -> Any:
        item = await alma.find_item("B2")
        loan = await lent(alma, "B2")
        return await alma.change_due_date(loan, DUE, item=item, rank=0, confirm=None)

    assert ask(work).due_date == DUE
    assert types(there) == ["due_date"]


@pytest.mark.parametrize(
    ("fault", "effects"),
    [
        (Fault("cut_before", "change_due_date", times=2), 1),
        (Fault("cut_after", "change_due_date", times=2), 3),
        (Fault("cut_then_effect", "any_put", times=1, delay=0.0), 2),
        (Fault("http_5xx", "change_due_date", times=1, effect="before", body="html"), 2),
        (Fault("maintenance_page", "change_due_date", times=1, effect="before"), 2),
        (Fault("silence", "change_due_date", times=1, effect="before"), 2),
    ],
)
def test_a_due_date_whose_answer_is_lost_is_set_again(
    there: Simulator, ask: Any, fault: Fault, effects: int
) -> None:
    confirmed = []

    async def confirm() -> None:
        confirmed.append(True)

    async def work(alma: Alma) -> Any:
        loan = await lent(alma, "B1")
        there.faults.set([fault])
        return await alma.change_due_date(loan, DUE, rank=0, confirm=confirm)

    assert ask(work).due_date == DUE
    assert types(there) == ["due_date"] * effects
    assert len(confirmed) >= 1 + (fault.times or 0)


@pytest.mark.parametrize("barcode", ["B1", "B2"])
def test_renews_a_loan_and_that_of_a_patron_id_with_a_slash(
    there: Simulator, ask: Any, barcode: str
) -> None:
    async def work(alma: Alma) -> None:
        item, before = await alma.find_item(barcode), await lent(alma, barcode)
        assert before.last_renew_status == ""
        renewed = await alma.renew(before.user_id, before.loan_id, item=item, rank=0, confirm=None)
        assert renewed.last_renew_status == "401193;"
        assert (renewed.last_renew_date, renewed.loan_date) == (NOW, before.loan_date)
        assert renewed.due_date is not None
        assert before.due_date is not None
        assert renewed.due_date > before.due_date
        assert await lent(alma, barcode) == renewed

    ask(work)
    assert types(there)[-1] == "renew"
    through_item = [
        entry.path.startswith("/almaws/v1/bibs")
        for entry in there.record.requests
        if entry.operation == "renew"
    ]
    assert through_item == [barcode == "B2"]


def test_a_renewal_that_alma_only_seems_to_take_shows_its_status(
    there: Simulator, ask: Any
) -> None:
    there.world.refuses_renewals_by_status = True
    there.world.requests.append(Request("wanda", "B1", "MAIN"))

    async def work(alma: Alma) -> None:
        before = await lent(alma, "B1")
        answered = await alma.renew("berta", before.loan_id, rank=0, confirm=None)
        assert answered.last_renew_status
        assert "401193" not in answered.last_renew_status
        assert (answered.due_date, answered.last_renew_date) == (before.due_date, None)

    ask(work)
    assert types(there) == []


def test_a_due_date_in_the_past_is_refused(there: Simulator, ask: Any) -> None:
    async def work(alma: Alma) -> Any:
        loan = await lent(alma, "B1")
        with pytest.raises(Refusal) as caught:
            await alma.change_due_date(loan, NOW - timedelta(days=1), rank=0, confirm=None)
        return caught.value.code

    assert ask(work) == "401681"
    assert types(there) == []


async def waive(alma: Alma, fee_id: str) -> Any:
    return await alma.waive(
        "berta",
        fee_id,
        amount=Decimal("0.50"),
        reason="OUTAGE",
        comment="run main, row 7",
        rank=0,
        confirm=None,
    )


async def return_late(alma: Alma) -> str:
    """The id of the fine that a late return makes."""
    await alma.scan_in(
        await alma.find_item("B1"), "MAIN", "DEFAULT_CIRC_DESK", rank=0, confirm=None
    )
    _, fine = await alma.fees("berta")
    assert (fine.type, fine.balance, fine.currency) == ("OVERDUEFINE", Decimal("0.5"), "USD")
    assert (fine.creation_time, fine.item_barcode) == (NOW, "B1")
    return fine.fee_id


def test_waives_one_fee_and_no_other(there: Simulator, ask: Any) -> None:
    async def work(alma: Alma) -> None:
        before = await alma.fees("berta")
        assert [(fee.type, fee.item_barcode) for fee in before] == [("CARDRENEWAL", "")]
        waived = await waive(alma, await return_late(alma))
        assert (waived.balance, waived.status) == (0, "CLOSED")
        assert waived.comment.endswith("Action: Item was returned")
        assert await alma.fees("berta") == before
        with pytest.raises(Refusal):
            await waive(alma, waived.fee_id)
        assert await alma.fees("wanda") == []

    ask(work)
    assert types(there) == ["return", "fee", "waive"]
    fine = there.world.fees[1]
    assert {effect.fee_id for effect in there.record.effects[1:]} == {fine.fee_id}
    [waiver] = fine.waivers
    assert (waiver.amount, waiver.reason, waiver.comment) == (0.5, "OUTAGE", "run main, row 7")


def test_a_waiver_whose_answer_is_lost_is_left_to_the_reader(there: Simulator, ask: Any) -> None:
    async def work(alma: Alma) -> None:
        fine = await return_late(alma)
        there.faults.set([Fault("cut_after", "waive", times=1)])
        with pytest.raises(Unavailable) as caught:
            await waive(alma, fine)
        assert caught.value.effect is Effect.UNKNOWN
        assert fine not in [fee.fee_id for fee in await alma.fees("berta")]

    ask(work)
    assert types(there).count("waive") == 1


@pytest.mark.parametrize(
    ("pickup", "on_shelf", "destination", "process_type"),
    [
        ("MAIN", True, "hold shelf", "HOLDSHELF"),
        ("MAIN", False, "hold shelf", "REQUESTED"),
        ("ANNEX", True, "transit: Annex", "TRANSIT"),
        ("", True, "reshelve", ""),
    ],
)
def test_one_scan_says_where_the_book_must_go(
    there: Simulator, ask: Any, pickup: str, on_shelf: bool, destination: str, process_type: str
) -> None:
    if pickup:
        there.world.requests.append(Request("wanda", "B1", pickup))

    async def work(alma: Alma) -> Any:
        item = await alma.find_item("B1")
        scan = await alma.scan_in(
            item, "MAIN", "DEFAULT_CIRC_DESK", rank=0, confirm=None, place_on_hold_shelf=on_shelf
        )
        return scan, await alma.item(item)

    scan, state = ask(work)
    assert (scan.destination, scan.process_type) == (destination, process_type)
    assert scan.requested_by_somebody is bool(pickup)
    assert "wanda" not in repr(scan)
    assert (scan.title, scan.call_number, scan.location) == ("Knots", "TT 840", "STACKS")
    assert (state.title, state.call_number, state.location) == ("Knots", "TT 840", "STACKS")
    assert state.process_type == process_type
    assert state.modification_date == NOW.date()


def test_one_patron_under_two_identifiers(ask: Any) -> None:
    async def work(alma: Alma) -> None:
        one = await alma.patron("P-0815", user_id_type="BARCODE", account=True)
        assert one == await alma.patron("BERTA", account=True)
        assert (one.active_loans, one.patron_role) == (1, True)
        who = await alma.patron("P-0815")
        assert (who.primary_id, who.active_loans, who.patron_role) == ("berta", None, None)
        with pytest.raises(Refusal) as caught:
            await alma.patron("berta", user_id_type="BARCODE")
        assert caught.value.code == "401890"

    ask(work)
