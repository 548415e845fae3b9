"""What the stand-in Alma knows: libraries, patrons, items, loans, requests and fees."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter


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


@dataclass
class World:
    """Everything one institution's Alma holds.

    The lists are what a test writes and a file stores; once the world stands, add to them only
    through the ``add_…`` methods, which keep the look-ups in step. Raises ValueError when two
    records claim one identifier, or when one names a library, policy, patron or item that is not
    there. ``network_patrons`` are known to other institutions of the network only. With
    ``refuses_renewals_by_status`` a renewal that is refused is answered with 200 and an unchanged
    loan, whose ``last_renew_status`` tells it, instead of an error: it is not known which of both
    Alma does.
    """

    institution: str = "01CALDER_INST"
    institution_name: str = "Calder University"
    environment: str = "sandbox"
    timezone: str = "UTC"
    closing_hour: int = 22
    currency: str = "USD"
    libraries: list[Library] = field(default_factory=lambda: [Library("MAIN", "Main Library")])
    departments: list[str] = field(default_factory=lambda: ["ACQ_DEPT"])
    policies: list[Policy] = field(
        default_factory=lambda: [
            Policy("BOOK"),
            Policy("EQUIPMENT", hours=4, fine_per_day=5.0),
            Policy("REFERENCE", loanable=False),
        ]
    )
    waive_reasons: list[str] = field(default_factory=lambda: ["OUTAGE", "STAFF_ERROR", "OTHER"])
    anonymize_on_return: bool = False
    refuses_renewals_by_status: bool = False
    patrons: list[Patron] = field(default_factory=list)
    network_patrons: list[Patron] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    loans: list[Loan] = field(default_factory=list)
    fees: list[Fee] = field(default_factory=list)
    ids_given: int = 0

    def __post_init__(self) -> None:
        self._patrons: dict[str, Patron] = {}
        self._items: dict[str, Item] = {}
        self._items_by_pid: dict[str, Item] = {}
        self._mms_ids: set[str] = set()
        self._loans: dict[str, Loan] = {}
        self._active: dict[str, Loan] = {}
        self._loans_of_item: dict[str, list[Loan]] = {}
        self._loans_of_patron: dict[str, list[Loan]] = {}
        for patron in self.patrons:
            self._know_patron(patron)
        for item in self.items:
            self._know_item(item)
        for request in self.requests:
            request.request_id = request.request_id or self.new_id("33")
            patron = _must(self.patron(request.patron_id), "patron", request.patron_id)
            request.patron_id = patron.primary_id
            request.item_barcode = _must(
                self.item(request.item_barcode), "item", request.item_barcode
            ).barcode
            _must(self.library(request.pickup_library), "library", request.pickup_library)
        for loan in self.loans:
            self._know_loan(loan)
        for fee in self.fees:
            self._know_fee(fee)

    @classmethod
    def from_json(cls, path: str | Path) -> World:
        """Read a world that ``to_json`` wrote, or that was written by hand in the same shape."""
        return _WORLD.validate_json(Path(path).read_bytes())

    def to_json(self, path: str | Path) -> None:
        """Write the world as JSON, one key a field."""
        Path(path).write_bytes(self.dump())

    def dump(self) -> bytes:
        """The world as JSON."""
        return _WORLD.dump_json(self, indent=1)

    def new_id(self, prefix: str) -> str:
        """A number as long as Alma's own that no other record of this world has."""
        self.ids_given += 1
        return f"{prefix}{self.ids_given:08d}0004702"

    def library(self, code: str) -> Library | None:
        """The library with this code."""
        return next((library for library in self.libraries if library.code == code), None)

    def locations(self, library: Library) -> list[str]:
        """The codes of the locations that have items of a library."""
        return sorted({item.location for item in self.items if item.library == library.code})

    def policy(self, code: str) -> Policy | None:
        """The terms of use with this code."""
        return next((policy for policy in self.policies if policy.code == code), None)

    def patron(self, identifier: str) -> Patron | None:
        """The patron with this primary id or other identifier, whatever its case."""
        return self._patrons.get(identifier.casefold())

    def item(self, barcode: str) -> Item | None:
        """The item with this barcode, whatever its case."""
        return self._items.get(barcode.casefold())

    def item_by_pid(self, pid: str) -> Item | None:
        """The item with this item id."""
        return self._items_by_pid.get(pid)

    def has_bib(self, mms_id: str) -> bool:
        """Whether a title has this MMS id."""
        return mms_id in self._mms_ids

    def loan(self, loan_id: str) -> Loan | None:
        """The loan with this id, active or complete."""
        return self._loans.get(loan_id)

    def active_loan(self, item: Item) -> Loan | None:
        """The loan that has the item out."""
        return self._active.get(item.barcode)

    def loans_of_item(self, item: Item) -> list[Loan]:
        """The item's loans, active and complete, oldest first."""
        return self._loans_of_item.get(item.barcode, [])

    def loans_of_patron(self, patron: Patron) -> list[Loan]:
        """The patron's loans, active and complete, oldest first."""
        return self._loans_of_patron.get(patron.primary_id, [])

    def requests_of_item(self, item: Item) -> list[Request]:
        """The item's requests, next to be served first."""
        return [request for request in self.requests if request.item_barcode == item.barcode]

    def fees_of_patron(self, patron: Patron) -> list[Fee]:
        """The patron's fees of any status."""
        return [fee for fee in self.fees if fee.patron_id == patron.primary_id]

    def add_patron(self, patron: Patron) -> None:
        """Take in one more patron."""
        self._know_patron(patron)
        self.patrons.append(patron)

    def add_item(self, item: Item) -> None:
        """Take in one more item."""
        self._know_item(item)
        self.items.append(item)

    def add_loan(self, loan: Loan) -> None:
        """Take in one more loan."""
        self._know_loan(loan)
        self.loans.append(loan)

    def add_fee(self, fee: Fee) -> None:
        """Take in one more fee."""
        self._know_fee(fee)
        self.fees.append(fee)

    def close_loan(self, loan: Loan) -> None:
        """Note that a loan, which has its return date, is active no more."""
        self._active.pop(loan.item_barcode, None)
        if self.anonymize_on_return:
            self.loans.remove(loan)
            self._loans_of_item[loan.item_barcode].remove(loan)
            self._loans_of_patron[loan.patron_id].remove(loan)
            del self._loans[loan.loan_id]

    def _know_patron(self, patron: Patron) -> None:
        for identifier in {patron.primary_id, *patron.identifiers.values()}:
            if self._patrons.setdefault(identifier.casefold(), patron) is not patron:
                raise ValueError(f"two patrons have the identifier {identifier}")

    def _know_item(self, item: Item) -> None:
        _must(self.library(item.library), "library", item.library)
        _must(self.policy(item.policy), "policy", item.policy)
        if self._items.setdefault(item.barcode.casefold(), item) is not item:
            raise ValueError(f"two items have the barcode {item.barcode}")
        item.mms_id = item.mms_id or self.new_id("99")
        item.holding_id = item.holding_id or self.new_id("22")
        item.pid = item.pid or self.new_id("23")
        self._mms_ids.add(item.mms_id)
        self._items_by_pid[item.pid] = item

    def _know_loan(self, loan: Loan) -> None:
        item = _must(self.item(loan.item_barcode), "item", loan.item_barcode)
        patron = _must(self.patron(loan.patron_id), "patron", loan.patron_id)
        loan.patron_id, loan.item_barcode = patron.primary_id, item.barcode
        loan.loan_id = loan.loan_id or self.new_id("73")
        loan.library = loan.library or item.library
        library = _must(self.library(loan.library), "library", loan.library)
        loan.circ_desk = loan.circ_desk or library.desks[0].code
        if loan.return_date is None:
            if item.barcode in self._active:
                raise ValueError(f"two active loans have the item {item.barcode}")
            self._active[item.barcode] = loan
            item.process_type = _PROCESS_TYPES.get(loan.process_status, "LOAN")
        self._loans[loan.loan_id] = loan
        self._loans_of_item.setdefault(item.barcode, []).append(loan)
        self._loans_of_patron.setdefault(patron.primary_id, []).append(loan)

    def _know_fee(self, fee: Fee) -> None:
        patron = _must(self.patron(fee.patron_id), "patron", fee.patron_id)
        fee.patron_id = patron.primary_id
        fee.fee_id = fee.fee_id or self.new_id("98")


_PROCESS_TYPES = {"LOST": "LOST_LOAN", "CLAIMED_RETURN": "CLAIM_RETURNED_LOAN"}
"""The process types of items whose loans have a status of their own."""

_Record = TypeVar("_Record")


def _must(found: _Record | None, what: str, name: str) -> _Record:
    if found is None:
        raise ValueError(f"the world has no {what} {name}")
    return found


_WORLD = TypeAdapter(World)
