"""What became of a row, for the queue and the report."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from almareplay.alma.answers.responses import ItemLoan, ItemState, ScanIn
from almareplay.alma.errors import AlmaError, Refusal
from almareplay.outcomes import Outcome, Result, Shelf
from almareplay.queue.replaying.attempts import Fate, Intent, Write
from almareplay.queue.replaying.follow_ups import FollowUp
from almareplay.replay.decide import Decision
from almareplay.replay.lane import Borrowed
from almareplay.transactions import Notes, Reason

RETURNED_FIRST = Reason("returned_first")
_READ_BACK = Reason("read_back")
_PLACES = {"HOLDSHELF": "hold shelf", "TRANSIT": "transit", "": "reshelve"}


class RowResult(NamedTuple):
    """A row's result, with the call that led to it where there was one, that call's fate, and what
    is to be done after it; ``loan`` is the loan as that call answered it."""

    result: Result
    intent: Intent | None = None
    fate: Fate = Fate.DONE
    to_follow: tuple[FollowUp, ...] = ()
    loan: ItemLoan | None = None


def by_mistake(barcode: str) -> Reason:
    """The note about another item, by its barcode, that was scanned in for the row's."""
    return Reason.of("scanned_by_mistake", barcode=barcode)


def untouched(decision: Decision, loan: Borrowed | None) -> Result:
    """The result of a row for which nothing is posted, given the active loan of its item."""
    result = Result(decision.outcome, notes=decision.notes)
    if loan is None:
        return result
    if decision.outcome is Outcome.ALREADY_LOANED:
        return replace(result, loan_id=loan.loan_id, due_date=loan.due_date)
    if decision.outcome is Outcome.ON_LOAN_TO_OTHER:
        return replace(
            result,
            due_date=loan.due_date,
            on_loan_to=loan.user_id,
            on_loan_since=loan.made_at,
        )
    return result


def of_scan(decision: Decision, scan: ScanIn) -> Result:
    """The result of a return that was scanned in as decided."""
    shelf = None
    if scan.requested_by_somebody:
        shelf = Shelf(scan.library, scan.location, scan.call_number, scan.title)
    return Result(
        decision.outcome, destination=scan.destination, pull_from=shelf, notes=decision.notes
    )


def with_loan(outcome: Outcome, loan: ItemLoan, notes: Notes = ()) -> Result:
    """The result of a loan or renewal."""
    return Result(outcome, loan_id=loan.loan_id, due_date=loan.due_date, notes=notes)


def refused(refusal: Refusal, notes: Notes = ()) -> Result:
    """The result of a row that Alma refused."""
    return Result(
        refusal.outcome,
        alma_code=refusal.code,
        alma_message=refusal.message,
        tracking_id=refusal.tracking_id,
        notes=notes,
    )


def held_back(blocking: int) -> Result:
    """The result of a row that waits for an unresolved one of its item, the row of this number."""
    return Result(Outcome.HELD_BACK, notes=(Reason.of("row_unresolved", row=blocking),))


def unavailable(outcome: Outcome, error: AlmaError) -> Result:
    """The result of a row of which Alma could not be asked."""
    return Result(
        outcome,
        alma_code=error.code,
        alma_message=error.message,
        tracking_id=error.tracking_id,
        notes=(Reason.of("alma_error", words=str(error)),),
    )


def given_up(last: Intent, tries: int) -> Result:
    """The result of a row whose answers were lost so many times, the last that of this call."""
    if last.call is Write.SCAN_IN and not last.loan_id:
        # Such scans leave no loan to read, and may have sent the item on its way.
        return Result(Outcome.UNCERTAIN, notes=(Reason.of("scan_lost", tries=tries),))
    return Result(Outcome.UNAVAILABLE, notes=(Reason.of("lost_without_effect", tries=tries),))


def scan_read_back(state: ItemState | None) -> Result:
    """The result of a scan whose answer was lost, with the item's state where it was read."""
    if state is None:
        return Result(Outcome.RETURNED, notes=(_READ_BACK, Reason("destination_unknown")))
    shelf = None
    if state.requested:
        shelf = Shelf(state.library, state.location, state.call_number, state.title)
    return Result(
        Outcome.RETURNED,
        destination=_PLACES.get(state.process_type, state.process_type),
        pull_from=shelf,
        notes=(_READ_BACK,),
    )


def loan_read_back(outcome: Outcome, loan: ItemLoan, *, ended: bool) -> Result:
    """The result of a loan or renewal that reading has shown to be done; ``ended`` where somebody
    has returned the item since."""
    since = (Reason("returned_since"),) if ended else ()
    return with_loan(outcome, loan, (_READ_BACK, *since))
