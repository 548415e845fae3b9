"""Every outcome of a row, its disposition, and what staff should do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from almareplay.transactions import Kind, joined


class Disposition(StrEnum):
    """The kinds of outcome, by what is left to do."""

    APPLIED = "applied"
    NO_CHANGE = "no_change"
    ATTENTION = "attention"
    REJECTED = "rejected"
    UNRESOLVED = "unresolved"
    PENDING = "pending"


OPEN = (Disposition.ATTENTION, Disposition.REJECTED, Disposition.UNRESOLVED)
"""The dispositions that leave something to do for staff."""

DISMISSED = "Nothing to do: somebody has settled this by hand and dismissed it; see the note."
"""The advice of a row that staff have dismissed, in the place of its outcome's."""


class Outcome(StrEnum):
    """The one word that says what became of a transaction."""

    LOANED = "loaned"
    RENEWED = "renewed"
    RETURNED = "returned"
    ALREADY_LOANED = "already_loaned"
    NOT_ON_LOAN = "not_on_loan"
    SUPERSEDED = "superseded"
    DUPLICATE = "duplicate"
    CANCELLED = "cancelled"
    PATRON_NOT_FOUND = "patron_not_found"
    PATRON_BLOCKED = "patron_blocked"
    PATRON_EXPIRED = "patron_expired"
    PATRON_LIMIT = "patron_limit"
    PATRON_INACTIVE = "patron_inactive"
    ITEM_NOT_FOUND = "item_not_found"
    ITEM_NOT_LOANABLE = "item_not_loanable"
    ON_LOAN_TO_OTHER = "on_loan_to_other"
    OTHER_COPY_ON_LOAN = "other_copy_on_loan"
    DESK_REFUSED = "desk_refused"
    REFUSED = "refused"
    INVALID = "invalid"
    UNCERTAIN = "uncertain"
    HELD_BACK = "held_back"
    UNAVAILABLE = "unavailable"
    PENDING = "pending"

    @property
    def disposition(self) -> Disposition:
        """What is left to do about a row with this outcome."""
        return _MEANING[self][0]

    @property
    def advice(self) -> str:
        """One sentence for circulation staff."""
        return _MEANING[self][1]


_MEANING: dict[Outcome, tuple[Disposition, str]] = {
    Outcome.LOANED: (
        Disposition.APPLIED,
        "Nothing to do: the loan is in Alma.",
    ),
    Outcome.RENEWED: (
        Disposition.APPLIED,
        "Nothing to do: the patron had the item already, and its loan was renewed.",
    ),
    Outcome.RETURNED: (
        Disposition.APPLIED,
        "The return is in Alma: put the item where the destination says.",
    ),
    Outcome.ALREADY_LOANED: (
        Disposition.NO_CHANGE,
        "Nothing to do: the item was on loan to this patron in Alma already.",
    ),
    Outcome.NOT_ON_LOAN: (
        Disposition.NO_CHANGE,
        "The item was not on loan in Alma; it was scanned in: put it where the destination says.",
    ),
    Outcome.SUPERSEDED: (
        Disposition.NO_CHANGE,
        "Nothing to do: something later has happened to this item, so the row was not posted.",
    ),
    Outcome.DUPLICATE: (
        Disposition.NO_CHANGE,
        "Nothing to do: the run holds the same loan or return from the same moment already.",
    ),
    Outcome.CANCELLED: (
        Disposition.NO_CHANGE,
        "Nothing to do: the desk cancelled this row itself, so it was not sent.",
    ),
    Outcome.PATRON_NOT_FOUND: (
        Disposition.ATTENTION,
        "Find out who has the item: Alma knows no patron with this identifier. "
        "Then have the patron id corrected, or record the loan by hand.",
    ),
    Outcome.PATRON_BLOCKED: (
        Disposition.ATTENTION,
        "Look at the block on the patron's account; lift or override it at the desk and record "
        "the loan, or ask for the item back.",
    ),
    Outcome.PATRON_EXPIRED: (
        Disposition.ATTENTION,
        "Renew the patron's account and record the loan, or ask for the item back.",
    ),
    Outcome.PATRON_LIMIT: (
        Disposition.ATTENTION,
        "The patron has reached the limit of loans: override it at the desk and record the loan, "
        "or ask for an item back.",
    ),
    Outcome.PATRON_INACTIVE: (
        Disposition.ATTENTION,
        "Give the account an active patron role and record the loan, or ask for the item back.",
    ),
    Outcome.ITEM_NOT_FOUND: (
        Disposition.ATTENTION,
        "Fetch the item or its record: Alma knows no item with this barcode. "
        "Correct the barcode and record the transaction by hand.",
    ),
    Outcome.ITEM_NOT_LOANABLE: (
        Disposition.ATTENTION,
        "The terms of use do not let this item be lent to this patron: override it at the desk "
        "or ask for the item back.",
    ),
    Outcome.ON_LOAN_TO_OTHER: (
        Disposition.ATTENTION,
        "Alma has the item on loan to somebody else: return it for that patron, "
        "then record this loan.",
    ),
    Outcome.OTHER_COPY_ON_LOAN: (
        Disposition.ATTENTION,
        "The patron has another copy of this title on loan: override it at the desk "
        "or ask for one of the copies back.",
    ),
    Outcome.DESK_REFUSED: (
        Disposition.ATTENTION,
        "This circulation desk may not do this with the item: record it at the right desk.",
    ),
    Outcome.REFUSED: (
        Disposition.ATTENTION,
        "Alma refused this for the reason in its message: settle that, then record it by hand.",
    ),
    Outcome.INVALID: (
        Disposition.REJECTED,
        "This row could not be read and was not sent: look at the reason in the note and record "
        "the transaction by hand.",
    ),
    Outcome.UNCERTAIN: (
        Disposition.UNRESOLVED,
        "It cannot be known whether this is in Alma, or was overtaken there: look in Alma at who "
        "has the item, and set it right by hand if need be.",
    ),
    Outcome.HELD_BACK: (
        Disposition.UNRESOLVED,
        "Not posted, because an earlier row of this item is unresolved: settle that one first, "
        "then retry this row.",
    ),
    Outcome.UNAVAILABLE: (
        Disposition.UNRESOLVED,
        "Not posted: Alma failed each time it was asked about this row. Retry it later.",
    ),
    Outcome.PENDING: (
        Disposition.PENDING,
        "Not replayed yet.",
    ),
}


class Shelf(NamedTuple):
    """Where an item belongs: the code of its library, its location, its call number; its title."""

    library: str
    location: str
    call_number: str
    title: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a row, with what Alma said about it.

    ``due_date`` is aware UTC. ``destination`` says where a returned item must go, ``pull_from``
    where it belongs, if somebody waits for it: staff must fetch it should it stand there again.
    ``note`` is words for staff beside the outcome's advice. Empty strings mean that there is
    nothing to say.
    """

    outcome: Outcome
    alma_code: str = ""
    alma_message: str = ""
    tracking_id: str = ""
    loan_id: str = ""
    due_date: datetime | None = None
    destination: str = ""
    pull_from: Shelf | None = None
    note: str = ""


class ReportRow(NamedTuple):
    """A row as the report shows it: its fields are the report's columns, in their order.

    Datetimes are aware; ``captured_at`` in the zone of its desk, the others UTC. What is not known
    is ``None`` or empty. ``phase`` is the row's phase in the run (1, until phases can be loaded).
    ``dismissed`` tells whether staff have settled the row by hand. ``institution`` (Alma's code)
    and ``environment`` (``sandbox``, ``production``) say to which Alma the run belongs, or which
    one a rehearsal asked for this prediction; empty where nothing was sent yet.
    """

    row: int
    captured_at: datetime | None
    kind: Kind | None
    item_barcode: str
    patron_id: str
    library: str
    circ_desk: str
    source_file: str
    source_row: int
    disposition: Disposition
    outcome: Outcome
    advice: str
    alma_code: str
    alma_message: str
    tracking_id: str
    loan_id: str
    due_date: datetime | None
    destination: str
    attempts: int
    note: str
    completed_at: datetime | None
    phase: int
    dismissed: bool
    institution: str
    environment: str

    @property
    def to_do(self) -> bool:
        """Whether staff must still do something about it."""
        return self.disposition in OPEN and not self.dismissed

    def as_if(self, result: Result) -> ReportRow:
        """The row as it would be with this result, which is a prediction."""
        return self._replace(
            disposition=result.outcome.disposition,
            outcome=result.outcome,
            advice=result.outcome.advice,
            alma_code=result.alma_code,
            alma_message=result.alma_message,
            tracking_id=result.tracking_id,
            note=joined(result.note, self.note),
        )


class PullRow(NamedTuple):
    """An item that somebody waits for: its fields are the list's columns, in their order.

    ``library`` and ``location`` are where it belongs (codes), and where it stands should it have
    been put back; ``destination`` is where it must go. ``returned`` (aware, in the zone of its
    desk) is when it came back, at ``desk`` (codes of library and circulation desk), by ``row``.
    """

    library: str
    location: str
    call_number: str
    title: str
    item_barcode: str
    destination: str
    returned: datetime
    desk: str
    row: int


class FineRow(NamedTuple):
    """An overdue fine that a scan of the run made: its fields are the list's columns.

    ``patron_id`` is the primary id, ``returned`` (aware, in the zone of its desk) the captured
    time, ``due_date`` (UTC) when the item was due. ``wrong`` is ``whole`` or ``part``;
    ``waived_at`` (UTC) is None where the fine stands.
    """

    row: int
    patron_id: str
    item_barcode: str
    returned: datetime
    due_date: datetime
    amount: Decimal
    currency: str
    wrong: str
    waived_at: datetime | None
    fee_id: str
    advice: str
