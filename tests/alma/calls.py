"""Calls of the client, and what was sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import respx

from almareplay.alma.answers.responses import ItemIds, ItemLoan
from almareplay.alma.client import Alma

ITEM = ItemIds("99", "22", "23")
ITEM_PATH = "/bibs/99/holdings/22/items/23"
LOAN = {"loan_id": "71", "user_id": "berta", "due_date": "2026-04-10T18:00:00Z"}


def lend(patron_id: str, item: ItemIds | None = None) -> Callable[[Alma], Awaitable[ItemLoan]]:
    return lambda alma: alma.loan(
        patron_id, "B 1", "MAIN", "FRONT", item=item, rank=0, confirm=None
    )


def sent(route: respx.Route) -> httpx.Request:
    request: httpx.Request = route.calls.last.request
    return request
