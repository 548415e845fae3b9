"""The words with which people and tools write loan and return."""

from __future__ import annotations

import re
from functools import lru_cache

from almareplay.transactions import Kind

RENEWAL = "a renewal, replayed as a loan"
"""Offline desks have no renewals: they are recorded as loans."""

_LOAN = {
    *("l", "loan", "loans", "loaned", "lend", "lent", "o", "out", "co", "checkout", "checkedout"),
    *("charge", "charged", "issue", "issued", "borrow", "borrowed"),
}
_RETURN = {
    *("r", "return", "returns", "returned", "i", "in", "ci", "checkin", "checkedin", "discharge"),
    *("discharged", "handedin", "broughtback"),
}
_RENEWAL = {"renew", "renewal", "renewed"}


@lru_cache(maxsize=1024)
def read_kind(text: str) -> tuple[Kind | None, str]:
    """The kind that a cell names, and a note; no kind where it is blank or names none."""
    word = re.sub(r"[\W_]", "", text.casefold())
    if word in _LOAN:
        return Kind.LOAN, ""
    if word in _RETURN:
        return Kind.RETURN, ""
    if word in _RENEWAL:
        return Kind.LOAN, RENEWAL
    return None, ""
