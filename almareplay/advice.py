"""What staff should do about rows, by outcome: after a replay, and before one that is foreseen.

The words go to circulation staff, who have no command line: where something must be done with it,
they are asked to tell whoever runs almareplay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Advice(NamedTuple):
    """What to do about a row with an outcome: one or two sentences each.

    ``after`` is said of what a replay came to. ``before`` is said of what a rehearsal foresees: it
    speaks of nothing that was done, and asks for nothing to be recorded that the replay would post.
    """

    after: str
    before: str


ADVICE: Mapping[str, Advice] = {
    "loaned": Advice(
        "Nothing to do: the loan is in Alma.",
        "Nothing to do: the replay would make this loan.",
    ),
    "renewed": Advice(
        "Nothing to do: the patron had the item already, and its loan was renewed.",
        "Nothing to do: the patron has the item already, and the replay would renew its loan.",
    ),
    "returned": Advice(
        "The return is in Alma: put the item where the destination says.",
        "Nothing to do: the replay would return the item, and say where it must go.",
    ),
    "already_loaned": Advice(
        "Nothing to do: the item was on loan to this patron in Alma already.",
        "Nothing to do: the item is on loan to this patron in Alma already.",
    ),
    "not_on_loan": Advice(
        "The item was not on loan in Alma; it was scanned in: put it where the destination says.",
        "Nothing to do: the item is not on loan in Alma; the replay would scan it in, and say "
        "where it must go.",
    ),
    "superseded": Advice(
        "Nothing to do: something later has happened to this item, so the row was not posted.",
        "Nothing to do: something later has happened to this item, so the row would not be posted.",
    ),
    "duplicate": Advice(
        "Nothing to do: the run holds the same loan or return from the same moment already.",
        "Nothing to do: the run holds the same loan or return from the same moment already.",
    ),
    "cancelled": Advice(
        "Nothing to do: the desk cancelled this row itself, so it was not sent.",
        "Nothing to do: the desk cancelled this row itself, so it is never sent.",
    ),
    "patron_not_found": Advice(
        "Find out who has the item: Alma knows no patron with this identifier. "
        "Then have the patron id corrected, or record the loan by hand.",
        "Before the replay: find out who has the item, since Alma knows no patron with this "
        "identifier, and have the patron id corrected.",
    ),
    "patron_blocked": Advice(
        "Look at the block on the patron's account; lift or override it at the desk and record "
        "the loan, or ask for the item back.",
        "Before the replay: look at the block on the patron's account; lift it, or ask for the "
        "item back.",
    ),
    "patron_expired": Advice(
        "Renew the patron's account and record the loan, or ask for the item back.",
        "Before the replay: renew the patron's account, or ask for the item back.",
    ),
    "patron_limit": Advice(
        "The patron has reached the limit of loans: override it at the desk and record the loan, "
        "or ask for an item back.",
        "Before the replay: ask for an item back, since the patron would have more loans than the "
        "limit allows.",
    ),
    "patron_inactive": Advice(
        "Give the account an active patron role and record the loan, or ask for the item back.",
        "Before the replay: give the account an active patron role, or ask for the item back.",
    ),
    "item_not_found": Advice(
        "Look at the item or its record: Alma knows no item with this barcode. "
        "Then have the barcode corrected, or record the loan or return by hand.",
        "Before the replay: look at the item or its record, since Alma knows no item with this "
        "barcode, and have the barcode corrected in the row or in Alma.",
    ),
    "item_not_loanable": Advice(
        "The terms of use do not let this item be lent to this patron: override that at the desk "
        "and record the loan, or ask for the item back.",
        "Before the replay: see in Alma why this item may not be lent to this patron; settle that, "
        "or ask for the item back.",
    ),
    "on_loan_to_other": Advice(
        "Alma has the item on loan to another patron (see the note): return it for that patron, "
        "then record this loan.",
        "Before the replay: find out who has the item, which Alma has on loan to another patron "
        "(see the note). If that loan is over, tell whoever runs almareplay: the replay can return "
        "the item for that patron first.",
    ),
    "other_copy_on_loan": Advice(
        "The patron has another copy of this title on loan: override that at the desk and record "
        "the loan, or ask for one of the copies back.",
        "Before the replay: ask for one of the copies back, since the patron has another copy of "
        "this title on loan.",
    ),
    "desk_refused": Advice(
        "This circulation desk may not do this with the item: record it at the right desk.",
        "Before the replay: have the circulation desk looked at in Alma, since it may not do this "
        "with the item.",
    ),
    "refused": Advice(
        "Alma refused this for the reason in its message: settle that, then record it by hand.",
        "Before the replay: settle what stands in the way, as the message or the note says, since "
        "Alma would refuse this.",
    ),
    "invalid": Advice(
        "This row could not be read and was not sent: look at the reason in the note and record "
        "the loan or return by hand.",
        "Before the replay: look at the reason in the note. If it can be put right in the capture, "
        "have that loaded again; what cannot be read is not sent.",
    ),
    "uncertain": Advice(
        "Look the item up in Alma: it is not known whether this loan or return is there, or "
        "whether something later has overtaken it. Set it right by hand if need be, and tell "
        "whoever runs almareplay the row number: later rows of the item wait for it.",
        "Before the replay: look the item up in Alma: something later may have happened to it, so "
        "the row would not be posted.",
    ),
    "held_back": Advice(
        "Nothing was posted: this row waits for an earlier one of the same item, which the note "
        "names. Settle that one, then tell whoever runs almareplay the numbers of both.",
        "Before the replay: settle the earlier row of the same item that the note names, since "
        "this row waits for it.",
    ),
    "unavailable": Advice(
        "Nothing was posted: Alma failed each time it was asked about this row. Tell whoever runs "
        "almareplay the row number, to have it tried again later.",
        "Nothing is foreseen for this row: Alma failed each time it was asked about it. It can be "
        "replayed all the same.",
    ),
    "pending": Advice(
        "Not replayed yet.",
        "Not rehearsed: the rehearsal ended before it came to this row.",
    ),
}
"""What to do about each outcome, by its word."""

FINE_WAIVED = "Nothing to do: the fine was waived."
FINE_OF_SEVERAL = "Only one of the fines of this row was made by the replay: see which. "
"""What comes before the advice of a fine that is not surely the one that a row made."""
FINES: Mapping[str, str] = {
    "whole": "Waive the fine: at the captured time nothing was overdue.",
    "part": "The fine may be too high, since Alma counted up to the replay: compare it with the "
    "fine up to the captured time, and waive what is too much.",
    "none": "Probably nothing to do: counted by the day, the fine is the same up to the captured "
    "time. Where fines are counted by the hour it may be too high.",
}
"""What to do about a fine that stands, by how much of it is wrong."""
