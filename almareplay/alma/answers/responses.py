"""What Alma answers, read leniently: a field that is missing or odd is empty, never a crash.

A ``read_…`` function takes the JSON object of a body. It gives ``None`` where the body lacks what
makes it an answer at all: then nobody knows what has happened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from almareplay.alma.answers import fields
from almareplay.alma.answers.fields import Body, Page


class ItemIds(NamedTuple):
    """The three ids that address an item."""

    mms_id: str
    holding_id: str
    item_pid: str


@dataclass(frozen=True, slots=True)
class ItemLoan:
    """A loan of an item. Times are aware UTC, ``None`` where Alma gives none.

    ``user_id`` is the primary id, whatever identifier was used to ask. ``circ_desk`` and
    ``library`` are codes. ``loan_date`` is the moment of the call that made the loan.
    ``process_status`` is ``NORMAL``, ``RENEW``, ``LOST``, ``CLAIMED_RETURN`` … ``body`` is the loan
    as Alma wrote it, which a change of it must send back; empty for a loan that is over.
    ``mms_id`` tells the title. The terms under which it was lent are not told (recorded: the item
    policy of a loan has no value).
    ``last_renew_status`` is Alma's word on the last renewal, empty for a loan never renewed:
    ``401193;`` for success (recorded), anything else for one that failed (client code), and
    ``last_renew_message`` the same in words. ``holding_id`` and ``item_id`` are the item's, empty
    where Alma leaves them out (recorded).
    """

    loan_id: str
    user_id: str = field(repr=False)
    item_barcode: str
    library: str
    circ_desk: str
    loan_date: datetime | None
    due_date: datetime | None
    return_date: datetime | None
    last_renew_date: datetime | None
    loan_status: str
    process_status: str
    title: str = field(repr=False)
    body: Body = field(default_factory=dict, repr=False, compare=False)
    mms_id: str = ""
    last_renew_status: str = ""
    last_renew_message: str = field(default="", repr=False)
    holding_id: str = ""
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class ItemState:
    """What state an item is in, and where it belongs.

    ``base_status`` is ``1`` in place, ``0`` not. ``process_type`` is Alma's code (``LOAN``,
    ``TRANSIT``, ``HOLDSHELF``, ``MISSING``, ``LOST_LOAN``, ``CLAIM_RETURNED_LOAN`` …), empty for an
    item in place. ``library`` is the code of the library that owns the item. ``call_number`` and
    ``location`` (its name, else its code) are those of its shelf, a temporary one before the
    permanent one. ``modification_date`` is the day on which the item last changed, in Alma's zone.
    ``policy`` is the code of its item policy, a temporary one before the permanent one.
    ``barcode`` is the item's own, however it was asked for.
    """

    base_status: str
    process_type: str
    library: str
    requested: bool
    title: str
    call_number: str
    location: str
    modification_date: date | None
    policy: str = ""
    barcode: str = ""


@dataclass(frozen=True, slots=True)
class ScanIn:
    """What a scan made of an item. Nothing in it tells who has requested it.

    ``destination`` says where it must go: ``hold shelf``, ``transit: LIBRARY`` (``transit`` where
    Alma does not name the library), ``reshelve``, or Alma's words for another place or process;
    empty where Alma says nothing. ``requested_by_somebody`` tells whether somebody waits for it
    there. ``library``, ``call_number`` and ``location`` are as in `ItemState`. ``item_pid`` and
    ``barcode`` are those of the item that was scanned, empty where Alma leaves them out.
    """

    destination: str
    process_type: str
    library: str
    requested_by_somebody: bool
    title: str
    call_number: str
    location: str
    item_pid: str = ""
    barcode: str = ""


_ITEM_PATH = re.compile(r"/bibs/([^/]+)/holdings/([^/]+)/items/([^/]+)/?$")


def read_location(location: str) -> ItemIds | None:
    """The ids in the ``Location`` that answers a question for a barcode."""
    try:
        found = _ITEM_PATH.search(urlsplit(location).path)
    except ValueError:
        return None
    return ItemIds(*map(unquote, found.groups())) if found else None


def read_item_ids(body: Body) -> ItemIds | None:
    """The ids in an item's own body."""
    ids = (
        fields.text(fields.record(body, "bib_data"), "mms_id"),
        fields.text(fields.record(body, "holding_data"), "holding_id"),
        fields.text(fields.record(body, "item_data"), "pid"),
    )
    return ItemIds(*ids) if all(ids) else None


def read_item_state(body: Body) -> ItemState | None:
    """The state in an item's body."""
    item = fields.record(body, "item_data")
    if not item:
        return None
    call_number, location = _shelf(body)
    return ItemState(
        base_status=fields.code(item, "base_status"),
        process_type=fields.code(item, "process_type"),
        library=fields.code(item, "library"),
        requested=fields.flag(item, "requested"),
        title=fields.text(fields.record(body, "bib_data"), "title"),
        call_number=call_number,
        location=location,
        modification_date=fields.day(item, "modification_date"),
        policy=_policy(body),
        barcode=fields.text(item, "barcode"),
    )


def _policy(body: Body) -> str:
    holding = fields.record(body, "holding_data")
    temporary = (
        fields.code(holding, "temp_policy") if fields.flag(holding, "in_temp_location") else ""
    )
    return temporary or fields.code(fields.record(body, "item_data"), "policy")


def _shelf(body: Body) -> tuple[str, str]:
    """Call number and location at which staff find the item. An item's own call number goes before
    that of its holding."""
    holding, item = fields.record(body, "holding_data"), fields.record(body, "item_data")
    call_number = fields.text(holding, "call_number")
    location = fields.words(item, "location")
    if fields.flag(holding, "in_temp_location"):
        call_number = fields.text(holding, "temp_call_number") or call_number
        place = (fields.words(holding, name) for name in ("temp_library", "temp_location"))
        location = ", ".join(filter(None, place)) or location
    return fields.text(item, "alternative_call_number") or call_number, location


def read_loan(body: Body) -> ItemLoan | None:
    """One loan."""
    loan_id = fields.text(body, "loan_id")
    if not loan_id:
        return None
    return_date = fields.moment(body, "return_date")
    return ItemLoan(
        loan_id=loan_id,
        user_id=fields.text(body, "user_id"),
        item_barcode=fields.text(body, "item_barcode"),
        library=fields.code(body, "library"),
        circ_desk=fields.code(body, "circ_desk"),
        loan_date=fields.moment(body, "loan_date"),
        due_date=fields.moment(body, "due_date"),
        return_date=return_date,
        last_renew_date=fields.moment(body, "last_renew_date"),
        loan_status=fields.text(body, "loan_status"),
        process_status=fields.text(body, "process_status"),
        title=fields.text(body, "title"),
        body=body if return_date is None else {},
        mms_id=fields.text(body, "mms_id"),
        last_renew_status=fields.code(body, "last_renew_status"),
        last_renew_message=fields.text(fields.record(body, "last_renew_status"), "desc"),
        holding_id=fields.text(body, "holding_id"),
        item_id=fields.text(body, "item_id"),
    )


def read_loans(body: Body) -> Page[ItemLoan] | None:
    """One page of loans.

    A body without a list means that there is no loan only where it says so with a count of 0.
    """
    count = fields.number(body, "total_record_count")
    listed = body.get("item_loan")
    if listed is None:
        return Page([], 0) if count == 0 else None
    loans = fields.every(listed, read_loan)
    return None if loans is None else Page(loans, count)


_DESTINATION = re.compile(r"destination is:\s*(.*?)\s*\.\s*Request/Process Type:", re.IGNORECASE)
_REQUEST = re.compile(r"Process Type:[^.]*\brequest|Requester ID:\s*[^\s.]", re.IGNORECASE)


def read_scan_in(body: Body) -> ScanIn | None:
    """What a scan answers. Of ``additional_info``, which can name the next patron, only the
    destination is kept, and whether there is a next patron."""
    item = fields.record(body, "item_data")
    if not item:
        return None
    info = fields.text(body, "additional_info")
    said = _DESTINATION.search(info)
    destination = _destination(item, said[1] if said else "")
    process_type = fields.code(item, "process_type")
    travels = destination.startswith("transit") and _REQUEST.search(info) is not None
    waited_for = process_type in ("HOLDSHELF", "REQUESTED") or destination == "hold shelf"
    call_number, location = _shelf(body)
    return ScanIn(
        destination=destination,
        process_type=process_type,
        library=fields.code(item, "library"),
        requested_by_somebody=waited_for or travels,
        title=fields.text(fields.record(body, "bib_data"), "title"),
        call_number=call_number,
        location=location,
        item_pid=fields.text(item, "pid"),
        barcode=fields.text(item, "barcode"),
    )


def _destination(item: Body, place: str) -> str:
    """``place`` is the destination in Alma's own words, empty where it gave none."""
    process_type = fields.code(item, "process_type").upper()
    if process_type == "TRANSIT":
        return f"transit: {place}" if place else "transit"
    if process_type == "HOLDSHELF" or "hold shelf" in place.lower():
        return "hold shelf"
    if not process_type and fields.code(item, "base_status"):
        return "reshelve"
    return place or fields.words(item, "process_type").lower()
