"""What the user decides for a replay, and nothing that Alma or a capture says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from almareplay.replay.follow_ups.due_dates import DueDates
from almareplay.replay.follow_ups.fines import Fines


class Guard(StrEnum):
    """How much is read before the first effect on an item."""

    ACTIVE = "active"
    FULL = "full"
    OFF = "off"


class OnLoanElsewhere(StrEnum):
    """What to do with a loan whose item Alma has on an earlier loan to somebody else."""

    REPORT = "report"
    RETURN_FIRST = "return-first"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user decided about doubtful rows, and about what the time of the call makes of them.

    ``reopened_at`` (aware) is when the desks went back to work with Alma, None where they have not.
    ``waive_reason`` is a code of the institution's table FineFeeTransactionReason. ``user_id_type``
    is the kind of identifier that the captured patron ids are, None for any.
    """

    guard: Guard = Guard.ACTIVE
    on_loan_elsewhere: OnLoanElsewhere = OnLoanElsewhere.REPORT
    due_dates: DueDates = DueDates.ALMA
    fines: Fines = Fines.REPORT
    waive_reason: str = ""
    place_on_hold_shelf: bool = False
    reopened_at: datetime | None = None
    user_id_type: str | None = None
    generate_linked_user: bool = False

    @property
    def reads_state(self) -> bool:
        """Whether the state of an item counts besides its loans."""
        return self.guard is Guard.FULL or self.reopened_at is not None
