"""Whether a renewal has happened: pure functions.

Alma can answer a renewal with 200 and not have renewed (client code). Its word on the last renewal
is ``last_renew_status``, which need not be there; the dates of the loan tell otherwise.
"""

from __future__ import annotations

import re
from datetime import datetime

from almareplay.alma.answers.responses import ItemLoan
from almareplay.alma.errors import Refusal
from almareplay.replay.lane import Borrowed

# In the status of a loan whose last renewal succeeded (recorded: ``401193;``).
_SUCCESS = "401193"


def was_renewed(before: Borrowed, answer: ItemLoan) -> bool:
    """Whether the answer to a renewal, read as the loan after it, says that it happened."""
    return says_success(answer) or has_moved(before.due_date, before.last_renew_date, answer)


def says_success(loan: ItemLoan) -> bool:
    """Whether Alma says that the loan's last renewal succeeded."""
    return _SUCCESS in loan.last_renew_status


def says_failure(loan: ItemLoan) -> bool:
    """Whether Alma says that the loan's last renewal failed."""
    return bool(loan.last_renew_status) and not says_success(loan)


def has_moved(due: datetime | None, renewed: datetime | None, loan: ItemLoan) -> bool:
    """Whether a loan has another due date or another date of its last renewal than before."""
    if loan.last_renew_date not in (None, renewed):
        return True
    return due is not None and loan.due_date not in (None, due)


def refusal_of(answer: ItemLoan) -> Refusal:
    """The refusal in an answer that says 200 to a renewal that did not happen."""
    code = re.search(r"\d+", answer.last_renew_status)
    return Refusal(
        "Alma answered, but did not renew the loan.",
        code=code[0] if code else "",
        message=answer.last_renew_message or "Alma answered without renewing the loan.",
        status=200,
    )
