"""Holds requests and answers against what is known of Alma's API."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

from almareplay.simulator.exchange import Exchange
from tests.contract.fields import Field, breaks, breaks_field

_KNOWN = tomllib.loads(Path(__file__).with_name("alma.toml").read_text("utf-8"))
_OBJECTS: dict[str, dict[str, str]] = _KNOWN["objects"]
_OURS = "almareplay"
"""The user agent of the client."""
# What such a fault leaves of an answer is an answer of the stand-in's own.
_FAULTS_THAT_ANSWER = ("", "slow")
_SUM = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True)
class Call:
    """One of the known calls."""

    method: str
    path: re.Pattern[str]
    query: Mapping[str, str]
    one_of: tuple[str, ...]
    body: str
    answer: str
    errors: frozenset[str]

    @classmethod
    def of(cls, known: dict[str, Any]) -> Call:
        """As ``alma.toml`` has it."""
        method, _, path = known["ask"].partition(" ")
        return cls(
            method,
            re.compile(re.sub(r"{\w+}", "[^/]+", path)),
            known.get("query", {}),
            tuple(known.get("one_of", ())),
            known.get("body", ""),
            known["answer"],
            frozenset(known.get("errors", ())),
        )


CALLS = [Call.of(known) for known in _KNOWN["calls"]]


def find_call(method: str, path: str) -> Call | None:
    """The known call at a path as it stands on the wire; None where there is none."""
    below = path.removeprefix(_KNOWN["prefix"])
    found = (c for c in CALLS if c.method == method and c.path.fullmatch(below))
    return next(found, None) if below != path else None


def broken_by(exchange: Exchange) -> list[str]:
    """What in a request of ours, or in any answer of the stand-in, is not as Alma has it."""
    at = f"{exchange.method} {exchange.path}"
    broken: list[str] = []
    if exchange.headers.get("user-agent") == _OURS:
        broken += broken_by_request(
            exchange.method, exchange.path, exchange.query, exchange.headers, exchange.body
        )
    if exchange.status is not None and exchange.fault in _FAULTS_THAT_ANSWER:
        broken += (f"answer to {at}: {what}" for what in _answer(exchange))
    return broken


def broken_by_request(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> list[str]:
    """What in a request is not as Alma takes it. Header names are in lower case."""
    return [f"{method} {path}: {what}" for what in _request(method, path, query, headers, body)]


def _request(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> Iterator[str]:
    if path.removeprefix(_KNOWN["prefix"]) in _KNOWN["never_sent"] or "%2f" in path.lower():
        yield "this path is never sent"
    call = find_call(method, path)
    if call is None:
        yield "no such call"
        return
    for name, kind in _KNOWN["sent"]["headers"].items():
        if (name != "content-type" or body) and not re.fullmatch(kind, headers.get(name, "")):
            yield f"the header {name} is missing or wrong"
    pairs = parse_qsl(query, keep_blank_values=True)
    given = dict(pairs)
    if len(pairs) != len(given):
        yield "a parameter is sent twice"
    for name, value in pairs:
        if name in _KNOWN["never_sent"] or name not in call.query:
            yield f"the parameter {name} is none of this call"
        elif not _fits(call.query[name].lstrip("!* "), value):
            yield f"the parameter {name} cannot be {value!r}"
    for name, kind in call.query.items():
        if kind[0] in "!*" and name not in given:
            yield f"the parameter {name} is missing"
    if call.one_of and sum(name in given for name in call.one_of) != 1:
        yield f"exactly one of {', '.join(call.one_of)} is to be sent"
    yield from _request_body(call, body)


def _fits(kind: str, value: str) -> bool:
    if kind == "text":
        return value != ""
    if kind == "sum":
        return _SUM.fullmatch(value) is not None
    if numbers := re.fullmatch(r"(\d+)-(\d+)", kind):
        return value.isdecimal() and int(numbers[1]) <= int(value) <= int(numbers[2])
    allowed, comma, _ = kind.partition(" ,")
    return all(each in allowed.split("|") for each in (value.split(",") if comma else [value]))


def _request_body(call: Call, body: bytes) -> Iterator[str]:
    if not call.body:
        if body:
            yield "it has a body, and takes none"
        return
    try:
        sent = json.loads(body)
    except ValueError:
        yield "its body is no JSON"
        return
    if call.body in _OBJECTS:
        yield from breaks(_OBJECTS, call.body, sent, "body")
        return
    # A loan with a new due date: as Alma answered it, but for what is changed.
    yield from breaks_field(_OBJECTS, Field.of("time!"), sent.get("due_date"), "body.due_date")
    if sent.get("loan_status", "Active") not in ("Active", "Complete"):
        yield "body.loan_status is none that Alma takes"
    for name in sent.keys() - _OBJECTS["loan"].keys():
        yield f"body.{name} is no known field"


def _answer(exchange: Exchange) -> Iterator[str]:
    headers = exchange.answer_headers
    for name, text in _KNOWN["received"]["headers"].items():
        field, value = Field.of(text), headers.get(name)
        if value is None:
            if field.always:
                yield f"the header {name} is missing"
        else:
            told = int(value) if field.kind == "whole" and value.isdecimal() else value
            yield from breaks_field(_OBJECTS, field, told, f"the header {name}")
    call = find_call(exchange.method, exchange.path)
    if exchange.status not in (200, 302):
        yield from _error(exchange, call)
    elif call is None:
        yield "no such call, and yet an answer"
    elif exchange.status == 302:
        place = headers.get("location", "").removeprefix("https://api-eu.hosted.exlibrisgroup.com")
        known = find_call("GET", unquote(place))
        if call.answer != "redirection to an item" or known is None or known.answer != "item":
            yield f"it leads to {place!r}"
    elif call.answer == "short text":
        if b"<html" in exchange.answer.lower():
            yield "it is a page"
    elif "json" in headers.get("content-type", ""):
        body = json.loads(exchange.answer)
        yield from breaks(_OBJECTS, call.answer, body, call.answer)
        yield from _breaks_values(call.answer, body)
    else:
        yield from _xml(exchange.answer)


def _breaks_values(name: str, body: Any) -> Iterator[str]:
    """Codes that can only be one of a few."""
    for path, allowed in _KNOWN["values"].items():
        owner, _, field = path.partition(".")
        for each in _all_of(owner, name, body):
            for part in field.split("."):
                each = each.get(part) or {}
            if each and each.get("value") not in allowed:
                yield f"{path} is none of {allowed}: {each['value']!r}"


def _all_of(owner: str, name: str, body: Any) -> Iterator[dict[str, Any]]:
    """The objects of one name in an answer."""
    if name == owner:
        yield body
    for field, text in _OBJECTS[name].items():
        kind = Field.of(text).kind
        if kind.startswith("list ") and (member := kind.removeprefix("list ")) in _OBJECTS:
            for each in body.get(field, ()):
                yield from _all_of(owner, member, each)


def _xml(content: bytes) -> Iterator[str]:
    """Of XML only the names are judged: its shape has no source here but the documentation."""
    known = {part for fields in _OBJECTS.values() for path in fields for part in path.split(".")}
    known |= {f"{name}s" for name in known} | {"user_identities"} | _OBJECTS.keys()
    known |= {"item_loan", "item_loans", "circ_desks", "locations"}
    for element in ElementTree.fromstring(content).iter():
        if element.tag not in known:
            yield f"the element {element.tag} is no known one"


def _error(exchange: Exchange, call: Call | None) -> Iterator[str]:
    content_type = exchange.answer_headers.get("content-type", "")
    if "json" in content_type:
        body = json.loads(exchange.answer)
        listed = body.get("errorList") or {}
        flat = {name: value for name, value in body.items() if name != "errorList"}
        flat |= {f"errorList.{name}": value for name, value in listed.items()}
        yield from breaks(_OBJECTS | {"": _KNOWN["errors"]["fields"]}, "", flat, "error")
        errors = [each for each in listed.get("error", ()) if isinstance(each, dict)]
    elif "xml" in content_type:
        errors = [
            {child.tag.rpartition("}")[2]: child.text for child in element}
            for element in ElementTree.fromstring(exchange.answer).iter()
            if element.tag.endswith("}error")
        ]
    else:
        pages = _KNOWN["errors"]["pages"].items()
        text = exchange.answer.decode()
        if not any(
            words in text and page["status"] == exchange.status and page["type"] in content_type
            for words, page in pages
        ):
            yield f"an unknown page with status {exchange.status}"
        return
    if len(errors) != 1:
        yield f"{len(errors)} errors in one answer"
    for error in errors:
        yield from _code(exchange, call, error, "xml" if "xml" in content_type else "json")


def _code(exchange: Exchange, call: Call | None, error: dict[str, Any], form: str) -> Iterator[str]:
    code = error.get("errorCode")
    gateway = _KNOWN["errors"]["gateway"].get(code)
    if gateway is None:
        if call is None or code not in call.errors | set(_KNOWN["errors"]["parameters"]["codes"]):
            yield f"the code {code} is none of this call's"
        elif exchange.status != 400:
            yield f"the code {code} comes with 400, not {exchange.status}"
        return
    if exchange.status != gateway["status"]:
        yield f"{code} comes with {gateway['status']}, not {exchange.status}"
    if gateway.get("form", form) != form:
        yield f"{code} comes as {gateway['form']}"
    if gateway.get("tracking") is False and error.get("trackingId"):
        yield f"{code} comes without a tracking id"
