"""Alma's REST endpoints: where each stands, and what is done there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from almareplay.simulator import accounts, circulation, configuration
from almareplay.simulator.call import Answer, Call


@dataclass(frozen=True)
class Endpoint:
    """A method and path below ``/almaws/v1``, and what to do there; ``area`` is the key's."""

    operation: str
    area: str
    method: str
    path: str
    handle: Callable[[Call], Answer]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a decoded path here looks like; its groups are the values in it."""
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path))


_ITEM = "/bibs/{mms_id}/holdings/{holding_id}/items/{item_pid}"
_ITEM_LOAN = f"{_ITEM}/loans/{{loan_id}}"
_USER_LOAN = "/users/{user_id}/loans/{loan_id}"
_FEE = "/users/{user_id}/fees/{fee_id}"
_LIBRARY = "/conf/libraries/{library_code}"
_DESK = f"{_LIBRARY}/circ-desks/{{circ_desk_code}}"

ENDPOINTS = [
    Endpoint("find_item", "bibs", "GET", "/items", circulation.find_item),
    Endpoint("item", "bibs", "GET", _ITEM, circulation.get_item),
    Endpoint("scan_in", "bibs", "POST", _ITEM, circulation.scan_in),
    Endpoint("item_loans", "bibs", "GET", f"{_ITEM}/loans", circulation.get_item_loans),
    Endpoint("loan", "bibs", "POST", f"{_ITEM}/loans", circulation.create_item_loan),
    Endpoint("item_loan", "bibs", "GET", _ITEM_LOAN, circulation.get_item_loan),
    Endpoint("renew", "bibs", "POST", _ITEM_LOAN, circulation.renew_item_loan),
    Endpoint("change_due_date", "bibs", "PUT", _ITEM_LOAN, circulation.change_item_due_date),
    Endpoint("user", "users", "GET", "/users/{user_id}", accounts.get_user),
    Endpoint("user_loans", "users", "GET", "/users/{user_id}/loans", circulation.get_user_loans),
    Endpoint("loan", "users", "POST", "/users/{user_id}/loans", circulation.create_user_loan),
    Endpoint("user_loan", "users", "GET", _USER_LOAN, circulation.get_user_loan),
    Endpoint("renew", "users", "POST", _USER_LOAN, circulation.renew_user_loan),
    Endpoint("change_due_date", "users", "PUT", _USER_LOAN, circulation.change_user_due_date),
    Endpoint("fees", "users", "GET", "/users/{user_id}/fees", accounts.get_fees),
    Endpoint("fee", "users", "GET", _FEE, accounts.get_fee),
    Endpoint("waive", "users", "POST", _FEE, accounts.waive_fee),
    *(
        Endpoint("test", area, method, path, handle)
        for area, path in (
            ("users", "/users/operation/test"),
            ("bibs", "/bibs/test"),
            ("conf", "/conf/test"),
        )
        for method, handle in (
            ("GET", configuration.test_reading),
            ("POST", configuration.test_writing),
        )
    ),
    Endpoint("general", "conf", "GET", "/conf/general", configuration.get_general),
    Endpoint("libraries", "conf", "GET", "/conf/libraries", configuration.get_libraries),
    Endpoint("library", "conf", "GET", _LIBRARY, configuration.get_library),
    Endpoint("locations", "conf", "GET", f"{_LIBRARY}/locations", configuration.get_locations),
    Endpoint("circ_desks", "conf", "GET", f"{_LIBRARY}/circ-desks", configuration.get_circ_desks),
    Endpoint("circ_desk", "conf", "GET", _DESK, configuration.get_circ_desk),
]


def find_endpoint(method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
    """The endpoint at a decoded path below ``/almaws/v1``, with the values in the path."""
    for endpoint in ENDPOINTS:
        if endpoint.method == method and (match := endpoint.pattern.fullmatch(path)):
            return endpoint, match.groupdict()
    return None
