"""What Alma does about money: the fine for a late return, and what staff waive of it."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta

from almareplay.simulator.happenings import Happened, Happening, Refused
from almareplay.simulator.world import Fee, Item, Loan, Patron, Policy, World

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def fine(world: World, item: Item, loan: Loan, now: datetime, happened: Happened) -> None:
    """Fine the patron for each day, or hour, begun since the loan that ends ``now`` fell due."""
    policy = world.policy(item.policy)
    assert policy is not None, "a world holds no item without its policy"
    amount = overdue_fine(policy, now - loan.due_date)
    if not amount:
        return
    fee = Fee(
        patron_id=loan.patron_id,
        type="OVERDUEFINE",
        original_amount=amount,
        balance=amount,
        creation_time=now,
        library=item.library,
        item_barcode=item.barcode,
        title=item.title,
    )
    world.add_fee(fee)
    happened(
        Happening(
            "fee", item.barcode, loan.patron_id, loan.loan_id, item.library, fee_id=fee.fee_id
        )
    )


def overdue_fine(policy: Policy, late: timedelta) -> float:
    """The fine of a policy for a return that is so late; 0 for one that is not."""
    if policy.hours and policy.fine_per_hour:
        return round(max(0, math.ceil(late / _HOUR)) * policy.fine_per_hour, 2)
    return round(max(0, math.ceil(late / _DAY)) * policy.fine_per_day, 2)


def waive(
    world: World,
    patron: Patron,
    fee_id: str,
    amount: str,
    reason: str,
    comment: str,
    happened: Happened,
) -> Fee:
    """Waive a fee, wholly (``ALL``) or by an amount of money, for a reason of the institution."""
    if not reason:
        raise Refused("401664", "Mandatory field is missing: reason")
    if reason not in world.waive_reasons:
        raise Refused("401666", f"The parameter reason is not valid: {reason}")
    fees = [fee for fee in world.fees_of_patron(patron) if fee.fee_id == fee_id]
    if not fees or fees[0].status != "ACTIVE":
        raise Refused("401665", f"Fine not found: {fee_id}")
    fee = fees[0]
    if amount.upper() == "ALL":
        waived = fee.balance
    elif re.fullmatch(r"\d+(\.\d+)?", amount) and 0 < float(amount) <= fee.balance:
        waived = float(amount)
    else:
        raise Refused("401666", f"The parameter amount is not valid: {amount}")
    fee.balance = round(fee.balance - waived, 2)
    fee.comment = comment
    if fee.balance == 0:
        fee.status = "CLOSED"
    happened(
        Happening(
            "waive", fee.item_barcode, patron.primary_id, library=fee.library, fee_id=fee.fee_id
        )
    )
    return fee
