"""Capture sessions for those who come after them: what was captured, and what of it is loaded.

A session belongs to the institution of the runs that it is loaded into. Scans that were voided, and
loans that the clerk refused, are never loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, exists, func, select

from almareplay.queue.captures.sessions import CaptureSession, all_sessions
from almareplay.queue.loading.loaded_scans import TakenBack, take_back_scans, to_take_back
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.capture_schema import events, loaded_scans, stations
from almareplay.transactions import Station, StationEvent, in_zone


@dataclass(frozen=True, slots=True)
class StationPart:
    """What a station captured for a session: its events in their sequence, and how many it had not
    sent when it was last heard of (aware UTC). Names of stations are different in a session."""

    id: str
    station: Station
    events: tuple[StationEvent, ...]
    unsent: int
    last_seen_at: datetime


class ScanRecord(NamedTuple):
    """All that is kept of a scan, by the names of an export's columns. Times are aware, in the zone
    of the desks; ``clock_offset_seconds`` was added to the station's time."""

    captured_at: datetime
    kind: str
    item_barcode: str
    patron_id: str
    library: str
    circ_desk: str
    station: str
    clerk: str
    voided: bool
    void_reason: str
    patron_standing: str
    decision: str
    due_date: str
    given_time: bool
    station_time: datetime
    clock_offset_seconds: float
    received_at: datetime
    sequence: int
    session: str
    scan_id: str


@dataclass(frozen=True, slots=True)
class CapturedSession:
    """A session with all its stations, in the order in which they were paired, and the ids of the
    scans that were voided."""

    session: CaptureSession
    stations: tuple[StationPart, ...]
    voided: frozenset[str]

    def loadable(self, part: StationPart) -> list[StationEvent]:
        """The scans of a station that become rows."""
        return [
            event
            for event in part.events
            if event.event == "scan" and event.decision != "refused" and event.id not in self.voided
        ]


def captured(queue: Queue, session: CaptureSession) -> CapturedSession:
    """All that a session holds, as it stands now."""
    with queue.reading() as connection:
        return _captured(connection, session)


def scan_records(queue: Queue, session: CaptureSession) -> list[ScanRecord]:
    """All scans of a session, voided and refused ones too, by their captured time."""
    zone = ZoneInfo(session.timezone)
    with queue.reading() as connection:
        held = _captured(connection, session)
        of_session = events.c.session_id == session.id
        found = connection.execute(select(events).where(of_session)).all()
    station_of = {part.id: part.station for part in held.stations}
    reasons = {row.voids: row.reason for row in found if row.event == "void"}

    def record(row: Any) -> ScanRecord:
        station = station_of.get(row.station_id, Station("", "", "", session.name))
        by_station = datetime.fromtimestamp(row.station_time_ms // 1000, UTC)
        return ScanRecord(
            captured_at=in_zone(datetime.fromtimestamp(row.captured_at, UTC), zone),
            kind=row.kind or "",
            item_barcode=row.item_barcode,
            patron_id=row.patron_id,
            library=station.library,
            circ_desk=station.circ_desk,
            station=station.name,
            clerk=row.clerk,
            voided=row.id in reasons,
            void_reason=reasons.get(row.id, ""),
            patron_standing=row.patron_standing,
            decision=row.decision,
            due_date=row.due_date,
            given_time=bool(row.given_time),
            station_time=in_zone(by_station, zone),
            clock_offset_seconds=row.clock_offset_ms / 1000,
            received_at=in_zone(row.received_at, zone),
            sequence=row.sequence,
            session=session.name,
            scan_id=row.id,
        )

    records = (record(row) for row in found if row.event == "scan")
    return sorted(records, key=lambda each: (each.captured_at, each.station, each.sequence))


def not_loaded(queue: Queue, institution: str = "") -> list[tuple[CaptureSession, int]]:
    """The sessions of an institution of which scans are in no run, and how many."""
    with queue.reading() as connection:
        counted = [
            (each, scans_not_loaded(connection, each))
            for each in all_sessions(connection)
            if each.institution == institution
        ]
    return [(session, scans) for session, scans in counted if scans]


def voided_since(queue: Queue, run: Run) -> list[tuple[CaptureSession, int]]:
    """The sessions whose desks have voided scans since these were loaded into the run, and how many
    of its rows a load of the session would cancel."""
    found = []
    with queue.reading() as connection:
        for session in all_sessions(connection):
            if session.institution == run.institution:
                voids = connection.scalars(_voids(session))
                found.append((session, len(to_take_back(connection, run, voids))))
    return [(session, rows) for session, rows in found if rows]


def take_back_voided(queue: Queue, run: Run) -> list[TakenBack]:
    """Cancel the rows of a run whose scans desks have voided since they were loaded, as far as they
    were not sent; session by session, what came of it. Raises QueueError."""
    return [
        take_back_scans(queue, run, sorted(captured(queue, session).voided))
        for session, _ in voided_since(queue, run)
    ]


def _voids(session: CaptureSession) -> Select[Any]:
    """Select the ids of the scans that were voided."""
    return select(events.c.voids).where(events.c.session_id == session.id, events.c.event == "void")


def scans_not_loaded(connection: Connection, session: CaptureSession) -> int:
    """How many scans no run has that a load of the session would make rows of."""
    later = events.alias("later")
    voids = select(later.c.voids).where(later.c.session_id == session.id, later.c.event == "void")
    found = select(func.count()).where(
        events.c.session_id == session.id,
        events.c.event == "scan",
        events.c.decision != "refused",
        events.c.id.not_in(voids),
        ~exists().where(loaded_scans.c.scan_id == events.c.id),
    )
    return connection.scalar(found) or 0


def _captured(connection: Connection, session: CaptureSession) -> CapturedSession:
    by_station: dict[str, list[StationEvent]] = {}
    found = connection.execute(
        select(events)
        .where(events.c.session_id == session.id)
        .order_by(events.c.station_id, events.c.sequence, events.c.received_at, events.c.id)
    )
    for row in found:
        by_station.setdefault(row.station_id, []).append(_event(row))
    known = connection.execute(
        select(stations)
        .where(stations.c.session_id == session.id)
        .order_by(stations.c.paired_at, stations.c.id)
    ).all()
    parts = list[StationPart]()
    for row in known:
        place = (row.library or session.library, row.circ_desk or session.circ_desk)
        station = Station(row.name, *place, session.name)
        mine = tuple(by_station.get(row.id, ()))
        parts.append(StationPart(row.id, station, mine, row.unsent, row.last_seen_at))
    voids = (each.voids for part in parts for each in part.events if each.event == "void")
    return CapturedSession(session, tuple(parts), frozenset(voids))


def _event(row: Any) -> StationEvent:
    return StationEvent(
        id=row.id,
        sequence=row.sequence,
        event=row.event,
        kind=row.kind or "",
        item_barcode=row.item_barcode,
        patron_id=row.patron_id,
        captured_at=datetime.fromtimestamp(row.captured_at, UTC),
        given_time=bool(row.given_time),
        clerk=row.clerk,
        patron_standing=row.patron_standing,
        decision=row.decision,
        due_date=row.due_date,
        voids=row.voids,
        reason=row.reason,
    )
