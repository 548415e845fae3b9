"""What Alma does on a renewal and on a change of a due date.

Functions as those of `almareplay.simulator.rules`.
"""

from __future__ import annotations

from datetime import datetime

from almareplay.simulator.fines import fine
from almareplay.simulator.happenings import Happened, Refused
from almareplay.simulator.rules import about, due_date
from almareplay.simulator.world import Item, Loan, World

RENEWED, NOT_RENEWED = "401193;", "401822;"
"""Alma's word on a renewal in the loan; it is recorded for success only."""


def renew(world: World, loan: Loan, now: datetime, happened: Happened) -> None:
    """Renew a loan: it keeps its ``loan_date``, its due date is counted from ``now``. One that is
    overdue is fined."""
    item = world.item(loan.item_barcode)
    assert item is not None, "a world holds no loan without its item"
    if why := _why_not_renewed(world, loan, item, now):
        if not world.refuses_renewals_by_status:
            raise Refused("401822", f"Cannot renew loan: {why}.")
        loan.last_renew_status = NOT_RENEWED
        return
    fine(world, item, loan, "Renewed", now, happened)
    loan.due_date = max(loan.due_date, due_date(world, item, now))
    loan.last_renew_date, loan.process_status, loan.last_renew_status = now, "RENEW", RENEWED
    loan.renewals += 1
    happened(about("renew", loan, loan.library, loan.circ_desk))


def is_renewable(world: World, loan: Loan, now: datetime) -> bool:
    """Whether a loan could be renewed now."""
    item = world.item(loan.item_barcode)
    return item is not None and not _why_not_renewed(world, loan, item, now)


def _why_not_renewed(world: World, loan: Loan, item: Item, now: datetime) -> str:
    policy, patron = world.policy(item.policy), world.patron(loan.patron_id)
    assert policy is not None, "a world holds no item without its policy"
    assert patron is not None, "a world holds no loan without its patron"
    reason = ""
    if loan.return_date is not None:
        reason = "the loan is not active"
    elif loan.process_status in ("LOST", "CLAIMED_RETURN"):
        reason = "the item is lost or claimed to be returned"
    elif loan.renewals >= policy.max_renewals:
        reason = f"the limit of {policy.max_renewals} renewals is reached"
    elif any(request.patron_id != patron.primary_id for request in world.requests_of_item(item)):
        reason = "the item is requested by another patron"
    elif patron.blocks:
        reason = f"the patron is blocked: {patron.blocks[0].description}"
    elif patron.expiry_date < now.date():
        reason = "the patron's card has expired"
    return reason


def change_due_date(loan: Loan, due: datetime, now: datetime, happened: Happened) -> None:
    """Move the loan's due date, which must not lie in the past."""
    if due < now:
        raise Refused("401681", "The new due date is in the past.")
    if loan.return_date is not None:
        raise Refused("401823", f"Loan ID {loan.loan_id} does not exist.")
    loan.due_date = due
    happened(about("due_date", loan, loan.library, loan.circ_desk))
