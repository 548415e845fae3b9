"""The sentences of what is found when rows are arranged, replayed and followed up.

What stands in braces is a parameter of the reason.
"""

ARRANGING = {
    "same_as_row": "the same as row {row}",
    "guessed_order": "the order of this item's rows within the minute is a guess",
    "retried_after": "retried after {outcome}",
}

DECIDING = {
    "later_row_settled": "row {row} of this item, captured later, is settled already",
    "later_in_alma": "Alma shows a loan or a return of this item after the captured time",
    "perhaps_by_hand": (
        "not posted: Alma shows something later, perhaps what was done by hand for row {row}"
    ),
    "changed_since_reopening": (
        "not posted: not on loan in Alma, and changed since the desks reopened; look at the item's "
        "history in Alma"
    ),
    "on_its_way": "the item is {place} in Alma, and was changed there on a later day",
    "not_lent_on_its_way": (
        "not posted: {place} in Alma, and changed there on a later day; look at the item's history "
        "in Alma"
    ),
    "was_looked_for": "Alma had the item as {state}",
    "row_unresolved": "row {row} of this item is unresolved",
}

POSTING = {
    "returned_first": "the item was returned for the patron who had it",
    "scanned_by_mistake": (
        "item {barcode} was scanned in by mistake, as it had this barcode before: see that it is "
        "where it belongs, and lend it again to whoever has it"
    ),
    "alma_error": "{words}",
    "read_back": "Alma's answer was lost; reading Alma showed that it was done",
    "destination_unknown": "look in Alma where the item must go",
    "returned_since": "the item has been returned since",
    "lost_without_effect": "Alma's answers were lost {tries} times, each time without an effect",
    "scan_lost": (
        "Alma's answers were lost {tries} times: the item is not on loan; it is not known whether "
        "it was scanned in"
    ),
    "older_loan": "Alma did not tell its time, so an older loan may be this one",
    "loan_of_unknown": (
        "a loan was made at this desk meanwhile, and the patron id cannot be looked up to tell "
        "whether it is this one"
    ),
    "renewal_unclear": "the loan's dates do not tell whether it was renewed",
    "renewed_loan_gone": "the loan that was to be renewed is gone from Alma",
}

FOLLOWING_UP = {
    "due_date_set": "Alma's due date {due} was set back as captured",
    "due_date_past": "the due date is as Alma made it: it was past before it could be set",
    "loan_ended": "the loan ended before its due date could be set as captured",
    "due_date_refused": "Alma did not let the due date be set right: {words}",
    "fine_refused": "Alma did not let the fine be set right: {words}",
    "fine_waived": "overdue fine of {sum} waived: {done} {at}, due {due}",
    "fine_to_waive": "overdue fine of {sum} is to be waived: {done} {at}, due {due}",
    "fine_perhaps_high": "overdue fine of {sum} may be too high: {done} {at}, due {due}",
    "one_of_the_fines": "only one of these is of this {made_by}: {fines}",
}

REHEARSING = {
    "likely": "likely: {doubts}",
    "of_patron_record": "predicted from the patron's record",
    "of_patron_loans": "predicted from the patron's loans",
    "no_renewal": "predicted: Alma does not renew this loan",
}

REPLAY = ARRANGING | DECIDING | POSTING | FOLLOWING_UP | REHEARSING
