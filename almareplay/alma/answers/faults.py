"""What an error body says, in every shape in which Alma and its gateway write one."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, NamedTuple
from xml.etree import ElementTree

from almareplay.alma.answers import codes

_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
_LONGEST_XML = 1_000_000  # characters; Alma's error bodies have some hundreds


class Fault(NamedTuple):
    """One error of an answer. ``message`` may name a patron: report it, never log it."""

    code: str = ""
    message: str = ""
    tracking_id: str = ""


def read_json(content: bytes) -> Any:
    """The JSON of a body, or ``None`` where there is none. Bytes that are no UTF-8 do no harm."""
    try:
        # Not by the codec for such a mark, which is written in Python.
        return json.loads(content.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def has_errors(body: Any) -> bool:
    """Whether a JSON body says that Alma met errors, whatever its HTTP status."""
    result = _unwrapped(body)
    return isinstance(result, dict) and result.get("errorsExist") in (True, "true")


def read_fault(content: bytes) -> Fault:
    """The error that a body tells of; an empty `Fault` where it tells none.

    Read are JSON (plain, wrapped in ``web_service_result``, ``error`` as list or object) and XML
    (any namespace). Of several errors the first with a code that Alma documents counts, else the
    first.
    """
    faults = _from_json(read_json(content))
    if faults:
        return next((fault for fault in faults if fault.code in codes.REFUSALS), faults[0])
    return _from_xml(content.decode("utf-8-sig", "replace"))


def _unwrapped(body: Any) -> Any:
    return body.get("web_service_result", body) if isinstance(body, dict) else body


def _from_json(body: Any) -> list[Fault]:
    result = _unwrapped(body)
    errors = result.get("errorList") if isinstance(result, dict) else None
    if isinstance(errors, dict):
        errors = errors.get("error")
    if isinstance(errors, dict):
        errors = [errors]
    if not isinstance(errors, list):
        return []
    return [
        _fault(error.get("errorCode"), error.get("errorMessage"), error.get("trackingId"))
        for error in errors
        if isinstance(error, dict)
    ]


def _from_xml(text: str) -> Fault:
    # A document type marks HTML, or entities that a hostile body could multiply without end.
    if len(text) > _LONGEST_XML or "<!doctype" in text.lower():
        return Fault()
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        return Fault()
    found: dict[str, str] = {}
    for element in root.iter():
        if isinstance(element.tag, str):
            found.setdefault(element.tag.rpartition("}")[2], element.text or "")
    return _fault(found.get("errorCode"), found.get("errorMessage"), found.get("trackingId"))


def _fault(code: object, message: object, tracking_id: object) -> Fault:
    code_text = _line(code, 100)
    return Fault(
        code=code_text if _CODE.fullmatch(code_text) else "",
        message=_line(message, 1000),
        tracking_id=_line(tracking_id, 100),
    )


def _line(value: object, longest: int) -> str:
    """A text or number as one line of at most ``longest`` characters; anything else is empty."""
    if not isinstance(value, str | int):
        return ""
    try:
        plain = str(value)
    except ValueError:
        return ""  # a number of thousands of digits
    # NUL and lone surrogates, which JSON can hold, can be neither stored nor printed.
    return " ".join(plain.replace("\0", " ").encode(errors="replace").decode().split())[:longest]
