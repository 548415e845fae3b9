"""The fine that a return posted too late makes, and how much of it is wrong: pure functions.

Alma counts a fine up to the moment of the call, the upload up to the captured time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from almareplay.alma.fees import Fee
from almareplay.transactions import same_identifier

OVERDUE = "OVERDUEFINE"
"""The type of the fee that a scan-in makes of an overdue loan."""

# Alma makes the fee while it answers; its clock and ours, read off its answers, differ by seconds.
_EARLIER = timedelta(seconds=2)
_LATER = timedelta(seconds=30)


class Fines(StrEnum):
    """What to do about the fines that the outage alone has made."""

    REPORT = "report"
    WAIVE = "waive"


class Wrong(StrEnum):
    """How much of a fine is wrong: all of it, or the part for the time after the return."""

    WHOLE = "whole"
    PART = "part"


def wrong_part(captured_at: datetime, due: datetime, scanned_at: datetime) -> Wrong | None:
    """How much of the fine is wrong that a scan-in of this loan has made; None where it makes none.

    Desks record whole minutes: a return in the minute in which the loan was due was on time. Where
    the loan fell due about when it was scanned in, there may or may not be a fine.
    """
    if scanned_at + _EARLIER < due:
        return None
    return Wrong.WHOLE if captured_at.replace(second=0, microsecond=0) <= due else Wrong.PART


def made_by_scan(
    fees: Iterable[Fee], item_barcode: str, scanned_from: datetime, scanned_until: datetime
) -> list[Fee]:
    """The overdue fines among a patron's fees that the scan-in of this item made.

    The scan left no earlier than ``scanned_from`` and was answered by ``scanned_until``, both on
    Alma's clock. A fee without a time, or of which Alma does not name the item, is none of them.
    """
    return [
        fee
        for fee in fees
        if fee.type == OVERDUE
        and fee.item_barcode
        and same_identifier(fee.item_barcode, item_barcode)
        and fee.creation_time is not None
        and scanned_from - _EARLIER <= fee.creation_time <= scanned_until + _LATER
    ]
