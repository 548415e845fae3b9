"""One call to Alma: what it asks, and what the answer to it amounts to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

import httpx

from almareplay.alma.answers.faults import has_errors, read_fault, read_json
from almareplay.alma.errors import AlmaError, Refusal, parse_error
from almareplay.outcomes import Outcome

T = TypeVar("T")
Confirm = Callable[[], Awaitable[None]]


class Answer(NamedTuple):
    """An answer that is no error: the JSON object of its body, where it redirects to, and what kind
    of content it says to be."""

    body: dict[str, Any]
    location: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call. ``target`` is an `address`; ``read`` makes the result of an answer, or ``None``
    where the answer lacks what was asked for. ``confirm`` is awaited right before every sending.

    ``redirects`` says that a redirection is an answer, ``bare`` that one without JSON is,
    ``idempotent`` that a write leaves the same when it is sent twice. ``outcomes`` says what codes
    mean here that mean something else elsewhere.
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
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether it changes something in Alma."""
        return self.method != "GET"

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again although nobody knows what the first sending did."""
        return self.idempotent or not self.writes


def key_test(area: str, *, writing: bool = False) -> Call[bool]:
    """The call that tests whether the key may read in an area, or write there: both change nothing.

    Documented; what stands in the answer is not.
    """
    # ``/users/test`` would be the user named test.
    path = "/users/operation/test" if area == "users" else f"/{area}/test"
    method = "POST" if writing else "GET"
    return Call("test", method, path, lambda _: True, bare=True, idempotent=True)


def judged(call: Call[T], response: httpx.Response) -> T | AlmaError:
    """The result in an answer, or the error that it is."""
    answer = _answer(call, response)
    result = None if answer is None else call.read(answer)
    if result is not None:
        return result
    error = parse_error(response, method=call.method)
    if isinstance(error, Refusal):
        error.outcome = call.outcomes.get(error.code, error.outcome)
    return error


def _answer(call: Call[Any], response: httpx.Response) -> Answer | None:
    if call.redirects and response.is_redirect:
        return Answer({}, response.headers.get("Location", ""))
    if not response.is_success:
        return None
    body = read_json(response.content)
    if has_errors(body):
        return None
    if call.bare:
        if _is_page(response) or read_fault(response.content).code:
            return None
        return Answer({}, content_type=response.headers.get("Content-Type", ""))
    return Answer(body) if isinstance(body, dict) else None


def _is_page(response: httpx.Response) -> bool:
    start = response.content[:100].lstrip().lower()
    is_html = start.startswith((b"<!doctype html", b"<html"))
    return is_html or "html" in response.headers.get("Content-Type", "")
