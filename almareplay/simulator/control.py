"""The control surface under ``/simulator``: look at what happened, and step in while it runs."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from almareplay.simulator import rules
from almareplay.simulator.gateway import Gateway
from almareplay.simulator.happenings import Refused
from almareplay.simulator.record import stamp

DESK_OPERATOR = "desk-clerk"


@dataclass
class DeskAction:
    """What a live desk does: ``loan`` (with ``patron_id``) or ``return``.

    ``at`` (ISO 8601, aware) is when it did so, now if it is left out.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    action: Literal["loan", "return"]
    item_barcode: str
    library: str
    circ_desk: str = "DEFAULT_CIRC_DESK"
    patron_id: str = ""
    at: datetime | None = None


@dataclass
class ClockChange:
    """Seconds to move the clock by, or its offset to real time in seconds."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    advance: float = 0.0
    offset: float | None = None


_DESK_ACTION = TypeAdapter(DeskAction)
_CLOCK_CHANGE = TypeAdapter(ClockChange)

Handler = Callable[[Request], Awaitable[Response]]


def routes(gateway: Gateway) -> list[Route]:
    """The routes below ``/simulator`` for one gateway."""

    async def requests(request: Request) -> Response:
        return _since(request, "requests", gateway.record.requests)

    async def effects(request: Request) -> Response:
        return _since(request, "effects", gateway.record.effects)

    async def world(request: Request) -> Response:
        del request
        return Response(gateway.world.dump(), media_type="application/json")

    async def summary(request: Request) -> Response:
        del request
        return JSONResponse({**gateway.record.summary(), "calls_left": gateway.limits.left()})

    async def faults(request: Request) -> Response:
        if request.method == "PUT":
            gateway.faults.set_json(await request.body())
        return JSONResponse(gateway.faults.plain())

    async def desk(request: Request) -> Response:
        return JSONResponse(_act(gateway, _DESK_ACTION.validate_json(await request.body())))

    async def clock(request: Request) -> Response:
        if request.method == "POST":
            change = _CLOCK_CHANGE.validate_json(await request.body())
            if change.offset is not None:
                gateway.clock.offset = change.offset
            gateway.clock.advance(change.advance)
        now = stamp(gateway.clock.now())
        return JSONResponse({"now": now, "offset": gateway.clock.offset})

    return [
        Route("/requests", _refusing(requests)),
        Route("/effects", _refusing(effects)),
        Route("/world", _refusing(world)),
        Route("/summary", _refusing(summary)),
        Route("/faults", _refusing(faults), methods=["GET", "PUT"]),
        Route("/desk", _refusing(desk), methods=["POST"]),
        Route("/clock", _refusing(clock), methods=["GET", "POST"]),
    ]


def _refusing(handle: Handler) -> Handler:
    """Answer 400 to a body or parameter that is none, 409 to what the rules refuse."""

    async def answer(request: Request) -> Response:
        try:
            return await handle(request)
        except Refused as refused:
            return JSONResponse({"error": refused.code, "message": refused.message}, 409)
        except ValidationError as error:
            details = json.loads(error.json(include_url=False, include_context=False))
            return JSONResponse({"error": "invalid", "details": details}, 400)
        except ValueError as error:
            return JSONResponse({"error": "invalid", "message": str(error)}, 400)

    return answer


def _since(request: Request, name: str, entries: list[Any]) -> Response:
    since = int(request.query_params.get("since", "0"))
    return JSONResponse({name: [asdict(entry) for entry in entries[since:]]})


def _act(gateway: Gateway, action: DeskAction) -> dict[str, str]:
    world, now = gateway.world, action.at or gateway.clock.now()
    if now.tzinfo is None:
        raise ValueError("the time of a desk's action needs its offset to UTC")
    happened = gateway.record.noting(lambda: now, "desk")
    item = rules.find_item(world, action.item_barcode)
    if action.action == "loan":
        patron = rules.find_patron(world, action.patron_id)
        loan = rules.lend(world, patron, item, action.library, action.circ_desk, now, happened)
        return {"loan_id": loan.loan_id, "loan_date": stamp(loan.loan_date)}
    sentence = rules.scan_in(
        world, item, action.library, action.circ_desk, now, happened, operator=DESK_OPERATOR
    )
    return {"additional_info": sentence}
