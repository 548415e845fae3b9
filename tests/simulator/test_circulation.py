"""What Alma does with items that are not where they should be, and with patrons of the network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from almareplay.simulator.rules import due_date
from almareplay.simulator.world import Block, Item, Loan, Patron, Policy, Request, World

if TYPE_CHECKING:
    from tests.simulator.conftest import Alma

Refusal = Callable[[httpx.Response], tuple[int, str]]
DESK = {"library": {"value": "MAIN"}, "circ_desk": {"value": "FRONT"}}
SOON = timedelta(days=3)


def shown(alma: Alma, item: Item) -> tuple[str, str]:
    data = alma.http.get(alma.path(item)).json()["item_data"]
    return data["base_status"]["value"], data["process_type"]["value"]


def test_a_scan_finds_a_missing_item(alma: Alma) -> None:
    item = alma.item(process_type="MISSING")
    assert shown(alma, item) == ("0", "MISSING")
    alma.scan_in(item, register_in_house_use="false")
    assert shown(alma, item) == ("1", "")
    assert alma.types(item) == ["scan"]


@pytest.mark.parametrize(
    ("status", "process_type"),
    [("LOST", "LOST_LOAN"), ("CLAIMED_RETURN", "CLAIM_RETURNED_LOAN"), ("RENEW", "LOAN")],
)
def test_a_scan_ends_a_lost_loan(
    alma: Alma, refusal: Refusal, status: str, process_type: str
) -> None:
    item, patron = alma.item(), alma.patron()
    now = datetime.now(UTC)
    loan = Loan(patron.primary_id, item.barcode, now - SOON, now + SOON, process_status=status)
    alma.simulator.world.add_loan(loan)
    assert shown(alma, item) == ("0", process_type)
    (active,) = alma.http.get(f"{alma.path(item)}/loans").json()["item_loan"]
    assert (active["process_status"], active["loan_status"]) == (status, "ACTIVE")
    if status != "RENEW":
        url = f"/users/{patron.primary_id}/loans/{loan.loan_id}"
        assert refusal(alma.http.post(url, params={"op": "renew"})) == (400, "401822")
    alma.scan_in(item)
    assert shown(alma, item) == ("1", "")
    assert alma.types(item) == ["return"]


def test_a_requested_item_travels_and_lands_on_the_hold_shelf_with_one_scan_each(
    alma: Alma,
) -> None:
    item, reader, waiting = alma.item(), alma.patron(), alma.patron()
    alma.simulator.world.requests.append(Request(waiting.primary_id, item.barcode, "ANNEX"))
    alma.lend(reader, item)
    alma.scan_in(item, place_on_hold_shelf="true")
    assert (shown(alma, item), item.destination) == (("0", "TRANSIT"), "ANNEX")
    alma.scan_in(item, library="ANNEX", place_on_hold_shelf="true")
    assert (shown(alma, item), item.destination) == (("0", "HOLDSHELF"), "")


def test_a_period_of_hours_may_end_when_the_library_is_closed() -> None:
    world = World(timezone="America/Los_Angeles", policies=[Policy("LAPTOP", hours=4)])
    evening = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)  # 21:30, and closing is at 22
    item = Item("i", "MAIN", policy="LAPTOP")
    assert due_date(world, item, evening) == evening + timedelta(hours=4)


def test_a_due_date_is_moved_from_the_side_of_the_item_too(alma: Alma, refusal: Refusal) -> None:
    item, other, patron = alma.item(), alma.item(), alma.patron(primary_id="law/12")
    loans = f"{alma.path(item)}/loans"
    loan = alma.http.post(loans, params={"user_id": patron.primary_id}, json=DESK).json()
    url = f"{loans}/{loan['loan_id']}"
    moved = {**loan, "loan_status": "Active", "due_date": "2031-05-06T22:00:30Z"}
    assert alma.http.put(url, json=moved).json()["due_date"] == "2031-05-06T22:00:30Z"
    assert refusal(alma.http.put(url, json=loan)) == (400, "40166404")
    elsewhere = f"{alma.path(other)}/loans/{loan['loan_id']}"
    assert refusal(alma.http.put(elsewhere, json=moved)) == (400, "401823")
    assert alma.types(item) == ["loan", "due_date"]


class TestNetwork:
    @pytest.fixture
    def visitor(self, alma: Alma) -> Patron:
        """A patron of another institution of the network."""
        number = next(alma.numbers)
        patron = Patron(f"visitor{number}", {"BARCODE": f"7{number}"})
        alma.simulator.world.network_patrons.append(patron)
        return patron

    @pytest.mark.parametrize(
        ("by", "typed"),
        [("primary_id", {}), ("BARCODE", {}), ("BARCODE", {"user_id_type": "BARCODE"})],
    )
    def test_a_visitor_is_lent_to_only_where_that_is_asked_for(
        self,
        alma: Alma,
        refusal: Refusal,
        visitor: Patron,
        by: str,
        typed: dict[str, str],
    ) -> None:
        item = alma.item()
        name = visitor.identifiers.get(by, visitor.primary_id).upper()
        url = f"/users/{name}/loans"
        asked = {"item_barcode": item.barcode} | typed
        refused = alma.http.post(url, params=asked, json=DESK)
        assert refusal(refused) == (400, "401890" if typed else "401861")
        lent = alma.http.post(url, params={**asked, "generate_linked_user": "true"}, json=DESK)
        assert lent.json()["user_id"] == visitor.primary_id
        user = alma.http.get(f"/users/{visitor.identifiers['BARCODE']}?expand=loans").json()
        assert user["loans"]["value"] == 1
        effects = alma.simulator.record.effects[-2:]
        assert [effect.type for effect in effects] == ["link", "loan"]
        again = alma.lend(visitor, alma.item())
        assert again.status_code == 200

    def test_no_account_is_linked_through_the_item(
        self, alma: Alma, refusal: Refusal, visitor: Patron
    ) -> None:
        asked = {"user_id": visitor.primary_id}
        lent = alma.http.post(f"{alma.path(alma.item())}/loans", params=asked, json=DESK)
        assert refusal(lent) == (400, "401861")

    def test_a_patron_whom_nobody_knows_stays_unknown(self, alma: Alma, refusal: Refusal) -> None:
        params = {"item_barcode": alma.item().barcode, "generate_linked_user": "true"}
        refused = alma.http.post("/users/nobody/loans", params=params, json=DESK)
        assert refusal(refused) == (400, "401861")

    def test_an_account_of_a_visitor_is_its_own(self, alma: Alma, visitor: Patron) -> None:
        params = {"item_barcode": alma.item().barcode, "generate_linked_user": "true"}
        alma.http.post(f"/users/{visitor.primary_id}/loans", params=params, json=DESK)
        linked = alma.simulator.world.patron(visitor.primary_id)
        assert linked is not None
        linked.blocks.append(Block("Loan", "Overdue"))
        assert visitor.blocks == []
