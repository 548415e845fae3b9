"""Alma's answers as JSON objects, the same as XML, and what requests carry in their bodies.

In XML, ``{"value": V, "desc": D}`` is the text V with an attribute ``desc``; links, counts and sums
are attributes, and a list inside a record stands in an element of its own.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import Any

from almareplay.simulator.happenings import Refused
from almareplay.simulator.record import stamp
from almareplay.simulator.world import Desk, Fee, Item, Library, Loan, Patron, Waiver, World

Json = dict[str, Any]

ERROR_NAMESPACE = "http://com/exlibris/urm/general/xmlbeans"

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
_ATTRIBUTES = {"link", "total_record_count", "total_sum", "currency"}


def coded(value: str | None, desc: str | None = None) -> Json:
    """A code with its description, as Alma writes codes."""
    return {"value": value, "desc": desc}


def loan_body(world: World, loan: Loan) -> Json:
    """An item loan."""
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
        "due_date": _seconds(loan.due_date),
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
        "item_policy": {"value": item.policy, "description": item.policy},
        "location_code": {"value": item.location, "name": item.location},
        "renewable": None,
        "last_renew_status": coded(
            loan.last_renew_status or None, _RENEWED.get(loan.last_renew_status, "")
        ),
    }
    if loan.last_renew_date:
        body["last_renew_date"] = stamp(loan.last_renew_date)
    if loan.return_date:
        body["return_date"] = stamp(loan.return_date)
        body["returned_by"] = coded(loan.returned_by)
        body["return_circ_desk"] = coded(loan.return_circ_desk)
    return body


def item_body(world: World, item: Item) -> Json:
    """An item with its title and holding."""
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
        "requested": bool(world.requests_of_item(item)),
        "awaiting_reshelving": item.awaiting_reshelving,
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
            {"value": value, "id_type": coded(id_type), "status": "ACTIVE"}
            for id_type, value in patron.identifiers.items()
        ],
    }
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
        body["loans"] = {"value": len(active)}
    if "requests" in expand:
        mine = [request for request in world.requests if request.patron_id == patron.primary_id]
        body["requests"] = {"value": len(mine)}
    if "fees" in expand:
        body["fees"] = {"value": sum(fee.balance for fee in world.fees_of_patron(patron))}
    return body


def fee_body(world: World, fee: Fee) -> Json:
    """A fee."""
    library = world.library(fee.library)
    waivers = [_waiver_body(waiver) for waiver in fee.waivers]
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
        "barcode": {"value": fee.item_barcode} if fee.item_barcode else None,
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


def desk_body(library: Library, desk: Desk) -> Json:
    """A circulation desk."""
    return {
        "circ_desk_code": desk.code,
        "circ_desk_name": desk.name or desk.code,
        "check_in": desk.check_in,
        "check_out": desk.check_out,
        "reshelve": desk.reshelve,
        "link": f"/almaws/v1/conf/libraries/{library.code}/circ-desks/{desk.code}",
    }


def error_body(code: str, message: str, tracking_id: str) -> Json:
    """An error; an empty tracking id is left out."""
    error = {"errorCode": code, "errorMessage": message}
    if tracking_id:
        error["trackingId"] = tracking_id
    return {"errorsExist": True, "errorList": {"error": [error]}, "result": None}


def to_json(body: Json) -> bytes:
    """The body as JSON."""
    return json.dumps(body, ensure_ascii=False).encode()


def to_xml(root: str, body: Json) -> bytes:
    """The body as XML under an element named ``root``."""
    element = ET.Element(root)
    if root == "web_service_result":
        element.set("xmlns", ERROR_NAMESPACE)
    _fill(element, body)
    xml: bytes = ET.tostring(element, encoding="utf-8", xml_declaration=True)
    return xml


def fields_of(content_type: str, body: bytes) -> dict[str, str]:
    """The top-level fields of a request's body, JSON or XML, codes without their descriptions."""
    if not body.strip():
        return {}
    try:
        if "xml" in content_type:
            return {child.tag: (child.text or "").strip() for child in ET.fromstring(body)}
        fields = json.loads(body)
        if not isinstance(fields, dict):
            raise ValueError("the body is no JSON object")
    except (ValueError, ET.ParseError) as error:
        raise Refused("INVALID_REQUEST", f"The request's body is not valid: {error}") from error
    plain = {
        name: value.get("value") if isinstance(value, dict) else value
        for name, value in fields.items()
    }
    return {name: str(value) for name, value in plain.items() if value is not None}


def _seconds(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def _fill(element: ET.Element, body: Json) -> None:
    for name, value in body.items():
        if name in _ATTRIBUTES:
            if value is not None:
                element.set(name, str(value))
        elif isinstance(value, list):
            listed = _is_list_of(element.tag, name) or name == "error"
            parent = element if listed else ET.SubElement(element, _plural(name))
            for member in value:
                _fill(ET.SubElement(parent, name), member)
        elif isinstance(value, dict) and "value" in value:
            child = ET.SubElement(element, name)
            child.text = _text(value["value"])
            for attribute in ("desc", "description", "name"):
                if value.get(attribute):
                    child.set(attribute, str(value[attribute]))
        elif isinstance(value, dict):
            _fill(ET.SubElement(element, name), value)
        elif value is not None:
            ET.SubElement(element, name).text = _text(value)


def _is_list_of(tag: str, member: str) -> bool:
    return tag == _plural(member)


def _plural(name: str) -> str:
    return name[:-1] + "ies" if name.endswith("y") else name + "s"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
