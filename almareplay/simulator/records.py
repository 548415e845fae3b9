"""The records of the stand-in Alma, as a test writes them and a file stores them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass
class Desk:
    """A circulation desk, and what it does for all locations of its library. ``lends_for`` names
    the libraries whose items it lends; None: all."""

    code: str
    name: str = ""
    check_in: bool = True
    check_out: bool = True
    reshelve: bool = True
    lends_for: list[str] | None = None


@dataclass
class Library:
    """A library and its desks."""

    code: str
    name: str
    desks: list[Desk] = field(default_factory=lambda: [Desk("DEFAULT_CIRC_DESK", "Main desk")])


@dataclass
class Policy:
    """The terms of use of an item policy: ``hours``, or else ``days`` until the closing hour.

    A late return costs ``fine_per_hour`` where the policy is one by hours and has it, else
    ``fine_per_day``, for each hour or day begun.
    """

    code: str
    days: int = 28
    hours: int = 0
    loanable: bool = True
    max_renewals: int = 5
    fine_per_day: float = 0.25
    fine_per_hour: float = 0.0


@dataclass
class Block:
    """A block on a patron, in the words in which the refusal names it."""

    type: str
    description: str
    note: str = ""
    scope: str = ""


@dataclass
class Patron:
    """A user; ``identifiers`` maps identifier types (``BARCODE``, ``EMAIL`` …) to values.
    ``inactive_identifiers`` are shown, but find nobody."""

    primary_id: str
    identifiers: dict[str, str] = field(default_factory=dict)
    first_name: str = "Robin"
    last_name: str = "Example"
    user_group: str = "STUDENT"
    status: str = "ACTIVE"
    patron_role: bool = True
    expiry_date: date = date(2099, 12, 31)
    loan_limit: int | None = None
    blocks: list[Block] = field(default_factory=list)
    inactive_identifiers: dict[str, str] = field(default_factory=dict)


@dataclass
class Item:
    """A physical item. Ids left empty are made up; copies of one title share an ``mms_id``.

    ``process_type`` is Alma's, empty for an item in place; ``destination`` is the code of the
    library to which an item in transit travels.
    """

    barcode: str
    library: str
    title: str = "Untitled"
    author: str = ""
    policy: str = "BOOK"
    location: str = "STACKS"
    call_number: str = ""
    mms_id: str = ""
    holding_id: str = ""
    pid: str = ""
    process_type: str = ""
    destination: str = ""
    in_house_uses: int = 0
    modification_date: date = date(2020, 1, 1)


@dataclass
class Request:
    """A patron's hold on an item; the first of an item in ``World.requests`` is served first."""

    patron_id: str
    item_barcode: str
    pickup_library: str
    request_id: str = ""


@dataclass
class Loan:
    """A loan, active until it has a ``return_date``. Moments are aware UTC.

    ``process_status`` is Alma's: ``NORMAL``, ``RENEW``, ``LOST``, ``CLAIMED_RETURN``. A lost loan
    and one that the patron claims to have returned are active. ``last_renew_status`` is Alma's
    word on the last attempt to renew, empty for a loan that nobody has tried to renew.
    """

    patron_id: str
    item_barcode: str
    loan_date: datetime
    due_date: datetime
    library: str = ""
    circ_desk: str = ""
    loan_id: str = ""
    renewals: int = 0
    last_renew_date: datetime | None = None
    return_date: datetime | None = None
    returned_by: str = ""
    return_library: str = ""
    return_circ_desk: str = ""
    process_status: str = "NORMAL"
    last_renew_status: str = ""


@dataclass
class Waiver:
    """What staff have waived of a fee, in the institution's currency, and why."""

    amount: float
    reason: str
    comment: str
    time: datetime
    transaction_id: str


@dataclass
class Fee:
    """A patron's fine or fee in the institution's currency; ``balance`` is what is still owed.

    Not every fee is about an item.
    """

    patron_id: str
    type: str
    original_amount: float
    balance: float
    creation_time: datetime
    library: str
    item_barcode: str = ""
    title: str = ""
    fee_id: str = ""
    status: str = "ACTIVE"
    comment: str = ""
    waivers: list[Waiver] = field(default_factory=list)
