"""What happened in a run, counted in one pass over its rows, and said in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from almareplay.outcomes import Disposition, Outcome, ReportRow
from almareplay.reports.content import Report

DISMISSED = "dismissed"
CANCELLED = Outcome.CANCELLED.value
GROUPS = {
    Disposition.APPLIED.value: "in Alma",
    Disposition.NO_CHANGE.value: "needed no change",
    CANCELLED: "cancelled at the desk",
    Disposition.ATTENTION.value: "need attention",
    Disposition.REJECTED.value: "could not be read",
    Disposition.UNRESOLVED.value: "unresolved",
    DISMISSED: "settled by hand",
    Disposition.PENDING.value: "not replayed yet",
}
"""What rows are counted as, in words: their disposition, or that the desk has cancelled them, or
that staff have dismissed them."""
WOULD_BE = {
    Disposition.APPLIED.value: "would be in Alma",
    Disposition.NO_CHANGE.value: "would need no change",
    Disposition.ATTENTION.value: "would need attention",
    Disposition.REJECTED.value: "cannot be read",
    Disposition.PENDING.value: "not rehearsed",
}
"""Those of ``GROUPS`` that a prediction says otherwise."""

QUARTER = timedelta(minutes=15)


def group_of(row: ReportRow) -> str:
    """What a row is counted as: a key of ``GROUPS``."""
    if row.dismissed:
        return DISMISSED
    return CANCELLED if row.outcome is Outcome.CANCELLED else row.disposition.value


def was_replayed(row: ReportRow) -> bool:
    """Whether a replay has brought the row to its outcome: then no prediction is made of it."""
    return row.completed_at is not None


@dataclass(slots=True)
class Summary:
    """The rows of a run in numbers.

    ``to_do`` counts what staff must do; in a prediction (``predicted``) what they can settle before
    the replay, and ``left_open`` what an earlier replay has left to them. ``quarters`` counts
    groups by the quarter of an hour (naive, by the clock of the library), ``untimed`` the rows
    without a time. ``first`` and ``last`` (aware, in the zone of the library) are captured times of
    rows that could be read, or of any row where none could; None where no row has one.
    """

    predicted: bool = False
    rows: int = 0
    groups: Counter[str] = field(default_factory=Counter)
    to_do: Counter[Outcome] = field(default_factory=Counter)
    left_open: int = 0
    quarters: dict[datetime, Counter[str]] = field(default_factory=dict)
    untimed: int = 0
    first: datetime | None = None
    last: datetime | None = None
    _only_refused: bool = True

    def count(self, rows: Iterable[ReportRow]) -> Iterator[ReportRow]:
        """Pass the rows on, and count each."""
        for row in rows:
            self._add(row)
            yield row

    def _add(self, row: ReportRow) -> None:
        group = group_of(row)
        self.rows += 1
        self.groups[group] += 1
        if row.to_do and self.predicted and was_replayed(row):
            self.left_open += 1
        elif row.to_do:
            self.to_do[row.outcome] += 1
        at = row.captured_at
        if at is None:
            self.untimed += 1
            return
        clock = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0, tzinfo=None)
        self.quarters.setdefault(clock, Counter())[group] += 1
        refused = row.disposition is Disposition.REJECTED
        if refused and not self._only_refused:
            return
        if self.first is None or self.last is None or self._only_refused > refused:
            self.first = self.last = at
        # By the instant: times of one zone compare by their clocks, which go back in autumn.
        self.first = min(self.first, at, key=datetime.timestamp)
        self.last = max(self.last, at, key=datetime.timestamp)
        self._only_refused = refused


def sentence(report: Report, summary: Summary) -> str:
    """What happened, for somebody who knows nothing of it yet."""
    if not summary.rows:
        return f"Run '{report.run}' holds no loans or returns."
    groups = summary.groups
    fine = groups[Disposition.APPLIED] + groups[Disposition.NO_CHANGE] + groups[CANCELLED]
    begin = f"As predicted, run '{report.run}'" if report.predicted else f"Run '{report.run}'"
    rests = "; ".join(_rests(summary, predicted=report.predicted))
    if not fine and groups[Disposition.PENDING]:
        of_all = f"of its {_count(summary.rows, 'loan or return', 'loans and returns')}"
        return f"{begin}: none {of_all}{_when(summary)} is in Alma yet; {rests}."
    return f"{begin}: {_which(summary.rows, fine)}{_when(summary)} {_done(fine, report)}; {rests}."


def _which(rows: int, fine: int) -> str:
    if rows == 1:
        return "its only loan or return" if fine else "none of its loans and returns"
    if fine == rows:
        return "both loans and returns" if rows == 2 else f"all {rows:,} loans and returns"
    return (
        f"{fine:,} of {rows:,} loans and returns" if fine else f"none of {rows:,} loans and returns"
    )


def _done(fine: int, report: Report) -> str:
    if report.predicted:
        return "would be in Alma or need no change"
    return "is in Alma or needed no change" if fine <= 1 else "are in Alma or needed no change"


def _rests(summary: Summary, *, predicted: bool) -> Iterator[str]:
    to_do, left_open = summary.to_do.total(), summary.left_open
    if dismissed := summary.groups[DISMISSED]:
        yield f"{_count(dismissed, 'row was', 'rows were')} settled by hand"
    if to_do and predicted:
        yield f"{_count(to_do, 'row')} would need somebody"
    elif to_do:
        yield _count(to_do, "row needs somebody", "rows need somebody")
    if left_open:
        yield f"{_count(left_open, 'row')} of an earlier replay still {_needs(left_open)} somebody"
    pending = summary.groups[Disposition.PENDING]
    if pending and predicted:
        yield _count(pending, "row was not rehearsed", "rows were not rehearsed")
    elif pending:
        yield _count(pending, "row is not replayed yet", "rows are not replayed yet")
    elif not to_do and not left_open:
        yield "nothing would be left to do" if predicted else "nothing is left to do"


def _needs(number: int) -> str:
    return "needs" if number == 1 else "need"


def _when(summary: Summary) -> str:
    if summary.first is None or summary.last is None:
        return ""
    first, last = summary.first, summary.last
    if f"{first:%Y-%m-%d %H:%M}" == f"{last:%Y-%m-%d %H:%M}":
        return f" captured on {day(first)} at {first:%H:%M}"
    until = "" if first.date() == last.date() else f"{day(last)} "
    return f" captured between {day(first)} {first:%H:%M} and {until}{last:%H:%M}"


def day(moment: datetime) -> str:
    """A day in words that mean the same on both sides of the ocean: ``4 Sep 2026``."""
    return f"{moment.day} {moment:%b} {moment.year}"


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
