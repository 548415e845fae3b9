"""What Alma does on a loan and on a scan-in.

Functions over a world and a moment, without any protocol. Each changes the world, tells its
``happened`` what it did, and raises Refused, with nothing changed, where Alma would refuse.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from almareplay.simulator.fines import fine
from almareplay.simulator.happenings import Happened, Happening, Refused
from almareplay.simulator.world import Desk, Item, Library, Loan, Patron, Request, World

_ILLEGAL_IN_BARCODE = re.compile(r"[\x00-\x1f<>\"'\\;?#]")


def find_patron(world: World, identifier: str, id_type: str = "all_unique") -> Patron:
    """The patron with the identifier, of one identifier type where ``id_type`` names one."""
    patron = world.patron(identifier)
    if patron is not None and _is(patron, identifier, id_type):
        return patron
    if id_type == "all_unique":
        raise Refused("401861", f"User with identifier {identifier} was not found.")
    raise Refused("401890", f"User with identifier {identifier} of type {id_type} was not found.")


def link_patron(world: World, identifier: str, id_type: str, happened: Happened) -> Patron:
    """The patron as `find_patron` has it; one whom only the network knows is given an account."""
    try:
        return find_patron(world, identifier, id_type)
    except Refused:
        away = [patron for patron in world.network_patrons if _is(patron, identifier, id_type)]
        if not away:
            raise
    known = away[0]
    patron = replace(known, identifiers=dict(known.identifiers), blocks=list(known.blocks))
    world.add_patron(patron)
    happened(Happening("link", patron_id=patron.primary_id))
    return patron


def _is(patron: Patron, identifier: str, id_type: str) -> bool:
    if id_type == "all_unique":
        names = [patron.primary_id, *patron.identifiers.values()]
    else:
        names = [patron.identifiers.get(id_type, "")]
    return identifier.casefold() in (name.casefold() for name in names)


def find_item(world: World, barcode: str) -> Item:
    """The item with the barcode."""
    if _ILLEGAL_IN_BARCODE.search(barcode):
        raise Refused("401690", f"Item barcode {barcode!r} has illegal characters.")
    item = world.item(barcode)
    if item is None:
        raise Refused("401689", f"No items found for barcode {barcode}.")
    return item


def find_desk(world: World, library_code: str, desk_code: str) -> tuple[Library, Desk]:
    """The library and its desk, both by code."""
    library = world.library(library_code)
    desks = [desk for desk in library.desks if desk.code == desk_code] if library else []
    if library is None or not desks:
        raise Refused(
            "40166410",
            f"The library {library_code!r} or its circulation desk {desk_code!r} is not valid.",
        )
    return library, desks[0]


def find_loan(loans: list[Loan], loan_id: str) -> Loan:
    """The one of a patron's or an item's loans that has this id."""
    for loan in loans:
        if loan.loan_id == loan_id:
            return loan
    raise Refused("401823", f"Loan ID {loan_id} does not exist.")


def due_date(world: World, item: Item, start: datetime) -> datetime:
    """When an item lent at ``start`` is due under its policy, aware UTC."""
    policy = world.policy(item.policy)
    assert policy is not None, "a world holds no item without its policy"
    if policy.hours:
        return start + timedelta(hours=policy.hours)
    day = start.astimezone(ZoneInfo(world.timezone)).date() + timedelta(days=policy.days)
    return closing(world, day)


def closing(world: World, day: date) -> datetime:
    """When the libraries close on a day, aware UTC."""
    local = datetime.combine(day, time(world.closing_hour), ZoneInfo(world.timezone))
    return local.astimezone(UTC)


def lend(
    world: World,
    patron: Patron,
    item: Item,
    library_code: str,
    desk_code: str,
    now: datetime,
    happened: Happened,
) -> Loan:
    """Lend the item to the patron at the desk; the loan begins ``now``."""
    library, desk = find_desk(world, library_code, desk_code)
    _may_borrow(patron, now)
    _may_be_lent(world, patron, item, desk)
    _has_room(world, patron, item)
    loan = Loan(
        patron_id=patron.primary_id,
        item_barcode=item.barcode,
        loan_date=now,
        due_date=due_date(world, item, now),
        library=library.code,
        circ_desk=desk.code,
    )
    world.add_loan(loan)
    for request in world.requests_of_item(item):
        if request.patron_id == patron.primary_id:
            world.requests.remove(request)
    item.destination, item.modification_date = "", now.date()
    happened(about("loan", loan, library.code, desk.code))
    return loan


def _may_borrow(patron: Patron, now: datetime) -> None:
    if patron.status != "ACTIVE" or not patron.patron_role:
        raise Refused("401151", "The user has no active patron role.")
    if patron.expiry_date < now.date():
        raise Refused("401168", "The patron's card has expired.")
    for block in patron.blocks:
        raise Refused(
            "401163", f"{block.type}  -   {block.description}. {block.note} Scope: {block.scope}"
        )


def _may_be_lent(world: World, patron: Patron, item: Item, desk: Desk) -> None:
    current = world.active_loan(item)
    if current and current.patron_id == patron.primary_id:
        raise Refused("400042", "The item is already on loan to this patron.")
    if current:
        raise Refused("401158", "The item is on loan to another patron.")
    if not desk.check_out or (desk.lends_for is not None and item.library not in desk.lends_for):
        raise Refused(
            "401153",
            f"Item {item.barcode} cannot be loaned from this circulation desk.",
        )
    policy = world.policy(item.policy)
    if policy is None or not policy.loanable:
        raise Refused("401651", "The item is not loanable under the terms of use.")
    waiting = world.requests_of_item(item)
    if item.process_type == "HOLDSHELF" and waiting and waiting[0].patron_id != patron.primary_id:
        raise Refused("401164", "The item is not loanable: it is held for another patron.")


def _has_room(world: World, patron: Patron, item: Item) -> None:
    active = [loan for loan in world.loans_of_patron(patron) if loan.return_date is None]
    for loan in active:
        other = world.item(loan.item_barcode)
        if other is not None and other.mms_id == item.mms_id:
            raise Refused("401198", "The patron has another copy of this title on loan.")
    if patron.loan_limit is not None and len(active) >= patron.loan_limit:
        raise Refused("401161", f"The patron has reached the limit of {patron.loan_limit} loans.")


def scan_in(
    world: World,
    item: Item,
    library_code: str,
    desk_code: str,
    now: datetime,
    happened: Happened,
    *,
    operator: str,
    in_house_use: bool = True,
    place_on_hold_shelf: bool = False,
) -> str:
    """Scan the item in at the desk: close its loan if it has one, and send it where it must go.

    Returns Alma's sentence about the item's destination.
    """
    library, desk = find_desk(world, library_code, desk_code)
    if not desk.check_in:
        raise Refused("402502", f"Scan in failed: the desk {desk.code} takes no returns.")
    _close_loan(world, item, library.code, desk.code, now, happened, operator, in_house_use)
    item.modification_date = now.date()
    waiting = world.requests_of_item(item)
    if waiting:
        return _hold_for(world, item, waiting[0], library, place_on_hold_shelf)
    if item.library != library.code or not desk.reshelve:
        return _send(world, item, item.library, "Transit for reshelving")
    item.process_type, item.destination = "", ""
    return _sentence(f"Reshelve to {item.location}", "", queue=0)


def scan_in_at_department(
    world: World, item: Item, department: str, now: datetime, happened: Happened, *, done: bool
) -> str:
    """Scan the item in at a work department, which keeps it until a scan that says ``done``."""
    if department not in world.departments:
        raise Refused("40166410", f"The department {department!r} is not valid.")
    _close_loan(world, item, "", department, now, happened, "API", False)
    item.modification_date = now.date()
    if done:
        return _send(world, item, item.library, "Transit for reshelving")
    item.process_type, item.destination = "WORK_ORDER_DEPARTMENT", ""
    return _sentence(f"Manage Locally ({department})", "Work order")


def _close_loan(
    world: World,
    item: Item,
    library: str,
    desk: str,
    now: datetime,
    happened: Happened,
    operator: str,
    in_house_use: bool,
) -> None:
    loan = world.active_loan(item)
    if loan is None:
        happened(Happening("scan", item.barcode, library=library, circ_desk=desk))
        if in_house_use:
            item.in_house_uses += 1
            happened(Happening("in_house_use", item.barcode, library=library, circ_desk=desk))
        return
    loan.return_date, loan.returned_by = now, operator
    loan.return_library, loan.return_circ_desk = library, desk
    item.process_type = ""
    world.close_loan(loan)
    happened(about("return", loan, library, desk))
    fine(world, item, loan, "Item was returned", now, happened)


def _hold_for(
    world: World, item: Item, request: Request, library: Library, place_on_hold_shelf: bool
) -> str:
    patron = world.patron(request.patron_id)
    if request.pickup_library != library.code:
        return _send(world, item, request.pickup_library, "Patron physical item request", patron)
    # Without being placed on the shelf the item waits in processing for a second scan.
    item.process_type = "HOLDSHELF" if place_on_hold_shelf else "REQUESTED"
    item.destination = ""
    place = "On Hold Shelf" if place_on_hold_shelf else "Hold Shelf Processing"
    return _sentence(place, "Patron physical item request", patron)


def _send(
    world: World, item: Item, to_library: str, process: str, patron: Patron | None = None
) -> str:
    item.process_type, item.destination = "TRANSIT", to_library
    library = world.library(to_library)
    return _sentence(library.name if library else to_library, process, patron)


def _sentence(
    destination: str, process: str, patron: Patron | None = None, *, queue: int = 1
) -> str:
    name = f"{patron.last_name}, {patron.first_name}" if patron else ""
    primary_id = patron.primary_id if patron else ""
    return (
        f"Item's destination is: {destination}. Request/Process Type: {process}. "
        f"Requester: {name}. Requester ID: {primary_id}. Place in Queue: {queue}"
    )


def about(type_: str, loan: Loan, library: str, circ_desk: str) -> Happening:
    """What was done to a loan, at a desk."""
    return Happening(type_, loan.item_barcode, loan.patron_id, loan.loan_id, library, circ_desk)
