"""Capture sessions in the queue: started, paired, filled by several at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from almareplay.queue.captures.capturing import (
    SessionClosed,
    Station,
    close_session,
    pair_station,
    recent_session,
    session_now,
    start_session,
    station_of,
)
from almareplay.queue.captures.events import CaptureEvent, Delivery, Stored, store_events
from almareplay.queue.captures.overview import overview
from almareplay.queue.captures.sessions import CaptureSession
from almareplay.queue.errors import NoSuchSession, QueueError
from almareplay.queue.tables.capture_schema import events, sessions
from tests.queue.at_once import THREADS, TRIES, at_once

if TYPE_CHECKING:
    from almareplay.queue.store import Queue
    from tests.queue.conftest import Station as QueueStation

NOW = datetime(2026, 9, 14, 9, tzinfo=UTC)
NOON = 1_788_000_000_000


def started(queue: Queue, name: str = "outage", institution: str = "") -> CaptureSession:
    session, _ = start_session(
        queue,
        name,
        institution,
        library="MAIN",
        circ_desk="FRONT",
        timezone="Europe/Berlin",
        options={},
        now=NOW,
    )
    return session


def paired(queue: Queue, session: CaptureSession, name: str = "Front desk") -> Station:
    station = Station(f"station {name}", name, "", "")
    return pair_station(queue, session, station, token_hash=f"hash of {name}", version="1", now=NOW)


def scan(number: int, **fields: object) -> CaptureEvent:
    made = CaptureEvent(
        id=str(UUID(int=number + 1)),
        sequence=number + 1,
        event="scan",
        captured_ms=NOON + number * 1000,
        station_time_ms=NOON + number * 1000,
        clock_offset_ms=0,
        kind="loan",
        item_barcode=f"item {number}",
        patron_id="patron",
    )
    return made._replace(**fields)  # type: ignore[arg-type]


def stored_ids(queue: Queue, session: CaptureSession) -> list[str]:
    query = select(events.c.id).where(events.c.session_id == session.id)
    with queue.reading() as connection:
        return list(connection.scalars(query.order_by(events.c.sequence)))


def test_the_same_name_goes_on_with_the_session(station: QueueStation) -> None:
    queue = station.queue
    first = started(queue)
    again, before = start_session(
        queue,
        "outage",
        library="ANNEX",
        circ_desk="FRONT",
        timezone="Europe/Paris",
        options={"min_length": 4},
        now=NOW + timedelta(hours=1),
    )
    assert before == first
    assert (again.id, again.created_at, again.library) == (first.id, NOW, "ANNEX")
    assert (again.timezone, again.options) == ("Europe/Paris", {"min_length": 4})
    assert started(queue, institution="UNIV_A").id != first.id


def test_a_session_that_is_started_by_several_at_once_is_one(queues: list[Queue]) -> None:
    made = at_once(lambda which: started(queues[which], "new"), len(queues))
    assert len({session.id for session in made if isinstance(session, CaptureSession)}) == 1
    assert not [each for each in made if isinstance(each, Exception)]


def test_a_closed_session_stays_closed_until_it_is_opened_again(station: QueueStation) -> None:
    queue = station.queue
    session = started(queue)
    closed = close_session(queue, session, NOW)
    assert close_session(queue, session, NOW + timedelta(hours=1)) == closed
    assert started(queue).closed_at == session_now(queue, session).closed_at == NOW
    with pytest.raises(SessionClosed, match="'outage' is closed"):
        paired(queue, session)
    reopened, _ = start_session(
        queue,
        "outage",
        library="MAIN",
        circ_desk="FRONT",
        timezone="Europe/Berlin",
        options={},
        now=NOW,
        reopen=True,
    )
    assert reopened.closed_at is None
    assert paired(queue, session).name == "Front desk"


def test_the_session_to_go_on_with_is_the_last_open_one_that_was_used(
    station: QueueStation,
) -> None:
    queue = station.queue
    assert recent_session(queue, "", NOW) is None
    closed, used, _ = (started(queue, name) for name in ("closed", "used", "unused"))
    close_session(queue, closed, NOW)
    started(queue, "another's", institution="UNIV_A")
    front = paired(queue, used)
    later = NOW + timedelta(hours=3)
    store_events(queue, used, [Delivery(front, [])], later)
    assert recent_session(queue, "", NOW) == "used"
    assert recent_session(queue, "", later) == "used"
    assert recent_session(queue, "", later + timedelta(seconds=1)) is None


def test_a_token_is_of_one_station_in_one_session(station: QueueStation) -> None:
    queue = station.queue
    session, other = started(queue), started(queue, "other")
    front = paired(queue, session)
    assert station_of(queue, session, "hash of Front desk") == front
    assert station_of(queue, other, "hash of Front desk") is None
    assert station_of(queue, session, "hash of another") is None


def test_what_several_send_at_once_is_stored_once(queues: list[Queue]) -> None:
    session = started(queues[0])
    front = paired(queues[0], session)
    for turn in range(TRIES):
        sent = [scan(number) for number in range(turn * 10, turn * 10 + 10)]
        done = at_once(
            lambda which, sent=sent: store_events(  # type: ignore[misc]
                queues[which], session, [Delivery(front, sent)], NOW
            ),
            THREADS,
        )
        for each in done:
            assert isinstance(each, list), each
            (stored,) = each
            assert isinstance(stored, Stored)
            assert stored.ids == [event.id for event in sent]
    assert stored_ids(queues[0], session) == [scan(number).id for number in range(TRIES * 10)]


_SENT = st.tuples(st.booleans(), st.lists(st.integers(0, 8), max_size=5), st.booleans())
"""At which of two desks, which of its events, and whether more goes into the same commit."""


def test_whatever_is_sent_again_every_confirmed_event_is_there_once(
    station: QueueStation,
) -> None:
    names = (f"outage {number}" for number in count())

    @given(st.lists(_SENT, max_size=8))
    @settings(max_examples=30)
    def check(sent: list[tuple[bool, list[int], bool]]) -> None:
        session = started(station.queue, next(names))
        desks = [paired(station.queue, session, name) for name in ("Front", "Annex")]
        confirmed: set[str] = set()
        waiting: list[Delivery] = []
        for at_annex, numbers, waits in sent:
            own = [scan(number + 100 * at_annex) for number in numbers]
            waiting.append(Delivery(desks[at_annex], own))
            if not waits:
                for stored in store_events(station.queue, session, waiting, NOW):
                    confirmed.update(stored.ids)
                    assert not stored.refused
                waiting.clear()
        ids = stored_ids(station.queue, session)
        assert len(ids) == len(set(ids))
        assert set(ids) == confirmed

    check()


@pytest.mark.parametrize(
    ("day", "offset"), [("2026-10-25T00:30", 7200), ("2026-10-25T01:30", 3600)]
)
def test_the_hour_that_comes_twice_is_told_apart(
    station: QueueStation, day: str, offset: int
) -> None:
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    session = started(station.queue)
    front = paired(station.queue, session)
    event = scan(0, captured_ms=int(at.timestamp() * 1000))
    store_events(station.queue, session, [Delivery(front, [event])], NOW)
    with station.queue.reading() as connection:
        row = connection.execute(select(events)).one()
    assert (row.captured_at, row.captured_offset) == (int(at.timestamp()), offset)


def test_a_session_that_was_purged_is_named_and_takes_nothing(station: QueueStation) -> None:
    session = started(station.queue)
    front = paired(station.queue, session)
    gone = session._replace(id=session.id + 1)
    for work in (
        lambda: store_events(station.queue, gone, [Delivery(front, [scan(0)])], NOW),
        lambda: close_session(station.queue, gone, NOW),
        lambda: session_now(station.queue, gone),
    ):
        with pytest.raises(NoSuchSession, match=r"'outage'.*It was purged meanwhile"):
            work()
    assert stored_ids(station.queue, session) == []


def test_all_of_a_commit_is_stored_or_nothing(station: QueueStation) -> None:
    session = started(station.queue)
    front, annex = paired(station.queue, session), paired(station.queue, session, "Annex")
    # More than a table holds.
    bad = Delivery(annex, [scan(1)], unsent=2**70)
    with pytest.raises((OverflowError, QueueError)):
        store_events(station.queue, session, [Delivery(front, [scan(0)]), bad], NOW)
    assert stored_ids(station.queue, session) == []


def test_an_overview_of_a_session_without_scans_has_its_stations(station: QueueStation) -> None:
    session = started(station.queue)
    paired(station.queue, session)
    (found,) = overview(station.queue, session)
    assert (found.name, found.library, found.loans, found.last_scan) == (
        "Front desk",
        "MAIN",
        0,
        None,
    )
    with station.queue.reading() as connection:
        assert connection.execute(select(sessions)).one().name == "outage"
