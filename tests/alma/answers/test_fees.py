from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from almareplay.alma.answers.fees import Fee, read_fee, read_fees

FEE: dict[str, Any] = {
    "id": "98",
    "type": {"value": "OVERDUEFINE", "desc": "Overdue fine"},
    "status": {"value": "ACTIVE", "desc": "Active"},
    "balance": 0.3,
    "original_amount": 1,
    "creation_time": "2026-01-05T04:49:27.349Z",
    "comment": None,
    "owner": {"value": "MAIN", "desc": "Main Library"},
    "title": "Knots",
    "barcode": {"value": "B1"},
    "link": "https://alma.example/almaws/v1/users/berta/fees/98",
}


def test_reads_fees_to_the_cent() -> None:
    listed = read_fees({"fee": [FEE], "total_record_count": 1, "currency": "NOK"})
    created = datetime(2026, 1, 5, 4, 49, 27, 349_000, tzinfo=UTC)
    fee = Fee(
        "98", "OVERDUEFINE", Decimal("0.3"), Decimal(1), "NOK", created, "B1", "Knots", "", "ACTIVE"
    )
    assert listed == [fee]
    assert not any(secret in repr(listed) for secret in ("B1", "Knots", "berta"))


@pytest.mark.parametrize("barcode", [None, {"value": None}, {}, 5.5])
def test_a_fee_without_an_item(barcode: Any) -> None:
    fee = read_fee(FEE | {"barcode": barcode, "title": None, "creation_time": None})
    assert fee is not None
    assert (fee.item_barcode, fee.title, fee.creation_time, fee.currency) == ("", "", None, "")


@pytest.mark.parametrize("written", [750, "750", 750.0, "750.00"])
def test_sums_may_be_written_in_any_way(written: Any) -> None:
    fee = read_fee(FEE | {"balance": written})
    assert fee is not None
    assert fee.balance == 750


@pytest.mark.parametrize("written", [4.45, 4.449999999999999, 0.30000000000000004, -12.5])
def test_sums_that_were_reckoned_in_binary_are_kept(written: float) -> None:
    fee = read_fee(FEE | {"balance": written})
    assert fee is not None
    assert f"{fee.balance:f}" == str(written)


def test_milliseconds_since_1970_are_a_time() -> None:
    fee = read_fee(FEE | {"creation_time": 1_393_804_800_120})
    assert fee is not None
    assert fee.creation_time == datetime(2014, 3, 3, 0, 0, 0, 120_000, tzinfo=UTC)


ODD: list[Any] = [
    None,
    True,
    "much",
    "",
    [],
    float("nan"),
    float("inf"),
    10**400,
    "1E+999999",
    "1E-999999",
]


@pytest.mark.parametrize("odd", ODD)
def test_a_fee_whose_sum_nobody_can_tell_is_none(odd: Any) -> None:
    assert read_fee(FEE | {"balance": odd}) is None
    assert read_fee(FEE | {"original_amount": odd}) is None
    assert read_fees({"fee": [FEE, FEE | {"balance": odd}]}) is None


def test_no_fees_only_where_alma_says_so() -> None:
    assert read_fees({"total_record_count": 0, "total_sum": 0, "currency": None}) == []
    for unclear in ({}, {"total_record_count": 1}, {"fee": "x"}, {"fee": [{"balance": 1}]}):
        assert read_fees(unclear) is None
