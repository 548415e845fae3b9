"""The gateway of the stand-in Alma: keys, limits, faults and delays around the endpoints."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import format_datetime
from typing import ClassVar, Literal

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from almareplay.simulator.call import Answer, Call
from almareplay.simulator.clock import Clock
from almareplay.simulator.connection import Connection
from almareplay.simulator.exchange import Exchange
from almareplay.simulator.faults import Fault, Faults
from almareplay.simulator.formats import error_body, fields_of, to_json, to_xml
from almareplay.simulator.happenings import Refused
from almareplay.simulator.limits import DAILY, PER_SECOND, Limits
from almareplay.simulator.record import Record
from almareplay.simulator.visit import Visit
from almareplay.simulator.world import World

_XML = "application/xml;charset=UTF-8"

_TOMCAT_PAGE = (
    '<!doctype html><html lang="en"><head><title>HTTP Status 400 – Bad Request</title></head>'
    "<body><h1>HTTP Status 400 – Bad Request</h1></body></html>"
)
_MAINTENANCE_PAGE = (
    "<!doctype html><html><head><title>Maintenance</title></head>"
    "<body><p>Alma is being maintained and will be back soon.</p></body></html>"
)
_TEXT_PAGE = "upstream connect error or disconnect/reset before headers"
_A_KEY = re.compile(r"[A-Za-z0-9._-]+")
_UNTRACKED = (PER_SECOND, "UNAUTHORIZED")
"""The errors that the gateway writes without a tracking id."""


@dataclass(frozen=True)
class Permissions:
    """What a key may do in each area: ``""``, ``"read"`` or ``"read/write"``. With
    ``only_elsewhere`` it may not be used from this machine's address."""

    users: str = ""
    bibs: str = ""
    conf: str = ""
    only_elsewhere: bool = False

    def allow(self, area: str, method: str) -> bool:
        """Whether a call with this method is allowed in the area."""
        granted: str = getattr(self, area)
        return granted == "read/write" or (granted == "read" and method == "GET")


EVERYTHING = Permissions("read/write", "read/write", "read/write")


@dataclass(frozen=True)
class GatewayPage:
    """An answer that no endpoint gave: a page of HTML or text."""

    text: str
    status: int
    media_type: str = "text/html"


NoAnswer = Literal["cut", "silence"]


class Gateway:
    """An ASGI application for everything below ``/almaws/v1``.

    ``keys`` maps API keys to what they may do; ``latency`` is how many seconds each answer takes.
    """

    observer: ClassVar[Callable[[Exchange], None] | None] = None
    """Is told of every request and its answer, before it is sent, in all stand-ins of a process."""

    def __init__(
        self,
        world: World,
        clock: Clock,
        record: Record,
        faults: Faults,
        limits: Limits,
        keys: dict[str, Permissions],
        latency: float,
        seed: int,
    ) -> None:
        self.world = world
        self.clock = clock
        self.record = record
        self.faults = faults
        self.limits = limits
        self.keys = keys
        self.latency = latency
        self._dice = random.Random(seed)
        self._later: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        connection: Connection = scope["state"]["connection"]
        visit = Visit(request, body, self.clock, self.record)
        reply = await self._reply(visit, reused=connection.served > 0)
        connection.served += 1
        if Gateway.observer is not None:
            Gateway.observer(visit.exchange(reply if isinstance(reply, Response) else None))
        if isinstance(reply, Response):
            self.record.end(visit.entry, reply.status_code, visit.error_code)
            await reply(scope, receive, send)
            return
        if reply == "cut":
            connection.cut()
        self.record.end(visit.entry, None)
        await connection.gone(receive)

    async def _reply(self, visit: Visit, reused: bool) -> Response | NoAnswer:
        outage = self.faults.outage()
        if outage:
            visit.entry.fault = outage.fault
            return self._stand_in_for(outage, visit, None)
        refusal = self._refuse(visit)
        if refusal is not None:
            return self._respond(visit, refusal)
        fault = self.faults.pick(visit.entry.operation, visit.method, visit.path, reused)
        if fault:
            visit.entry.fault = fault.fault
            return await self._suffer(fault, visit)
        await self._pause(self.latency / 2)
        answer = self._process(visit)
        await self._pause(self.latency / 2)
        return self._respond(visit, answer)

    def _refuse(self, visit: Visit) -> Answer | GatewayPage | None:
        """What the gateway says itself to a call that does not get through to Alma."""
        if b"%2f" in visit.raw_path.lower():
            return GatewayPage(_TOMCAT_PAGE, 400)
        if visit.key and not _A_KEY.fullmatch(visit.key):
            return GatewayPage("Invalid API Key", 400, "text/plain")
        permissions = None if visit.bad_authorization else self.keys.get(visit.key)
        if permissions is None:
            return self._error(visit, "INVALID_REQUEST", "The API key is not valid.", 403)
        if permissions.only_elsewhere:
            return self._error(visit, "FORBIDDEN", "Not allowed from this address.", 403)
        if visit.endpoint is None:
            return self._error(visit, "NOT_FOUND", "There is nothing at this address.", 404)
        if not permissions.allow(visit.endpoint.area, visit.method):
            message = "API-key not defined or not configured to allow this API."
            return self._error(visit, "UNAUTHORIZED", message, 400)
        threshold = self.limits.admit()
        return None if threshold is None else self._over(visit, threshold)

    def _process(self, visit: Visit) -> Answer:
        """Do what the call asks for, now."""
        assert visit.endpoint is not None, "calls to nowhere are refused"
        try:
            call = Call(
                world=self.world,
                now=self.clock.now(),
                happened=self.record.noting(self.clock.now, "api", visit.entry.n),
                path=visit.values,
                query=visit.query,
                fields=fields_of(visit.content_type, visit.body),
            )
            return visit.endpoint.handle(call)
        except Refused as refused:
            return self._error(visit, refused.code, refused.message, refused.status)

    async def _suffer(self, fault: Fault, visit: Visit) -> Response | NoAnswer:
        """Process the call, or not, as the fault wants it, and reply as it makes Alma reply."""
        effect, extra = fault.takes_effect, fault.delay if fault.fault == "slow" else 0.0
        await self._pause(self.latency / 2 + (extra if effect == "after" else 0.0))
        answer: Answer | None = None
        if effect == "before" or fault.fault == "slow":
            answer = self._process(visit)
        elif effect == "after":
            self._process_later(visit, fault.delay)
        await self._pause(self.latency / 2 + (extra if effect == "before" else 0.0))
        return self._stand_in_for(fault, visit, answer)

    def _process_later(self, visit: Visit, seconds: float) -> None:
        async def process() -> None:
            await asyncio.sleep(seconds)
            self._process(visit)

        task = asyncio.get_running_loop().create_task(process())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    def _stand_in_for(
        self, fault: Fault, visit: Visit, answer: Answer | None
    ) -> Response | NoAnswer:
        """The reply of a call that the fault struck, in place of ``answer`` if there is one."""
        if fault.fault in ("remaining_header", "slow"):
            assert answer is not None, "these faults process the call first"
            return self._respond(visit, answer, fault.header if fault.fault != "slow" else "")
        visit.error_code = ""
        match fault.fault:
            case "cut_before" | "cut_after" | "cut_then_effect" | "stale_keepalive":
                return "cut"
            case "silence":
                return "silence"
            case "outage":
                if fault.how == "cut":
                    return "cut"
                return self._respond(visit, GatewayPage(_TEXT_PAGE, int(fault.how), "text/plain"))
            case "http_5xx":
                status = fault.status or 500
                if fault.body == "html":
                    return self._respond(visit, GatewayPage(_MAINTENANCE_PAGE, status))
                if fault.body == "text":
                    return self._respond(visit, GatewayPage(_TEXT_PAGE, status, "text/plain"))
                error = ("INTERNAL_SERVER_ERROR", "An internal error occurred.", status)
            case "general_error":
                error = (fault.code, "General error: the request failed.", fault.status or 400)
            case "trouble_after_scan":
                error = ("402504", "Trouble retrieving the item after the scan.", 400)
            case "maintenance_page":
                return self._respond(visit, GatewayPage(_MAINTENANCE_PAGE, 200))
            case "per_second":
                return self._respond(visit, self._over(visit, PER_SECOND))
            case "daily":
                return self._respond(visit, self._over(visit, DAILY))
        return self._respond(visit, self._error(visit, *error))

    def _over(self, visit: Visit, threshold: str) -> Answer:
        messages = {
            PER_SECOND: "HTTP requests are more than allowed per second.",
            DAILY: "HTTP requests have reached their daily limit.",
        }
        return self._error(visit, threshold, messages[threshold], 429)

    def _error(self, visit: Visit, code: str, message: str, status: int) -> Answer:
        visit.error_code = code
        tracking_id = ""
        if code not in _UNTRACKED:
            letters = "".join(self._dice.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=5))
            tracking_id = (
                f"E01-{self.clock.now():%d%m%H%M%S}-{letters}"
                f"-AWAE{self._dice.randrange(10**9, 10**10)}"
            )
        return Answer("web_service_result", error_body(code, message, tracking_id), status=status)

    def _respond(self, visit: Visit, answer: Answer | GatewayPage, header: str = "") -> Response:
        headers = {"Date": format_datetime(self.clock.now(), usegmt=True)}
        left = self.limits.left()
        if left is not None and header != "missing":
            headers["X-Exl-Api-Remaining"] = "unknown" if header == "garbage" else str(left)
            headers["X-Exl-Api-Quota"] = str(self.limits.daily)
        if isinstance(answer, GatewayPage):
            return Response(answer.text, answer.status, headers, answer.media_type)
        headers |= answer.headers
        if not answer.root:
            return Response(None, answer.status, headers)
        if answer.text:
            content, media_type = f"<{answer.root}>{answer.text}</{answer.root}>".encode(), _XML
        elif visit.wants_json and visit.error_code != "UNAUTHORIZED":
            content, media_type = to_json(answer.body), "application/json;charset=UTF-8"
        else:
            content, media_type = to_xml(answer.root, answer.body), _XML
        return Response(content, answer.status, headers, media_type)

    @staticmethod
    async def _pause(seconds: float) -> None:
        if seconds > 0:
            await asyncio.sleep(seconds)
