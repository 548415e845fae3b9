"""The plan that a rehearsal prints: one screen, in words for whoever decides about the replay."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from almareplay.cli.console.output import count, results
from almareplay.outcomes import Disposition, Outcome
from almareplay.replay.rehearsal.plan import Plan
from almareplay.replay.rehearsal.uncertainty import MANY_LOANS
from almareplay.transactions import AlmaInstance

_BARCODES = 10
_WIDTH = 78

# What can be done about a row that would go to staff, or else why it would.
_WHY = {
    Outcome.PATRON_NOT_FOUND: "before the replay: correct the patron id",
    Outcome.PATRON_BLOCKED: "before the replay: lift the block",
    Outcome.PATRON_EXPIRED: "before the replay: renew the account",
    Outcome.PATRON_LIMIT: "before the replay: raise the limit of loans",
    Outcome.PATRON_INACTIVE: "before the replay: activate the account",
    Outcome.ITEM_NOT_FOUND: "before the replay: correct the barcode",
    Outcome.ITEM_NOT_LOANABLE: "the item may not be lent, or waits for another",
    Outcome.ON_LOAN_TO_OTHER: "before the replay: return it in Alma",
    Outcome.OTHER_COPY_ON_LOAN: "the patron has another copy of the title",
    Outcome.DESK_REFUSED: "before the replay: let this desk lend",
    Outcome.REFUSED: "a desk takes no returns, or no renewal is left",
    Outcome.UNCERTAIN: "it may have been overtaken: somebody must look",
    Outcome.HELD_BACK: "an earlier row of the item is unresolved",
    Outcome.UNAVAILABLE: "Alma failed when it was asked",
}


def tell_rehearsal(
    plan: Plan, outcomes: Mapping[Outcome, int], asked: AlmaInstance, *, whole: bool
) -> None:
    """Print what the rows would come to on the Alma that was asked.

    ``outcomes`` are those of all rows of the run before its replay; ``whole`` tells whether the
    rehearsal came to its end.
    """
    tell = results.print
    reached = "" if whole else ", the first of the run, which is as far as this came"
    tell(f"Rehearsed on {asked}; nothing was posted.")
    tell(f"Plan for {count(plan.rows, 'row')} on {count(len(plan.items), 'item')}{reached}:")
    sums = {
        "would be lent": plan.outcomes[Outcome.LOANED],
        "would be renewed": plan.outcomes[Outcome.RENEWED],
        "would be returned": plan.outcomes[Outcome.RETURNED],
        "would change no loan": _rows(plan, Disposition.NO_CHANGE),
        "would go to staff:": sum(plan.outcomes[outcome] for outcome in _WHY),
    }
    width = len(f"{max(sums.values()):,}")
    for words, number in sums.items():
        if number:
            tell(f"  {number:>{width},}  {words}")
    for outcome, why in _WHY.items():
        if number := plan.outcomes[outcome]:
            tell(f"  {'':>{width}}  {number:>{width},}  {outcome:<18}  {why}")
    _tell_settled(outcomes)
    _tell_unknown(plan)
    if plan.near_limit:
        tell(
            f"Patrons who would have {MANY_LOANS} loans or more: {plan.near_limit:,}; the most is "
            f"{plan.most_loans:,}."
        )
    if plan.likely:
        share = 100 * plan.likely / plan.rows
        which = "row is not certain" if plan.likely == 1 else "rows are not certain"
        tell(f'{plan.likely:,} {which} ({share:.1f} %), marked "likely:" in the report:')
        for doubt, number in plan.doubts.most_common():
            tell(f"  {number:>{width},}  {doubt}")
    tell("This holds as long as nobody else touches these items and patrons in Alma.")


def _tell_settled(outcomes: Mapping[Outcome, int]) -> None:
    """Name the rows of the run that a replay does not touch any more."""
    settled = {each: rows for each, rows in outcomes.items() if each is not Outcome.PENDING}
    if settled:
        number = sum(settled.values())
        others = "The other row of the run is" if number == 1 else f"{number:,} other rows are"
        told = ", ".join(f"{rows:,} {each}" for each, rows in settled.items())
        results.print(_wrapped(f"{others} settled already: {told}."))


def _rows(plan: Plan, disposition: Disposition) -> int:
    return sum(number for each, number in plan.outcomes.items() if each.disposition is disposition)


def _tell_unknown(plan: Plan) -> None:
    if plan.unknown_items:
        barcodes = list(plan.unknown_items.values())
        more = [f"and {len(barcodes) - _BARCODES:,} more"] if len(barcodes) > _BARCODES else []
        results.print(f"Items that Alma does not know: {len(barcodes):,}")
        results.print(_wrapped(" ".join(barcodes[:_BARCODES] + more), "  "))
    if plan.unknown_patrons:
        results.print(f"Patrons whom Alma does not know: {plan.unknown_patrons:,}")


def _wrapped(words: str, indent: str = "") -> str:
    return textwrap.fill(
        words,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
