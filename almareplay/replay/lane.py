"""What is known of one item while its rows are replayed, and the rows under way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from almareplay.alma.answers.responses import ItemIds, ItemLoan, ItemState
from almareplay.alma.errors import Refusal, Unavailable
from almareplay.queue.replaying.attempts import Intent
from almareplay.queue.replaying.journal import LaneHistory
from almareplay.queue.rows import QueuedRow

# The parts of Alma that answer and that date a loan need not have one clock to the second.
CLOCK_SLACK = timedelta(seconds=5)
# From the intent of a scan to the return that Alma dates: with every wait in between.
_SCAN_TAKES = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Borrowed:
    """The active loan of an item.

    ``made_at`` (aware) is when Alma says it was made; for a loan that the run made it is the
    captured time of its row, because only then are both on one clock. ``user_id`` is the primary
    id of the patron; ``to_patron`` tells whether the row to be decided about, a loan, is of that
    patron, None where nobody has compared. The dates are aware UTC.
    """

    loan_id: str
    user_id: str
    made_at: datetime
    due_date: datetime | None = None
    last_renew_date: datetime | None = None
    to_patron: bool | None = None


class IdsFrom(StrEnum):
    """From where it is known which item has a barcode."""

    QUEUE = "queue"
    """Kept there since they were found, and the barcode may have been put on another item since."""
    ANSWER = "answer"
    """An answer to this process has the ids and the barcode of one item."""
    BARCODE = "barcode"
    """This process has asked for the barcode."""


@dataclass(slots=True)
class Lane:
    """What the run knows of one item.

    ``ids_from`` tells where ``ids`` come from; with no ids it tells that those of the queue were
    no good.

    ``looked`` tells whether ``loan`` is known: from a look, or from the run's own last effect;
    ``looked_at`` (aware UTC, on our clock) is when there was a look last.
    ``missing`` is Alma's refusal when it knows no such item. ``completed`` are the item's completed
    loans, and ``state`` its state, where they were read. ``acted`` tells that the run has done
    something to it since the lane was opened.
    """

    history: LaneHistory
    ids: ItemIds | None = None
    ids_from: IdsFrom | None = None
    missing: Refusal | None = None
    looked: bool = False
    looked_at: datetime | None = None
    loan: Borrowed | None = None
    completed: list[ItemLoan] | None = None
    state: ItemState | None = None
    acted: bool = False

    @property
    def untouched(self) -> bool:
        """Whether the run has had no effect on the item, so that its state is what others made."""
        return self.history.left_on_loan is None and not self.acted

    @property
    def certain_ids(self) -> ItemIds | None:
        """The ids of the item, where Alma itself has told this process that they are its."""
        return None if self.ids_from is IdsFrom.QUEUE else self.ids

    @property
    def may_have_moved(self) -> bool:
        """Whether the item may have other ids than those that are known, in another holding or as
        a record of its own: this process has not asked for its barcode."""
        return self.ids is not None and self.ids_from is not IdsFrom.BARCODE

    def doubt_ids(self) -> None:
        """The ids are another item's, or none: ask for the barcode before the next use of them."""
        self.ids, self.ids_from = None, IdsFrom.QUEUE

    def resume(self) -> None:
        """Know the item as the run's last effect left it, where nobody is going to look."""
        left = self.history.left_on_loan
        # What staff have settled by hand may have changed it since.
        if left is not None and not self.history.dismissed:
            self.looked = True
            made_at = self.history.loans.get(left, datetime.now(UTC))
            self.loan = Borrowed(left, "", made_at) if left else None

    def held_back_by(self, row: QueuedRow) -> int | None:
        """The number of an unresolved row of the item before this one, in replay order or as
        captured."""
        before = [
            number
            for order, number in self.history.unresolved
            if order < row.order or order.captured < row.order.captured
        ]
        return min(before, default=None)

    def lent(self, made: ItemLoan, captured_at: datetime) -> None:
        """The run has lent the item: its loan counts as made at the row's captured time."""
        self.history.loans[made.loan_id] = captured_at
        self.looked = self.acted = True
        self.loan = borrowed(made, self.history)

    def lent_before(self, made: ItemLoan, captured_at: datetime) -> None:
        """A look has shown that the run had lent the item; ``loan`` is what that look showed."""
        self.history.loans[made.loan_id] = captured_at
        self.acted = True
        if self.loan is not None and self.loan.loan_id == made.loan_id:
            self.loan = replace(self.loan, made_at=captured_at)

    def renewed(self, made: ItemLoan) -> None:
        """The run has renewed the item's loan."""
        self.acted = True
        if self.loan is not None:
            self.loan = replace(
                self.loan, due_date=made.due_date, last_renew_date=made.last_renew_date
            )

    def returned(self) -> None:
        """The run has scanned the item in."""
        self.looked = self.acted = True
        self.loan = None

    def closed_by(self, scan: Intent, loan_id: str = "") -> None:
        """Note which loan a scan of the run ended: the one that was seen before it, else the one
        that a look has shown since; or that nobody knows."""
        self.acted = True
        if scan.loan_id or loan_id:
            self.history.closed.add(scan.loan_id or loan_id)
        elif scan.loan_id is None and scan.alma_time is not None:
            self.history.blind_scans.append(scan.alma_time)

    def forget(self) -> None:
        """Somebody else may have changed the item: look again before the next effect."""
        self.looked = False
        self.loan = None
        self.completed = None
        self.state = None
        if self.ids_from is IdsFrom.QUEUE:
            self.doubt_ids()

    def by_run(self, loan: ItemLoan) -> bool:
        """Whether the run itself made or ended a loan: its times are those of the replay then."""
        if loan.loan_id in self.history.loans or loan.loan_id in self.history.closed:
            return True
        # A scan without a look ended whatever loan there was.
        return loan.return_date is not None and any(
            scanned_at - CLOCK_SLACK <= loan.return_date <= scanned_at + _SCAN_TAKES
            for scanned_at in self.history.blind_scans
        )


def borrowed(loan: ItemLoan, history: LaneHistory) -> Borrowed:
    """The active loan as the decision needs it. Raises Unavailable for one without id or date."""
    made_at = history.loans.get(loan.loan_id) or loan.loan_date
    if made_at is None or not loan.loan_id:
        raise Unavailable("Alma's answer about the item's loan has no id or no date in it.")
    return Borrowed(loan.loan_id, loan.user_id, made_at, loan.due_date, loan.last_renew_date)


# More than any run has rows.
_NOT_BEGUN = 1_000_000_000


@dataclass(slots=True)
class Attempt:
    """A row under way: what was captured, its item, and its ``place`` in replay order.

    ``begun`` tells that Alma was asked about it. ``returned_first`` tells that it is a loan for
    which the item was scanned in for the patron who had it. ``scanned_by_mistake`` are the barcodes
    of items that were scanned in because they had had the barcode of this one.
    """

    row: QueuedRow
    lane: Lane
    place: int = 0
    begun: bool = False
    returned_first: bool = False
    scanned_by_mistake: list[str] = field(default_factory=list)

    @property
    def rank(self) -> int:
        """Which of the calls that wait leaves first: the lowest. A row that has begun goes before
        those that have not, lest what was seen for it grows old; else they go in replay order."""
        return self.place if self.begun else self.place + _NOT_BEGUN
