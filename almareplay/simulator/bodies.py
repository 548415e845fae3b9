"""Alma's answers as JSON objects."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from almareplay.simulator.formats import Json
from almareplay.simulator.record import stamp
from almareplay.simulator.world import Desk, Fee, Item, Library, Loan, Patron, Waiver, World

_DESCRIPTIONS = {
    "": None,
    "LOAN": "Loan",
    "LOST_LOAN": "Lost",
    "CLAIM_RETURNED_LOAN": "Claimed Returned",
    "MISSING": "Missing",
    "TRANSIT": "Transit",
    "HOLDSHELF": "Hold Shelf",
    "REQUESTED": "Requested",
    "WORK_ORDER_DEPARTMENT": "In Process",
    "ACTIVE": "Active",
    "INACTIVE": "Inactive",
    "CLOSED": "Closed",
    "OVERDUEFINE": "Overdue fine",
}
_RENEWED = {"401193;": "Renewed Successfully", "401822;": "Not Renewed"}


def coded(value: str | None, desc: str | None = None) -> Json:
    """A code with its description, as Alma writes codes."""
    return {"value": value, "desc": desc}


def linked(value: str | float | None, path: str) -> Json:
    """A value with the path at which more about it stands."""
    return {"value": value, "link": f"/almaws/v1{path}"}


def loan_body(world: World, loan: Loan, *, renewable: bool | None = None) -> Json:
    """An item loan; ``renewable`` is None where nobody has asked for it."""
    item = world.item(loan.item_barcode)
    library = world.library(loan.library)
    assert item is not None, "a world holds no loan without its item"
    assert library is not None, "a world holds no loan without its library"
    names = {desk.code: desk.name for desk in library.desks}
    body = {
        "loan_id": loan.loan_id,
        "circ_desk": coded(loan.circ_desk, names.get(loan.circ_desk)),
        "library": coded(library.code, library.name),
        "user_id": loan.patron_id,
        "item_barcode": item.barcode,
        # Seen with milliseconds after a renewal, without them before.
        "due_date": stamp(loan.due_date) if loan.last_renew_date else _seconds(loan.due_date),
        "loan_status": "ACTIVE" if loan.return_date is None else "COMPLETE",
        "loan_date": stamp(loan.loan_date),
        "process_status": loan.process_status,
        "mms_id": item.mms_id,
        "holding_id": item.holding_id,
        "item_id": item.pid,
        "title": item.title,
        "author": item.author,
        "description": None,
        "call_number": item.call_number,
        # Without a value in all recordings.
        "item_policy": {"value": None, "description": None},
        "location_code": {"value": item.location, "name": item.location},
        "renewable": renewable,
        "last_renew_status": coded(
            loan.last_renew_status or None, _RENEWED.get(loan.last_renew_status, "")
        ),
    }
    if loan.last_renew_date:
        body["last_renew_date"] = stamp(loan.last_renew_date)
    if loan.return_date:
        body["return_date"] = stamp(loan.return_date)
        body["returned_by"] = linked(loan.returned_by, f"/users/{loan.returned_by}")
        body["return_circ_desk"] = coded(loan.return_circ_desk)
    return body


def item_body(world: World, item: Item, *, scanned: bool = False) -> Json:
    """An item with its title and holding, as a read or a scan answers it."""
    library = world.library(item.library)
    assert library is not None, "a world holds no item without its library"
    loan = world.active_loan(item)
    in_place = item.process_type == ""
    bib = f"/almaws/v1/bibs/{item.mms_id}"
    data = {
        "pid": item.pid,
        "barcode": item.barcode,
        "creation_date": "2015-01-05Z",
        "modification_date": f"{item.modification_date.isoformat()}Z",
        "base_status": coded(
            "1" if in_place else "0", "Item in place" if in_place else "Item not in place"
        ),
        "process_type": coded(item.process_type, _DESCRIPTIONS.get(item.process_type)),
        "physical_material_type": coded("BOOK", "Book"),
        "policy": coded(item.policy, item.policy),
        "library": coded(library.code, library.name),
        "location": coded(item.location, item.location),
        "description": "",
        # Null in recorded answers of scans, be the item requested or not.
        "requested": None if scanned else bool(world.requests_of_item(item)),
        "awaiting_reshelving": False,
    }
    if loan:
        data["due_date"] = _seconds(loan.due_date)
    return {
        "link": item_path(item),
        "bib_data": {
            "link": bib,
            "mms_id": item.mms_id,
            "title": item.title,
            "author": item.author,
            "network_number": [],
        },
        "holding_data": {
            "link": f"{bib}/holdings/{item.holding_id}",
            "holding_id": item.holding_id,
            "call_number": item.call_number,
            "in_temp_location": False,
        },
        "item_data": data,
    }


def item_path(item: Item) -> str:
    """The path at which the item stands."""
    return f"/almaws/v1/bibs/{item.mms_id}/holdings/{item.holding_id}/items/{item.pid}"


def user_body(world: World, patron: Patron, *, brief: bool, expand: set[str]) -> Json:
    """A user; ``expand`` may name ``loans``, ``requests`` and ``fees``, which are then counted."""
    body: Json = {
        "record_type": coded("PUBLIC", "Public"),
        "primary_id": patron.primary_id,
        "first_name": patron.first_name,
        "last_name": patron.last_name,
        "full_name": f"{patron.first_name} {patron.last_name}",
        "user_group": coded(patron.user_group, patron.user_group.capitalize()),
        "expiry_date": f"{patron.expiry_date.isoformat()}Z",
        "status": coded(patron.status, _DESCRIPTIONS.get(patron.status)),
        "user_identifier": [
            {"value": value, "id_type": coded(id_type), "status": status}
            for status, identifiers in (
                ("ACTIVE", patron.identifiers),
                ("INACTIVE", patron.inactive_identifiers),
            )
            for id_type, value in identifiers.items()
        ],
        "loans": None,
        "requests": None,
        "fees": None,
    }
    path = f"/users/{patron.primary_id}"
    if not brief:
        body["user_block"] = [
            {
                "block_type": coded(block.type),
                "block_description": coded(block.description),
                "block_note": block.note,
                "block_status": "ACTIVE",
            }
            for block in patron.blocks
        ]
        role = "ACTIVE" if patron.patron_role else "INACTIVE"
        body["user_role"] = [{"status": coded(role), "role_type": coded("200", "Patron")}]
    if "loans" in expand:
        active = [loan for loan in world.loans_of_patron(patron) if loan.return_date is None]
        body["loans"] = linked(len(active), f"{path}/loans")
    if "requests" in expand:
        mine = [request for request in world.requests if request.patron_id == patron.primary_id]
        body["requests"] = linked(len(mine), f"{path}/requests")
    if "fees" in expand:
        owed = sum(fee.balance for fee in world.fees_of_patron(patron))
        body["fees"] = linked(round(owed, 2), f"{path}/fees")
    return body


def fee_body(world: World, fee: Fee) -> Json:
    """A fee."""
    library = world.library(fee.library)
    waivers = [_waiver_body(waiver) for waiver in fee.waivers]
    item = fee.item_barcode
    return {
        "id": fee.fee_id,
        "type": coded(fee.type, _DESCRIPTIONS.get(fee.type)),
        "status": coded(fee.status, _DESCRIPTIONS.get(fee.status)),
        "balance": fee.balance,
        "original_amount": fee.original_amount,
        "creation_time": stamp(fee.creation_time),
        "comment": fee.comment or None,
        "owner": coded(fee.library, library.name if library else None),
        "title": fee.title or None,
        "barcode": linked(item, f"/items?item_barcode={quote(item, safe='')}") if item else None,
        "link": f"/almaws/v1/users/{fee.patron_id}/fees/{fee.fee_id}",
        **({"transaction": waivers} if waivers else {}),
    }


def _waiver_body(waiver: Waiver) -> Json:
    return {
        "transaction_id": waiver.transaction_id,
        "type": coded("WAIVE", "Waive"),
        "amount": waiver.amount,
        "reason": coded(waiver.reason),
        "comment": waiver.comment or None,
        "transaction_time": stamp(waiver.time),
    }


def library_body(library: Library) -> Json:
    """A library."""
    return {
        "code": library.code,
        "name": library.name,
        "description": library.name,
        "resource_sharing": False,
        "link": f"/almaws/v1/conf/libraries/{library.code}",
    }


def listed_desk_body(library: Library, desk: Desk) -> Json:
    """A circulation desk as the list of a library's desks has it."""
    return {
        "code": desk.code,
        "name": desk.name or desk.code,
        "link": f"/almaws/v1/conf/libraries/{library.code}/circ-desks/{desk.code}",
    }


def desk_body(world: World, library: Library, desk: Desk) -> Json:
    """A circulation desk as a read of it alone has it, with its locations."""
    return listed_desk_body(library, desk) | {
        "primary": desk is library.desks[0],
        "location": [
            {"location_code": code, "location_name": code, **_does(desk)}
            for code in world.locations(library)
        ],
    }


def location_body(library: Library, code: str) -> Json:
    """A location of a library, which all of its desks serve."""
    return {
        "code": code,
        "name": code,
        "circ_desk": [
            {"circ_desk_code": desk.code, "circ_desk_name": desk.name or desk.code, **_does(desk)}
            for desk in library.desks
        ],
    }


def _does(desk: Desk) -> Json:
    """What a desk does for a location."""
    return {"check_in": desk.check_in, "check_out": desk.check_out, "reshelve": desk.reshelve}


def _seconds(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
