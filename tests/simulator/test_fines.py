"""Fines for late returns, other fees, and waivers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from almareplay.simulator.fines import overdue_fine
from almareplay.simulator.world import Fee, Item, Loan, Patron, Policy, World

if TYPE_CHECKING:
    from tests.simulator.conftest import Alma

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_a_late_return_is_fined_and_the_fine_waived(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    now = datetime.now(UTC)
    late = Loan(patron.primary_id, item.barcode, now - timedelta(days=9), now - timedelta(days=2.5))
    alma.simulator.world.add_loan(late)
    url = f"/users/{patron.primary_id}/fees"
    assert alma.http.get(url).json() == {
        "total_record_count": 0,
        "total_sum": 0,
        "currency": None,
    }
    alma.scan_in(item)
    fees = alma.http.get(url, params={"status": "ACTIVE"}).json()
    (fee,) = fees["fee"]
    assert (fees["total_sum"], fee["balance"], fee["original_amount"]) == (0.75, 0.75, 0.75)
    assert fee["type"]["value"] == "OVERDUEFINE"
    assert fee["barcode"]["value"] == item.barcode
    waive = {"op": "waive", "amount": "0.25", "reason": "OUTAGE", "comment": "system down"}
    assert alma.http.post(f"{url}/{fee['id']}", params=waive).json()["balance"] == 0.5
    assert alma.http.post(f"{url}/{fee['id']}", params=waive | {"amount": "ALL"}).status_code == 400
    waive["amount"] = "0.5"
    waived = alma.http.post(f"{url}/{fee['id']}", params=waive).json()
    assert (waived["balance"], waived["status"]["value"]) == (0, "CLOSED")
    assert alma.http.get(url).json()["total_record_count"] == 0
    assert alma.http.get(url, params={"status": "CLOSED"}).json()["total_record_count"] == 1
    assert alma.types(item) == ["return", "fee", "waive", "waive"]


def test_a_waiver_touches_one_fee_and_says_why(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    world, now = alma.simulator.world, datetime.now(UTC)
    lost = Fee(patron.primary_id, "LOSTITEMREPLACEMENTFEE", 40, 40, now, "MAIN", item.barcode)
    card = Fee(patron.identifiers["BARCODE"], "CARDRENEWAL", 5, 5, now, "MAIN")
    fine = Fee(patron.primary_id, "OVERDUEFINE", 2, 2, now, "MAIN", item.barcode)
    for fee in (lost, card, fine):
        world.add_fee(fee)
    url = f"/users/{patron.primary_id}/fees"
    fees = alma.http.get(url).json()["fee"]
    assert [fee["id"] for fee in fees] == [lost.fee_id, card.fee_id, fine.fee_id]
    assert (fees[1]["barcode"], fees[1]["title"]) == (None, None)
    waive = {"op": "waive", "amount": "2", "reason": "OUTAGE", "comment": "row 7"}
    [waiver] = alma.http.post(f"{url}/{fine.fee_id}", params=waive).json()["transaction"]
    assert (waiver["reason"]["value"], waiver["comment"]) == ("OUTAGE", "row 7")
    left = alma.http.get(url).json()
    assert [fee["id"] for fee in left["fee"]] == [lost.fee_id, card.fee_id]
    assert left["total_sum"] == 45
    [effect] = [effect for effect in alma.effects(item) if effect.type == "waive"]
    assert (effect.fee_id, effect.patron_id) == (fine.fee_id, patron.primary_id)


def test_a_renewal_of_an_overdue_loan_is_fined_as_a_return_is(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    now = datetime.now(UTC)
    late = Loan(patron.primary_id, item.barcode, now - timedelta(days=9), now - timedelta(days=2.5))
    alma.simulator.world.add_loan(late)
    url = f"/users/{patron.primary_id}/fees"
    renew = f"/users/{patron.primary_id}/loans/{late.loan_id}"
    assert alma.http.post(renew, params={"op": "renew"}).status_code == 200
    (fee,) = alma.http.get(url).json()["fee"]
    assert (fee["type"]["value"], fee["balance"]) == ("OVERDUEFINE", 0.75)
    assert fee["comment"].endswith("Action: Renewed")
    assert alma.http.post(renew, params={"op": "renew"}).status_code == 200
    assert alma.http.get(url).json()["total_record_count"] == 1
    assert alma.types(item) == ["fee", "renew", "renew"]


@pytest.mark.parametrize(
    ("policy", "late", "amount"),
    [
        (Policy("BOOK"), -DAY, 0),
        (Policy("BOOK"), timedelta(0), 0),
        (Policy("BOOK"), HOUR, 0.25),
        (Policy("BOOK"), 2 * DAY + HOUR, 0.75),
        (Policy("BOOK", fine_per_hour=1), 2 * HOUR, 0.25),
        (Policy("BOOK", fine_per_day=0), 9 * DAY, 0),
        (Policy("LAPTOP", hours=4), HOUR, 0.25),
        (Policy("LAPTOP", hours=4, fine_per_hour=0.1), 2.5 * HOUR, 0.3),
        (Policy("LAPTOP", hours=4, fine_per_hour=0.1), -HOUR, 0),
    ],
)
def test_a_fine_counts_the_days_or_hours_begun(
    policy: Policy, late: timedelta, amount: float
) -> None:
    assert overdue_fine(policy, late) == amount


def test_a_fee_needs_its_patron() -> None:
    fee = Fee("P1", "OVERDUEFINE", 1, 1, datetime.now(UTC), "MAIN", "i1")
    world = World(patrons=[Patron("p", {"BARCODE": "p1"})], items=[Item("i1", "MAIN")], fees=[fee])
    assert fee.patron_id == "p"
    with pytest.raises(ValueError, match="no patron q"):
        world.add_fee(Fee("q", "OVERDUEFINE", 1, 1, datetime.now(UTC), "MAIN"))
