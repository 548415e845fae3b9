"""Alma's calls about items and their loans: what each takes and answers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from almareplay.simulator import renewals, rules
from almareplay.simulator.bodies import item_body, item_path, loan_body
from almareplay.simulator.call import BAD_PARAMETER, Answer, Call, listed
from almareplay.simulator.happenings import Refused
from almareplay.simulator.world import Item, Loan, Patron, World

OPERATOR = "exl_api"
"""Who has returned what came back by an API call."""


def find_item(call: Call) -> Answer:
    """Send the caller on to the item that has the barcode."""
    item = rules.find_item(call.world, call.needs("item_barcode"))
    return Answer(status=302, headers={"Location": item_path(item)})


def get_item(call: Call) -> Answer:
    """Show an item; a wrong holding does no harm, and the answer has the right one."""
    return Answer("item", item_body(call.world, call.item(any_holding=True)))


def get_item_loans(call: Call) -> Answer:
    """List the loans of an item."""
    return _loans_page(call, call.world.loans_of_item(call.item()))


def get_item_loan(call: Call) -> Answer:
    """Show one loan of an item."""
    return _loan(call, rules.find_loan(call.world.loans_of_item(call.item()), call.path["loan_id"]))


def get_user_loans(call: Call) -> Answer:
    """List a user's loans."""
    return _loans_page(call, call.world.loans_of_patron(call.patron()))


def get_user_loan(call: Call) -> Answer:
    """Show one loan of a user."""
    loans = call.world.loans_of_patron(call.patron())
    return _loan(call, rules.find_loan(loans, call.path["loan_id"]))


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
            raise Refused("401689", f"No items found for item id {pid}.")
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
    return _loan(call, rules.lend(call.world, patron, item, library, desk, call.now, call.happened))


def renew_user_loan(call: Call) -> Answer:
    """Renew a user's loan."""
    return _renew(call, call.world.loans_of_patron(call.patron()))


def renew_item_loan(call: Call) -> Answer:
    """Renew an item's loan."""
    return _renew(call, call.world.loans_of_item(call.item()))


def _renew(call: Call, loans: list[Loan]) -> Answer:
    call.operation("renew")
    loan = rules.find_loan(loans, call.path["loan_id"])
    renewals.renew(call.world, loan, call.now, call.happened)
    return _loan(call, loan)


def change_user_due_date(call: Call) -> Answer:
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
    renewals.change_due_date(loan, moment, call.now, call.happened)
    return _loan(call, loan)


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
    desk, department = call.query.get("circ_desk"), call.query.get("department")
    library = call.needs("library")
    if department and not desk:
        sentence = rules.scan_in_at_department(
            call.world, item, department, call.now, call.happened, done=done
        )
    elif desk and not department:
        sentence = rules.scan_in(
            call.world,
            item,
            library,
            desk,
            call.now,
            call.happened,
            operator=OPERATOR,
            in_house_use=in_house_use,
            place_on_hold_shelf=on_shelf,
        )
    else:
        raise Refused("40166415", "Either a circulation desk or a department must be given.")
    body = item_body(call.world, item, scanned=True)
    return Answer("item", {"additional_info": sentence, **body})


def _loan(call: Call, loan: Loan) -> Answer:
    return Answer("item_loan", loan_body(call.world, loan))


def _loans_page(call: Call, loans: list[Loan]) -> Answer:
    status = call.query.get("loan_status", "Active").lower()
    if status not in ("active", "complete"):
        raise Refused(BAD_PARAMETER, f"The parameter loan_status is not valid: {status}")
    limit, offset = call.page()
    order = call.query.get("order_by", "id")
    if order not in _ORDERS:
        raise Refused(BAD_PARAMETER, f"The parameter order_by is not valid: {order}")
    wanted = [loan for loan in loans if (loan.return_date is None) == (status == "active")]
    asked = call.query.get("expand") == "renewable"
    bodies = [
        loan_body(
            call.world,
            loan,
            renewable=renewals.is_renewable(call.world, loan, call.now) if asked else None,
        )
        for loan in wanted
    ]
    backwards = call.query.get("direction", "ASC").upper() == "DESC"
    bodies.sort(key=lambda body: str(body.get(_ORDERS[order]) or ""), reverse=backwards)
    page = bodies[offset : offset + limit]
    return Answer("item_loans", listed("item_loan", page, len(wanted)))


_ORDERS = {
    "id": "loan_id",
    "loan_date": "loan_date",
    "due_date": "due_date",
    "return_date": "return_date",
    "barcode": "item_barcode",
    "title": "title",
    "author": "author",
}


def _moment(world: World, text: str) -> datetime:
    """A due date given as a moment, UTC unless it says, or as a day, which ends at closing."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\dZ?", text):
            return rules.closing(world, date.fromisoformat(text[:10]))
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(BAD_PARAMETER, f"The due date is not valid: {text}") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
