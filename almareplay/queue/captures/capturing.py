"""Capture sessions and their stations: started, paired, closed.

What stations send is stored by ``capture_events``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update

from almareplay.queue.captures.sessions import CaptureSession, gone, session_of_row
from almareplay.queue.databases.database import database_of
from almareplay.queue.errors import QueueError
from almareplay.queue.store import Queue
from almareplay.queue.tables.capture_schema import sessions, stations


class SessionClosed(QueueError):
    """The capture session is closed: no more stations are paired with it."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The capture session {name!r} is closed. Ask whoever is in charge to open it again, "
            "or to start another one."
        )


class Station(NamedTuple):
    """A browser at a desk that was paired; ``library`` and ``circ_desk`` are empty where those of
    the session hold."""

    id: str
    name: str
    library: str
    circ_desk: str


def start_session(
    queue: Queue,
    name: str,
    institution: str = "",
    *,
    library: str,
    circ_desk: str,
    timezone: str,
    options: Mapping[str, Any],
    now: datetime,
    reopen: bool = False,
) -> tuple[CaptureSession, CaptureSession | None]:
    """Start the session of this name for this institution, or go on with it: the session as it is
    now, and as it was before, None for a new one.

    Place, zone and options are those given now, also of a session that goes on. A closed one stays
    closed unless it is to ``reopen``. Raises QueueError.
    """
    given: dict[str, Any] = {
        "library": library,
        "circ_desk": circ_desk,
        "timezone": timezone,
        "options": json.dumps(dict(options), ensure_ascii=False, sort_keys=True),
    }
    with queue.writing() as connection:
        # Two that start at once start the same session.
        database_of(connection).lock_queue(connection)
        query = select(sessions).where(
            sessions.c.captured_for == institution, sessions.c.name == name
        )
        before = connection.execute(query).one_or_none()
        if before is None:
            new = {"name": name, "captured_for": institution, "created_at": now, **given}
            connection.execute(insert(sessions).values(**new))
        else:
            if reopen:
                given["closed_at"] = None
            changed = update(sessions).where(sessions.c.id == before.id).values(**given)
            connection.execute(changed)
        after = connection.execute(query).one()
    return session_of_row(after), None if before is None else session_of_row(before)


def recent_session(queue: Queue, institution: str, since: datetime) -> str | None:
    """The name of the institution's open session that was started, or heard of a station, since
    then: the latest of several, None where there is none. Raises QueueError."""
    heard = func.coalesce(func.max(stations.c.last_seen_at), sessions.c.created_at)
    query = (
        select(sessions.c.name)
        .outerjoin(stations, stations.c.session_id == sessions.c.id)
        .where(sessions.c.captured_for == institution, sessions.c.closed_at.is_(None))
        .group_by(sessions.c.id, sessions.c.name, sessions.c.created_at)
        .having(heard >= since)
        .order_by(heard.desc())
        .limit(1)
    )
    with queue.reading() as connection:
        return connection.scalar(query)


def session_now(queue: Queue, session: CaptureSession) -> CaptureSession:
    """The session as it is now. Raises NoSuchSession, QueueError."""
    with queue.reading() as connection:
        query = select(sessions).where(sessions.c.id == session.id)
        found = connection.execute(query).one_or_none()
        if found is None:
            raise gone(connection, session)
    return session_of_row(found)


def close_session(queue: Queue, session: CaptureSession, now: datetime) -> CaptureSession:
    """Close the session, and answer it as it is then: one that is closed stays as it is.

    Stations go on sending what was scanned. Raises NoSuchSession, QueueError.
    """
    with queue.writing() as connection:
        before = locked(connection, session)
        if before.closed_at is not None:
            return before
        closed = update(sessions).where(sessions.c.id == session.id).values(closed_at=now)
        connection.execute(closed)
    return before._replace(closed_at=now)


def locked(connection: Connection, session: CaptureSession) -> CaptureSession:
    """The session as it is now; nobody else writes to it until the transaction ends. Raises
    NoSuchSession."""
    found = connection.execute(_LOCKED, {"id": session.id}).one_or_none()
    if found is None:
        raise gone(connection, session)
    return session_of_row(found)


_LOCKED = select(sessions).where(sessions.c.id == bindparam("id")).with_for_update()


def pair_station(
    queue: Queue,
    session: CaptureSession,
    station: Station,
    *,
    token_hash: str,
    version: str,
    now: datetime,
) -> Station:
    """Pair a station, or pair it again: from now on this token is its only one (``token_hash`` is
    the SHA-256 of it in hex).

    Answers the station under the name that it has got: where another has its name already, a number
    is put behind it. Raises SessionClosed, NoSuchSession, QueueError.
    """
    with queue.writing() as connection:
        if locked(connection, session).closed_at is not None:
            raise SessionClosed(session.name)
        query = select(stations.c.id, stations.c.name).where(stations.c.session_id == session.id)
        names = {each.id: each.name for each in connection.execute(query)}
        known = names.pop(station.id, None) is not None
        station = station._replace(name=_free_name(station.name, names.values()))
        given = {
            "name": station.name,
            "library": station.library,
            "circ_desk": station.circ_desk,
            "token_hash": token_hash,
            "paired_at": now,
            "last_seen_at": now,
            "version": version,
        }
        if known:
            of_station = stations.c.session_id == session.id, stations.c.id == station.id
            connection.execute(update(stations).where(*of_station).values(**given))
        else:
            new = {"id": station.id, "session_id": session.id, **given}
            connection.execute(insert(stations).values(**new))
    return station


def _free_name(name: str, taken: Iterable[str]) -> str:
    keys = {each.casefold() for each in taken}
    free, number = name, 1
    while free.casefold() in keys:
        number += 1
        free = f"{name} {number}"
    return free


def station_of(queue: Queue, session: CaptureSession, token_hash: str) -> Station | None:
    """The station that got the token with this hash when it was paired with the session; None where
    none did. Raises QueueError."""
    query = select(stations.c.id, stations.c.name, stations.c.library, stations.c.circ_desk).where(
        stations.c.token_hash == token_hash, stations.c.session_id == session.id
    )
    with queue.reading() as connection:
        found = connection.execute(query).one_or_none()
    return None if found is None else Station(*found)
