"""What staff work from beside the report: items to fetch for others, fines that are too high."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from almareplay.outcomes import FineRow, Outcome, PullRow, Result, Shelf
from almareplay.queue.reading.lists import (
    FINE_OF_SEVERAL,
    FINES,
    fine_list,
    pull_list,
    same_by_the_day,
)
from almareplay.queue.replaying.follow_ups import (
    Fine,
    FollowUp,
    MadeBy,
    Task,
    open_follow_ups,
    store_fines,
)
from almareplay.queue.replaying.hold import take_hold
from almareplay.queue.replaying.journal import store_result

if TYPE_CHECKING:
    from tests.queue.conftest import Station

SHELF = Shelf("LAW", "STACKS", "K 100", "Torts")
WAITED_FOR = Result(Outcome.RETURNED, destination="hold shelf", pull_from=SHELF)
DUE = datetime(2026, 9, 14, 12, tzinfo=UTC)


def settle(station: Station, **results: Result) -> None:
    """Store results of rows, named ``row1`` and so on."""
    hold = take_hold(station.queue, station.run)
    for row, result in results.items():
        store_result(station.queue, hold, int(row.removeprefix("row")), result)


def fetched(station: Station) -> list[int]:
    """The rows of the pull list."""
    return [each.row for each in pull_list(station.queue, station.run)]


def test_an_item_that_somebody_waits_for_is_fetched(station: Station) -> None:
    station.load("12:00 R i1 p1", "12:05 R i2 p2", "12:06 L i3 p1")
    settle(
        station,
        row1=WAITED_FOR,
        row2=Result(Outcome.RETURNED, destination="reshelve"),
        row3=Result(Outcome.LOANED, loan_id="71"),
    )
    (row,) = pull_list(station.queue, station.run)
    assert row == PullRow(
        library="LAW",
        location="STACKS",
        call_number="K 100",
        title="Torts",
        item_barcode="i1",
        destination="hold shelf",
        returned=datetime(2026, 9, 14, 12, tzinfo=UTC),
        desk="MAIN/FRONT",
        row=1,
        institution="",
        environment="",
    )
    # Neither who brought it back nor who waits for it.
    assert "p1" not in row


RESHELVED = Result(Outcome.NOT_ON_LOAN, destination="reshelve")
LATER: dict[str, tuple[str, Result, list[int]]] = {
    "lent": ("12:05 L I1 p2", Result(Outcome.LOANED), []),
    "renewed": ("12:05 L i1 p2", Result(Outcome.RENEWED), []),
    "with somebody in Alma": ("12:05 L i1 p2", Result(Outcome.ALREADY_LOANED), []),
    "refused": ("12:05 L i1 p2", Result(Outcome.PATRON_BLOCKED), [1]),
    "scanned again": ("12:05 R i1", WAITED_FOR, [2]),
    "scanned again for nobody": ("12:05 R i1", RESHELVED, []),
    "scanned again without an answer": ("12:05 R i1", Result(Outcome.RETURNED), [1]),
    "another item": ("12:05 L i2 p2", Result(Outcome.LOANED), [1]),
    "lent before": ("11:55 L i1 p2", Result(Outcome.LOANED), [1]),
    "not posted": ("12:05 R i1", Result(Outcome.SUPERSEDED), [1]),
}


@pytest.mark.parametrize("case", LATER)
def test_what_a_later_row_says_of_the_item(station: Station, case: str) -> None:
    line, result, rows = LATER[case]
    station.load("12:00 R i1 p1")
    station.load(line, file="annex.dat")
    settle(station, row1=WAITED_FOR, row2=result)
    assert fetched(station) == rows


def test_the_pull_list_goes_along_the_shelves(station: Station) -> None:
    station.load(*(f"12:0{n} R i{n}" for n in range(4)))
    shelves = [("MAIN", "A", "Z 1"), ("LAW", "B", "K 2"), ("LAW", "B", "K 1"), ("LAW", "A", "K 9")]
    results = {
        f"row{n}": Result(Outcome.NOT_ON_LOAN, destination="hold shelf", pull_from=Shelf(*on, ""))
        for n, on in enumerate(shelves, start=1)
    }
    settle(station, **results)
    assert fetched(station) == [4, 3, 2, 1]


@pytest.fixture
def fined(station: Station) -> Station:
    """A run with two returns that made fines: on time (row 1, two fees) and late (row 2)."""
    station.load("11:00 R i1", "13:00 R i2 card2")
    hold = take_hold(station.queue, station.run)
    for row, user in ((1, "primary1"), (2, "primary2")):
        what = FollowUp(Task.FINE, user, f"7{row}", DUE, DUE, DUE)
        store_result(station.queue, hold, row, Result(Outcome.RETURNED), follow_ups=[what])
    on_time, late = open_follow_ups(station.queue, station.run)
    fines = [
        Fine("901", Decimal("1.50"), "USD", "whole", waived_at=DUE),
        Fine("902", Decimal("0.25"), "USD", "whole"),
    ]
    store_fines(station.queue, hold, on_time, fines)
    store_fines(station.queue, hold, late, [Fine("900", Decimal("5.00"), "USD", "part")])
    return station


def test_fines_are_listed_with_what_to_do(fined: Station) -> None:
    waived, wrong, too_high = fine_list(fined.queue, fined.run)
    assert waived == FineRow(
        row=1,
        made_by="return",
        patron_id="primary1",
        item_barcode="i1",
        captured_at=datetime(2026, 9, 14, 11, tzinfo=UTC),
        due_date=DUE,
        amount=Decimal("1.50"),
        currency="USD",
        wrong="whole",
        waived_at=DUE,
        fee_id="901",
        advice="Nothing to do: the fine was waived.",
        institution="",
        environment="",
    )
    assert (wrong.fee_id, wrong.advice) == ("902", FINE_OF_SEVERAL + FINES["whole"])
    assert (too_high.row, too_high.patron_id, too_high.fee_id) == (2, "primary2", "900")
    assert too_high.advice == FINES["part"]


def test_lists_keep_to_their_run(fined: Station) -> None:
    night = fined.queue.start_run("night")
    assert (pull_list(fined.queue, night), fine_list(fined.queue, night)) == ([], [])


OREGON = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("due", "captured", "posted", "same"),
    [
        ("09-13 22:00", "09-14 09:02", "09-14 14:30", True),
        # Another day of the calendar, but the same begun since the loan was due.
        ("09-13 22:00", "09-14 09:02", "09-15 00:01", False),
        ("09-13 22:00", "09-14 09:02", "09-14 22:01", False),
        # The same day of the calendar, but another begun since the loan was due.
        ("09-13 10:00", "09-14 09:02", "09-14 14:30", False),
        ("09-14 09:00", "09-14 09:02", "09-14 14:30", True),
        ("09-01 22:00", "09-14 09:02", "09-16 09:02", False),
        # The day on which the clocks go back has an hour more.
        ("10-31 22:00", "11-01 00:30", "11-01 20:30", True),
        ("10-31 22:00", "11-01 00:30", "11-01 21:30", False),
    ],
)
def test_a_fine_by_the_day_is_the_same_only_where_no_day_was_added(
    due: str, captured: str, posted: str, *, same: bool
) -> None:
    fell_due, came_back, sent = (
        datetime.fromisoformat(f"2026-{at}").replace(tzinfo=OREGON)
        for at in (due, captured, posted)
    )
    assert same_by_the_day(fell_due, came_back, sent, OREGON) is same


def _late(station: Station, outcome: Outcome, seen_at: datetime) -> FineRow:
    """The fine of a row of 13:00 whose item was due at 12:00, done by Alma at ``seen_at``."""
    line = "13:00 R i1" if outcome is Outcome.RETURNED else "13:00 L i1 p1"
    station.load(line)
    hold = take_hold(station.queue, station.run)
    made_by = MadeBy.RETURN if outcome is Outcome.RETURNED else MadeBy.RENEWAL
    what = FollowUp(Task.FINE, "primary1", "71", seen_at, seen_at, DUE, made_by=made_by)
    store_result(station.queue, hold, 1, Result(outcome), follow_ups=[what])
    (task,) = open_follow_ups(station.queue, station.run)
    store_fines(station.queue, hold, task, [Fine("900", Decimal("5.00"), "USD", "part")])
    (fine,) = fine_list(station.queue, station.run)
    return fine


@pytest.mark.parametrize(
    ("outcome", "made_by"), [(Outcome.RETURNED, "return"), (Outcome.RENEWED, "renewal")]
)
def test_a_late_fine_of_the_same_day_is_none_to_look_at(
    station: Station, outcome: Outcome, made_by: str
) -> None:
    fine = _late(station, outcome, datetime(2026, 9, 14, 23, 59, tzinfo=UTC))
    assert (fine.made_by, fine.wrong, fine.to_do) == (made_by, "none", False)
    assert fine.advice == FINES["none"]


def test_a_late_fine_of_another_day_may_be_too_high(station: Station) -> None:
    fine = _late(station, Outcome.RETURNED, datetime(2026, 9, 15, 0, 1, tzinfo=UTC))
    assert (fine.wrong, fine.to_do, fine.advice) == ("part", True, FINES["part"])
    assert "may be too high" in fine.advice
    (here,) = fine_list(station.queue, station.run, OREGON)
    # There it was still the 14th.
    assert (here.wrong, str(here.due_date)) == ("none", "2026-09-14 05:00:00-07:00")
