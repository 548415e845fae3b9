"""What is not known of Alma's API, and what reading one Alma can tell of it.

Each entry stands in ``docs/unknown-in-alma.md`` too, under the same name: what almareplay does to
be safe either way, and how to find out by hand.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from almareplay.alma.addressing import address
from almareplay.alma.call import Answer, Call, key_test
from almareplay.alma.errors import AlmaError, Refusal, Unavailable
from almareplay.alma.reader import AlmaReader

Ask = Callable[[AlmaReader], Awaitable[str]]

_NOBODY = "almareplay-probe-nobody"
"""An identifier that no patron has."""
_DESK_FIELDS = {"code", "name", "link"}


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that is not known of Alma. ``ask`` reads what this Alma says of it; None where only
    a call that writes could tell."""

    name: str
    question: str
    ask: Ask | None = None


@dataclass(frozen=True, slots=True)
class Probed:
    """What one Alma says of an unknown: empty where it could not be settled, and ``why`` then."""

    unknown: Unknown
    answer: str = ""
    why: str = ""


async def probe(reader: AlmaReader) -> list[Probed]:
    """Reads what can be read of each unknown, one after the other; changes nothing.

    Raises `AlmaError` for what concerns all calls (key, daily limit, Alma away).
    """
    return [await _settle(reader, unknown) for unknown in UNKNOWN]


async def _settle(reader: AlmaReader, unknown: Unknown) -> Probed:
    if unknown.ask is None:
        return Probed(unknown, why="only a call that writes could tell")
    try:
        return Probed(unknown, await unknown.ask(reader))
    except (Refusal, Unavailable) as error:
        return Probed(unknown, why=f"Alma answered {_said(error)}")


async def _key_test_type(reader: AlmaReader) -> str:
    types = []
    for area in ("users", "bibs", "conf"):
        test = Call("test", "GET", key_test(area).target, _content_type, bare=True)
        told = await reader.transport.send(test)
        types.append(f"{area} {told}")
    return ", ".join(types)


def _content_type(answer: Answer) -> str:
    return answer.content_type or "none"


async def _environment(reader: AlmaReader) -> str:
    said = (await _body(reader, "conf", "general")).get("environment_type")
    return f"it says {said!r}"


async def _desk_fields(reader: AlmaReader) -> str:
    for library in await reader.libraries():
        desks = await _body(reader, "conf", "libraries", library.code, "circ-desks", limit="100")
        listed = [desk for desk in desks.get("circ_desk") or [] if isinstance(desk, dict)]
        if listed:
            more = sorted({name for desk in listed for name in desk} - _DESK_FIELDS)
            return f"it has {', '.join(more)} besides" if more else "it has no more than these"
    raise Unavailable("No library has a desk.", message="with no desk at all")


async def _missing_item(reader: AlmaReader) -> str:
    return await _refusal(reader, "bibs", "990", "holdings", "220", "items", "230")


async def _fees_of_nobody(reader: AlmaReader) -> str:
    return await _refusal(reader, "users", _NOBODY, "fees", status="ACTIVE")


async def _calls_left(reader: AlmaReader) -> str:
    await reader.institution()
    told = {"calls left": reader.transport.calls_left, "calls a day": reader.transport.quota}
    known = [f"{number:,} {name}" for name, number in told.items() if number is not None]
    return f"it tells {' of '.join(known)}" if known else "it tells neither"


async def _body(reader: AlmaReader, *segments: str, **query: str) -> dict[str, Any]:
    def whole(answer: Answer) -> dict[str, Any]:
        return answer.body

    return await reader.transport.send(Call("probe", "GET", address(*segments, **query), whole))


async def _refusal(reader: AlmaReader, *segments: str, **query: str) -> str:
    try:
        await _body(reader, *segments, **query)
    except (Refusal, Unavailable) as error:
        if error.status is None:
            raise
        return f"it is {_said(error)}"
    return "it is answered as if it were there"


def _said(error: AlmaError) -> str:
    status = f"HTTP {error.status}" if error.status else str(error)
    return f"{status} with the code {error.code}" if error.code else f"{status} without a code"


UNKNOWN = (
    Unknown(
        "key-test-answer",
        "what kind of answer a key test gives",
        _key_test_type,
    ),
    Unknown(
        "environment-type",
        "what a premium sandbox says that it is",
        _environment,
    ),
    Unknown(
        "desk-list",
        "whether the list of desks has more than code, name and link",
        _desk_fields,
    ),
    Unknown(
        "missing-item",
        "how an item that is not there is refused",
        _missing_item,
    ),
    Unknown(
        "fees-of-nobody",
        "how the fees of an unknown user are refused",
        _fees_of_nobody,
    ),
    Unknown(
        "calls-left",
        "whether Alma tells the calls left today, and how many there are a day",
        _calls_left,
    ),
    Unknown("renewal-refused", "how a renewal that is not done is answered"),
    Unknown("fee-amount-all", "what amount=ALL does for a single fee"),
    Unknown("loan-checks", "in which order Alma looks for reasons to refuse a loan"),
    Unknown("loan-status", "whether a changed loan may go back with the status ACTIVE"),
    Unknown("item-on-loan", "whether a loan of an item that is out is refused"),
    Unknown("old-ids", "what the loans of an item answer to ids that it had before"),
    Unknown("late-effect", "how long after its sending a lost call can still take effect"),
)
"""Everything that almareplay would like to know, first what reading can tell."""
