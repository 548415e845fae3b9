"""Alma's error codes: what each says about a row, the key, the limits or Alma itself.

The codes stand in Ex Libris's API documentation; some are attested only by client code that runs
against live Alma. Codes that are not listed turn up: `outcome_of` calls those ``refused``.
"""

from __future__ import annotations

from almareplay.outcomes import Outcome

REFUSALS: dict[str, Outcome] = {
    "401861": Outcome.PATRON_NOT_FOUND,
    "401890": Outcome.PATRON_NOT_FOUND,
    "401689": Outcome.ITEM_NOT_FOUND,
    "401690": Outcome.ITEM_NOT_FOUND,
    "401683": Outcome.ITEM_NOT_FOUND,
    "402203": Outcome.ITEM_NOT_FOUND,
    "401153": Outcome.DESK_REFUSED,
    "40166410": Outcome.DESK_REFUSED,
    "401651": Outcome.ITEM_NOT_LOANABLE,
    "401164": Outcome.ITEM_NOT_LOANABLE,
    "401158": Outcome.ON_LOAN_TO_OTHER,
    "400042": Outcome.ALREADY_LOANED,
    "401198": Outcome.OTHER_COPY_ON_LOAN,
    "401161": Outcome.PATRON_LIMIT,
    "401163": Outcome.PATRON_BLOCKED,
    "401201": Outcome.PATRON_BLOCKED,
    "401168": Outcome.PATRON_EXPIRED,
    "401151": Outcome.PATRON_INACTIVE,
    "401672": Outcome.REFUSED,  # neither item id nor barcode was sent
    "401664": Outcome.REFUSED,  # a mandatory field is missing
    "401823": Outcome.REFUSED,  # no such loan
    "401822": Outcome.REFUSED,  # the loan cannot be renewed
    "401681": Outcome.REFUSED,  # the new due date is in the past
    "401824": Outcome.REFUSED,  # the due date is missing
    "401665": Outcome.REFUSED,  # no such fee
    "401666": Outcome.REFUSED,  # a parameter is not valid
    "402502": Outcome.REFUSED,  # the scan failed
    "60340": Outcome.REFUSED,  # the library restricts this by API
    "60258": Outcome.REFUSED,  # the restriction profile is not valid
}
"""Alma's refusals of one request: they count whatever the HTTP status is."""

PER_SECOND = "PER_SECOND_THRESHOLD"
DAILY = "DAILY_THRESHOLD"

KEY = frozenset({"UNAUTHORIZED", "FORBIDDEN", "INVALID_REQUEST"})
"""The key is unknown, or lacks the permission."""

GENERAL = frozenset({"401652", "402119", "60101"})
"""Alma failed, and the request is not the cause."""

GATEWAY = frozenset({"NOT_FOUND", "ROUTING_ERROR"})
"""The gateway did not get through to Alma."""

SCAN_UNCLEAR = "402504"
"""Trouble with the item in a scan. The documentation says that the scan failed, client code that it
was done."""


OF_FEES = {"401651": Outcome.PATRON_NOT_FOUND}
"""What a code means in the calls about fees that means something else in loans (documented)."""


def outcome_of(code: str) -> Outcome:
    """What a refusal with this code makes of a row; ``refused`` for a code that is not listed."""
    return REFUSALS.get(code, Outcome.REFUSED)
