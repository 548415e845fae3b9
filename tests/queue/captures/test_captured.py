"""Capture sessions in the queue, on each of its databases: what is left of them, and what goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from almareplay.queue.captures.captured import captured, not_loaded, scan_records, voided_since
from almareplay.queue.captures.capturing import Station as Paired
from almareplay.queue.captures.capturing import close_session, pair_station, start_session
from almareplay.queue.captures.events import CaptureEvent, Delivery, store_events
from almareplay.queue.captures.sessions import session_named
from almareplay.queue.loading.files import CaptureFile, LoadResult, load_file
from almareplay.queue.loading.loaded_scans import take_back_scans
from almareplay.queue.purging.runs import purge_run
from almareplay.queue.purging.sessions import forget_purged, half_purged, purge_loaded_sessions
from almareplay.queue.tables.capture_schema import events, stations
from almareplay.transactions import Kind, LeftOut, Reason, Transaction
from tests.captured import START, outage

if TYPE_CHECKING:
    from tests.queue.conftest import Station

FILE = CaptureFile("outage#Desk", "00", "capture page")


def row(number: int, scan_id: str, item: str = "") -> Transaction:
    at = START + timedelta(minutes=number)
    place = ("MAIN", "FRONT", "outage#Desk", number)
    return Transaction(Kind.RETURN, at, True, item or f"item{number}", "", *place, (), scan_id)


def load(station: Station, *rows: Transaction | LeftOut, again: bool = False) -> LoadResult:
    return load_file(station.queue, station.run, replace(FILE, again=again), rows)


def test_each_scan_is_stored_once_and_counted(station: Station) -> None:
    load(station, row(1, "a"), row(2, "b"))
    loaded = load(station, row(2, "b"), row(3, "c"), row(3, "c"))
    assert loaded.rows == 1
    assert loaded.left_out == {Reason("scan_loaded"): 2}
    station.run = station.queue.start_run("other")
    elsewhere = load(station, row(1, "a"), row(4, "d"))
    assert (elsewhere.rows, dict(elsewhere.left_out)) == (1, {Reason("scan_of_another_run"): 1})
    assert load(station, row(1, "a"), again=True).rows == 1


def test_what_is_taken_back_is_cancelled_in_the_same_load(station: Station) -> None:
    load(station, row(1, "a", "same"), row(2, "b"))
    taken = load(station, LeftOut(Reason("takes_back_scan"), voids="a"), row(3, "c")).taken_back
    assert (taken.cancelled, taken.late) == ([1], [])
    assert station.outcomes() == {1: "cancelled", 2: "pending", 3: "pending"}
    assert [queued.row for queued in station.pending()] == [2, 3]
    # Again, it changes nothing; and what was taken back before it came never comes.
    assert take_back_scans(station.queue, station.run, ["a", "z"]).cancelled == []
    assert load(station, row(9, "z")).left_out == {Reason("voided"): 1}


def test_a_session_from_its_scans_to_its_purge(station: Station) -> None:
    queue = station.queue
    begun = outage(queue)
    desk = begun.desk("Desk")
    first, second = desk.takes_back("item1"), desk.takes_back("item2")
    session = session_named(queue, "outage")
    held = captured(queue, session)
    (part,) = held.stations
    assert [event.id for event in held.loadable(part)] == [first, second]
    assert not_loaded(queue) == [(session, 2)]
    load(station, row(1, first), row(2, second))
    assert not_loaded(queue) == []
    desk.voids(first)
    desk.voids(second)
    assert voided_since(queue, station.run) == [(session, 2)]
    take_back_scans(queue, station.run, [first, second])
    assert voided_since(queue, station.run) == []
    assert [record.voided for record in scan_records(queue, session)] == [True, True]
    begun.closes()
    purge_run(queue, station.run)
    (purged,) = purge_loaded_sessions(queue)
    assert (purged.scans, purged.stays) == (2, "")
    with queue.reading() as connection:
        for table in (events, stations):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
    assert [each.name for each in half_purged(queue)] == ["outage"]
    forget_purged(queue)
    assert half_purged(queue) == []


def test_what_the_server_stored_is_what_is_loaded(station: Station) -> None:
    """The two sides of the tables: the one that writes them and the one that reads them."""
    queue = station.queue
    begun, _ = start_session(
        queue, "outage", library="MAIN", circ_desk="FRONT", timezone="UTC", options={}, now=START
    )
    desk = pair_station(
        queue, begun, Paired("s1", "Desk", "", ""), token_hash="0" * 64, version="1", now=START
    )
    moment = int(START.timestamp() * 1000) + 999
    sent = [
        CaptureEvent("e1", 1, "scan", moment, moment, 0, "return", "item1"),
        CaptureEvent("e2", 2, "scan", moment, moment, 0, "loan", "item2", "p1", clerk="AB"),
        CaptureEvent("e3", 3, "void", moment, moment, 0, voids="e1"),
    ]
    store_events(queue, begun, [Delivery(desk, sent, unsent=4)], START)
    session = session_named(queue, "outage")
    held = captured(queue, session)
    (part,) = held.stations
    (loan,) = held.loadable(part)
    assert (loan.id, loan.kind, loan.patron_id, loan.captured_at) == ("e2", "loan", "p1", START)
    assert (part.unsent, [*held.voided]) == (4, ["e1"])
    assert not_loaded(queue) == [(session, 1)]
    closed = close_session(queue, begun, START)
    assert session_named(queue, "outage").closed_at == closed.closed_at
