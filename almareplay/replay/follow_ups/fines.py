"""The fine that a return or renewal posted too late makes, and how much of it is wrong.

Pure functions. Alma counts a fine up to the moment of the call, the upload up to the captured time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from almareplay.alma.answers.fees import Fee
from almareplay.queue.replaying.follow_ups import MadeBy
from almareplay.transactions import same_identifier

OVERDUE = "OVERDUEFINE"
"""The type of the fee that a scan-in or a renewal makes of an overdue loan."""

# What a fine's comment ends in (recorded).
_ACTION = {MadeBy.RETURN: "Action: Item was returned", MadeBy.RENEWAL: "Action: Renewed"}

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


def made_by_call(
    fees: Iterable[Fee],
    item_barcode: str,
    sent_from: datetime,
    answered_by: datetime,
    made_by: MadeBy,
) -> list[Fee]:
    """The overdue fines among a patron's fees that the return or renewal of this item made.

    The call left no earlier than ``sent_from`` and was answered by ``answered_by``, both on Alma's
    clock. A fee without a time, of which Alma does not name the item, or of which it says that the
    other kind of call made it, is none of them.
    """
    others = [words for kind, words in _ACTION.items() if kind is not made_by]
    return [
        fee
        for fee in fees
        if fee.type == OVERDUE
        and fee.item_barcode
        and same_identifier(fee.item_barcode, item_barcode)
        and fee.creation_time is not None
        and sent_from - _EARLIER <= fee.creation_time <= answered_by + _LATER
        and not fee.comment.rstrip().endswith(tuple(others))
    ]
