"""Capture sessions in a queue, as desks have left them there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert, update

from almareplay.queue.captures.capturing import Station, pair_station
from almareplay.queue.captures.sessions import all_sessions
from almareplay.queue.store import Queue
from almareplay.queue.tables.capture_schema import events, sessions, stations

START = datetime(2026, 9, 14, 7, 0, tzinfo=UTC)
"""Nine in the morning in Berlin."""

_IDS = count(1)


@dataclass
class Desk:
    """A station at work: each event a minute after the one before it."""

    queue: Queue
    session: int
    id: str
    sequence: int = 0
    ids: list[str] = field(default_factory=list)

    def lends(self, item: str, patron: str, **more: Any) -> str:
        """Scan a loan; its id."""
        return self.does(event="scan", kind="loan", item_barcode=item, patron_id=patron, **more)

    def takes_back(self, item: str, **more: Any) -> str:
        """Scan a return; its id."""
        return self.does(event="scan", kind="return", item_barcode=item, **more)

    def voids(self, scan: str) -> str:
        """Void a scan."""
        return self.does(event="void", voids=scan, reason="undone")

    def does(self, at: datetime | None = None, **values: Any) -> str:
        """Record an event at its time, else in the next minute."""
        self.sequence += 1
        made = f"00000000-0000-4000-8000-{next(_IDS):012}"
        moment = at or START + timedelta(minutes=self.sequence)
        row = {
            "session_id": self.session,
            "id": made,
            "station_id": self.id,
            "sequence": self.sequence,
            "captured_at": int(moment.timestamp()),
            "captured_offset": 7200,
            "station_time_ms": int(moment.timestamp() * 1000),
            "clock_offset_ms": 0,
            "clerk": "AB",
            "received_at": START,
        }
        with self.queue.writing() as connection:
            connection.execute(insert(events).values(row | values))
        return made

    def has_unsent(self, number: int) -> None:
        """Leave the network with so many events."""
        with self.queue.writing() as connection:
            connection.execute(
                update(stations)
                .where(stations.c.session_id == self.session, stations.c.id == self.id)
                .values(unsent=number)
            )


@dataclass
class Outage:
    """A capture session, with its desks."""

    queue: Queue
    id: int
    name: str

    def desk(self, name: str, library: str = "", circ_desk: str = "") -> Desk:
        """Pair a station."""
        made = f"10000000-0000-4000-8000-{next(_IDS):012}"
        with self.queue.reading() as connection:
            (session,) = (each for each in all_sessions(connection) if each.id == self.id)
        station = Station(made, name, library, circ_desk)
        # In their order, within a minute.
        now = START + timedelta(hours=1, milliseconds=next(_IDS))
        pair_station(self.queue, session, station, token_hash=made, version="1", now=now)
        return Desk(self.queue, self.id, made)

    def closes(self) -> None:
        """Close it."""
        with self.queue.writing() as connection:
            connection.execute(
                update(sessions).where(sessions.c.id == self.id).values(closed_at=START)
            )


def outage(queue: Queue, name: str = "outage", institution: str = "", **values: str) -> Outage:
    """Begin a capture session at the front desk of the main library."""
    row = {
        "name": name,
        "captured_for": institution,
        "library": "MAIN",
        "circ_desk": "FRONT",
        "timezone": "Europe/Berlin",
        "created_at": START,
    }
    with queue.writing() as connection:
        made = insert(sessions).values(row | values).returning(sessions.c.id)
        number = connection.execute(made).scalar_one()
    return Outage(queue, number, name)
