"""The formats of Alma's answers, JSON and XML, its errors, and what requests carry in their bodies.

In XML, ``{"value": V, "desc": D}`` is the text V with an attribute ``desc``; links, counts and sums
are attributes, and a list inside a record stands in an element of its own.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

from almareplay.simulator.happenings import Refused

Json = dict[str, Any]

ERROR_NAMESPACE = "http://com/exlibris/urm/general/xmlbeans"

_ATTRIBUTES = {"link", "total_record_count", "total_sum", "currency"}


def error_body(code: str, message: str, tracking_id: str) -> Json:
    """An error; an empty tracking id is left out."""
    error = {"errorCode": code, "errorMessage": message}
    if tracking_id:
        error["trackingId"] = tracking_id
    return {"errorsExist": True, "errorList": {"error": [error]}, "result": None}


def to_json(body: Json) -> bytes:
    """The body as JSON."""
    return json.dumps(body, ensure_ascii=False).encode()


def to_xml(root: str, body: Json) -> bytes:
    """The body as XML under an element named ``root``."""
    element = ET.Element(root)
    if root == "web_service_result":
        element.set("xmlns", ERROR_NAMESPACE)
    _fill(element, body)
    xml: bytes = ET.tostring(element, encoding="utf-8", xml_declaration=True)
    return xml


def fields_of(content_type: str, body: bytes) -> dict[str, str]:
    """The top-level fields of a request's body, JSON or XML, codes without their descriptions."""
    if not body.strip():
        return {}
    try:
        if "xml" in content_type:
            return {child.tag: (child.text or "").strip() for child in ET.fromstring(body)}
        fields = json.loads(body)
        if not isinstance(fields, dict):
            raise ValueError("the body is no JSON object")
    except (ValueError, ET.ParseError) as error:
        raise Refused("401664", f"The request's body is not valid: {error}") from error
    plain = {
        name: value.get("value") if isinstance(value, dict) else value
        for name, value in fields.items()
    }
    return {name: str(value) for name, value in plain.items() if value is not None}


def _fill(element: ET.Element, body: Json) -> None:
    for name, value in body.items():
        if name in _ATTRIBUTES:
            if value is not None:
                element.set(name, str(value))
        elif isinstance(value, list):
            listed = _is_list_of(element.tag, name) or name == "error"
            parent = element if listed else ET.SubElement(element, _plural(name))
            for member in value:
                _fill(ET.SubElement(parent, name), member)
        elif isinstance(value, dict) and "value" in value:
            child = ET.SubElement(element, name)
            child.text = _text(value["value"])
            for attribute in ("desc", "description", "name"):
                if value.get(attribute):
                    child.set(attribute, str(value[attribute]))
        elif isinstance(value, dict):
            _fill(ET.SubElement(element, name), value)
        elif value is not None:
            ET.SubElement(element, name).text = _text(value)


def _is_list_of(tag: str, member: str) -> bool:
    return tag == _plural(member)


def _plural(name: str) -> str:
    return name[:-1] + "ies" if name.endswith("y") else name + "s"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
