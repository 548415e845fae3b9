"""Alma's REST endpoints: what each takes and answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

from almareplay.simulator import fines, rules
from almareplay.simulator.bodies import (
    Json,
    desk_body,
    fee_body,
    item_body,
    item_path,
    library_body,
    loan_body,
    user_body,
)
from almareplay.simulator.call import BAD_PARAMETER, Answer, Call
from almareplay.simulator.happenings import Refused
from almareplay.simulator.world import Item, Loan, Patron, World

OPERATOR = "almareplay-simulator"


def test(call: Call) -> Answer:
    """Answer that key and area are good."""
    del call
    return Answer("test", {"result": "OK"})


def get_general(call: Call) -> Answer:
    """Say which institution and environment this is."""
    world = call.world
    body = {
        "institution": {"value": world.institution, "desc": world.institution_name},
        "environment_type": world.environment,
        "alma_url": "https://calder.alma.example",
        "time_zone": {"value": world.timezone, "desc": world.timezone},
    }
    return Answer("general", body)


def get_libraries(call: Call) -> Answer:
    """List the libraries."""
    libraries = [library_body(library) for library in call.world.libraries]
    return Answer("libraries", _listed("library", libraries))


def get_library(call: Call) -> Answer:
    """Show one library."""
    return Answer("library", library_body(call.library()))


def get_circ_desks(call: Call) -> Answer:
    """List a library's circulation desks."""
    library = call.library()
    desks = [desk_body(library, desk) for desk in library.desks]
    return Answer("circ_desks", _listed("circ_desk", desks))


def get_user(call: Call) -> Answer:
    """Show one user."""
    patron = call.patron()
    expand = set(call.query.get("expand", "none").split(","))
    brief = call.query.get("view", "full") == "brief"
    return Answer("user", user_body(call.world, patron, brief=brief, expand=expand))


def get_user_loans(call: Call) -> Answer:
    """List a user's loans."""
    return _loans_page(call, call.world.loans_of_patron(call.patron()))


def get_user_loan(call: Call) -> Answer:
    """Show one loan of a user."""
    loan = rules.find_loan(call.world.loans_of_patron(call.patron()), call.path["loan_id"])
    return Answer("item_loan", loan_body(call.world, loan))


def create_user_loan(call: Call) -> Answer:
    """Lend the item that the query names to the user in the path."""
    library, desk = call.field("library"), call.field("circ_desk")
    rules.find_desk(call.world, library, desk)
    patron = call.borrower()
    barcode, pid = call.query.get("item_barcode"), call.query.get("item_pid")
    if barcode:
        item = rules.find_item(call.world, barcode)
    elif pid:
        found = call.world.item_by_pid(pid)
        if found is None:
            raise Refused("401683", f"No items found for item id {pid}.")
        item = found
    else:
        raise Refused("401672", "Neither an item id nor an item barcode was given.")
    return _lend(call, patron, item, library, desk)


def create_item_loan(call: Call) -> Answer:
    """Lend the item in the path to the user whom the query names."""
    library, desk = call.field("library"), call.field("circ_desk")
    rules.find_desk(call.world, library, desk)
    item = call.item()
    return _lend(call, call.patron_with(call.needs("user_id")), item, library, desk)


def _lend(call: Call, patron: Patron, item: Item, library: str, desk: str) -> Answer:
    request_id = call.fields.get("request_id")
    requests = call.world.requests_of_item(item)
    if request_id and request_id not in {request.request_id for request in requests}:
        raise Refused(BAD_PARAMETER, f"The parameter request_id is not valid: {request_id}")
    loan = rules.lend(call.world, patron, item, library, desk, call.now, call.happened)
    return Answer("item_loan", loan_body(call.world, loan))


def renew_loan(call: Call) -> Answer:
    """Renew a user's loan."""
    return _renew(call, call.world.loans_of_patron(call.patron()))


def renew_item_loan(call: Call) -> Answer:
    """Renew an item's loan."""
    return _renew(call, call.world.loans_of_item(call.item()))


def _renew(call: Call, loans: list[Loan]) -> Answer:
    call.operation("renew")
    loan = rules.find_loan(loans, call.path["loan_id"])
    rules.renew(call.world, loan, call.now, call.happened)
    return Answer("item_loan", loan_body(call.world, loan))


def change_due_date(call: Call) -> Answer:
    """Move the due date of a user's loan to that in the body."""
    return _move(call, call.world.loans_of_patron(call.patron()))


def change_item_due_date(call: Call) -> Answer:
    """Move the due date of an item's loan to that in the body."""
    return _move(call, call.world.loans_of_item(call.item()))


def _move(call: Call, loans: list[Loan]) -> Answer:
    loan = rules.find_loan(loans, call.path["loan_id"])
    due = call.fields.get("due_date")
    if not due:
        raise Refused("401824", "The due date is missing.")
    status = call.fields.get("loan_status", "Active")
    if status not in ("Active", "Complete"):
        raise Refused(
            "40166404",
            f"Given field loan_status has invalid value {status}, it must be Active or Complete.",
        )
    moment = _moment(call.world, due)
    rules.change_due_date(loan, moment, call.now, call.happened)
    return Answer("item_loan", loan_body(call.world, loan))


def get_fees(call: Call) -> Answer:
    """List a user's fees of one status."""
    status = call.query.get("status", "ACTIVE")
    if status not in ("ACTIVE", "INDISPUTE", "EXPORTED", "CLOSED"):
        raise Refused("401666", f"Parameter is not valid: {status}")
    fees = [fee for fee in call.world.fees_of_patron(call.patron()) if fee.status == status]
    total = round(sum(fee.balance for fee in fees), 2)
    body = _listed("fee", [fee_body(call.world, fee) for fee in fees])
    currency = call.world.currency if fees else None
    return Answer("fees", {**body, "total_sum": total, "currency": currency})


def waive_fee(call: Call) -> Answer:
    """Waive an amount of a fee."""
    call.operation("waive")
    patron, amount = call.patron(), call.query.get("amount", "")
    reason, comment = call.query.get("reason", ""), call.query.get("comment", "")
    fee_id = call.path["fee_id"]
    fee = fines.waive(call.world, patron, fee_id, amount, reason, comment, call.now, call.happened)
    return Answer("fee", fee_body(call.world, fee))


def find_item(call: Call) -> Answer:
    """Send the caller on to the item that has the barcode."""
    item = rules.find_item(call.world, call.needs("item_barcode"))
    return Answer(status=302, headers={"Location": item_path(item)})


def get_item(call: Call) -> Answer:
    """Show an item."""
    return Answer("item", item_body(call.world, call.item()))


def get_item_loans(call: Call) -> Answer:
    """List the loans of an item."""
    return _loans_page(call, call.world.loans_of_item(call.item()))


def scan_in(call: Call) -> Answer:
    """Scan an item in at a circulation desk or a work department."""
    call.operation("scan")
    item = call.item()
    in_house_use = call.flag("register_in_house_use", True)
    on_shelf = call.flag("place_on_hold_shelf", False)
    done = call.flag("done", False)
    for name in ("external_id", "auto_print_slip", "confirm"):
        call.flag(name, False)
    requests = {request.request_id for request in call.world.requests_of_item(item)}
    if call.query.get("request_id") and call.query["request_id"] not in requests:
        raise Refused(BAD_PARAMETER, f"The parameter request_id is not valid: {call.query}")
    if call.query.get("department"):
        call.needs("work_order_type")
        sentence = rules.scan_in_at_department(
            call.world, item, call.query["department"], call.now, call.happened, done=done
        )
    else:
        sentence = rules.scan_in(
            call.world,
            item,
            call.needs("library"),
            call.needs("circ_desk"),
            call.now,
            call.happened,
            operator=OPERATOR,
            in_house_use=in_house_use,
            place_on_hold_shelf=on_shelf,
        )
    return Answer("item", {"additional_info": sentence, **item_body(call.world, item)})


def _loans_page(call: Call, loans: list[Loan]) -> Answer:
    status = call.query.get("loan_status", "Active").lower()
    if status not in ("active", "complete"):
        raise Refused(BAD_PARAMETER, f"The parameter loan_status is not valid: {status}")
    limit = call.number("limit", 10, 100)
    offset = call.number("offset", 0, 999_999_999)
    order = call.query.get("order_by", "loan_date")
    if order not in _ORDERS:
        raise Refused(BAD_PARAMETER, f"The parameter order_by is not valid: {order}")
    wanted = [loan for loan in loans if (loan.return_date is None) == (status == "active")]
    bodies = [loan_body(call.world, loan) for loan in wanted]
    backwards = call.query.get("direction", "ASC").upper() == "DESC"
    bodies.sort(key=lambda body: str(body.get(_ORDERS[order]) or ""), reverse=backwards)
    page = _listed("item_loan", bodies[offset : offset + limit])
    return Answer("item_loans", {**page, "total_record_count": len(wanted)})


_ORDERS = {
    "id": "loan_id",
    "loan_date": "loan_date",
    "due_date": "due_date",
    "return_date": "return_date",
    "barcode": "item_barcode",
    "title": "title",
    "author": "author",
}


def _listed(name: str, bodies: list[Json]) -> Json:
    """A list as Alma answers it: an empty one is not there at all."""
    return {**({name: bodies} if bodies else {}), "total_record_count": len(bodies)}


def _moment(world: World, text: str) -> datetime:
    """A due date given as a moment, UTC unless it says, or as a day, which ends at closing."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\dZ?", text):
            return rules.closing(world, date.fromisoformat(text[:10]))
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(BAD_PARAMETER, f"The due date is not valid: {text}") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


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
_LOAN = "/users/{user_id}/loans/{loan_id}"

ENDPOINTS = [
    Endpoint("find_item", "bibs", "GET", "/items", find_item),
    Endpoint("item_loans", "bibs", "GET", f"{_ITEM}/loans", get_item_loans),
    Endpoint("loan", "bibs", "POST", f"{_ITEM}/loans", create_item_loan),
    Endpoint("scan_in", "bibs", "POST", _ITEM, scan_in),
    Endpoint("item", "bibs", "GET", _ITEM, get_item),
    Endpoint("loan", "users", "POST", "/users/{user_id}/loans", create_user_loan),
    Endpoint("user_loans", "users", "GET", "/users/{user_id}/loans", get_user_loans),
    Endpoint("test", "users", "GET", "/users/test", test),
    Endpoint("user", "users", "GET", "/users/{user_id}", get_user),
    Endpoint("renew", "users", "POST", _LOAN, renew_loan),
    Endpoint("user_loan", "users", "GET", _LOAN, get_user_loan),
    Endpoint("change_due_date", "users", "PUT", _LOAN, change_due_date),
    Endpoint("renew", "bibs", "POST", f"{_ITEM}/loans/{{loan_id}}", renew_item_loan),
    Endpoint("change_due_date", "bibs", "PUT", f"{_ITEM}/loans/{{loan_id}}", change_item_due_date),
    Endpoint("fees", "users", "GET", "/users/{user_id}/fees", get_fees),
    Endpoint("waive", "users", "POST", "/users/{user_id}/fees/{fee_id}", waive_fee),
    Endpoint("test", "bibs", "GET", "/bibs/test", test),
    Endpoint("test", "conf", "GET", "/conf/test", test),
    Endpoint("general", "conf", "GET", "/conf/general", get_general),
    Endpoint("libraries", "conf", "GET", "/conf/libraries", get_libraries),
    Endpoint("library", "conf", "GET", "/conf/libraries/{library_code}", get_library),
    Endpoint(
        "circ_desks", "conf", "GET", "/conf/libraries/{library_code}/circ-desks", get_circ_desks
    ),
]


def find_endpoint(method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
    """The endpoint at a decoded path below ``/almaws/v1``, with the values in the path."""
    for endpoint in ENDPOINTS:
        if endpoint.method == method and (match := endpoint.pattern.fullmatch(path)):
            return endpoint, match.groupdict()
    return None
