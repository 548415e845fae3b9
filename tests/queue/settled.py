"""Runs whose rows have their outcomes, and what staff do with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from almareplay.outcomes import Disposition, Outcome, ReportRow
from almareplay.queue.replaying.attempts import Write, store_intent
from almareplay.queue.replaying.hold import Hold, release_hold, take_hold
from almareplay.queue.staff import settling
from almareplay.queue.staff.settling import Retried

if TYPE_CHECKING:
    from tests.queue.conftest import Station

EVERY = [outcome for outcome in Outcome if outcome is not Outcome.PENDING]
PENDING = len(EVERY) + 1
RETRYABLE = {
    outcome
    for outcome in Outcome
    if outcome.disposition in (Disposition.ATTENTION, Disposition.UNRESOLVED)
}


@contextmanager
def held(station: Station) -> Iterator[Hold]:
    hold = take_hold(station.queue, station.run)
    yield hold
    release_hold(station.queue, hold)


def row_of(station: Station, number: int) -> ReportRow:
    return next(row for row in station.report() if row.row == number)


def retry(station: Station, *outcomes: Outcome, rows: tuple[int, ...] = ()) -> Retried:
    return settling.retry(station.queue, station.run, outcomes=outcomes, rows=rows)


def without_answer(station: Station, row: int) -> None:
    with held(station) as hold:
        store_intent(station.queue, hold, row, Write.LOAN, None)
