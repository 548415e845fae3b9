"""Kinds of values, as ``alma.toml`` writes them, and what breaks them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

Objects = Mapping[str, Mapping[str, str]]

_PAIRS = {
    "code": ("value", "desc"),
    "described": ("value", "description"),
    "named": ("value", "name"),
    "linked": ("value", "link"),
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\dZ?")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_http_date(value: object) -> bool:
    return isinstance(value, str) and parsedate_to_datetime(value).tzinfo is not None


_PLAIN: dict[str, Callable[[Any], bool]] = {
    "anything": lambda _: True,
    "text": lambda value: isinstance(value, str),
    "flag": lambda value: isinstance(value, bool),
    "whole": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "time": lambda value: isinstance(value, str) and _TIME.fullmatch(value) is not None,
    "day": lambda value: isinstance(value, str) and _DAY.fullmatch(value) is not None,
    "http date": _is_http_date,
}


@dataclass(frozen=True)
class Field:
    """What may stand in a field."""

    kind: str
    always: bool
    nullable: bool

    @classmethod
    @cache
    def of(cls, text: str) -> Field:
        """As it is written: ``text!?``."""
        kind = text.rstrip("!? ")
        marks = text[len(kind) :]
        return cls(kind, "!" in marks, "?" in marks)


def breaks(objects: Objects, name: str, body: object, where: str) -> Iterator[str]:
    """What in ``body`` is not as the object ``name`` has it."""
    if not isinstance(body, dict):
        yield f"{where} is no object"
        return
    known = objects[name]
    flat = _flat(body, {path.partition(".")[0] for path in known if "." in path})
    for path, value in flat.items():
        if path not in known:
            yield f"{where}.{path} is no known field"
            continue
        yield from breaks_field(objects, Field.of(known[path]), value, f"{where}.{path}")
    for path, text in known.items():
        if Field.of(text).always and path not in flat:
            yield f"{where}.{path} is missing"


def _flat(body: dict[str, Any], folded: set[str]) -> dict[str, Any]:
    """The fields of an object, with those of its parts under dotted names."""
    flat: dict[str, Any] = {}
    for name, value in body.items():
        if name in folded and isinstance(value, dict):
            flat |= {f"{name}.{inner}": each for inner, each in value.items()}
        else:
            flat[name] = value
    return flat


def breaks_field(objects: Objects, field: Field, value: object, where: str) -> Iterator[str]:
    """What in a value is not as the field has it."""
    kind = field.kind
    if value is None:
        if not field.nullable:
            yield f"{where} is null"
    elif kind.startswith("list "):
        if not isinstance(value, list):
            yield f"{where} is no list"
            return
        member = Field(kind.removeprefix("list "), always=True, nullable=False)
        for number, each in enumerate(value):
            yield from breaks_field(objects, member, each, f"{where}[{number}]")
    elif kind in _PAIRS:
        yield from _breaks_pair(_PAIRS[kind], value, where)
    elif kind in _PLAIN:
        if not _PLAIN[kind](value):
            yield f"{where} is no {kind}: {value!r}"
    elif kind in objects:
        yield from breaks(objects, kind, value, where)
    elif value not in kind.split("|"):
        yield f"{where} is none of {kind}: {value!r}"


def _breaks_pair(names: tuple[str, str], value: object, where: str) -> Iterator[str]:
    """A code and its like: both may be null; a code may have a link besides."""
    if not isinstance(value, dict) or "value" not in value:
        yield f"{where} is no object with a value"
        return
    for name, each in value.items():
        if name not in (*names, "link"):
            yield f"{where}.{name} is no known field"
        elif each is not None and not isinstance(each, str | int | float):
            yield f"{where}.{name} is no plain value: {each!r}"
