"""Every outcome of a row and its disposition, results, and the rows of reports and lists."""

from almareplay.outcomes.outcome import DISMISSED, OPEN, Disposition, Outcome
from almareplay.outcomes.rows import (
    FineRow,
    PullRow,
    ReportRow,
    Result,
    Shelf,
    on_loan_in_words,
)

__all__ = [
    "DISMISSED",
    "OPEN",
    "Disposition",
    "FineRow",
    "Outcome",
    "PullRow",
    "ReportRow",
    "Result",
    "Shelf",
    "on_loan_in_words",
]
