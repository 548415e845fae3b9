"""One call to Alma: what it asks, and what the answer to it amounts to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

import httpx

from almareplay.alma.errors import AlmaError, parse_error
from almareplay.alma.faults import has_errors, read_json

T = TypeVar("T")
Confirm = Callable[[], Awaitable[None]]


class Answer(NamedTuple):
    """An answer that is no error: the JSON object of its body, and where it redirects to."""

    body: dict[str, Any]
    location: str = ""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call. ``target`` is an `address`; ``read`` makes the result of an answer, or ``None``
    where the answer lacks what was asked for. ``confirm`` is awaited right before every sending.

    ``redirects`` says that a redirection is an answer, ``bare`` that one without JSON is,
    ``idempotent`` that a write leaves the same when it is sent twice.
    """

    operation: str
    method: str
    target: str = field(repr=False)
    read: Callable[[Answer], T | None] = field(repr=False)
    rank: int = 0
    body: dict[str, Any] | None = field(default=None, repr=False)
    confirm: Confirm | None = field(default=None, repr=False)
    redirects: bool = False
    bare: bool = False
    idempotent: bool = False

    @property
    def writes(self) -> bool:
        """Whether it changes something in Alma."""
        return self.method != "GET"

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again although nobody knows what the first sending did."""
        return self.idempotent or not self.writes


def key_test(area: str) -> Call[bool]:
    """The call that tests the key in an area. The gateway alone may answer it."""
    return Call("test", "GET", f"/{area}/test", lambda _: True, bare=True)


def judged(call: Call[T], response: httpx.Response) -> T | AlmaError:
    """The result in an answer, or the error that it is."""
    answer = _answer(call, response)
    result = None if answer is None else call.read(answer)
    return parse_error(response, method=call.method) if result is None else result


def _answer(call: Call[Any], response: httpx.Response) -> Answer | None:
    if call.redirects and response.is_redirect:
        return Answer({}, response.headers.get("Location", ""))
    if call.bare and response.status_code == 404:
        # Not every gateway has the test calls; one that lacks them says nothing about the key.
        return Answer({})
    if not response.is_success:
        return None
    body = read_json(response.content)
    if has_errors(body):
        return None
    if call.bare and "html" not in response.headers.get("Content-Type", ""):
        return Answer({})
    return Answer(body) if isinstance(body, dict) else None
