"""Alma's calls about users, their fines and fees: what each takes and answers."""

from __future__ import annotations

from almareplay.simulator import fines
from almareplay.simulator.bodies import fee_body, user_body
from almareplay.simulator.call import Answer, Call, listed
from almareplay.simulator.happenings import Refused
from almareplay.simulator.world import Patron

_UNKNOWN_TO_FEES = "401651"
"""No such user: another code here than elsewhere."""


def get_user(call: Call) -> Answer:
    """Show one user."""
    patron = call.patron()
    expand = set(call.query.get("expand", "none").split(","))
    brief = call.query.get("view", "full") == "brief"
    return Answer("user", user_body(call.world, patron, brief=brief, expand=expand))


def get_fees(call: Call) -> Answer:
    """List a user's fees of one status."""
    status = call.query.get("status", "ACTIVE")
    if status not in ("ACTIVE", "INDISPUTE", "EXPORTED", "CLOSED"):
        raise Refused("401666", f"Parameter is not valid: {status}")
    fees = [fee for fee in call.world.fees_of_patron(_debtor(call)) if fee.status == status]
    total = round(sum(fee.balance for fee in fees), 2)
    body = listed("fee", [fee_body(call.world, fee) for fee in fees], len(fees))
    currency = call.world.currency if fees else None
    return Answer("fees", {**body, "total_sum": total, "currency": currency})


def get_fee(call: Call) -> Answer:
    """Show one fee of a user."""
    fee = fines.find_fee(call.world, _debtor(call), call.path["fee_id"])
    return Answer("fee", fee_body(call.world, fee))


def waive_fee(call: Call) -> Answer:
    """Waive an amount of a fee. Payments and disputes are no business of this stand-in."""
    if call.query.get("op") != "waive":
        raise Refused("401666", f"The parameter op is not valid: {call.query.get('op')}")
    fee = fines.find_fee(call.world, _debtor(call), call.path["fee_id"])
    amount, reason = call.query.get("amount", ""), call.query.get("reason", "")
    comment = call.query.get("comment", "")
    fines.waive(call.world, fee, amount, reason, comment, call.now, call.happened)
    return Answer("fee", fee_body(call.world, fee))


def _debtor(call: Call) -> Patron:
    try:
        return call.patron()
    except Refused as unknown:
        raise Refused(_UNKNOWN_TO_FEES, unknown.message) from unknown
