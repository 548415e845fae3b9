"""What the page sends, read from JSON: wrong values are named, never guessed."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, NamedTuple, TypeVar
from unicodedata import category

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from starlette.requests import ClientDisconnect, Request

from almareplay.queue.captures.events import CaptureEvent

LARGEST_BODY = 1_000_000
"""Bytes of a request."""
MOST_EVENTS = 200
"""Events of a request."""
BODY_SECONDS = 20.0
"""How long a request may take to arrive."""

_LARGEST_INTEGER = 2**31 - 1
# A day before the year 10000, so that it has a date in every zone.
_LATEST_MS = 253_402_214_400_000
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Refusal(Exception):
    """A request is refused, with this status and one sentence for whoever sits at the page."""

    def __init__(self, status: int, words: str, retry_after: int | None = None) -> None:
        super().__init__(words)
        self.status, self.retry_after = status, retry_after


def _without_control(text: str) -> str:
    # Cs: half a sign, which is no text; Zl and Zp: ends of lines.
    if any(category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in text):
        raise ValueError("has characters that cannot be printed")
    return text


def _uuid(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise ValueError("is no UUID in small letters")
    return text


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


_Text = Annotated[str, AfterValidator(_without_control)]
_Code = Annotated[str, Field(max_length=100)]
_Name = Annotated[_Text, Field(max_length=100)]
_Version = Annotated[_Text, Field(max_length=40)]
_Words = Annotated[_Text, Field(max_length=200)]
_Clerk = Annotated[_Text, Field(max_length=20)]
Uuid = Annotated[str, AfterValidator(_uuid)]
_Sequence = Annotated[int, Field(ge=1, le=_LARGEST_INTEGER)]
_Moment = Annotated[int, Field(ge=0, le=_LATEST_MS)]
_Offset = Annotated[int, Field(ge=-_LATEST_MS, le=_LATEST_MS)]


class _Sent(BaseModel):
    # What a later page says besides is left out.
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class OverviewRequest(_Sent):
    """Whoever is in charge asks for the overview, or closes the session."""

    code: _Code


class PairRequest(_Sent):
    """A station asks to be paired."""

    code: _Code
    station: Uuid
    name: Annotated[_Name, AfterValidator(_filled)]
    library: _Name = ""
    circ_desk: _Name = ""
    version: _Version = ""


class EventsRequest(_Sent):
    """A station sends events; each is read for itself."""

    clock_offset_ms: _Offset | None = None
    unsent: Annotated[int, Field(ge=0, le=_LARGEST_INTEGER)] = 0
    version: _Version = ""
    events: Annotated[list[Any], Field(max_length=MOST_EVENTS)] = []


class _Event(_Sent):
    id: Uuid
    sequence: _Sequence
    station_time_ms: _Moment
    clock_offset_ms: _Offset
    captured_ms: _Moment
    clerk: _Clerk = ""


class _Scan(_Event):
    event: Literal["scan"]
    kind: Literal["loan", "return"]
    decision: Literal["", "allowed", "refused"] = ""
    item_barcode: _Words
    patron_id: _Words = ""
    given_time: bool = False
    patron_standing: Literal["", "ok", "blocked", "expired", "unknown"] = ""
    due_date: Annotated[str, Field(pattern="^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")] = ""

    @field_validator("item_barcode")
    @classmethod
    def _item_of_what_was_lent(cls, item: str, others: ValidationInfo) -> str:
        # A patron is turned away before any item is scanned.
        return item if others.data.get("decision") == "refused" else _filled(item)


class _Void(_Event):
    event: Literal["void"]
    voids: Uuid
    reason: _Words = ""


class Refused(NamedTuple):
    """An event that can never be stored: its id, empty where it has none, and why."""

    id: str
    why: str


def read_events(sent: Iterable[Any]) -> tuple[list[CaptureEvent], list[Refused]]:
    """The events that can be stored, in their order, and those that cannot."""
    events: dict[str, CaptureEvent] = {}
    refused = []
    for each in sent:
        try:
            event = read_event(each)
        except ValueError as error:
            refused.append(Refused(_id_of(each), str(error)))
            continue
        if events.setdefault(event.id, event) != event:
            refused.append(Refused(event.id, "Two events have this id."))
    return list(events.values()), refused


def _id_of(sent: Any) -> str:
    """By what the page may find an event again that cannot be stored."""
    told = sent.get("id") if isinstance(sent, dict) else None
    return told if isinstance(told, str) and len(told) <= 100 and told.isprintable() else ""


def read_event(sent: Any) -> CaptureEvent:
    """An event as it was sent. Raises ValueError, which says in a sentence what is wrong."""
    is_void = isinstance(sent, dict) and sent.get("event") == "void"
    try:
        read = (_Void if is_void else _Scan).model_validate(sent)
    except ValidationError as error:
        raise ValueError(_what_is_wrong(error)) from None
    return CaptureEvent(**read.model_dump())


def _what_is_wrong(error: ValidationError) -> str:
    first = error.errors()[0]
    ours = first.get("ctx", {}).get("error")
    words = str(ours) if ours else _WORDS.get(first["type"], "has a value that it cannot have")
    return f"The field {first['loc'][0]!s} {words}." if first["loc"] else "It is no JSON object."


_WORDS = {
    "missing": "is missing",
    "string_too_long": "is too long",
    "too_long": f"has more than {MOST_EVENTS} entries",
    "int_type": "is no whole number",
    "string_type": "is no text",
}

M = TypeVar("M", bound=BaseModel)


async def read_body(request: Request, model: type[M]) -> M:
    """What a request says. Raises Refusal."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, "The server takes JSON only.")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _body(request)
    except TimeoutError:
        raise Refusal(408, "The request took too long to arrive. It is sent again.") from None
    except ClientDisconnect:
        raise Refusal(400, "The request was cut off.") from None
    try:
        # Not read by pydantic, which would refuse all events for half a sign in one of them.
        return model.model_validate(json.loads(body))
    except ValidationError as error:
        raise Refusal(400, _what_is_wrong(error)) from None
    except (ValueError, RecursionError):
        raise Refusal(400, "The request is no JSON.") from None


async def _body(request: Request) -> bytes:
    body = bytearray()
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > LARGEST_BODY:
        raise _too_large()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise _too_large()
    return bytes(body)


def _too_large() -> Refusal:
    return Refusal(413, f"The request is larger than {LARGEST_BODY // 1_000_000} MB.")
