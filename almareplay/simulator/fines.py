"""What Alma does about money: the fine for a late return, and what staff waive of it."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Literal

from almareplay.simulator.happenings import Happened, Happening, Refused
from almareplay.simulator.world import Fee, Item, Loan, Patron, Policy, Waiver, World

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


Action = Literal["Item was returned", "Renewed"]
"""What made a fine, in the words with which its comment ends."""


def fine(
    world: World, item: Item, loan: Loan, action: Action, now: datetime, happened: Happened
) -> None:
    """Fine the patron for each day, or hour, begun since the loan that is returned or renewed
    ``now`` fell due."""
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
        comment=(
            f"Date generated: {now:%m/%d/%Y}, Due: {loan.due_date:%m/%d/%Y}, "
            f"Fine Policy: Overdue, Action: {action}"
        ),
    )
    world.add_fee(fee)
    happened(
        Happening(
            "fee", item.barcode, loan.patron_id, loan.loan_id, item.library, fee_id=fee.fee_id
        )
    )


def overdue_fine(policy: Policy, late: timedelta) -> float:
    """The fine of a policy for a loan that is so late; 0 for one that is not."""
    if policy.hours and policy.fine_per_hour:
        return round(max(0, math.ceil(late / _HOUR)) * policy.fine_per_hour, 2)
    return round(max(0, math.ceil(late / _DAY)) * policy.fine_per_day, 2)


def find_fee(world: World, patron: Patron, fee_id: str) -> Fee:
    """The one of a patron's fees that has this id."""
    for fee in world.fees_of_patron(patron):
        if fee.fee_id == fee_id:
            return fee
    raise Refused("401665", f"Fine not found: {fee_id}")


def waive(
    world: World,
    fee: Fee,
    amount: str,
    reason: str,
    comment: str,
    now: datetime,
    happened: Happened,
) -> None:
    """Waive an amount of money of an active fee, for a reason of the institution."""
    if reason not in world.waive_reasons:
        raise Refused("401666", f"The parameter reason is not valid: {reason}")
    if fee.status != "ACTIVE":
        raise Refused("401665", f"Fine not found: {fee.fee_id}")
    # ``ALL`` is documented for all fees of a user at once; what it does here nobody knows.
    if not re.fullmatch(r"\d+(\.\d+)?", amount) or not 0 < float(amount) <= fee.balance:
        raise Refused("401666", f"The parameter amount is not valid: {amount}")
    waived = float(amount)
    fee.balance = round(fee.balance - waived, 2)
    fee.waivers.append(Waiver(waived, reason, comment, now, world.new_id("97")))
    if fee.balance == 0:
        fee.status = "CLOSED"
    happened(
        Happening("waive", fee.item_barcode, fee.patron_id, library=fee.library, fee_id=fee.fee_id)
    )
