"""Which fine a scan has made, and how much of it is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from almareplay.alma.answers.fees import Fee
from almareplay.queue.replaying.follow_ups import MadeBy
from almareplay.replay.follow_ups.fines import Wrong, made_by_call, wrong_part

DUE = datetime(2026, 9, 14, 22, 0, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("captured_at", "scanned_at", "expected"),
    [
        (DUE - DAY, DUE - MINUTE, None),
        (DUE - DAY, DUE - SECOND, Wrong.WHOLE),  # clocks differ: a look decides
        (DUE - DAY, DUE + SECOND, Wrong.WHOLE),
        (DUE, DUE + DAY, Wrong.WHOLE),
        (DUE + 59 * SECOND, DUE + DAY, Wrong.WHOLE),
        (DUE + MINUTE, DUE + DAY, Wrong.PART),
        (DUE + DAY, DUE + 2 * DAY, Wrong.PART),
    ],
)
def test_minutes_decide_whether_a_return_was_on_time(
    captured_at: datetime, scanned_at: datetime, expected: Wrong | None
) -> None:
    assert wrong_part(captured_at, DUE, scanned_at) is expected


SCANNED, ANSWERED = DUE + DAY, DUE + DAY + SECOND
FINE = Fee(
    fee_id="98",
    type="OVERDUEFINE",
    balance=Decimal("0.25"),
    original_amount=Decimal("0.25"),
    currency="USD",
    creation_time=SCANNED,
    item_barcode="Item1",
    title="Lichens",
    comment="",
    status="ACTIVE",
)


@pytest.mark.parametrize(
    ("fee", "is_made"),
    [
        (FINE, True),
        (replace(FINE, item_barcode="ITEM1"), True),
        (replace(FINE, creation_time=SCANNED - SECOND), True),
        (replace(FINE, creation_time=ANSWERED + 20 * SECOND), True),
        (replace(FINE, creation_time=SCANNED - MINUTE), False),
        (replace(FINE, creation_time=ANSWERED + MINUTE), False),
        (replace(FINE, creation_time=None), False),
        (replace(FINE, item_barcode="item2"), False),
        (replace(FINE, item_barcode=""), False),
        (replace(FINE, type="LOSTITEMREPLACEMENTFEE"), False),
    ],
)
def test_only_an_overdue_fine_of_this_item_and_moment_is_the_scans(fee: Fee, is_made: bool) -> None:
    found = made_by_call([fee], "item1", SCANNED, ANSWERED, MadeBy.RETURN)
    assert found == ([fee] if is_made else [])


@pytest.mark.parametrize(
    ("made_by", "action", "is_made"),
    [
        (MadeBy.RETURN, "Item was returned", True),
        (MadeBy.RETURN, "Renewed", False),
        (MadeBy.RENEWAL, "Renewed", True),
        (MadeBy.RENEWAL, "Item was returned", False),
        (MadeBy.RENEWAL, "something that Alma has never been seen to say", True),
    ],
)
def test_a_fine_that_names_the_other_kind_of_call_is_not_this_ones(
    made_by: MadeBy, action: str, is_made: bool
) -> None:
    fee = replace(FINE, comment=f"Due: 11/01/2025, Fine Policy: Overdue, Action: {action}")
    assert bool(made_by_call([fee], "item1", SCANNED, ANSWERED, made_by)) == is_made
