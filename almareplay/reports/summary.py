"""What happened in a run, counted in one pass over its rows, and said in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from almareplay.outcomes import Disposition, Outcome, ReportRow
from almareplay.reports.content import Report

DISMISSED = "dismissed"
GROUPS = {
    Disposition.APPLIED.value: "in Alma",
    Disposition.NO_CHANGE.value: "needed no change",
    Disposition.ATTENTION.value: "need attention",
    Disposition.REJECTED.value: "could not be read",
    Disposition.UNRESOLVED.value: "unresolved",
    DISMISSED: "settled by hand",
    Disposition.PENDING.value: "not replayed yet",
}
"""What rows are counted as, in words: their disposition, or that staff have dismissed them."""
WOULD_BE = {
    Disposition.APPLIED.value: "would be in Alma",
    Disposition.NO_CHANGE.value: "would need no change",
    Disposition.ATTENTION.value: "would need attention",
}
"""Those of ``GROUPS`` that a prediction says otherwise."""

QUARTER = timedelta(minutes=15)


def group_of(row: ReportRow) -> str:
    """What a row is counted as: a key of ``GROUPS``."""
    return DISMISSED if row.dismissed else row.disposition.value


@dataclass(slots=True)
class Summary:
    """The rows of a run in numbers.

    ``to_do`` counts what staff must do. ``quarters`` counts groups by the quarter of an hour
    (naive, as the clock at the desk showed it), ``untimed`` the rows without a time. ``first`` and
    ``last`` (aware, in the zone of their desks) are captured times of rows that could be read, or
    of any row where none could; None where no row has one.
    """

    rows: int = 0
    groups: Counter[str] = field(default_factory=Counter)
    to_do: Counter[Outcome] = field(default_factory=Counter)
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
        if row.to_do:
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
        self.first, self.last = min(self.first, at), max(self.last, at)
        self._only_refused = refused


def sentence(report: Report, summary: Summary) -> str:
    """What happened, for somebody who knows nothing of it yet."""
    if not summary.rows:
        return f"Run '{report.run}' holds no loans or returns."
    groups = summary.groups
    fine = groups[Disposition.APPLIED] + groups[Disposition.NO_CHANGE]
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
    to_do = summary.to_do.total()
    if dismissed := summary.groups[DISMISSED]:
        yield f"{_count(dismissed, 'row was', 'rows were')} settled by hand"
    if to_do and predicted:
        yield f"{_count(to_do, 'row')} would need somebody"
    elif to_do:
        yield _count(to_do, "row needs somebody", "rows need somebody")
    if pending := summary.groups[Disposition.PENDING]:
        yield _count(pending, "row is not replayed yet", "rows are not replayed yet")
    elif not to_do:
        yield "nothing would be left to do" if predicted else "nothing is left to do"


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
