"""What became of a row, and the rows of reports and lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import NamedTuple

from almareplay.outcomes.outcome import OPEN, Disposition, Outcome
from almareplay.outcomes.reasons import all_in_words
from almareplay.transactions import Kind, Notes, in_zone, joined


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
    ``on_loan_to`` is the primary id of another patron who has the item in Alma, ``on_loan_since``
    (aware UTC) since when; ``due_date`` is then that of the other's loan. ``notes`` are for
    staff beside the outcome's advice. Empty strings mean that there is nothing to say.
    """

    outcome: Outcome
    alma_code: str = ""
    alma_message: str = ""
    tracking_id: str = ""
    loan_id: str = ""
    due_date: datetime | None = None
    destination: str = ""
    pull_from: Shelf | None = None
    notes: Notes = ()
    on_loan_to: str = ""
    on_loan_since: datetime | None = None


def on_loan_in_words(
    borrower: str, since: datetime | None, due: datetime | None, zone: tzinfo
) -> str:
    """The note of a row whose item another patron has: to whom, since when, due when, the times
    (aware) in this zone and left out where they are not known. Empty without a borrower."""
    if not borrower:
        return ""
    words = f"on loan to {borrower}"
    if since is not None:
        words += f" since {_clock(in_zone(since, zone))}"
    return words if due is None else f"{words}, due {_clock(in_zone(due, zone))}"


def _clock(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y %H:%M}"


class ReportRow(NamedTuple):
    """A row as the report shows it: its fields are the report's columns, in their order.

    Datetimes are aware, in the zone of the library. What is not known is ``None`` or empty.
    ``phase`` is the row's phase in the run, 1 where none was given.
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

    def as_if(self, result: Result, zone: tzinfo) -> ReportRow:
        """The row as it would be with this result, which is a prediction; ``zone`` is that of the
        library."""
        due = result.due_date
        other = on_loan_in_words(result.on_loan_to, result.on_loan_since, due, zone)
        return self._replace(
            disposition=result.outcome.disposition,
            outcome=result.outcome,
            advice=result.outcome.advice_before,
            alma_code=result.alma_code,
            alma_message=result.alma_message,
            tracking_id=result.tracking_id,
            due_date=None if due is None else in_zone(due, zone),
            note=joined(other, all_in_words(result.notes), self.note),
        )


class PullRow(NamedTuple):
    """An item that somebody waits for: its fields are the list's columns, in their order.

    ``library`` and ``location`` are where it belongs (codes), and where it stands should it have
    been put back; ``destination`` is where it must go. ``returned`` (aware, in the zone of the
    library) is when it came back, at ``desk`` (codes of library and circulation desk), by ``row``.
    ``institution`` and ``environment`` are those of a ``ReportRow``.
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
    institution: str
    environment: str


class FineRow(NamedTuple):
    """An overdue fine that a row of the run made: its fields are the list's columns.

    ``made_by`` is ``return`` or ``renewal``, ``patron_id`` the primary id. ``captured_at`` is when
    the item was returned or renewed, ``due_date`` when it was due. ``wrong`` is ``whole``; ``part``
    where the fine may be too high; ``none`` where a fine counted by the day is the same for the
    captured time. ``waived_at`` is None where the fine stands. Datetimes are aware, in the zone of
    the library; ``institution`` and ``environment`` are those of a ``ReportRow``.
    """

    row: int
    made_by: str
    patron_id: str
    item_barcode: str
    captured_at: datetime
    due_date: datetime
    amount: Decimal
    currency: str
    wrong: str
    waived_at: datetime | None
    fee_id: str
    advice: str
    institution: str
    environment: str

    @property
    def to_do(self) -> bool:
        """Whether staff should look at it."""
        return self.waived_at is None and self.wrong != "none"
