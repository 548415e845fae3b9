"""Capture sessions: what the queue knows of an outage, and which ones it has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from almareplay.queue.errors import NoSuchSession
from almareplay.queue.store import Queue
from almareplay.queue.tables.capture_schema import sessions


class CaptureSession(NamedTuple):
    """An outage in which desks capture, as it stands in the queue.

    ``institution`` is a code, empty where none was named; ``library`` and ``circ_desk`` are where
    scans happened at stations without places of their own, ``timezone`` the IANA zone of the desks,
    ``options`` how the page reads scans. ``closed_at`` is aware UTC, None while it is open.
    """

    id: int
    name: str
    institution: str
    library: str
    circ_desk: str
    timezone: str
    options: Mapping[str, Any]
    created_at: datetime
    closed_at: datetime | None

    def __str__(self) -> str:
        return f"{self.name!r} of {self.institution}" if self.institution else repr(self.name)


def session_of_row(row: Row[Any]) -> CaptureSession:
    """The session that stands in a row of the table."""
    return CaptureSession(
        id=row.id,
        name=row.name,
        institution=row.captured_for,
        library=row.library,
        circ_desk=row.circ_desk,
        timezone=row.timezone,
        options=json.loads(row.options),
        created_at=row.created_at,
        closed_at=row.closed_at,
    )


def all_sessions(connection: Connection) -> list[CaptureSession]:
    """All sessions of all institutions, the oldest first."""
    found = connection.execute(select(sessions).order_by(sessions.c.id))
    return [session_of_row(row) for row in found]


def sessions_of(queue: Queue, institution: str = "") -> list[CaptureSession]:
    """The sessions of an institution, the oldest first."""
    with queue.reading() as connection:
        return [each for each in all_sessions(connection) if each.institution == institution]


def session_named(queue: Queue, name: str, institution: str = "") -> CaptureSession:
    """The session of this name. Raises NoSuchSession, which names those that there are."""
    with queue.reading() as connection:
        known = {(each.institution, each.name): each for each in all_sessions(connection)}
    if found := known.get((institution, name)):
        return found
    raise NoSuchSession(name, institution, known)


def gone(connection: Connection, session: CaptureSession) -> NoSuchSession:
    """The error of a session that the queue had, and has no longer."""
    known = [(each.institution, each.name) for each in all_sessions(connection)]
    return NoSuchSession(session.name, session.institution, known, was_there=True)
