"""What the stand-in Alma knows: libraries, patrons, items, loans, requests and fees."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from almareplay.simulator.records import (
    Block,
    Desk,
    Fee,
    Item,
    Library,
    Loan,
    Patron,
    Policy,
    Request,
    Waiver,
)

__all__ = [
    "Block",
    "Desk",
    "Fee",
    "Item",
    "Library",
    "Loan",
    "Patron",
    "Policy",
    "Request",
    "Waiver",
    "World",
]


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
