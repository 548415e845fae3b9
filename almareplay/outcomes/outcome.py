"""Every outcome of a row: its disposition, and what staff should do about it.

The words go to circulation staff, who have no command line: where something must be done with it,
they are asked to tell whoever runs almareplay.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


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
    """The one word that says what became of a transaction.

    Beside it stand its ``disposition``, and what to do about a row with it, in one or two sentences
    each: the ``advice`` after a replay; and ``advice_before`` one that a rehearsal foresees, which
    speaks of nothing that was done, and asks for nothing to be recorded that the replay would post.
    """

    disposition: Disposition
    advice: str
    advice_before: str

    def __new__(
        cls,
        word: str,
        disposition: Disposition = Disposition.PENDING,
        advice: str = "",
        advice_before: str = "",
    ) -> Self:
        """An outcome and what belongs to it. ``Outcome("loaned")`` finds one by its word."""
        outcome = str.__new__(cls, word)
        outcome._value_ = word
        outcome.disposition = disposition
        outcome.advice = advice
        outcome.advice_before = advice_before
        return outcome

    LOANED = (
        "loaned",
        Disposition.APPLIED,
        "Nothing to do: the loan is in Alma.",
        "Nothing to do: the replay would make this loan.",
    )
    RENEWED = (
        "renewed",
        Disposition.APPLIED,
        "Nothing to do: the patron had the item already, and its loan was renewed.",
        "Nothing to do: the patron has the item already, and the replay would renew its loan.",
    )
    RETURNED = (
        "returned",
        Disposition.APPLIED,
        "The return is in Alma: put the item where the destination says.",
        "Nothing to do: the replay would return the item, and say where it must go.",
    )
    ALREADY_LOANED = (
        "already_loaned",
        Disposition.NO_CHANGE,
        "Nothing to do: the item was on loan to this patron in Alma already.",
        "Nothing to do: the item is on loan to this patron in Alma already.",
    )
    NOT_ON_LOAN = (
        "not_on_loan",
        Disposition.NO_CHANGE,
        "The item was not on loan in Alma; it was scanned in: put it where the destination says.",
        "Nothing to do: the item is not on loan in Alma; the replay would scan it in, and say "
        "where it must go.",
    )
    SUPERSEDED = (
        "superseded",
        Disposition.NO_CHANGE,
        "Nothing to do: something later has happened to this item, so the row was not posted.",
        "Nothing to do: something later has happened to this item, so the row would not be posted.",
    )
    DUPLICATE = (
        "duplicate",
        Disposition.NO_CHANGE,
        "Nothing to do: the run holds the same loan or return from the same moment already.",
        "Nothing to do: the run holds the same loan or return from the same moment already.",
    )
    CANCELLED = (
        "cancelled",
        Disposition.NO_CHANGE,
        "Nothing to do: the desk cancelled this row itself, so it was not sent.",
        "Nothing to do: the desk cancelled this row itself, so it is never sent.",
    )
    PATRON_NOT_FOUND = (
        "patron_not_found",
        Disposition.ATTENTION,
        "Find out who has the item: Alma knows no patron with this identifier. "
        "Then have the patron id corrected, or record the loan by hand.",
        "Before the replay: find out who has the item, since Alma knows no patron with this "
        "identifier, and have the patron id corrected.",
    )
    PATRON_BLOCKED = (
        "patron_blocked",
        Disposition.ATTENTION,
        "Look at the block on the patron's account; lift or override it at the desk and record "
        "the loan, or ask for the item back.",
        "Before the replay: look at the block on the patron's account; lift it, or ask for the "
        "item back.",
    )
    PATRON_EXPIRED = (
        "patron_expired",
        Disposition.ATTENTION,
        "Renew the patron's account and record the loan, or ask for the item back.",
        "Before the replay: renew the patron's account, or ask for the item back.",
    )
    PATRON_LIMIT = (
        "patron_limit",
        Disposition.ATTENTION,
        "The patron has reached the limit of loans: override it at the desk and record the loan, "
        "or ask for an item back.",
        "Before the replay: ask for an item back, since the patron would have more loans than the "
        "limit allows.",
    )
    PATRON_INACTIVE = (
        "patron_inactive",
        Disposition.ATTENTION,
        "Give the account an active patron role and record the loan, or ask for the item back.",
        "Before the replay: give the account an active patron role, or ask for the item back.",
    )
    ITEM_NOT_FOUND = (
        "item_not_found",
        Disposition.ATTENTION,
        "Look at the item or its record: Alma knows no item with this barcode. "
        "Then have the barcode corrected, or record the loan or return by hand.",
        "Before the replay: look at the item or its record, since Alma knows no item with this "
        "barcode, and have the barcode corrected in the row or in Alma.",
    )
    ITEM_NOT_LOANABLE = (
        "item_not_loanable",
        Disposition.ATTENTION,
        "The terms of use do not let this item be lent to this patron: override that at the desk "
        "and record the loan, or ask for the item back.",
        "Before the replay: see in Alma why this item may not be lent to this patron; settle that, "
        "or ask for the item back.",
    )
    ON_LOAN_TO_OTHER = (
        "on_loan_to_other",
        Disposition.ATTENTION,
        "Alma has the item on loan to another patron (see the note): return it for that patron, "
        "then record this loan.",
        "Before the replay: find out who has the item, which Alma has on loan to another patron "
        "(see the note). If that loan is over, tell whoever runs almareplay: the replay can return "
        "the item for that patron first.",
    )
    OTHER_COPY_ON_LOAN = (
        "other_copy_on_loan",
        Disposition.ATTENTION,
        "The patron has another copy of this title on loan: override that at the desk and record "
        "the loan, or ask for one of the copies back.",
        "Before the replay: ask for one of the copies back, since the patron has another copy of "
        "this title on loan.",
    )
    DESK_REFUSED = (
        "desk_refused",
        Disposition.ATTENTION,
        "This circulation desk may not do this with the item: record it at the right desk.",
        "Before the replay: have the circulation desk looked at in Alma, since it may not do this "
        "with the item.",
    )
    REFUSED = (
        "refused",
        Disposition.ATTENTION,
        "Alma refused this for the reason in its message: settle that, then record it by hand.",
        "Before the replay: settle what stands in the way, as the message or the note says, since "
        "Alma would refuse this.",
    )
    INVALID = (
        "invalid",
        Disposition.REJECTED,
        "This row could not be read and was not sent: look at the reason in the note and record "
        "the loan or return by hand.",
        "Before the replay: look at the reason in the note. If it can be put right in the capture, "
        "have that loaded again; what cannot be read is not sent.",
    )
    UNCERTAIN = (
        "uncertain",
        Disposition.UNRESOLVED,
        "Look the item up in Alma: it is not known whether this loan or return is there, or "
        "whether something later has overtaken it. Set it right by hand if need be, and tell "
        "whoever runs almareplay the row number: later rows of the item wait for it.",
        "Before the replay: look the item up in Alma: something later may have happened to it, so "
        "the row would not be posted.",
    )
    HELD_BACK = (
        "held_back",
        Disposition.UNRESOLVED,
        "Nothing was posted: this row waits for an earlier one of the same item, which the note "
        "names. Settle that one, then tell whoever runs almareplay the numbers of both.",
        "Before the replay: settle the earlier row of the same item that the note names, since "
        "this row waits for it.",
    )
    UNAVAILABLE = (
        "unavailable",
        Disposition.UNRESOLVED,
        "Nothing was posted: Alma failed each time it was asked about this row. Tell whoever runs "
        "almareplay the row number, to have it tried again later.",
        "Nothing is foreseen for this row: Alma failed each time it was asked about it. It can be "
        "replayed all the same.",
    )
    PENDING = (
        "pending",
        Disposition.PENDING,
        "Not replayed yet.",
        "Not rehearsed: the rehearsal ended before it came to this row.",
    )
