"""Capture sessions out of the queue for good, once runs have what was captured.

A session's scans and stations go first, its name when their bytes are gone too: what is interrupted
in between is seen and done by the next purge. The ids of scans stay, so that a station's file that
is loaded later still adds nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, exists, func, select, update

from almareplay.queue.captures.captured import scans_not_loaded
from almareplay.queue.captures.sessions import CaptureSession, all_sessions
from almareplay.queue.errors import SessionNotLoaded
from almareplay.queue.store import Queue
from almareplay.queue.tables.capture_schema import events, loaded_scans, sessions, stations
from almareplay.queue.tables.schema import runs


class SessionPurge(NamedTuple):
    """What became of a session when runs were purged: how many scans went, or why all ``stays``."""

    session: CaptureSession
    scans: int
    stays: str = ""


def purge_loaded_sessions(queue: Queue) -> list[SessionPurge]:
    """Delete what was captured in the sessions of purged runs, where nothing else needs it.

    A session stays while it is open, has scans that no run has, or has rows in a run that is not
    purged. Raises QueueError.
    """
    done = []
    with queue.writing(many_rows=True) as connection:
        for session in all_sessions(connection):
            if not _has_rows(connection, session, purged=True):
                continue
            left = scans_not_loaded(connection, session)
            if session.closed_at is None:
                stays = "it is still open"
            elif left:
                stays = f"no run has {left:,} of its scans"
            elif _has_rows(connection, session, purged=False):
                stays = "another run has rows of it"
            else:
                done.append(SessionPurge(session, _delete(connection, session)))
                continue
            done.append(SessionPurge(session, 0, stays))
    return done


def purge_session(queue: Queue, session: CaptureSession) -> int:
    """Delete what was captured in a session, which closes it; answer how many scans went.

    Raises SessionNotLoaded where scans are in no run, QueueError.
    """
    with queue.writing(many_rows=True) as connection:
        if left := scans_not_loaded(connection, session):
            raise SessionNotLoaded(session.name, left)
        return _delete(connection, session)


def scans_of_session(queue: Queue, session: CaptureSession) -> int:
    """How many scans a session has, voided ones too."""
    with queue.reading() as connection:
        return _scans(connection, session)


def half_purged(queue: Queue) -> list[CaptureSession]:
    """The closed sessions without scans and stations, which wait for ``forget_purged``."""
    with queue.reading() as connection:
        return [each for each in all_sessions(connection) if _is_empty(connection, each)]


def forget_purged(queue: Queue) -> None:
    """Delete those sessions themselves, once the bytes of what they held are gone."""
    with queue.writing() as connection:
        for session in all_sessions(connection):
            if _is_empty(connection, session):
                connection.execute(delete(sessions).where(sessions.c.id == session.id))


def _delete(connection: Connection, session: CaptureSession) -> int:
    scans = _scans(connection, session)
    for table in (events, stations):
        connection.execute(delete(table).where(table.c.session_id == session.id))
    connection.execute(
        update(sessions)
        .where(sessions.c.id == session.id, sessions.c.closed_at.is_(None))
        .values(closed_at=datetime.now(UTC))
    )
    return scans


def _scans(connection: Connection, session: CaptureSession) -> int:
    of_session = (events.c.session_id == session.id) & (events.c.event == "scan")
    return connection.scalar(select(func.count()).where(of_session)) or 0


def _is_empty(connection: Connection, session: CaptureSession) -> bool:
    if session.closed_at is None:
        return False
    return not any(
        connection.scalar(select(exists().where(table.c.session_id == session.id)))
        for table in (events, stations)
    )


def _has_rows(connection: Connection, session: CaptureSession, *, purged: bool) -> bool:
    """Whether runs that are purged, or such as are not, have scans of a session."""
    is_purged = runs.c.purged_at.is_not(None) if purged else runs.c.purged_at.is_(None)
    found = (
        select(loaded_scans.c.run_id)
        .join(events, events.c.id == loaded_scans.c.scan_id)
        .join(runs, runs.c.id == loaded_scans.c.run_id)
        .where(events.c.session_id == session.id, loaded_scans.c.row.is_not(None), is_purged)
        .limit(1)
    )
    return connection.execute(found).first() is not None
