"""What a capture session has so far, station by station."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Integer, and_, case, func, literal, select

from almareplay.queue.captures.events import COUNTS, VOIDED
from almareplay.queue.captures.sessions import CaptureSession
from almareplay.queue.store import Queue
from almareplay.queue.tables.capture_schema import events, stations


class StationOverview(NamedTuple):
    """A station and its scans so far.

    ``loans`` and ``returns`` count, ``voided`` and ``refused`` ones do not; ``late`` are events
    that came after the session was closed, ``unsent`` those that it had still to send, as it last
    said. Times are aware UTC; ``last_scan`` is None without any. ``clerks`` are initials.
    """

    id: str
    name: str
    library: str
    circ_desk: str
    loans: int
    returns: int
    voided: int
    refused: int
    late: int
    last_scan: datetime | None
    last_seen: datetime
    unsent: int
    clock_offset_ms: int | None
    version: str
    clerks: tuple[str, ...]


def overview(queue: Queue, session: CaptureSession) -> list[StationOverview]:
    """The stations of a session, by their names. Raises QueueError."""
    is_scan = events.c.event == "scan"
    late = literal(False) if session.closed_at is None else events.c.received_at > session.closed_at
    counts = (
        select(
            events.c.station_id,
            _count(and_(COUNTS, events.c.kind == "loan")).label("loans"),
            _count(and_(COUNTS, events.c.kind == "return")).label("returns"),
            _count(and_(is_scan, VOIDED)).label("voided"),
            _count(and_(is_scan, events.c.decision == "refused", ~VOIDED)).label("refused"),
            _count(late).label("late"),
            func.max(case((is_scan, events.c.captured_at))).label("last_scan"),
        )
        .where(events.c.session_id == session.id)
        .group_by(events.c.station_id)
    )
    initials = (
        select(events.c.station_id, events.c.clerk)
        .where(events.c.session_id == session.id, events.c.clerk != "")
        .distinct()
    )
    paired = select(stations).where(stations.c.session_id == session.id)
    with queue.reading() as connection:
        counted = {each.station_id: each for each in connection.execute(counts)}
        clerks: dict[str, set[str]] = {}
        for station_id, clerk in connection.execute(initials):
            clerks.setdefault(station_id, set()).add(clerk)
        found = connection.execute(paired).all()
    return [
        StationOverview(
            id=each.id,
            name=each.name,
            library=each.library or session.library,
            circ_desk=each.circ_desk or session.circ_desk,
            **_counted(counted.get(each.id)),
            last_seen=each.last_seen_at,
            unsent=each.unsent,
            clock_offset_ms=each.clock_offset_ms,
            version=each.version,
            clerks=tuple(sorted(clerks.get(each.id, ()))),
        )
        for each in sorted(found, key=lambda each: each.name.casefold())
    ]


def _count(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0).cast(Integer)), 0)


_COUNTED = ("loans", "returns", "voided", "refused", "late")


def _counted(row: Any) -> dict[str, Any]:
    if row is None:
        return {**dict.fromkeys(_COUNTED, 0), "last_scan": None}
    at = row.last_scan
    counted: dict[str, Any] = {name: getattr(row, name) for name in _COUNTED}
    return {**counted, "last_scan": None if at is None else datetime.fromtimestamp(at, UTC)}
