"""What stations send: scans and what voids them, each stored once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from almareplay.queue.captures.capturing import Station, locked
from almareplay.queue.captures.sessions import CaptureSession
from almareplay.queue.store import Queue
from almareplay.queue.tables.capture_schema import events, stations
from almareplay.transactions import identifier_key

# Columns that stand as the station has sent them.
_AS_SENT = (
    *("id", "sequence", "event", "voids", "reason", "kind", "item_barcode", "patron_id"),
    *("station_time_ms", "clock_offset_ms", "clerk", "patron_standing", "decision", "due_date"),
)


class CaptureEvent(NamedTuple):
    """A scan, or what voids one (``event`` is "scan" or "void"; ``voids`` the id of the scan).

    ``id`` is made by the station, ``sequence`` counts its events from 1. ``captured_ms`` is when it
    happened by the server's clock, ``station_time_ms`` what the station's clock said (both
    milliseconds since 1970), ``clock_offset_ms`` what was added to that. With ``given_time`` the
    clerk gave the time. The other fields are those of the table, empty where they say nothing.
    """

    id: str
    sequence: int
    event: str
    captured_ms: int
    station_time_ms: int
    clock_offset_ms: int
    kind: str | None = None
    item_barcode: str = ""
    patron_id: str = ""
    given_time: bool = False
    clerk: str = ""
    patron_standing: str = ""
    decision: str = ""
    due_date: str = ""
    voids: str = ""
    reason: str = ""


class Delivery(NamedTuple):
    """What a station sends at once: events, and what it says of itself: the offset of its clock in
    milliseconds, None where it was not measured, the events that it has still to send after these,
    and the version of its page."""

    station: Station
    events: Sequence[CaptureEvent]
    clock_offset_ms: int | None = None
    unsent: int = 0
    version: str = ""


class Stored(NamedTuple):
    """What became of a delivery: the ids of the events that are stored now, also of those that were
    before; by their ids, where and when the same was scanned already (``Annex, 10:42``); and the
    ids of which another event is stored. ``closed`` says whether the session is."""

    ids: list[str]
    duplicates: dict[str, str]
    refused: list[str]
    closed: bool


def store_events(
    queue: Queue, session: CaptureSession, deliveries: Sequence[Delivery], now: datetime
) -> list[Stored]:
    """Store deliveries, all or none, and answer what became of each. What is answered is on disk.

    A closed session takes them as well. Raises NoSuchSession, QueueError.
    """
    with queue.writing() as connection:
        session = locked(connection, session)
        known = _known(connection, session, [e.id for each in deliveries for e in each.events])
        new: list[dict[str, Any]] = []
        for delivery in deliveries:
            for event in delivery.events:
                if event.id not in known:
                    row = _row(session, delivery.station, event, now)
                    known[event.id] = _content(row)
                    new.append(row)
        if new:
            connection.execute(insert(events), new)
        _note_stations(connection, session, deliveries, now)
        answers = []
        for delivery in deliveries:
            stored: list[str] = []
            refused: list[str] = []
            for event in delivery.events:
                same = known[event.id] == _content(_row(session, delivery.station, event, now))
                (stored if same else refused).append(event.id)
            duplicates = dict(_duplicates(connection, session, delivery))
            answers.append(Stored(stored, duplicates, refused, session.closed_at is not None))
    return answers


# Statements are made once: that takes longer than they do.
_KNOWN = select(events).where(
    events.c.session_id == bindparam("session"), events.c.id.in_(bindparam("ids", expanding=True))
)


def _known(
    connection: Connection, session: CaptureSession, ids: Iterable[str]
) -> dict[str, tuple[Any, ...]]:
    """What is stored under these ids."""
    found = connection.execute(_KNOWN, {"session": session.id, "ids": [*set(ids)]})
    return {row["id"]: _content(dict(row)) for row in found.mappings()}


def _content(row: dict[str, Any]) -> tuple[Any, ...]:
    """What tells an event that is sent again from another with its id."""
    return (row["station_id"], row["captured_at"], *(row[name] for name in _AS_SENT))


def _row(
    session: CaptureSession, station: Station, event: CaptureEvent, now: datetime
) -> dict[str, Any]:
    """An event as the table has it."""
    seconds = event.captured_ms // 1000
    there = datetime.fromtimestamp(seconds, ZoneInfo(session.timezone))
    offset = there.utcoffset()
    assert offset is not None, "an aware time has an offset"
    return {
        "session_id": session.id,
        "station_id": station.id,
        **{name: getattr(event, name) for name in _AS_SENT},
        "item_key": identifier_key(event.item_barcode),
        "captured_at": seconds,
        "captured_offset": int(offset.total_seconds()),
        "given_time": int(event.given_time),
        "received_at": now,
    }


_NOTE = (
    update(stations)
    .where(
        stations.c.session_id == bindparam("of_session"), stations.c.id == bindparam("of_station")
    )
    .values(
        last_seen_at=bindparam("now"),
        unsent=bindparam("still"),
        # What was not said stays as it was.
        version=func.coalesce(func.nullif(bindparam("page"), ""), stations.c.version),
        clock_offset_ms=func.coalesce(bindparam("offset"), stations.c.clock_offset_ms),
    )
)


def _note_stations(
    connection: Connection, session: CaptureSession, deliveries: Iterable[Delivery], now: datetime
) -> None:
    """Note what stations have said of themselves."""
    said = {
        each.station.id: {
            "of_session": session.id,
            "of_station": each.station.id,
            "now": now,
            "still": each.unsent,
            "page": each.version,
            "offset": each.clock_offset_ms,
        }
        for each in deliveries
    }
    connection.execute(_NOTE, [*said.values()])


_voids = events.alias("voids")

VOIDED = exists().where(_voids.c.session_id == events.c.session_id, _voids.c.voids == events.c.id)
"""Whether a scan was voided."""

COUNTS: ColumnElement[bool] = and_(
    events.c.event == "scan", events.c.decision != "refused", ~VOIDED
)
"""Whether an event is a scan that counts: neither voided nor refused to the patron."""


_BEFORE = (
    select(events.c.kind, events.c.captured_at, stations.c.name)
    .join(
        stations,
        and_(
            stations.c.session_id == events.c.session_id,
            stations.c.id == events.c.station_id,
        ),
    )
    .where(
        events.c.session_id == bindparam("session"),
        events.c.item_key == bindparam("item"),
        events.c.captured_at <= bindparam("at"),
        # Of its own station, what it scanned before.
        or_(
            events.c.station_id != bindparam("station"),
            events.c.sequence < bindparam("sequence"),
        ),
        COUNTS,
    )
    .order_by(events.c.captured_at.desc(), events.c.sequence.desc())
    .limit(1)
)


def _duplicates(
    connection: Connection, session: CaptureSession, delivery: Delivery
) -> Iterator[tuple[str, str]]:
    """The scans of a delivery of which the item's last one before was of the same kind, each with
    where and when that was."""
    for event in delivery.events:
        if event.event != "scan" or event.decision == "refused":
            continue
        mine = {
            "session": session.id,
            "item": identifier_key(event.item_barcode),
            "at": event.captured_ms // 1000,
            "station": delivery.station.id,
            "sequence": event.sequence,
        }
        before = connection.execute(_BEFORE, mine).one_or_none()
        if before is not None and before.kind == event.kind:
            at = datetime.fromtimestamp(before.captured_at, UTC)
            yield event.id, f"{before.name}, {at.astimezone(ZoneInfo(session.timezone)):%H:%M}"
