"""The routes of the server: the page's files, and the API by which it stores what is scanned."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from almareplay.capture.access import Guesses, hash_of, new_code, new_token, same_code
from almareplay.capture.files import file_routes, page_version
from almareplay.capture.guard import Guard
from almareplay.capture.patrons import PatronList
from almareplay.capture.requests import (
    EventsRequest,
    OverviewRequest,
    PairRequest,
    Refusal,
    Refused,
    read_body,
    read_events,
)
from almareplay.capture.storing import GroupCommit
from almareplay.queue.captures.capturing import (
    SessionClosed,
    Station,
    close_session,
    pair_station,
    session_now,
    station_of,
)
from almareplay.queue.captures.events import Delivery, Stored, store_events
from almareplay.queue.captures.overview import StationOverview, overview
from almareplay.queue.captures.sessions import CaptureSession
from almareplay.queue.errors import QueueError
from almareplay.queue.store import Queue

_log = logging.getLogger(__name__)


def _note(event: str, **fields: str) -> None:
    """Write to the log, which names neither stations nor what they scan."""
    _log.info("", extra={"event": event, "fields": fields})


def _say_nothing(words: str) -> None:
    del words


@dataclass
class Capture:
    """A session as it is served.

    ``libraries`` are the codes that a station may be at, ``next_steps`` the commands for what comes
    after it is closed. Whoever started the server gets sentences: what happens by ``tell``, what
    goes wrong by ``warn``.
    """

    queue: Queue
    session: CaptureSession
    version: str
    code: str = field(default_factory=new_code)
    libraries: Sequence[str] = ()
    patrons: PatronList | None = None
    next_steps: Sequence[str] = ()
    tell: Callable[[str], None] = _say_nothing
    warn: Callable[[str], None] = _say_nothing
    guesses: Guesses = field(default_factory=Guesses)

    def __post_init__(self) -> None:
        self._commits = GroupCommit(self._store)
        # By the hashes of their tokens. Those of overviews are forgotten when the server ends.
        self._stations: dict[str, Station] = {}
        self._overviews: set[str] = set()
        self._failed = False

    def app(self, scheme: str, hosts: Collection[str]) -> ASGIApp:
        """The application, for requests to these hosts only, as ``Guard`` has them."""
        api: list[tuple[str, str, Any]] = [
            ("GET", "/api/time", self._time),
            ("POST", "/api/pair", self._pair),
            ("GET", "/api/session", self._session),
            ("GET", "/api/patrons", self._patrons),
            ("POST", "/api/events", self._events),
            ("POST", "/api/overview", self._show_overview),
            ("GET", "/api/overview", self._overview),
            ("POST", "/api/close", self._close),
        ]
        routes = [Route(path, answer, methods=[method]) for method, path, answer in api]
        handlers = {Refusal: _refused, HTTPException: _no_route, QueueError: self._queue_failed}
        # Starlette asks for handlers of any error, and gives each those of its own kind.
        plain = Starlette(routes=routes + file_routes(), exception_handlers=handlers)  # type: ignore[arg-type]
        plain.router.redirect_slashes = False
        return Guard(plain, scheme, hosts)

    async def _time(self, request: Request) -> Response:
        return JSONResponse({"now_ms": _now_ms()})

    async def _pair(self, request: Request) -> Response:
        asked = await read_body(request, PairRequest)
        self._check_code(request, asked.code)
        token = new_token()
        try:
            station = await asyncio.to_thread(
                pair_station,
                self.queue,
                self.session,
                Station(asked.station, asked.name.strip(), asked.library, asked.circ_desk),
                token_hash=hash_of(token),
                version=asked.version,
                now=datetime.now(UTC),
            )
        except SessionClosed as error:
            raise Refusal(409, str(error)) from error
        # The station may have had another token before.
        self._stations = {h: each for h, each in self._stations.items() if each.id != station.id}
        self._stations[hash_of(token)] = station
        _note("paired")
        self.tell(f"Paired: {station.name}.")
        session = await self._as_json()
        return JSONResponse({"token": token, "station": station._asdict(), "session": session})

    async def _session(self, request: Request) -> Response:
        station = await self._station(request)
        session = await self._as_json()
        return JSONResponse({"session": session, "station": station._asdict(), "now_ms": _now_ms()})

    async def _patrons(self, request: Request) -> Response:
        await self._station(request)
        if self.patrons is None:
            raise Refusal(404, "This session has no offline patron list.")
        return Response(self.patrons.content, media_type="application/json")

    async def _events(self, request: Request) -> Response:
        station = await self._station(request)
        sent = await read_body(request, EventsRequest)
        events, refused = read_events(sent.events)
        stored = await self._commits.store(
            Delivery(station, events, sent.clock_offset_ms, sent.unsent, sent.version)
        )
        if self._failed:
            self._failed = False
            self.warn("What stations send is stored again.")
        refused += [
            Refused(each, "Another event with this id is stored.") for each in stored.refused
        ]
        return JSONResponse(
            {
                "stored": stored.ids,
                "duplicates": [{"id": id, "of": of} for id, of in stored.duplicates.items()],
                "refused": [each._asdict() for each in refused],
                "closed": stored.closed,
                "now_ms": _now_ms(),
            }
        )

    async def _show_overview(self, request: Request) -> Response:
        """Give a token that is for the overview alone: whoever looks at it is no station, and can
        do so when the session is closed."""
        asked = await read_body(request, OverviewRequest)
        self._check_code(request, asked.code)
        token = new_token()
        self._overviews.add(hash_of(token))
        return JSONResponse({"token": token})

    async def _overview(self, request: Request) -> Response:
        await self._reader(request)
        return JSONResponse(await asyncio.to_thread(self._overview_now))

    async def _close(self, request: Request) -> Response:
        await self._reader(request)
        asked = await read_body(request, OverviewRequest)
        self._check_code(request, asked.code)
        await asyncio.to_thread(close_session, self.queue, self.session, datetime.now(UTC))
        _note("closed")
        self.tell(f"The session {self.session.name!r} was closed.")
        return JSONResponse(await asyncio.to_thread(self._overview_now))

    def _store(self, deliveries: Sequence[Delivery]) -> list[Stored]:
        return store_events(self.queue, self.session, deliveries, datetime.now(UTC))

    async def _reader(self, request: Request) -> None:
        """Make sure that whoever asks may see the overview. Raises Refusal."""
        if _token_hash(request) not in self._overviews:
            await self._station(request)

    async def _station(self, request: Request) -> Station:
        """The station that asks. Raises Refusal where its token is none of ours."""
        token_hash = _token_hash(request)
        station = self._stations.get(token_hash)
        if station is None and token_hash:
            station = await asyncio.to_thread(station_of, self.queue, self.session, token_hash)
        if station is not None:
            self._stations[token_hash] = station
            return station
        raise Refusal(401, "This station is not paired with the session. Type the pairing code.")

    def _check_code(self, request: Request, code: str) -> None:
        client = request.client.host if request.client else ""
        if pause := self.guesses.pause(client):
            raise Refusal(
                429, f"Too many wrong codes. Try again in {pause} seconds.", retry_after=pause
            )
        if not same_code(code, self.code):
            self.guesses.wrong(client)
            _note("wrong_code")
            self.warn(f"A wrong pairing code was typed at {client}.")
            raise Refusal(403, "This is not the pairing code. It stands on the server's terminal.")
        self.guesses.right(client)

    async def _as_json(self) -> dict[str, Any]:
        session = await asyncio.to_thread(session_now, self.queue, self.session)
        patrons = self.patrons
        return {
            "name": session.name,
            "library": session.library,
            "circ_desk": session.circ_desk,
            "timezone": session.timezone,
            "libraries": [*self.libraries],
            "options": session.options,
            "closed": session.closed_at is not None,
            "patrons": None
            if patrons is None
            else {"made_at": patrons.made_at, "salt": patrons.salt, "count": patrons.patrons},
            "version": self.version,
        }

    def _overview_now(self) -> dict[str, Any]:
        session = session_now(self.queue, self.session)
        found = overview(self.queue, session)
        return {
            "session": {
                "name": session.name,
                "timezone": session.timezone,
                "closed": session.closed_at is not None,
                "closed_ms": _milliseconds(session.closed_at),
            },
            "now_ms": _now_ms(),
            "version": self.version,
            "page_version": page_version(),
            "stations": [_station_as_json(each) for each in found],
            "next": [*self.next_steps],
        }

    def _queue_failed(self, request: Request, error: Exception) -> Response:
        """The queue cannot be used just now: why is for whoever can do something about it."""
        _note("queue_failed", error=type(error).__name__)
        if not self._failed:
            self._failed = True
            self.warn(f"Nothing is stored just now; stations keep what they scan. {error}")
        words = "The server cannot store anything just now. What was scanned stays at this station."
        return JSONResponse({"error": words}, 503, {"Retry-After": "5"})


def _token_hash(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return hash_of(token.strip()) if scheme.lower() == "bearer" and token.strip() else ""


def _station_as_json(station: StationOverview) -> dict[str, Any]:
    told = station._asdict()
    times = {f"{name}_ms": _milliseconds(told.pop(name)) for name in ("last_scan", "last_seen")}
    return told | times


def _refused(_request: Request, error: Refusal) -> Response:
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
    return JSONResponse({"error": str(error)}, error.status, headers)


def _no_route(_request: Request, error: HTTPException) -> Response:
    words = "There is nothing here." if error.status_code == 404 else "This cannot be asked here."
    return JSONResponse({"error": words}, error.status_code, error.headers)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
