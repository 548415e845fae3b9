"""A row's whole story, in the order of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from almareplay.outcomes import Outcome, Result
from almareplay.queue.errors import RowMissing
from almareplay.queue.loading.unloading import unload_file
from almareplay.queue.reading.row_history import (
    Called,
    Changed,
    FollowedUp,
    Loaded,
    Looked,
    Settled,
    history_of,
)
from almareplay.queue.replaying.attempts import Fate, Write, store_intent
from almareplay.queue.replaying.follow_ups import (
    Fine,
    FollowUp,
    Task,
    open_follow_ups,
    store_done,
    store_fines,
)
from almareplay.queue.replaying.hold import release_hold, take_hold
from almareplay.queue.replaying.journal import store_result
from almareplay.queue.staff import settling
from almareplay.queue.staff.correcting import correct

if TYPE_CHECKING:
    from tests.queue.conftest import Station

DUE = datetime(2026, 9, 13, 21, 59, tzinfo=UTC)


def replays(station: Station, result: Result, fate: Fate, *follow_ups: FollowUp) -> datetime:
    """A replay looks at the item of row 1, then lends it; answers when it looked."""
    hold = take_hold(station.queue, station.run)
    looked_at = datetime.now(UTC)
    intent = store_intent(
        station.queue, hold, 1, Write.LOAN, None, loan_id="5" if follow_ups else "", due_date=DUE
    )
    store_result(
        station.queue,
        hold,
        1,
        result,
        intent=intent,
        fate=fate,
        follow_ups=follow_ups,
        looked_at=looked_at,
    )
    for task in open_follow_ups(station.queue, station.run, 1)[:1]:
        store_fines(station.queue, hold, task, [Fine("F1", Decimal("2.50"), "EUR", "whole")])
        store_done(station.queue, hold, task, notes=())
    release_hold(station.queue, hold)
    return looked_at


def test_every_turn_of_it_is_told_in_order(station: Station) -> None:
    station.load("12:00 L i1 wrong")
    unknown = Result(Outcome.PATRON_NOT_FOUND, "401890", "no such user", "E1")
    first = replays(station, unknown, Fate.REFUSED)
    settling.dismiss(station.queue, station.run, [1], "gone home")
    settling.retry(station.queue, station.run, rows=[1])
    correct(station.queue, station.run, 1, patron_id="right")
    correct(station.queue, station.run, 1, patron_id="righter")
    tasks = [FollowUp(task, "u1", "7", DUE, DUE, DUE) for task in Task]
    second = replays(station, Result(Outcome.LOANED, loan_id="7"), Fate.DONE, *tasks)

    row, events, open_tasks, fines = history_of(station.queue, station.run, 1, UTC)
    assert (row, open_tasks) == (station.report()[0], [Task.FINE])
    assert [(fine.fee_id, fine.wrong) for fine in fines] == [("F1", "whole")]
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert [type(event) for event in events] == [
        *(Loaded, Looked, Called, Settled),
        *(Changed, Changed, Changed, Changed),
        *(Looked, Called, Settled, FollowedUp),
    ]
    loaded, looked, called, settled, *changed = events[:8]
    assert loaded[1:] == ("desk.dat", 1, "test capture", "")
    assert looked == Looked(first)
    assert called[1:7] == (Write.LOAN, "", DUE, Fate.REFUSED, "401890", "E1")
    assert settled[1:] == (Outcome.PATRON_NOT_FOUND, "401890", "no such user", "E1", "", "")
    same = ("loan", "loan", "i1", "i1")
    assert [event[1:] for event in changed] == [
        ("dismissed", "gone home", *same, "wrong", "wrong"),
        ("retried", "", *same, "wrong", "wrong"),
        ("corrected", "", *same, "wrong", "right"),
        ("corrected", "", *same, "right", "righter"),
    ]
    assert events[8] == Looked(second)
    assert events[10][1:] == (Outcome.LOANED, "", "", "", "7", "")
    assert abs(events[11].at - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_number_that_no_row_has(station: Station) -> None:
    station.load("12:00 R i1")
    station.load("12:00 R i2", file="annex.dat")
    station.load("12:00 R i3", file="law.dat")
    unload_file(station.queue, station.run, "annex.dat")
    with pytest.raises(RowMissing, match=r"no row 4; it has rows 1 to 3\.$"):
        history_of(station.queue, station.run, 4, UTC)
    with pytest.raises(RowMissing, match="rows 1 to 3, without those of a file that was taken out"):
        history_of(station.queue, station.run, 2, UTC)
