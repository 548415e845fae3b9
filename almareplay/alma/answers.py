"""What Alma answers, read leniently: a field that is missing or odd is empty, never a crash.

A ``read_…`` function takes the JSON object of a body. It gives ``None`` where the body lacks what
makes it an answer at all: then nobody knows what has happened.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

T = TypeVar("T")
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ItemIds:
    """The three ids that address an item."""

    mms_id: str
    holding_id: str
    item_pid: str


@dataclass(frozen=True, slots=True)
class ItemLoan:
    """A loan of an item. Times are aware UTC, ``None`` where Alma gives none.

    ``user_id`` is the primary id, whatever identifier was used to ask. ``circ_desk`` and
    ``library`` are codes. ``loan_date`` is the moment of the call that made the loan.
    """

    loan_id: str
    user_id: str
    item_barcode: str
    library: str
    circ_desk: str
    loan_date: datetime | None
    due_date: datetime | None
    return_date: datetime | None
    last_renew_date: datetime | None
    loan_status: str
    process_status: str
    title: str


@dataclass(frozen=True, slots=True)
class ItemState:
    """What state an item is in. ``base_status`` is ``1`` in place, ``0`` not."""

    base_status: str
    process_type: str
    library: str
    requested: bool


@dataclass(frozen=True, slots=True)
class ScanIn:
    """What a scan made of an item.

    ``destination`` says where it must go: ``hold shelf``, ``transit: LIBRARY`` (``transit`` where
    Alma does not name the library), ``reshelve``, or Alma's words for another place or process;
    empty where Alma says nothing. ``library`` is the code of the library that owns the item.
    """

    destination: str
    process_type: str
    library: str


@dataclass(frozen=True, slots=True)
class Patron:
    """A patron's record. ``blocks`` are the descriptions of the active blocks, ``identifiers`` all
    that name the patron besides ``primary_id``; ``status`` is ``ACTIVE`` or ``INACTIVE``."""

    primary_id: str
    status: str
    expiry_date: date | None
    blocks: tuple[str, ...]
    identifiers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Institution:
    """Which Alma answers. ``environment`` is ``production`` or ``sandbox``."""

    code: str
    name: str
    environment: str


@dataclass(frozen=True, slots=True)
class Library:
    """A library of the institution."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class CircDesk:
    """A circulation desk, and whether it may return (``check_in``) and lend (``check_out``)."""

    code: str
    name: str
    check_in: bool
    check_out: bool


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
        _text(_dict(body, "bib_data"), "mms_id"),
        _text(_dict(body, "holding_data"), "holding_id"),
        _text(_dict(body, "item_data"), "pid"),
    )
    return ItemIds(*ids) if all(ids) else None


def read_item_state(body: Body) -> ItemState | None:
    """The state in an item's body."""
    item = _dict(body, "item_data")
    if not item:
        return None
    return ItemState(
        base_status=_value(item, "base_status"),
        process_type=_value(item, "process_type"),
        library=_value(item, "library"),
        requested=_flag(item, "requested"),
    )


def read_loan(body: Body) -> ItemLoan | None:
    """One loan."""
    loan_id = _text(body, "loan_id")
    if not loan_id:
        return None
    return ItemLoan(
        loan_id=loan_id,
        user_id=_text(body, "user_id"),
        item_barcode=_text(body, "item_barcode"),
        library=_value(body, "library"),
        circ_desk=_value(body, "circ_desk"),
        loan_date=_time(body, "loan_date"),
        due_date=_time(body, "due_date"),
        return_date=_time(body, "return_date"),
        last_renew_date=_time(body, "last_renew_date"),
        loan_status=_text(body, "loan_status"),
        process_status=_text(body, "process_status"),
        title=_text(body, "title"),
    )


def read_loans(body: Body) -> tuple[list[ItemLoan], int | None] | None:
    """One page of loans, and how many there are in all where Alma says it.

    A body without a list means that there is no loan only where it says so with a count of 0.
    """
    total = body.get("total_record_count")
    count = int(total) if isinstance(total, int | str) and str(total).isdecimal() else None
    listed = body.get("item_loan")
    if listed is None:
        return ([], 0) if count == 0 else None
    loans = _all(listed, read_loan)
    return None if loans is None else (loans, count)


_DESTINATION = re.compile(r"destination is:\s*(.*?)\s*\.\s*Request/Process Type:", re.IGNORECASE)


def read_scan_in(body: Body) -> ScanIn | None:
    """What a scan answers. Of ``additional_info``, which can name the next patron, only the
    destination is read."""
    item = _dict(body, "item_data")
    if not item:
        return None
    said = _DESTINATION.search(_text(body, "additional_info"))
    return ScanIn(
        destination=_destination(item, said[1] if said else ""),
        process_type=_value(item, "process_type"),
        library=_value(item, "library"),
    )


def _destination(item: Body, place: str) -> str:
    """``place`` is the destination in Alma's own words, empty where it gave none."""
    process_type = _value(item, "process_type").upper()
    if process_type == "HOLDSHELF" or "hold shelf" in place.lower():
        return "hold shelf"
    if process_type == "TRANSIT":
        return f"transit: {place}" if place else "transit"
    if not process_type and _value(item, "base_status"):
        return "reshelve"
    return place or _text(_dict(item, "process_type"), "desc").lower() or process_type.lower()


def read_patron(body: Body) -> Patron | None:
    """A patron's record; names and addresses in it are not kept."""
    primary_id = _text(body, "primary_id")
    if not primary_id:
        return None
    active = (
        b for b in _dicts(body, "user_block") if _text(b, "block_status").upper() != "INACTIVE"
    )
    blocks = (_dict(block, "block_description") for block in active)
    return Patron(
        primary_id=primary_id,
        status=_value(body, "status").upper(),
        expiry_date=_date(body, "expiry_date"),
        blocks=tuple(_text(block, "desc") or _text(block, "value") for block in blocks),
        identifiers=tuple(
            filter(None, (_text(i, "value") for i in _dicts(body, "user_identifier")))
        ),
    )


def read_institution(body: Body) -> Institution | None:
    """The general configuration."""
    institution = _dict(body, "institution")
    if not institution:
        return None
    return Institution(
        code=_text(institution, "value"),
        name=_text(institution, "desc"),
        environment=_text(body, "environment_type").lower()
        or _value(body, "environment_type").lower(),
    )


def read_libraries(body: Body) -> list[Library] | None:
    """The libraries of the institution."""
    return _all(
        body.get("library"),
        lambda library: Library(_text(library, "code"), _text(library, "name")),
    )


def read_circ_desks(body: Body) -> list[CircDesk] | None:
    """The circulation desks of a library; none where the body lists none."""
    return _all(
        body.get("circ_desk") or [],
        lambda desk: CircDesk(
            code=_text(desk, "circ_desk_code") or _text(desk, "code"),
            name=_text(desk, "circ_desk_name") or _text(desk, "name"),
            check_in=_flag(desk, "check_in"),
            check_out=_flag(desk, "check_out"),
        ),
    )


def _all(listed: object, read: Callable[[Body], T | None]) -> list[T] | None:
    """Every element as read, or ``None`` where the list or one of its elements is unreadable."""
    elements = [listed] if isinstance(listed, dict) else listed
    if not isinstance(elements, list):
        return None
    done = [read(element) if isinstance(element, dict) else None for element in elements]
    found = [element for element in done if element is not None]
    return found if len(found) == len(done) else None


def _dict(body: Body, name: str) -> Body:
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def _dicts(body: Body, name: str) -> list[Body]:
    listed = body.get(name)
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    # A lone surrogate, which JSON can hold, can be neither stored nor printed.
    return str(value).strip().encode(errors="replace").decode()


def _value(body: Body, name: str) -> str:
    """The code of a ``{"value": …, "desc": …}``; a plain text counts as its value."""
    return _text(_dict(body, name), "value") or _text(body, name)


def _flag(body: Body, name: str) -> bool:
    return body.get(name) in (True, "true")


def _time(body: Body, name: str) -> datetime | None:
    """Seen are ``2018-07-13T17:31:39.800Z`` and ``2018-08-10T18:00:00Z``; no zone is UTC."""
    try:
        time = datetime.fromisoformat(_text(body, name))
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _date(body: Body, name: str) -> date | None:
    """Seen are ``2015-11-05Z`` and ``2015-11-05``."""
    try:
        return date.fromisoformat(_text(body, name)[:10])
    except ValueError:
        return None
